"""Whether draws can be trusted, and whether predictions cover what was seen.

R-hat and effective size are the rank-normalized split versions of Vehtari et al. 2021,
Bayesian Analysis 16:667; the autocorrelations are summed as in Geyer 1992, Stat Sci
7:473.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def r_hat(chains: Floats) -> float:
    """How much chains disagree: 1 when they tell the same.

    Parameters
    ----------
    chains
        Shape ``(n_chains, n_draws)``, at least four draws.

    Examples
    --------
    >>> draws = np.random.default_rng(1).normal(size=(4, 500))
    >>> bool(abs(r_hat(draws) - 1) < 0.01)
    True
    >>> bool(r_hat(draws + [[0], [0], [0], [3]]) > 1.3)
    True
    """
    parts = _split(chains)
    folded = np.abs(parts - np.median(parts))
    return float(max(_plain_r_hat(_ranked(parts)), _plain_r_hat(_ranked(folded))))


def effective_size(chains: Floats) -> float:
    """How many independent draws chains are worth, in bulk.

    Parameters
    ----------
    chains
        Shape ``(n_chains, n_draws)``, at least four draws.
    """
    parts = _ranked(_split(chains))
    m, n = parts.shape
    if n < 4 or np.ptp(parts) == 0:
        return 0.0
    centered = parts - parts.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(centered, 2 * n, axis=1)
    shared = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :n].mean(axis=0) / n
    within = shared[0] * n / (n - 1)
    total = within * (n - 1) / n + (parts.mean(axis=1).var(ddof=1) if m > 1 else 0.0)
    rho = 1 - (within - shared * n / (n - 1)) / total
    rho[0] = 1.0
    pairs = rho[: 2 * (n // 2)].reshape(-1, 2).sum(axis=1)
    stop = int(np.argmax(pairs < 0)) if np.any(pairs < 0) else len(pairs)
    falling = np.minimum.accumulate(pairs[: max(stop, 1)])
    time = max(-1 + 2 * float(falling.sum()), 1 / np.log10(max(m * n, 10)))
    return float(m * n / time)


def coverage(draws: Floats, seen: Floats, level: float = 0.9) -> float:
    """Part of what was seen that lies in the middle of what was predicted.

    Parameters
    ----------
    draws
        Predictions with their noise, shape ``(n_draws, n_observed)``.
    seen
        Shape ``(n_observed,)``.
    level
        Of the intervals; close to it is good.

    Examples
    --------
    >>> draws = np.linspace(-1, 1, 101)[:, None] * np.ones(4)
    >>> coverage(draws, np.array([0.0, 0.5, 0.85, 2.0]), level=0.9)
    0.75
    """
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return float(np.mean((seen >= low) & (seen <= high)))


def _split(chains: Floats) -> Floats:
    half = chains.shape[1] // 2
    return np.concatenate([chains[:, :half], chains[:, half : 2 * half]])


def _ranked(parts: Floats) -> Floats:
    """Ranks among all draws, as quantiles of a normal distribution; ties share one."""
    from scipy.special import ndtri

    _, place, counts = np.unique(parts, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    normal = ndtri((ranks - 0.375) / (parts.size + 0.25))
    return np.asarray(normal[place.ravel()].reshape(parts.shape))


def _plain_r_hat(parts: Floats) -> float:
    n = parts.shape[1]
    within = parts.var(axis=1, ddof=1).mean()
    between = parts.mean(axis=1).var(ddof=1)
    if within == 0:
        return 1.0 if between == 0 else float("inf")
    return float(np.sqrt((n - 1) / n + between / within))
