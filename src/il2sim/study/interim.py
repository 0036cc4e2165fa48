"""Interim looks: how much evidence suffices to stop a trial early.

The probability of a false alarm is spent over the looks by a function of the share of
information [1]_; boundaries follow by integrating the density of the statistic from
look to look [2]_.

References
----------
.. [1] Lan & DeMets (1983), Discrete sequential boundaries for clinical trials,
   Biometrika 70, 659. doi:10.2307/2336502
.. [2] Armitage, McPherson & Rowe (1969), Repeated significance tests on accumulating
   data, J R Stat Soc A 132, 235. doi:10.2307/2343787
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np

from il2sim.errors import BadStudy
from il2sim.study.subjects import Floats

Spending = Literal["O'Brien-Fleming", "Pocock"]

NODES = 200
"""Gauss-Legendre nodes between the boundaries: errors of boundaries are below 1e-6."""

HIGHEST_Z = 12.0
"""A boundary that is never reached."""

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Interim:
    """When a trial is looked at, and how its error is spent.

    Attributes
    ----------
    looks
        Shares of all subjects, increasing; the last is 1.
    spending
        ``"O'Brien-Fleming"`` is strict early, ``"Pocock"`` even.
    """

    looks: tuple[float, ...]
    spending: Spending = "O'Brien-Fleming"

    def __post_init__(self) -> None:
        rising = list(self.looks) == sorted(set(self.looks))
        if not self.looks or not rising or self.looks[0] <= 0 or self.looks[-1] != 1:
            raise BadStudy(
                "the looks of a trial cannot be used.",
                got=list(self.looks),
                expected="shares above 0 that increase, the last one 1",
                try_="looks = [0.5, 1]",
            )


def spent(share: float, alpha: float, spending: Spending) -> float:
    """Two-sided error spent at a share of the information, [1].

    Examples
    --------
    >>> round(spent(0.5, 0.05, "O'Brien-Fleming"), 5), spent(1, 0.05, "Pocock")
    (0.00305, 0.05)
    """
    if spending == "Pocock":
        return alpha * math.log(1 + (math.e - 1) * share)
    z = _NORMAL.inv_cdf(1 - alpha / 4)
    return 4 * (1 - _NORMAL.cdf(z / math.sqrt(share)))


@lru_cache(maxsize=32)
def boundaries(interim: Interim, alpha: float) -> tuple[float, ...]:
    """How large the statistic, as a standard normal number, must be at each look.

    Two-sided and symmetric: `alpha` is the error of both sides together.

    Examples
    --------
    >>> [round(z, 2) for z in boundaries(Interim((0.5, 1.0), "Pocock"), 0.05)]
    [2.16, 2.2]
    """
    found: list[float] = []
    nodes, weights = np.zeros(1), np.ones(1)  # where the sum stands, and its density
    before, used = 0.0, 0.0
    for share in interim.looks:
        aim = spent(share, alpha, interim.spending)
        step = math.sqrt(share - before)
        edge = _edge(nodes, weights, step, aim - used, math.sqrt(share))
        found.append(edge / math.sqrt(share))
        points, widths = np.polynomial.legendre.leggauss(NODES)
        here = edge * points
        density = (
            np.exp(-0.5 * ((here[:, None] - nodes) / step) ** 2)
            / (step * math.sqrt(2 * math.pi))
        ) @ weights
        nodes, weights = here, density * edge * widths
        before, used = share, aim
    return tuple(found)


def _edge(
    nodes: Floats, weights: Floats, step: float, error: float, sd: float
) -> float:
    """Beyond which the sum lies, on both sides, with the probability `error`."""
    low, high = 0.0, HIGHEST_Z * sd
    for _ in range(80):
        middle = (low + high) / 2
        outside = _tail((middle - nodes) / step) + _tail((middle + nodes) / step)
        low, high = (middle, high) if outside @ weights > error else (low, middle)
    return (low + high) / 2


def _tail(z: Floats) -> Floats:
    """Probability above z of a standard normal number."""
    return np.array([0.5 * math.erfc(one / math.sqrt(2)) for one in z])
