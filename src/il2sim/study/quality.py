"""The certificate of a population: how much its weights can be trusted.

Four questions. How many persons does it really hold (effective sample size)? Do few
hold most of the weight (largest weight, Gini)? Are the targets met, those held out too?
How far did it drift from what was drawn (distance and information, trait by trait)?

References
----------
.. [1] Kish (1965), Survey Sampling, Wiley: the effective sample size.
.. [2] Kullback & Leibler (1951), On information and sufficiency, Annals of Mathematical
   Statistics 22, 79. doi:10.1214/aoms/1177729694
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from il2sim.study.subjects import Floats
from il2sim.study.targets import Coverage

BINS = 20
"""Bins of equal shares of the candidates, in which information is counted."""

FEW, LOW_SHARE, HIGH_WEIGHT = 100.0, 0.2, 0.05
"""Said in words: fewer effective persons than this, a smaller part of all, and a person
who stands for a larger part of the population. Assumptions: the 5 % quantile of 100
persons rests on five of them."""

FAR = 0.3
"""A drift above this distance is said in words."""


@dataclass(frozen=True)
class Drift:
    """How far one trait or factor moved from all candidates.

    Attributes
    ----------
    what
        Its name.
    distance
        Kolmogorov's, between candidates and population, [1].
    information
        Of the population over the candidates, [nat].
    """

    what: str
    distance: float
    information: float


@dataclass(frozen=True)
class Quality:
    """What weights are worth.

    Attributes
    ----------
    candidates, plausible, kept
        How many were drawn, kept all limits, and have a weight.
    effective
        Effective sample size: persons of equal weight that tell as much [1]_.
    largest, gini
        The largest part of the weight that one person holds; inequality of the weights
        among those kept, 0 for equal ones.
    information
        Of the weights over equal ones, [nat] [2]_.
    coverage
        One for each target, those held out too.
    drift
        One for each trait and factor that differs, the farthest first.
    """

    candidates: int
    plausible: int
    kept: int
    effective: float
    largest: float
    gini: float
    information: float
    coverage: tuple[Coverage, ...]
    drift: tuple[Drift, ...]

    def warnings(self) -> Iterator[str]:
        """What a reader should know, in words; nothing for a good population."""
        if self.effective < FEW:
            yield (
                f"The population is worth {self.effective:.0f} persons: its 5 and 95 % "
                "quantiles rest on few of them."
            )
        if self.effective < LOW_SHARE * self.plausible:
            yield (
                f"Weights use {100 * self.effective / self.plausible:.0f} % of the "
                "plausible candidates: the targets are far from what is drawn."
            )
        if self.largest > HIGH_WEIGHT:
            yield f"One person stands for {100 * self.largest:.0f} % of the population."
        for one in self.coverage:
            if not one.is_met:
                held = "held-out target" if one.target.is_held_out else "target"
                yield f"The {held} '{one.target}' is not met."
        far = [one.what for one in self.drift if one.distance > FAR]
        if far:
            yield f"Far from what is drawn: {', '.join(far)}."

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for the metadata of a file."""
        numbers = ("candidates", "plausible", "kept", "effective", "largest", "gini")
        return {
            **{name: getattr(self, name) for name in (*numbers, "information")},
            "coverage": [
                {
                    "target": str(one.target),
                    "column": f"{one.target.asked.label} [{one.target.asked.unit}]",
                    "shape": one.target.shape,
                    "edges": list(one.target.edges),
                    "held out": one.target.is_held_out,
                    "wanted": _wanted(one),
                    "found": list(one.found),
                    "off": one.off,
                    "distance": None if math.isnan(one.distance) else one.distance,
                    "met": one.is_met,
                }
                for one in self.coverage
            ],
            "drift": [
                {
                    "what": one.what,
                    "distance": one.distance,
                    "information": one.information,
                }
                for one in self.drift
            ],
            "warnings": list(self.warnings()),
        }


def effective_size(weights: Floats) -> float:
    """Persons of equal weight that tell as much: (Σw)²/Σw² [1]_.

    Examples
    --------
    >>> effective_size(np.array([1.0, 1.0, 0.0])), effective_size(np.array([3.0, 1.0]))
    (2.0, 1.6)
    """
    return float(np.sum(weights)) ** 2 / float(np.sum(weights * weights))


def gini(weights: Floats) -> float:
    """Inequality of weights: 0 if all are equal, near 1 if one has everything.

    Examples
    --------
    >>> gini(np.array([1.0, 1.0])), gini(np.array([0.0, 1.0]))
    (0.0, 0.5)
    """
    ordered = np.sort(weights)
    n = len(ordered)
    ranks = np.arange(1, n + 1)
    return float(np.sum((2 * ranks - n - 1) * ordered) / (n * np.sum(ordered)))


def information(weights: Floats) -> float:
    """Of weights over equal ones, Σ w ln(n w), [nat].

    Examples
    --------
    >>> information(np.ones(5))
    0.0
    """
    shares = weights[weights > 0] / np.sum(weights)
    return float(np.sum(shares * np.log(len(weights) * shares))) + 0.0


def drift_of(what: str, values: Floats, weights: Floats) -> Drift:
    """How far weights move a quantity from where its candidates are.

    Parameters
    ----------
    what
        Its name.
    values, weights
        Of all candidates, zero for those left out, shape ``(n,)``.
    """
    order = np.argsort(values, kind="stable")
    moved = np.cumsum(weights[order]) / np.sum(weights)
    drawn = np.arange(1, len(values) + 1) / len(values)
    last = np.append(values[order][1:] != values[order][:-1], [True])  # ends of ties
    edges = np.unique(np.quantile(values, np.arange(1, BINS) / BINS))
    bins = np.searchsorted(edges, values, "right")
    shares = np.bincount(bins, weights, minlength=len(edges) + 1) / np.sum(weights)
    before = np.bincount(bins, minlength=len(edges) + 1) / len(values)
    seen = shares > 0
    nats = float(np.sum(shares[seen] * np.log(shares[seen] / before[seen])))
    apart = float(np.max(np.abs(moved - drawn)[last]))
    return Drift(what, apart, max(nats, 0.0))


def certify(
    weights: Floats,
    plausible: int,
    coverage: tuple[Coverage, ...],
    candidates: Mapping[str, Floats],
) -> Quality:
    """Make the certificate.

    Parameters
    ----------
    weights
        Of all candidates, zero for those left out, shape ``(n,)``.
    plausible
        How many kept all limits.
    coverage
        How well each target is met.
    candidates
        What differs between them, shape ``(n,)`` each.
    """
    shares = weights / np.sum(weights)
    drifts = [
        drift_of(what, values, shares)
        for what, values in candidates.items()
        if np.ptp(values) > 0
    ]
    return Quality(
        candidates=len(weights),
        plausible=plausible,
        kept=int(np.count_nonzero(weights)),
        effective=effective_size(shares),
        largest=float(np.max(shares)),
        gini=gini(shares[shares > 0]),
        information=information(shares),
        coverage=coverage,
        drift=tuple(sorted(drifts, key=lambda one: -one.distance)),
    )


def _wanted(one: Coverage) -> list[float]:
    target = one.target
    if target.shares:
        return list(target.shares)
    return [float(one_) for one_ in (target.mean, target.sd) if one_ is not None]
