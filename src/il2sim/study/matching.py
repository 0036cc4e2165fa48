"""Matched controls: for each treated person somebody alike who was not.

Each case gets its nearest free controls within calipers, the smallest differences
first, so that the result does not depend on the order of the persons. Distances are in
standard deviations of both groups together, each covariate with a caliper of its own.

References
----------
.. [1] Rosenbaum & Rubin (1985), Constructing a control group using multivariate matched
   sampling methods that incorporate the propensity score, The American Statistician 39,
   33. doi:10.1080/00031305.1985.10479383
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import BadPopulation, UnknownName, closest
from il2sim.study.measures import columns_of
from il2sim.study.subjects import Floats, Subjects

CALIPER = 0.2
"""Largest difference in a covariate, in standard deviations [1]."""

MOST_PAIRS = 50_000_000
"""Cases times controls; more do not fit in memory."""


@dataclass(frozen=True, eq=False)
class Matched:
    """Cases and their controls.

    Attributes
    ----------
    cases
        Numbers of the cases that found all their controls, shape ``(n_matched,)``.
    controls
        Numbers of the controls, shape ``(n_matched, n_each)``; each occurs once.
    unmatched
        Numbers of the cases left without, shape ``(n_unmatched,)``.
    before, after
        By covariate, how far the means of both groups are apart, in standard
        deviations: of all, and of the matched.
    """

    cases: NDArray[np.int64]
    controls: NDArray[np.int64]
    unmatched: NDArray[np.int64]
    before: Mapping[str, float]
    after: Mapping[str, float]


def match(
    cases: Subjects,
    controls: Subjects,
    calipers: Mapping[str, float],
    *,
    each: int = 1,
) -> Matched:
    """Find controls for cases.

    Parameters
    ----------
    cases, controls
        Two groups of persons.
    calipers
        For each covariate (a name of `il2sim.study.measures.columns_of`) the largest
        difference, in standard deviations of both groups; zero asks for equality, as
        for ``"is female"``.
    each
        Controls for each case, found in rounds: everybody gets a first before anybody
        gets a second.

    Raises
    ------
    UnknownName
        A covariate is not known.
    BadPopulation
        No case finds a control; the covariate that stands most in the way is named.

    Examples
    --------
    >>> from il2sim.study.populations import adults
    >>> people = adults(n=200, seed=1).draw()
    >>> found = match(people.rows(np.arange(20)), people, {"age": 0.2, "is female": 0})
    >>> len(found.cases), found.controls.shape
    (20, (20, 1))
    """
    near, far = _covariates(cases, controls, calipers)
    apart = _distances(near, far, calipers)
    chosen = np.full((len(cases), each), -1)
    free = np.ones(len(controls), dtype=bool)
    for turn in range(each):
        alive = chosen[:, turn - 1] >= 0 if turn else np.ones(len(cases), dtype=bool)
        for case, control in _round(apart, alive, free):
            chosen[case, turn] = control
            free[control] = False
    whole = np.flatnonzero(np.all(chosen >= 0, axis=1))
    if not whole.size:
        raise _nobody(near, far, calipers, each)
    taken = chosen[whole]
    return Matched(
        cases=whole,
        controls=taken,
        unmatched=np.setdiff1d(np.arange(len(cases)), whole),
        before={name: _apart(near[name], far[name]) for name in near},
        after={
            name: _apart(near[name][whole], far[name][taken.ravel()]) for name in near
        },
    )


def _covariates(
    cases: Subjects, controls: Subjects, calipers: Mapping[str, float]
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Both groups in common standard deviations."""
    left, right = columns_of(cases), columns_of(controls)
    if not calipers or len(cases) * len(controls) > MOST_PAIRS:
        raise BadPopulation(
            "these groups cannot be matched.",
            got=f"{len(cases)} cases, {len(controls)} controls, {list(calipers)}",
            expected=f"a covariate or more, and at most {MOST_PAIRS} pairs",
        )
    near, far = {}, {}
    for name, caliper in calipers.items():
        if name not in left or name not in right:
            raise UnknownName(
                f"persons cannot be matched on '{name}'.",
                got=f"'{name}'",
                expected=closest(name, left.keys() & right.keys()),
            )
        if not (math.isfinite(caliper) and caliper >= 0):
            raise BadPopulation(
                f"the caliper of '{name}' cannot be used.",
                got=caliper,
                expected="a finite number of standard deviations, zero or more",
            )
        both = np.concatenate([left[name][0], right[name][0]])
        size = float(np.std(both)) or 1.0
        near[name], far[name] = left[name][0] / size, right[name][0] / size
    return near, far


def _distances(
    near: Mapping[str, Floats], far: Mapping[str, Floats], calipers: Mapping[str, float]
) -> Floats:
    """Of every pair, ``(n_cases, n_controls)``; infinite beyond a caliper."""
    first = next(iter(near))
    total = np.zeros((len(near[first]), len(far[first])))
    for name, caliper in calipers.items():
        off = np.abs(near[name][:, None] - far[name][None, :])
        total += np.where(off <= caliper, off * off, np.inf)
    return total


def _round(
    apart: Floats, alive: NDArray[np.bool_], free: NDArray[np.bool_]
) -> list[tuple[int, int]]:
    """Pairs of cases and free controls, the closest first."""
    cases, controls = np.nonzero(np.isfinite(apart) & alive[:, None] & free[None, :])
    order = np.lexsort((controls, cases, apart[cases, controls]))
    has, taken = set[int](), set[int]()
    pairs = []
    for i in order:
        case, control = int(cases[i]), int(controls[i])
        if case not in has and control not in taken:
            has.add(case)
            taken.add(control)
            pairs.append((case, control))
    return pairs


def _apart(one: Floats, other: Floats) -> float:
    return float(np.mean(one) - np.mean(other))


def _nobody(
    near: Mapping[str, Floats],
    far: Mapping[str, Floats],
    calipers: Mapping[str, float],
    each: int,
) -> BadPopulation:
    """Whose caliper leaves the fewest pairs."""
    pairs = {
        name: int(np.count_nonzero(np.isfinite(_distances(near, far, {name: one}))))
        for name, one in calipers.items()
    }
    worst = min(pairs, key=lambda name: pairs[name])
    return BadPopulation(
        f"no case finds {each} control{'s' if each > 1 else ''}.",
        got="; ".join(
            f"{n} pairs within the caliper of '{k}'" for k, n in pairs.items()
        ),
        expected="controls that are alike",
        try_=f"a wider caliper for '{worst}', or more controls",
    )
