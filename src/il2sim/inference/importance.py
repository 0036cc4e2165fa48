"""Weights of draws from one density for another, smoothed, with a verdict on them.

Pareto-smoothed importance sampling: the largest weights are replaced by the expected
order statistics of a generalized Pareto distribution fitted to them. Its shape says
whether the weights can be trusted: below 0.7 they can (Vehtari et al. 2024, JMLR 25:72;
fit by Zhang and Stephens 2009, Technometrics 51:316).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TRUSTED = 0.7
"""Largest shape of weights that can be trusted."""

ROUNDING = 1e-6
"""Weights that differ by less than this part are alike: their tail has no shape."""


@dataclass(frozen=True, eq=False)
class Weighted:
    """Weights of draws.

    Attributes
    ----------
    weights
        They sum to one, shape ``(n_draws,)``.
    pareto_k
        Shape of the tail of the raw weights, [1].
    effective
        Draws that the weights are worth, [1].
    """

    weights: Floats
    pareto_k: float
    effective: float


def weigh(log_ratios: Floats) -> Weighted:
    """Smoothed weights from logarithms of wanted over drawn density.

    Parameters
    ----------
    log_ratios
        Up to a constant, at least 20, shape ``(n_draws,)``.

    Examples
    --------
    >>> even = weigh(np.zeros(100))
    >>> float(round(even.effective, 6))
    100.0
    """
    ratios = np.exp(log_ratios - np.max(log_ratios))
    n = len(ratios)
    tail = int(np.ceil(min(0.2 * n, 3.0 * np.sqrt(n))))
    order = np.argsort(ratios)
    largest = order[-tail:]
    edge = ratios[order[-tail - 1]]
    over = ratios[largest] - edge
    k = -np.inf
    if over[-1] > ROUNDING * ratios[order[-1]] and tail >= 5:
        k, scale = pareto(np.maximum(over, 1e-300))
        parts = (np.arange(1, tail + 1) - 0.5) / tail
        smooth = edge + _quantile(parts, k, scale)
        ratios[largest] = np.minimum(smooth, 1.0)
    weights = ratios / ratios.sum()
    return Weighted(weights, float(k), float(1.0 / np.sum(weights**2)))


def pareto(over: Floats) -> tuple[float, float]:
    """Shape and scale of a generalized Pareto distribution of excesses, rising.

    Examples
    --------
    >>> parts = (np.arange(1, 2001) - 0.5) / 2000
    >>> shape, scale = pareto(2.0 * ((1 - parts) ** -0.5 - 1) / 0.5)
    >>> bool(abs(shape - 0.5) < 0.03 and abs(scale - 2.0) < 0.1)
    True
    """
    n = len(over)
    m = 30 + int(np.sqrt(n))
    quarter = over[int(n / 4 + 0.5) - 1]
    trial = 1.0 / over[-1] + (1.0 - np.sqrt(m / (np.arange(1, m + 1) - 0.5))) / (
        3.0 * quarter
    )
    shapes = np.mean(np.log1p(-trial[:, None] * over), axis=1)
    value = n * (np.log(-trial / shapes) - shapes - 1.0)
    chances = 1.0 / np.sum(np.exp(value[None] - value[:, None]), axis=1)
    at = float(np.sum(trial * chances) / np.sum(chances))
    shape = float(np.mean(np.log1p(-at * over)))
    scale = -shape / at
    # A weak prior keeps the shape of few draws from running away, as in the paper.
    return shape * n / (n + 10.0) + 5.0 / (n + 10.0), scale


def _quantile(parts: Floats, k: float, scale: float) -> Floats:
    if abs(k) < 1e-9:
        return np.asarray(-scale * np.log1p(-parts))
    return np.asarray(scale * np.expm1(-k * np.log1p(-parts)) / k)
