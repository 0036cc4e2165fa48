"""Effects: two arms compared, with an interval and a probability.

Means by Welch, shares by Newcombe, events by log-rank and hazard ratio. Each function
gets the values of the subjects that were observed; what is missing is left out by the
caller, who counts it.

References
----------
.. [1] Welch (1947), Biometrika 34, 28. doi:10.2307/2332510
.. [2] Newcombe (1998), Interval estimation for the difference between independent
   proportions, Stat Med 17, 873 (method 10).
.. [3] Kaplan & Meier (1958), J Am Stat Assoc 53, 457. doi:10.2307/2281868; intervals
   by Greenwood's variance on the scale log(-log S).
.. [4] Peto et al. (1977), Br J Cancer 35, 1: log-rank, and the hazard ratio
   exp((O - E) / V).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from il2sim.study.subjects import Floats

Contrast = Literal["difference", "ratio", "risk difference", "hazard ratio"]

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Effect:
    """One arm compared with another.

    Attributes
    ----------
    contrast
        What is compared; ratios are of geometric means.
    estimate, low, high
        The effect and its interval, in the unit of the measure, or [1].
    inner, error
        The estimate and its standard error on the scale on which it is tested: the
        logarithm for ratios.
    z
        The statistic, as the standard normal number with the same probability.
    p
        Two-sided, of so large an effect by chance.
    """

    contrast: Contrast
    estimate: float
    low: float
    high: float
    inner: float
    error: float
    z: float
    p: float


UNKNOWN = math.nan


def unknown(contrast: Contrast) -> Effect:
    """An effect of which nothing is known: too few were observed."""
    return Effect(contrast, *(UNKNOWN,) * 5, 0.0, 1.0)


def difference(
    treated: Floats, control: Floats, *, alpha: float = 0.05, is_log: bool = False
) -> Effect:
    """Compare means, or geometric means, without assuming equal spread [1]_.

    Examples
    --------
    >>> found = difference(np.array([3.0, 4.0, 5.0]), np.array([1.0, 2.0, 3.0]))
    >>> found.estimate, round(found.p, 3)
    (2.0, 0.07)
    """
    from scipy.special import stdtr, stdtrit

    contrast: Contrast = "ratio" if is_log else "difference"
    if is_log:
        treated, control = np.log(treated), np.log(control)
    sizes = len(treated), len(control)
    if min(sizes) < 2:
        return unknown(contrast)
    inner = float(np.mean(treated) - np.mean(control))
    parts = [
        float(np.var(one, ddof=1)) / n
        for one, n in zip((treated, control), sizes, strict=True)
    ]
    error = math.sqrt(sum(parts))
    if not error > 0 or not math.isfinite(inner):
        return unknown(contrast)
    freedom = sum(parts) ** 2 / sum(
        part**2 / (n - 1) for part, n in zip(parts, sizes, strict=True)
    )
    p = float(2 * stdtr(freedom, -abs(inner) / error))
    reach = float(stdtrit(freedom, 1 - alpha / 2)) * error
    return _effect(contrast, inner, error, reach, p)


def risk_difference(treated: Floats, control: Floats, *, alpha: float = 0.05) -> Effect:
    """Compare shares; interval by Newcombe [2]_, probability by the pooled test.

    Examples
    --------
    >>> yes, no = np.ones(56), np.zeros(14)
    >>> found = risk_difference(np.r_[yes, no], np.r_[np.ones(48), np.zeros(32)])
    >>> round(found.low, 4), round(found.high, 4)
    (0.0524, 0.3339)
    """
    n, m = len(treated), len(control)
    if min(n, m) < 1:
        return unknown("risk difference")
    one, other = float(np.mean(treated)), float(np.mean(control))
    low1, high1 = wilson(float(np.sum(treated)), n, alpha=alpha)
    low2, high2 = wilson(float(np.sum(control)), m, alpha=alpha)
    inner = one - other
    pooled = (one * n + other * m) / (n + m)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    z = inner / error if error else 0.0
    return Effect(
        contrast="risk difference",
        estimate=inner,
        low=inner - math.hypot(one - low1, high2 - other),
        high=inner + math.hypot(high1 - one, other - low2),
        inner=inner,
        error=math.sqrt(one * (1 - one) / n + other * (1 - other) / m),
        z=z,
        p=2 * (1 - _NORMAL.cdf(abs(z))),
    )


def wilson(yes: float, n: int, *, alpha: float = 0.05) -> tuple[float, float]:
    """Interval of a share by the score test.

    Examples
    --------
    >>> [round(one, 4) for one in wilson(81, 263)]
    [0.2553, 0.3662]
    """
    if n == 0:
        return 0.0, 1.0
    z = _NORMAL.inv_cdf(1 - alpha / 2)
    share = yes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    half /= 1 + z * z / n
    return max(0.0, middle - half), min(1.0, middle + half)


def clopper_pearson(yes: int, n: int, *, alpha: float = 0.05) -> tuple[float, float]:
    """Exact interval of a share, never too narrow.

    Examples
    --------
    >>> [round(one, 4) for one in clopper_pearson(0, 20)]
    [0.0, 0.1684]
    """
    from scipy.special import betaincinv

    low = 0.0 if yes == 0 else float(betaincinv(yes, n - yes + 1, alpha / 2))
    high = 1.0 if yes == n else float(betaincinv(yes + 1, n - yes, 1 - alpha / 2))
    return low, high


def hazard_ratio(
    times: Floats,
    is_event: NDArray[np.bool_],
    is_treated: NDArray[np.bool_],
    *,
    alpha: float = 0.05,
) -> Effect:
    """Compare times to an event by log-rank [4]_; above 1 the treated have more events.

    Parameters
    ----------
    times, is_event
        When a subject had the event, or was last seen without it.
    is_treated
        Who is in the treated arm.
    """
    moments = np.unique(times[is_event])
    at_risk = _at_or_after(times, moments)
    treated = _at_or_after(times[is_treated], moments)
    events = _at(times[is_event], moments)
    mine = _at(times[is_event & is_treated], moments)
    share = treated / np.maximum(at_risk, 1)
    expected = events * share
    spread = np.where(
        at_risk > 1,
        events * share * (1 - share) * (at_risk - events) / np.maximum(at_risk - 1, 1),
        0.0,
    )
    variance = float(np.sum(spread))
    if not variance > 0:
        return unknown("hazard ratio")
    excess = float(np.sum(mine - expected))
    z = excess / math.sqrt(variance)
    error = 1 / math.sqrt(variance)
    reach = _NORMAL.inv_cdf(1 - alpha / 2) * error
    p = 2 * (1 - _NORMAL.cdf(abs(z)))
    return _effect("hazard ratio", excess / variance, error, reach, p)


@dataclass(frozen=True, eq=False)
class Survival:
    """Shares without the event over time [3]_, constant from each time to the next.

    Attributes
    ----------
    times, share, low, high
        Times of events, and the share from then on with its interval; shape
        ``(n_times + 1,)``, beginning at zero with everybody.
    censored
        When subjects were last seen without the event.
    """

    times: Floats
    share: Floats
    low: Floats
    high: Floats
    censored: Floats

    def at(self, time: float) -> float:
        """The share without the event at a time."""
        return float(self.share[np.searchsorted(self.times, time, side="right") - 1])

    @property
    def median(self) -> float:
        """When half have had the event; infinite if they never do."""
        half = np.flatnonzero(self.share <= 0.5)
        return float(self.times[half[0]]) if half.size else math.inf


def kaplan_meier(
    times: Floats, is_event: NDArray[np.bool_], *, alpha: float = 0.05
) -> Survival:
    """Estimate the share without an event over time [3]_.

    Examples
    --------
    >>> found = kaplan_meier(np.array([1.0, 2.0, 2.0]), np.array([True, True, False]))
    >>> found.share.round(3).tolist()
    [1.0, 0.667, 0.333]
    """
    moments = np.unique(times[is_event])
    at_risk = _at_or_after(times, moments)
    events = _at(times[is_event], moments)
    share = np.cumprod(1 - events / np.maximum(at_risk, 1))
    left = at_risk * (at_risk - events)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(np.where(left > 0, events / left, np.nan))
        inner = np.log(-np.log(share))
        reach = (
            _NORMAL.inv_cdf(1 - alpha / 2) * np.sqrt(greenwood) / np.abs(np.log(share))
        )
        low = np.exp(-np.exp(inner + reach))
        high = np.exp(-np.exp(inner - reach))
    known = (share > 0) & (share < 1)
    return Survival(
        times=np.r_[0.0, moments],
        share=np.r_[1.0, share],
        low=np.r_[1.0, np.where(known, low, share)],
        high=np.r_[1.0, np.where(known, high, share)],
        censored=np.sort(times[~is_event]),
    )


def _at_or_after(times: Floats, moments: Floats) -> Floats:
    ordered = np.sort(times)
    return (len(ordered) - np.searchsorted(ordered, moments, side="left")).astype(float)


def _at(times: Floats, moments: Floats) -> Floats:
    ordered = np.sort(times)
    last, first = (
        np.searchsorted(ordered, moments, side=side) for side in ("right", "left")
    )
    return (last - first).astype(float)


def _effect(
    contrast: Contrast, inner: float, error: float, reach: float, p: float
) -> Effect:
    is_log = contrast in ("ratio", "hazard ratio")
    low, high = inner - reach, inner + reach
    size = abs(inner) / error if p < 1e-15 else _NORMAL.inv_cdf(1 - p / 2)
    return Effect(
        contrast=contrast,
        estimate=math.exp(inner) if is_log else inner,
        low=math.exp(low) if is_log else low,
        high=math.exp(high) if is_log else high,
        inner=inner,
        error=error,
        z=math.copysign(size, inner),
        p=p,
    )
