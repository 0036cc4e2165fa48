"""What the fitted numbers of YT-1 cells say together: how fast chains are lost.

Each follows from several fitted numbers; its interval is of draws from the normal
density at the best point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.identifiability import fisher
from il2sim.inference.likelihood import Likelihood

Floats = NDArray[np.float64]

DRAWS = 4000
"""For the ends of intervals: the fifth percentile to about 1 % of its width."""

MIN_IN_H = 60.0


@dataclass(frozen=True)
class Derived:
    """A number with its 90 % interval."""

    name: str
    value: float
    unit: str
    low: float
    high: float
    meaning: str

    @property
    def words(self) -> tuple[str, ...]:
        """For a row of a table."""
        shown = (f"{one:.4g}" for one in (self.value, self.low, self.high))
        value, low, high = shown
        return self.name, value, self.unit, low, high


Known = Mapping[str, float]


def _lose_empty(of: Known) -> float:
    leaving = of["degrade"] * of["sorted"]
    back = of["return"] * (1 - of["sorted"])
    return MIN_IN_H * of["internalize"] * leaving / (leaving + back)


def _lose_held(of: Known) -> float:
    return MIN_IN_H * of["degrade"]


FOLLOWS: dict[str, tuple[str, str, Callable[[Known], float]]] = {
    "lose empty": ("1/h", "empty chains of the surface are lost", _lose_empty),
    "lose held": ("1/h", "signaling receptors inside are lost", _lose_held),
}
"""Unit, meaning and formula, by name."""


def derived(likelihood: Likelihood, point: Floats) -> list[Derived]:
    """Find what follows from a point, with intervals."""
    problem = likelihood.problem
    spread = fisher(likelihood, point).covariance
    draws = np.random.default_rng(0).multivariate_normal(point, spread, DRAWS)
    best, *others = (problem.outside(one) for one in (point, *draws))
    made = []
    for name, (unit, meaning, formula) in FOLLOWS.items():
        low, high = np.quantile([formula(one) for one in others], [0.05, 0.95])
        value = formula(best)
        made.append(Derived(name, value, unit, float(low), float(high), meaning))
    return made
