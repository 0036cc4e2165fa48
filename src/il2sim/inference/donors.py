"""Donors that differ in a level and in an effect: a linear mixed model.

What is known of a new donor, its level alone, is weighed against what donors have in
common: best linear unbiased prediction. Spreads among donors are found by restricted
likelihood. The formulas are those of Laird and Ware 1982, Biometrics 38:963,
doi:10.2307/2529876.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GRID, ROUNDS = 9, 5
"""Places along each spread that are tried, and how often the grid is made finer."""


@dataclass(frozen=True)
class Means:
    """Means of replicates.

    Attributes
    ----------
    donor
        Of each, shape ``(n_means,)``.
    x
        Part of the whole effect, [1].
    y
        The mean, logarithm.
    variance
        Of the error of each mean.
    """

    donor: NDArray[Any]
    x: Floats
    y: Floats
    variance: Floats

    def where(self, rows: NDArray[np.bool_]) -> Means:
        """Those of some rows."""
        return Means(self.donor[rows], self.x[rows], self.y[rows], self.variance[rows])


@dataclass(frozen=True)
class Prior:
    """Standard deviations of the priors, all of the logarithm.

    Attributes
    ----------
    effect, center
        Of the effect that donors have in common, and its middle.
    levels, effects
        Of the spread among donors of levels and of effects: half-normal.
    """

    effect: float
    center: float
    levels: float
    effects: float


def common_of(
    known: Means, spread: tuple[float, float], prior: Prior
) -> tuple[Floats, Floats]:
    """Level and effect that donors have in common, and their covariance.

    Parameters
    ----------
    known
        Means of all donors.
    spread
        Of levels and of effects among donors.
    prior
        Of the effect; the level has none.
    """
    inverse = np.linalg.inv(_covariance(known, known, spread))
    columns = _columns(known)
    asked = np.diag([0.0, prior.effect**-2])
    found = np.linalg.inv(columns.T @ inverse @ columns + asked)
    center = asked @ np.array([0.0, prior.center])
    both = found @ (columns.T @ inverse @ known.y + center)
    return np.asarray(both), np.asarray(found)


def predict(
    known: Means, wanted: Means, spread: tuple[float, float], prior: Prior
) -> Floats:
    """Expected means of `wanted`, whose `y` does not count.

    Examples
    --------
    >>> none, one = np.zeros(2), np.ones(2)
    >>> known = Means(np.array(["a", "b"]), none, np.array([1.0, 3.0]), one)
    >>> new = Means(np.array(["c"]), none[:1], none[:1], one[:1])
    >>> predict(known, new, (1.0, 0.1), Prior(1.0, 0.0, 1.0, 0.5)).round(6).tolist()
    [2.0]
    """
    both, _ = common_of(known, spread, prior)
    inverse = np.linalg.inv(_covariance(known, known, spread))
    shared = _shared(wanted, known, spread)
    off = known.y - _columns(known) @ both
    return np.asarray(_columns(wanted) @ both + shared @ inverse @ off)


def spread_of(known: Means, prior: Prior) -> tuple[float, float]:
    """Spreads of level and effect among donors: most probable, restricted likelihood.

    Parameters
    ----------
    known
        Means of all donors.
    prior
        Of both spreads and of the effect.
    """
    most = np.array([prior.levels, prior.effects])
    middle, width = np.log([0.1, 0.1]), 5.0
    for _ in range(ROUNDS):
        along = width * np.linspace(-1, 1, GRID)
        tried = middle + np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)
        found = [_restricted(known, np.exp(one) * most, prior) for one in tried]
        middle, width = tried[int(np.argmax(found))], 2 * width / (GRID - 1)
    best = np.exp(middle) * most
    return float(best[0]), float(best[1])


def _restricted(known: Means, spread: Sequence[float], prior: Prior) -> float:
    levels, effects = spread
    both = levels, effects
    common, found = common_of(known, both, prior)
    covariance = _covariance(known, known, both)
    off = known.y - _columns(known) @ common
    far = off @ np.linalg.solve(covariance, off)
    far += ((common[1] - prior.center) / prior.effect) ** 2
    far += (levels / prior.levels) ** 2 + (effects / prior.effects) ** 2
    sizes = np.linalg.slogdet(covariance)[1] - np.linalg.slogdet(found)[1]
    return float(-(far + sizes) / 2)


def _columns(means: Means) -> Floats:
    return np.stack([np.ones_like(means.x), means.x], axis=1)


def _shared(one: Means, other: Means, spread: tuple[float, float]) -> Floats:
    same = one.donor[:, None] == other.donor
    levels, effects = spread
    return np.asarray(same * (levels**2 + effects**2 * np.outer(one.x, other.x)))


def _covariance(one: Means, other: Means, spread: tuple[float, float]) -> Floats:
    return np.asarray(_shared(one, other, spread) + np.diag(one.variance))
