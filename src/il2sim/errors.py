"""Every exception of the package, drawn as one tree.

A mistake of the caller is an exception that says what to do; a subject that
cannot be solved is a value (`il2sim.engine.status`), not an exception.

  Il2simError
  ├─ UnknownName     (LookupError)     a name that nothing carries
  ├─ BadUnit         (ValueError)      a unit that cannot be read
  ├─ UnitMismatch    (ValueError)      a unit that cannot be converted
  ├─ BadModel        (ValueError)      components that do not fit together
  ├─ BadEvidence     (ValueError)      a table row that breaks a rule
  ├─ BadVariant      (ValueError)      a molecule or product that is not described well
  ├─ BadRegimen      (ValueError)      a prescription that cannot be followed
  ├─ BadPopulation   (ValueError)      a population that cannot be drawn
  ├─ BadStudy        (ValueError)      a study file that cannot be carried out
  ├─ BadTable        (ValueError)      an event table that cannot be followed
  ├─ BadProblem      (ValueError)      arrays that do not fit together
  ├─ UnreadableFile  (OSError)         a file that is missing, broken or half written
  ├─ FolderInUse     (FileExistsError) a folder that holds other results
  ├─ ClusterUnusable (ConnectionError) workers that are missing, other or lost
  └─ SolveFailed     (RuntimeError)    a subject without an answer, when asked to stop
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class Il2simError(Exception):
    """Something the caller can mend, with the line to try.

    Parameters
    ----------
    headline
        The thing by its name, then what is wrong with it.
    got
        The offending value, quoted.
    expected
        The rule, or the closest known names.
    try_
        A line the caller can paste.
    """

    def __init__(
        self,
        headline: str,
        *,
        got: object = None,
        expected: str | None = None,
        try_: str | None = None,
    ) -> None:
        self.headline = headline
        lines = [headline]
        if got is not None:
            lines.append(f"  got:      {got}")
        if expected is not None:
            lines.append(f"  expected: {expected}")
        if try_ is not None:
            lines.append(f"  try:      {try_}")
        super().__init__("\n".join(lines))

    def __str__(self) -> str:
        return str(self.args[0])


class UnknownName(Il2simError, LookupError):
    """A name that nothing carries."""


class BadUnit(Il2simError, ValueError):
    """A unit that cannot be read."""


class UnitMismatch(Il2simError, ValueError):
    """A unit that cannot be converted into the one needed."""


class BadModel(Il2simError, ValueError):
    """Components that do not fit together."""


class BadEvidence(Il2simError, ValueError):
    """A table row that breaks a rule of the evidence."""


class BadVariant(Il2simError, ValueError):
    """A molecule or a product that is not described well."""


class BadRegimen(Il2simError, ValueError):
    """A prescription that cannot be followed."""


class BadPopulation(Il2simError, ValueError):
    """A population that cannot be drawn."""


class BadStudy(Il2simError, ValueError):
    """A study file that cannot be carried out."""


class BadTable(Il2simError, ValueError):
    """An event table with a row that cannot be followed."""


class BadProblem(Il2simError, ValueError):
    """Arrays that do not fit together."""


class UnreadableFile(Il2simError, OSError):
    """A file that is missing, broken or half written."""


class FolderInUse(Il2simError, FileExistsError):
    """A folder that already holds other results."""


class ClusterUnusable(Il2simError, ConnectionError):
    """A cluster that cannot be reached, has no workers, other ones, or lost them."""


class SolveFailed(Il2simError, RuntimeError):
    """A subject without an answer, when the caller asked to stop at the first."""


def closest(name: str, known: Iterable[str], *, most: int = 3) -> str:
    """Name the known words nearest to one that is unknown, those it is part of first.

    Of few words, none of which is near, all are named; of many the nearest, with "…".

    Examples
    --------
    >>> closest("memry Treg", ["naive Treg", "memory Treg", "CD8"])
    "'memory Treg', 'naive Treg'"
    """
    words = sorted(set(known))
    lower = {word.lower(): word for word in words}
    given = name.lower()
    parts = [word for word in lower if given and (given in word or word in given)]
    alike = difflib.get_close_matches(given, lower, n=most, cutoff=0.5)
    near = list(dict.fromkeys([*parts, *alike]))[:most]
    is_far = not near and len(words) > 2 * most
    if is_far:
        near = difflib.get_close_matches(given, lower, n=most, cutoff=0.0)
    chosen = [lower[word] for word in near] or words
    more = ", …" if is_far else ""
    return ", ".join(f"'{word}'" for word in chosen) + more
