"""`ParameterValue`: the value that a parameter of a model starts from.

A parameter rests on evidence keys or on an identified source, or it is a marked
assumption with a range; there is no third way. Molecules use the same class for their
numbers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from il2sim.evidence.measurement import Measurement
from il2sim.evidence.rows import Row
from il2sim.evidence.words import HOW_OF_PARAMETERS

COLUMNS = ("name", "value", "unit", "low", "high", "source", "how", "note")
"""The columns of the table of parameters."""

_KEY = re.compile(r"[EV]\d{3,}")
_IDENTIFIER = re.compile(r"(doi|pmid|pmcid|nct):\S+")


@dataclass(frozen=True)
class ParameterValue:
    """A number with its unit, range and source, or with the mark of an assumption.

    Attributes
    ----------
    name
        ``"<group>.<name>"``, such as ``"circulation.plasma_volume"``.
    value, low, high
        The value and the range in which it may lie [unit].
    unit
        As `il2sim.units` reads it.
    source
        Evidence keys or identifiers, separated by commas; for an assumption, what it
        leans on.
    how
        ``"read"``, ``"derived"`` or ``"assumption"``; ``"fitted"`` where a shipped fit
        gave it (`fitted.py`), which no row of a table can say of itself.
    note
        Why so.
    """

    name: str
    value: float
    unit: str
    low: float | None
    high: float | None
    source: str
    how: str
    note: str = ""

    @property
    def is_assumption(self) -> bool:
        """Not read in a source and not derived from one."""
        return self.how == "assumption"

    @property
    def keys(self) -> tuple[str, ...]:
        """The evidence keys among its sources.

        Examples
        --------
        >>> ParameterValue("a.b", 1, "1", 0, 2, "E009,E299", "read").keys
        ('E009', 'E299')
        """
        return tuple(part for part in parts_of(self.source) if _KEY.fullmatch(part))

    def __str__(self) -> str:
        return f"{self.name} = {self.value:g} {self.unit}  ({self.source}; {self.how})"


def parts_of(source: str) -> list[str]:
    """Split a list of evidence keys, identifiers and words."""
    return [part.strip() for part in source.split(",") if part.strip()]


def unfounded(
    source: str,
    how: str,
    measurements: Mapping[str, Measurement],
    identifiers: Collection[str],
) -> str | None:
    """Say why a value may not rest on its source; None if it may.

    An evidence key must exist; a value that is not an assumption needs evidence keys
    that are verified, or identifiers of known sources.
    """
    parts = parts_of(source)
    if not parts:
        return "names no source"
    for part in parts:
        if _KEY.fullmatch(part):
            if part not in measurements:
                return f"names the evidence key '{part}', which no table has"
            if how != "assumption" and not measurements[part].is_verified:
                return f"rests on '{part}', which is not verified"
        elif how != "assumption":
            if not _IDENTIFIER.fullmatch(part):
                return f"rests on '{part}', which is neither a key nor an identifier"
            if part.lower() not in identifiers:
                return f"rests on '{part}', which is not in sources.bib"
    return None


def parameter_of(
    row: Row, measurements: Mapping[str, Measurement], identifiers: Collection[str]
) -> ParameterValue:
    """Read one row of the table of parameters, and refuse it if it breaks a rule.

    Raises
    ------
    BadEvidence
        A cell breaks a rule; the message names file, line and column.
    """
    value, low, high = (row.number(name) for name in ("value", "low", "high"))
    if value is None or low is None or high is None:
        empty = "value" if value is None else "low" if low is None else "high"
        row.refuse(empty, "is empty", expected="a number; every value has its range")
    if not low <= value <= high:
        row.refuse(
            "value", "is outside 'low' to 'high'", expected="low <= value <= high"
        )
    if "." not in row.name:
        row.refuse("name", "has no group", expected="<group>.<name>")
    how = row.word("how", HOW_OF_PARAMETERS)
    source = row.text("source", required=True)
    if problem := unfounded(source, how, measurements, identifiers):
        row.refuse(
            "source",
            problem,
            expected="verified evidence keys or identifiers; or how = assumption",
        )
    return ParameterValue(
        row.name, value, row.unit("unit"), low, high, source, how, row.text("note")
    )
