"""Profiles of the free numbers of the body: what the cards alone say of each.

A number is held at places of its range while all others and nothing else follow; the
fall of the density without its own prior is what the cards, and the priors of the
others, refuse. It is computed on the surrogate of the fit, with its spreads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.body import BodyFit
from il2sim.inference.body_plan import NINETY, BodyPlan, FreeFactor
from il2sim.inference.surrogate import climb

Floats = NDArray[np.float64]

PLACES = np.linspace(-NINETY, NINETY, 9)
"""Where a number is held, standard deviations of its prior from the middle of it."""

HELD = 1e-3
"""Width of the prior that holds it, part of its own."""

REFUSED = 1.92
"""Fall of the log density at which a value is refused: half the 95 % point of chi
squared with one degree of freedom."""


@dataclass(frozen=True)
class Profile:
    """One free number along its range.

    Attributes
    ----------
    name
        Of it.
    factors
        Of the value in the tables, [1].
    falls
        Of the log density from its highest place, [1], zero or more.
    """

    name: str
    factors: tuple[float, ...]
    falls: tuple[float, ...]

    @property
    def verdict(self) -> str:
        """Which ends of its range the cards refuse."""
        low, high = self.falls[0] > REFUSED, self.falls[-1] > REFUSED
        if low and high:
            return "known"
        if low or high:
            return "not too low" if low else "not too high"
        return "not known"


def profiles(plan: BodyPlan, fit: BodyFit) -> tuple[Profile, ...]:
    """Profile each free number, in the order of the plan."""
    return tuple(_profile(plan, fit, k) for k in range(len(plan.free)))


def _profile(plan: BodyPlan, fit: BodyFit, k: int) -> Profile:
    free = plan.free[k]
    at = free.mean + PLACES * free.sd
    nearest = int(np.argmin(np.abs(at - fit.found.point[k])))
    values = np.empty(len(at))
    for side in (range(nearest, len(at)), range(nearest - 1, -1, -1)):
        place = fit.found.place
        for i in side:  # each begins where its neighbor ended
            held = replace(plan, free=_held(plan, k, float(at[i])))
            best = climb(fit.surrogate, fit.rows, held, fit.found.spreads, place)
            off = (best.point[k] - at[i]) / (HELD * free.sd)
            values[i] = best.log_density + 0.5 * off**2
            place = best.place
    falls = tuple(float(one) for one in values.max() - values)
    return Profile(free.name, tuple(float(one) for one in np.exp(at)), falls)


def _held(plan: BodyPlan, k: int, at: float) -> tuple[FreeFactor, ...]:
    """The plan's numbers with a prior that holds one of them."""
    free = plan.free[k]
    width = math.exp(HELD * free.sd * NINETY)
    middle = free.value * math.exp(at)
    narrow = replace(free, low=middle / width, high=middle * width)
    return (*plan.free[:k], narrow, *plan.free[k + 1 :])
