"""How candidates become a population: four ways, because conclusions depend on the way.

All work on arrays and know neither persons nor models. `maximum_entropy` changes the
weights as little as the wanted means allow; `rake` fits the shares of bins one margin
after the other; `fit_bins` fits them all at once by nonnegative least squares;
`accept` keeps or drops each candidate, by the target's density over the candidates'.

References
----------
.. [1] Csiszár (1975), I-divergence geometry of probability distributions and
   minimization problems, Annals of Probability 3, 146. doi:10.1214/aop/1176996454
.. [2] Deming & Stephan (1940), On a least squares adjustment of a sampled frequency
   table when the expected marginal totals are known, Annals of Mathematical Statistics
   11, 427. doi:10.1214/aoms/1177731829
.. [3] Klinke (2008), Integrating epidemiological data into a mechanistic model of type
   2 diabetes, Annals of Biomedical Engineering 36, 321;
   Schmidt et al. (2013), Alternate virtual populations elucidate the type I interferon
   signature predictive of the response to rituximab in rheumatoid arthritis, BMC
   Bioinformatics 14, 221. doi:10.1186/1471-2105-14-221
.. [4] Allen, Rieger & Musante (2016), Efficient generation and selection of virtual
   populations in quantitative systems pharmacology models, CPT: Pharmacometrics &
   Systems Pharmacology 5, 140. doi:10.1002/psp4.12063
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from il2sim.study.subjects import Floats

CLOSE = 1e-9
"""How far a weighted mean may be from the wanted one, in standard deviations."""

MOST_TURNS = 200

FARTHEST = 60.0
"""Exponents of weights beyond this mean that no finite weights meet the means."""

NEIGHBORS = 5
"""Neighbors that say how dense candidates are; the number of [4]."""

SCALES = 60
"""Steps of the search for the acceptance scale."""

PAIRS_AT_ONCE = 4_000_000
"""Distances held in memory at once."""


class Margin(NamedTuple):
    """In which bin of one quantity each candidate is, and how many should be in each.

    `bins` has the shape ``(n,)``; `shares` the shape ``(n_bins,)`` and the sum one.
    """

    bins: NDArray[np.int64]
    shares: Floats


class Fitted(NamedTuple):
    """Weights of sum one, shape ``(n,)``, and the numbers of what they cannot meet."""

    weights: Floats
    unmet: tuple[int, ...] = ()


def maximum_entropy(features: Floats, wanted: Floats) -> Fitted:
    """Weights closest to equal ones under which each feature has its wanted mean [1]_.

    The weights are exponentials of a linear function of the features, found by Newton's
    method on the dual, which is smooth and convex.

    Parameters
    ----------
    features
        Shape ``(n, n_features)``.
    wanted
        Shape ``(n_features,)``.

    Returns
    -------
    Fitted
        Positive weights; `unmet` are the features farthest off, where no positive
        weights have these means.

    Examples
    --------
    >>> fitted = maximum_entropy(np.array([[0.0], [1.0], [1.0]]), np.array([0.8]))
    >>> fitted.weights.round(9).tolist()
    [0.2, 0.4, 0.4]
    """
    center, size = features.mean(axis=0), features.std(axis=0)
    size = np.where(size > 0, size, 1.0)
    scaled, aim = (features - center) / size, (wanted - center) / size
    place = np.zeros(scaled.shape[1])
    weights, value = _tilt(scaled - aim, place)
    for _ in range(MOST_TURNS):
        off = weights @ scaled - aim
        if np.all(np.abs(off) <= CLOSE):
            return Fitted(weights)
        spread = (scaled * weights[:, None]).T @ scaled - np.outer(off + aim, off + aim)
        step = np.linalg.lstsq(spread, -off, rcond=1e-12)[0]
        place, weights, value = _search(scaled - aim, place, step, (value, off @ step))
        if np.max(np.abs(place)) > FARTHEST:
            break
    off = np.abs(weights @ scaled - aim)
    far = np.flatnonzero(off > 1e-3 * max(1.0, float(off.max())))
    return Fitted(weights, tuple(far.tolist()))


def rake(margins: Sequence[Margin]) -> Fitted:
    """Weights that give each margin its shares, fitted in turn [2]_.

    Where it converges the result is that of `maximum_entropy` on the bins.

    Returns
    -------
    Fitted
        Weights of zero or more; `unmet` are the margins with a bin that has a share and
        nobody in it, or those that contradict each other.
    """
    n = len(margins[0].bins)
    weights = np.full(n, 1.0 / n)
    for _ in range(50 * MOST_TURNS):
        for number, (bins, shares) in enumerate(margins):
            found = np.bincount(bins, weights, minlength=len(shares))
            if np.any((found <= 0) & (shares > 0)):
                return Fitted(weights, (number,))
            weights = weights * (shares / np.where(found > 0, found, 1.0))[bins]
        if max(_off(weights, one) for one in margins) <= CLOSE:
            return Fitted(weights)
    far = [i for i, one in enumerate(margins) if _off(weights, one) > CLOSE]
    return Fitted(weights, tuple(far))


def fit_bins(margins: Sequence[Margin], *, evenness: float = 1e-3) -> Floats:
    """Weights that fit the shares of all bins by nonnegative least squares [3]_.

    Minimizes the squared distance of all shares plus `evenness` times the mean squared
    distance of the weights, each in units of an equal one, from an equal one; without
    it as few candidates as there are bins would hold all the weight. What cannot be met
    is met as well as can be, and nothing is refused.

    Parameters
    ----------
    margins
        At least one.
    evenness
        Above zero, [1].

    Returns
    -------
    numpy.ndarray
        Weights of zero or more, of sum one, shape ``(n,)``.

    Notes
    -----
    Solved in the dual, which has one number for each bin: weights are the positive
    parts of a linear function of it (semismooth Newton, halved until it descends).
    """
    n = len(margins[0].bins)
    rows = [np.arange(len(one.shares))[:, None] == one.bins for one in margins]
    design = np.vstack(rows).astype(float)
    wanted = np.concatenate([one.shares for one in margins])
    pull = evenness * n  # the ridge on weights that are about 1 / n
    even = np.full(n, 1.0 / n)
    dual = np.zeros(len(wanted))
    for _ in range(MOST_TURNS):
        weights = np.maximum(even + design.T @ dual / pull, 0.0)
        off = design @ weights - wanted + dual
        if np.max(np.abs(off)) < 1e-12:
            break
        active = design[:, weights > 0]
        slope = np.eye(len(wanted)) + active @ active.T / pull
        step = np.linalg.solve(slope, -off)
        length, before = 1.0, _dual(design, wanted, (even, pull), dual)
        while length > 1e-10 and (
            _dual(design, wanted, (even, pull), dual + length * step)
            > before + 1e-4 * length * float(off @ step)
        ):
            length /= 2.0
        dual = dual + length * step
    total = float(np.sum(weights))
    return weights / total


def accept(
    points: Floats, log_density: Floats, uniform: Floats, targets: Sequence[Floats]
) -> NDArray[np.bool_]:
    """Keep candidates so that those kept are as dense as the target [4]_.

    A candidate is kept with a probability of a scale times the target's density over
    the candidates', at most one; the scale is the one at which the distributions of
    those kept are closest to the target's.

    Parameters
    ----------
    points
        Where the target is normal, in its standard deviations, ``(n, n_quantities)``.
    log_density
        Of the target, shape ``(n,)``.
    uniform
        A random number for each candidate, inside (0, 1).
    targets
        For each quantity, the share of the target below each candidate, ``(n,)``.

    Returns
    -------
    numpy.ndarray
        Whether each is kept; none, where no scale would keep more than `NEIGHBORS`.
    """
    ratio = log_density - _log_density_of(points)
    chances = -np.log(uniform) + ratio  # kept where the scale exceeds minus this
    best, kept = math.inf, np.zeros(len(points), bool)
    for scale in np.quantile(-chances, np.linspace(1.0, 1.0 / SCALES, SCALES)):
        chosen = -chances <= scale
        if np.count_nonzero(chosen) <= NEIGHBORS:
            continue
        apart = np.mean([distance(one[chosen]) for one in targets])
        noise = 0.5 / math.sqrt(np.count_nonzero(chosen))
        if apart + noise < best:
            best, kept = float(apart + noise), chosen
    return kept


def distance(shares: Floats, weights: Floats | None = None) -> float:
    """Kolmogorov's distance of a sample from a target, [1].

    Parameters
    ----------
    shares
        Share of the target below each of the sample, shape ``(n,)``.
    weights
        Of the sample; default all alike.

    Examples
    --------
    >>> distance(np.array([0.25, 0.75]))
    0.25
    """
    order = np.argsort(shares, kind="stable")
    each = np.ones(len(shares)) if weights is None else weights
    ends = np.cumsum(each[order]) / np.sum(each)
    begins = np.concatenate(([0.0], ends[:-1]))
    at = shares[order]
    return float(np.max(np.maximum(np.abs(ends - at), np.abs(at - begins))))


def resample(weights: Floats, n: int, start: float) -> NDArray[np.int64]:
    """Rows drawn in proportion to weights, systematically.

    Each row is drawn its expected number of times, rounded up or down.

    Parameters
    ----------
    weights
        Zero or more, shape ``(n_rows,)``.
    n
        How many to draw.
    start
        A random number inside (0, 1).

    Examples
    --------
    >>> resample(np.array([0.5, 0.0, 0.5]), 4, 0.5).tolist()
    [0, 0, 2, 2]
    """
    ends = np.cumsum(weights) / np.sum(weights)
    aims = (np.arange(n) + start) / n
    return np.minimum(np.searchsorted(ends, aims, "right"), len(ends) - 1)


def _tilt(features: Floats, place: Floats) -> tuple[Floats, float]:
    """Weights at a place of the dual, and the dual's value."""
    height = features @ place
    most = float(height.max())
    raw = np.exp(height - most)
    total = float(np.sum(raw))
    return raw / total, most + math.log(total)


