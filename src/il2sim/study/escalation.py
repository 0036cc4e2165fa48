"""Dose escalation: who gets which dose, decided cohort by cohort.

A rule sees, for the present dose, how many were treated and how many had a toxicity
that limits the dose, and answers: up, stay, down, or stop. Outcomes come from a table
of what each subject has at each dose; a trial only ever looks at the cells it treats.

References
----------
.. [1] Storer (1989), Design and analysis of phase I clinical trials, Biometrics 45,
   925. doi:10.2307/2531693 (3+3)
.. [2] Liu & Yuan (2015), Bayesian optimal interval designs for phase I clinical
   trials, J R Stat Soc C 64, 507. doi:10.1111/rssc.12089 (BOIN)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import BadStudy
from il2sim.study.subjects import Floats

Design = Literal["3+3", "BOIN"]

LOW, HIGH = 0.6, 1.4
"""Toxicity rates, over the target, that BOIN holds for too low and too high [2]_."""

TOO_TOXIC = 0.95
"""A dose is given up when its rate exceeds the target with so much probability [2]_."""

PSEUDO_TOXIC, PSEUDO = 0.05, 0.1
"""Added to toxicities and subjects before rates are ordered [2]_."""


@dataclass(frozen=True)
class Escalation:
    """How a dose is escalated.

    Attributes
    ----------
    design
        ``"3+3"`` or ``"BOIN"``.
    toxicity
        Name of the yes-or-no measure that limits the dose.
    target
        Toxicity rate that BOIN aims at, [1].
    cohort, most
        Subjects treated together (three in 3+3), and in all at most.
    """

    design: Design
    toxicity: str
    target: float = 0.3
    cohort: int = 3
    most: int = 30

    def __post_init__(self) -> None:
        if not 0.05 <= self.target <= 0.6:
            raise _bad("target rate", self.target, "0.05 to 0.6")
        if self.cohort < 1 or self.most < self.cohort:
            raise _bad(
                "cohort", (self.cohort, self.most), "1 or more, within the trial"
            )
        if self.design == "3+3" and self.cohort != 3:
            raise _bad("cohort", self.cohort, "3 in a 3+3")


@dataclass(frozen=True, eq=False)
class Escalated:
    """One escalation, as it went.

    Attributes
    ----------
    doses
        Dose level of each cohort in turn.
    toxic
        How many of each cohort had a toxicity.
    sizes
        How many each cohort had.
    chosen
        The dose recommended, -1 if none is tolerable.
    """

    doses: tuple[int, ...]
    toxic: tuple[int, ...]
    sizes: tuple[int, ...]
    chosen: int


def boundaries(target: float) -> tuple[float, float]:
    """BOIN's rates at which to escalate (at most) and de-escalate (at least) [2]_.

    Examples
    --------
    >>> [round(rate, 2) for rate in boundaries(0.3)]
    [0.24, 0.36]
    """
    low, high = LOW * target, HIGH * target
    up = math.log((1 - low) / (1 - target)) / math.log(
        target * (1 - low) / (low * (1 - target))
    )
    down = math.log((1 - target) / (1 - high)) / math.log(
        high * (1 - target) / (target * (1 - high))
    )
    return up, down


def is_too_toxic(toxic: int, treated: int, target: float) -> bool:
    """Whether BOIN gives a dose up: its rate exceeds the target almost surely.

    The rate has a uniform prior, so the posterior is a beta distribution, whose
    distribution function is a binomial sum for whole numbers.
    """
    if treated < 3:
        return False
    n = treated + 1
    below = math.fsum(
        math.comb(n, k) * target**k * (1 - target) ** (n - k)
        for k in range(toxic + 1, n + 1)
    )
    return 1 - below > TOO_TOXIC


def escalate(rule: Escalation, table: NDArray[np.bool_]) -> Escalated:
    """Carry out one escalation.

    Parameters
    ----------
    rule
        Of the trial.
    table
        Whether each subject, in order of enrollment, has the toxicity at each dose;
        shape ``(n_subjects, n_doses)``.
    """
    return _three_by_three(table) if rule.design == "3+3" else _boin(rule, table)


def isotonic(toxic: Floats, treated: Floats) -> Floats:
    """Rates that do not fall with dose and are nearest to those seen [2]_.

    Pools neighbors that are out of order, weighting by the number treated; doses that
    nobody was treated with have no rate.
    """
    rates = np.full(len(toxic), np.nan)
    pools: list[list[float]] = []  # rate, weight, how many doses
    seen = np.flatnonzero(treated > 0)
    for i in seen:
        pools.append(
            [(toxic[i] + PSEUDO_TOXIC) / (treated[i] + PSEUDO), treated[i] + PSEUDO, 1]
        )
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            rate, weight, count = pools.pop()
            before = pools[-1]
            both = before[1] + weight
            pools[-1] = [
                (before[0] * before[1] + rate * weight) / both,
                both,
                before[2] + count,
            ]
    rates[seen] = np.repeat([one[0] for one in pools], [int(one[2]) for one in pools])
    return rates


def _boin(rule: Escalation, table: NDArray[np.bool_]) -> Escalated:
    up, down = boundaries(rule.target)
    n_doses = table.shape[1]
    toxic, treated = np.zeros(n_doses), np.zeros(n_doses)
    path: list[tuple[int, int, int]] = []
    dose, highest, used = 0, n_doses - 1, 0
    while used + rule.cohort <= min(rule.most, len(table)) and highest >= 0:
        some = table[used : used + rule.cohort, dose]
        used += rule.cohort
        toxic[dose] += some.sum()
        treated[dose] += len(some)
        path.append((dose, int(some.sum()), len(some)))
        if is_too_toxic(int(toxic[dose]), int(treated[dose]), rule.target):
            highest = dose - 1
        rate = toxic[dose] / treated[dose]
        step = 1 if rate <= up else -1 if rate >= down else 0
        dose = max(0, min(dose + step, highest))
    chosen = -1
    if highest >= 0:
        rates = isotonic(toxic, treated)[: highest + 1]
        # Nudged by place, so that equal rates below the target give the higher dose
        # and equal rates above it the lower one [2]_.
        away = np.abs(rates + 1e-10 * np.arange(len(rates)) - rule.target)
        chosen = int(np.nanargmin(away)) if np.any(np.isfinite(away)) else -1
    return _escalated(path, chosen)


def _three_by_three(table: NDArray[np.bool_]) -> Escalated:
    n_doses = table.shape[1]
    toxic, treated = np.zeros(n_doses, int), np.zeros(n_doses, int)
    path: list[tuple[int, int, int]] = []
    dose, used, highest = 0, 0, n_doses - 1
    while used + 3 <= len(table):
        some = table[used : used + 3, dose]
        used += 3
        toxic[dose] += some.sum()
        treated[dose] += 3
        path.append((dose, int(some.sum()), 3))
        if toxic[dose] >= 2:
            highest = dose - 1
            if highest < 0 or treated[highest] == 6:
                return _escalated(path, highest)
            dose = highest
        elif treated[dose] == 3 and toxic[dose] == 1:
            continue
        elif dose < highest:
            dose += 1
        elif treated[dose] == 6:
            return _escalated(path, dose)
    return _escalated(path, -1)


def _escalated(path: list[tuple[int, int, int]], chosen: int) -> Escalated:
    doses, toxic, sizes = zip(*path, strict=True) if path else ((), (), ())
    return Escalated(doses, toxic, sizes, chosen)


def _bad(what: str, got: object, expected: str) -> BadStudy:
    return BadStudy(
        f"the {what} of a dose escalation cannot be used.", got=got, expected=expected
    )
