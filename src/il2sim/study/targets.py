"""`Target`: what was published of a group of persons, in a form that weights can meet.

Papers give a mean with its standard deviation, or shares: quantiles, parts of a group,
counts in bins. A mean and SD stand for a normal or log-normal distribution where a
method needs one; shares stand for themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from il2sim.engine import elementary
from il2sim.errors import BadPopulation
from il2sim.study.measures import Asked
from il2sim.study.subjects import Floats, normal
from il2sim.study.weighting import Margin, distance

LEVELS = (0.02, 0.05, *(tenth / 10 for tenth in range(1, 10)), 0.95, 0.98)
"""Shares below the edges of the bins that a mean and SD become where a method needs
bins: tenths, and finer in the tails, where candidates may lie far apart."""

MEAN_WITHIN, SD_WITHIN, SHARE_WITHIN = 0.1, 0.15, 0.03
"""A target is met when the mean is within so many SD, the SD within such a part, each
share within so much. The first two are as far as the mean and SD of 100 persons are
from the truth by chance."""


@dataclass(frozen=True)
class Target:
    """One published property of a group.

    Attributes
    ----------
    asked
        The quantity, its unit and its response.
    mean, sd
        In that unit; `sd` None where it is unknown. Both None for shares.
    shape
        What a mean and SD stand for.
    edges, shares
        Of bins: ``n_bins + 1`` edges that increase, and shares of sum one.
    is_held_out
        Not met by weights, but told how well it is met: a trial out of the sample.
    source, is_assumption, note
        As in `Trait`.

    Raises
    ------
    BadPopulation
        A number cannot be met by anybody.
    """

    asked: Asked
    mean: float | None = None
    sd: float | None = None
    shape: Literal["normal", "log-normal"] = "log-normal"
    edges: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()
    is_held_out: bool = False
    source: str = ""
    is_assumption: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        if (self.mean is None) == (not self.shares):
            raise self._bad("no mean or shares", "a mean, or shares; not both")
        if self.mean is not None:
            if not math.isfinite(self.mean) or (self.sd is not None and self.sd <= 0):
                raise self._bad(f"{self.mean} ± {self.sd}", "finite, SD above zero")
            if self.shape == "log-normal" and self.sd is not None and self.mean <= 0:
                raise self._bad(self.mean, "above zero for a log-normal")
            return
        rising = len(self.edges) == len(self.shares) + 1 and all(
            low < high for low, high in pairwise(self.edges)
        )
        one = abs(sum(self.shares) - 1.0) < 1e-6
        if not (rising and one and all(share >= 0 for share in self.shares)):
            raise self._bad(
                f"edges {self.edges}, shares {self.shares}",
                "edges that increase, one more than shares, and shares of sum 1",
            )

    @property
    def has_distribution(self) -> bool:
        """Whether it says how many lie below any value."""
        return self.sd is not None

    def features(self, values: Floats) -> tuple[Floats, Floats]:
        """What must have which mean: ``(n, n_features)`` and ``(n_features,)``.

        A mean is one feature, its SD a second; of shares all but the last.
        """
        if self.mean is not None:
            columns, wanted = [values], [self.mean]
            if self.sd is not None:
                columns.append((values - self.mean) ** 2)
                wanted.append(self.sd**2)
            return np.column_stack(columns), np.array(wanted)
        bins = self._bins(values, self.edges)
        some = np.arange(len(self.shares) - 1)
        return (bins[:, None] == some).astype(float), np.array(self.shares[:-1])

    def margin(self, values: Floats) -> Margin:
        """The same as bins and their shares.

        Raises
        ------
        BadPopulation
            A mean without a standard deviation says no shares.
        """
        if self.shares:
            return Margin(self._bins(values, self.edges), np.array(self.shares))
        middle, spread = self._inner_moments()
        cuts = middle + spread * normal(np.array(LEVELS))
        if self.shape == "log-normal":
            cuts = elementary.exp(cuts)
        edges = (-math.inf, *cuts.tolist(), math.inf)
        shares = np.diff((0.0, *LEVELS, 1.0))
        return Margin(self._bins(values, edges), shares)

    def scaled(self, values: Floats) -> Floats:
        """Standard normal numbers of the target, where it has a distribution."""
        middle, spread = self._inner_moments()
        with np.errstate(invalid="ignore", divide="ignore"):
            inner = np.log(values) if self.shape == "log-normal" else values
        return (inner - middle) / spread

    def below(self, values: Floats) -> Floats:
        """Share of the target's distribution below each value."""
        erf = np.array([math.erf(one / math.sqrt(2.0)) for one in self.scaled(values)])
        return (1.0 + erf) / 2.0

    def found(self, values: Floats, weights: Floats) -> Coverage:
        """How well weighted candidates meet it."""
        total = float(np.sum(weights))
        if self.shares:
            bins = self._bins(values, self.edges)
            shares = np.bincount(bins, weights, minlength=len(self.shares)) / total
            off = float(np.max(np.abs(shares - self.shares)))
            ends = np.cumsum(shares - np.array(self.shares))
            return Coverage(
                self,
                tuple(shares.tolist()),
                off,
                float(np.max(np.abs(ends))),
                is_met=off <= SHARE_WITHIN,
            )
        wanted = self.mean or 0.0
        mean = float(np.sum(weights * values)) / total
        sd = math.sqrt(float(np.sum(weights * (values - mean) ** 2)) / total)
        off = abs(mean - wanted) / (self.sd or sd or 1.0)
        even = self.sd is None or abs(sd / self.sd - 1.0) <= SD_WITHIN
        apart = distance(self.below(values), weights) if self.sd else math.nan
        return Coverage(
            self, (mean, sd), off, apart, is_met=off <= MEAN_WITHIN and even
        )

    def __str__(self) -> str:
        unit = "" if self.asked.unit == "1" else f" {self.asked.unit}"
        if self.mean is not None:
            spread = "" if self.sd is None else f" ± {self.sd:g}"
            return f"{self.asked.label}: {self.mean:g}{spread}{unit}"
        told = ", ".join(
            f"{100 * share:.3g} % {_between(low, high)}{unit}"
            for share, (low, high) in zip(
                self.shares, pairwise(self.edges), strict=True
            )
        )
        return f"{self.asked.label}: {told}"

    def _inner_moments(self) -> tuple[float, float]:
        """Mean and SD on the scale where it is normal."""
        if self.sd is None or self.mean is None:
            raise self._bad("no standard deviation", "sd = … for this method")
        if self.shape == "normal":
            return self.mean, self.sd
        variance = math.log1p((self.sd / self.mean) ** 2)
        return math.log(self.mean) - variance / 2.0, math.sqrt(variance)

    def _bins(self, values: Floats, edges: tuple[float, ...]) -> np.ndarray:
        """Number of the bin of each value; beyond the outer edges the outer bins."""
        return np.searchsorted(np.array(edges[1:-1]), values, "right")

    def _bad(self, got: object, expected: str) -> BadPopulation:
        return BadPopulation(
            f"the target on '{self.asked.label}' cannot be met.",
            got=got,
            expected=expected,
        )


def _between(low: float, high: float) -> str:
    if math.isinf(low):
        return f"below {high:g}"
    return f"above {low:g}" if math.isinf(high) else f"in {low:g} to {high:g}"


@dataclass(frozen=True)
class Coverage:
    """How well a target is met.

    Attributes
    ----------
    target
        What was wanted.
    found
        Mean and SD, or the shares.
    off
        Distance of the means in SD, or the largest of shares, [1].
    distance
        Kolmogorov's, of the distributions; not-a-number for a mean without an SD.
    is_met
        Within the bounds at the head of this file.
    """

    target: Target
    found: tuple[float, ...]
    off: float
    distance: float
    is_met: bool