def _search(
    features: Floats, place: Floats, step: Floats, before: tuple[float, float]
) -> tuple[Floats, Floats, float]:
    """Halve a step until the dual falls."""
    value, slope = before
    length = 1.0
    while True:
        weights, new = _tilt(features, place + length * step)
        if new <= value + 1e-4 * length * slope or length < 1e-10:
            return place + length * step, weights, new
        length /= 2.0


def _off(weights: Floats, margin: Margin) -> float:
    found = np.bincount(margin.bins, weights, minlength=len(margin.shares))
    return float(np.max(np.abs(found - margin.shares)))


def _dual(
    design: Floats, wanted: Floats, pull: tuple[Floats, float], dual: Floats
) -> float:
    """What the dual of `fit_bins` minimizes."""
    even, strength = pull
    weights = np.maximum(even + design.T @ dual / strength, 0.0)
    return float(
        0.5 * strength * (weights @ weights) - wanted @ dual + 0.5 * dual @ dual
    )


def _log_density_of(points: Floats) -> Floats:
    """Logarithm of how dense points lie, up to a constant, by their neighbors."""
    n, dimensions = points.shape
    reach = np.empty(n)
    size = max(1, PAIRS_AT_ONCE // n)
    for first in range(0, n, size):
        some = points[first : first + size]
        apart = np.zeros((len(some), n))
        for i in range(dimensions):
            apart += (some[:, i, None] - points[None, :, i]) ** 2
        near = np.partition(apart, min(NEIGHBORS, n - 1), axis=1)
        reach[first : first + size] = near[:, min(NEIGHBORS, n - 1)]
    return np.asarray(-0.5 * dimensions * np.log(np.maximum(reach, 1e-300)))
