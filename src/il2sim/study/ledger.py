"""The ledger of failures: who has no answer, why, and whether that biases the rest.

Endpoints are medians and quantiles of the subjects that were solved. If those without
an answer are like the others, nothing is lost but a little precision; if they are not,
every number speaks for a part of the cohort only. The ledger says which it is: it
compares the traits and parameters of both groups by rank tests [1]_ that are adjusted
for their number [2]_, and bounds each endpoint by what it would be had all lost
subjects been the lowest or all been the highest, which needs no assumption at all.

References
----------
.. [1] Mann & Whitney (1947), Annals of Mathematical Statistics 18, 50.
   doi:10.1214/aoms/1177730491; for the sexes Fisher's exact test.
.. [2] Holm (1979), A simple sequentially rejective multiple test procedure,
   Scandinavian Journal of Statistics 6, 65.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il2sim.engine.quantiles import places
from il2sim.engine.retries import RETRIES
from il2sim.engine.status import Status
from il2sim.engine.trajectories import Trajectories
from il2sim.study.endpoints import POPULATIONS, QUANTILES, measured
from il2sim.study.subjects import Floats, Subjects

SIGNIFICANT = 0.05
"""Adjusted probability below which a difference is called one."""

FEW = 10
"""Fewer lost subjects than this show only large differences."""

MOST_EXACT = 10_000
"""Pairs up to which the rank test is exact; beyond, its normal approximation."""


@dataclass(frozen=True)
class Compared:
    """One trait or parameter of the lost subjects against the others.

    Attributes
    ----------
    what
        Its name, with its unit.
    lost, solved
        Means of both groups, in that unit.
    difference
        Of the means, in standard deviations of the solved; not-a-number if they do not
        vary.
    p, adjusted
        Probability of so large a difference by chance, alone and adjusted for the
        number of comparisons.
    """

    what: str
    lost: float
    solved: float
    difference: float
    p: float
    adjusted: float

    @property
    def is_different(self) -> bool:
        """Whether the groups differ beyond chance."""
        return self.adjusted < SIGNIFICANT


@dataclass(frozen=True)
class Bound:
    """Between which values a reported number would lie with every subject solved.

    Attributes
    ----------
    name, kind, statistic
        Of what was recorded, which endpoint, and which of its quantiles.
    value
        As reported, of the solved.
    low, high
        With all lost subjects the lowest, and the highest; infinite where more are
        lost than the quantile leaves out.
    shift
        The larger distance of both from `value`, over the reported 5 to 95 % range.
    """

    name: str
    kind: str
    statistic: str
    value: float
    low: float
    high: float
    shift: float


@dataclass(frozen=True, eq=False)
class Ledger:
    """Subjects without an answer, and what their loss does.

    Attributes
    ----------
    n
        Subjects in all.
    lost
        Numbers of those that were not solved to the end, shape ``(n_lost,)``.
    rows
        One column each for ``failures.csv``, ``n_lost`` long.
    compared
        Traits and parameters, the most different first.
    bounds
        Of every reported number.
    retried, rescued
        How many broke down and were solved again with smaller steps, and how many of
        those then came to the end.
    """

    n: int
    lost: NDArray[np.int64]
    rows: Mapping[str, Sequence[Any]]
    compared: tuple[Compared, ...]
    bounds: tuple[Bound, ...]
    retried: int = 0
    rescued: int = 0

    def __len__(self) -> int:
        return len(self.lost)

    @property
    def differences(self) -> list[Compared]:
        """Where the lost subjects differ beyond chance, the most different first."""
        return [one for one in self.compared if one.is_different]

    def words(self) -> list[str]:
        """Say it in plain words; nothing if all were solved at the first try."""
        return [*self._words_of_retries(), *self._words_of_loss()]

    def _words_of_retries(self) -> Iterator[str]:
        if self.retried:
            tried = " and ".join(f"{one.tighter:g}" for one in RETRIES)
            yield (
                f"{self.retried} of {self.n} subjects broke down and were solved again "
                f"with the tolerance times {tried}; {self.rescued} came to the end."
            )

    def _words_of_loss(self) -> list[str]:
        if not len(self):
            return []
        share = 100 * len(self) / self.n
        missing = (
            f"{len(self)} of {self.n} subjects ({share:.2g} %) have no answer and are "
            "in none of these numbers."
        )
        if len(self) == self.n:
            return [missing]
        return [missing, self._words_of_differences(), *self._words_of_bounds()]

    def to_dict(self) -> dict[str, Any]:
        """As written in ``summary.json``."""
        return {
            "lost": len(self),
            "retried": self.retried,
            "rescued": self.rescued,
            "words": self.words(),
            "compared": [asdict(one) for one in self.compared],
            "bounds": [asdict(one) for one in self.bounds],
        }

    def _words_of_differences(self) -> str:
        found = self.differences
        if found:
            told = ", ".join(
                f"{one.what} ({one.difference:+.1f} SD, p = {one.adjusted:.1g})"
                for one in found[:3]
            )
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""
            return (
                f"They differ from the others: {told}{more}; so these numbers speak "
                "for the others only."
            )
        least = min((one.adjusted for one in self.compared), default=1.0)
        few = " So few show only large differences." if len(self) < FEW else ""
        return (
            f"In none of {len(self.compared)} traits and parameters do they differ "
            f"from the others beyond chance (smallest adjusted p = {least:.2g}).{few}"
        )

    def _words_of_bounds(self) -> Iterator[str]:
        medians = [one for one in self.bounds if one.statistic == "median"]
        medians = [one for one in medians if not np.isnan(one.shift)]
        far = max(medians, key=lambda one: one.shift, default=None)
        if far is not None and np.isinf(far.shift):
            yield "So many are lost that nothing bounds the medians without them."
        elif far is not None:
            yield (
                "Had all of them been the lowest or all the highest, no median would "
                f"have moved by more than {100 * far.shift:.2g} % of its 5-95 % range "
                f"({far.name}, {far.kind}: {far.low:.4g} to {far.high:.4g}, reported "
                f"{far.value:.4g})."
            )


def keep_ledger(
    run: Trajectories,
    people: Subjects,
    end_h: float,
    names: Sequence[str] = POPULATIONS,
) -> Ledger:
    """Write down who has no answer, and what that does to the endpoints.

    Parameters
    ----------
    run
        What was simulated.
    people
        The same subjects, as drawn.
    end_h
        The read-out visit, [h]; one of the recorded times.
    names
        Whose endpoints are reported.

    Examples
    --------
    >>> from il2sim.study.populations import adults
    >>> run = Trajectories(
    ...     names=("CD8",),
    ...     units=("cell/uL",),
    ...     times_h=np.array([0.0]),
    ...     values=np.array([[[500.0]], [[400.0]], [[np.nan]]]),
    ...     resting=np.array([[500.0], [400.0], [np.nan]]),
    ...     peaks=np.array([[560.0], [600.0], [np.nan]]),
    ...     status=np.array([0, 0, 4]),
    ... )
    >>> found = keep_ledger(run, adults(n=3, seed=1).draw(), 0.0)
    >>> found.words()[0]
    '1 of 3 subjects (33 %) have no answer and are in none of these numbers.'
    """
    is_lost = ~run.is_done
    lost = np.flatnonzero(is_lost)
    traits = {**_traits(people), "is female": people.is_female.astype(float)}
    enough = lost.size > 0 and lost.size < len(run)
    return Ledger(
        n=len(run),
        lost=lost,
        rows=_rows(run, lost, traits),
        compared=_compare(traits, is_lost) if enough else (),
        bounds=tuple(_bounds(run, end_h, names)) if enough else (),
        retried=int(np.count_nonzero(run.retries)),
        rescued=int(np.count_nonzero(run.retries[run.is_done])),
    )


def _traits(people: Subjects) -> dict[str, Floats]:
    """What differs between persons, by name and unit."""
    return {
        "age [y]": people.age_y,
        "height [cm]": people.height_cm,
        "weight [kg]": people.weight_kg,
        "surface [m^2]": people.surface_m2,
        **{f"{name} [cell/uL]": one for name, one in people.counts.items()},
        **people.factors,
    }


def _rows(
    run: Trajectories, lost: NDArray[np.int64], traits: Mapping[str, Floats]
) -> dict[str, list[Any]]:
    codes = [Status(int(code)) for code in run.status[lost]]
    rows: dict[str, list[Any]] = {
        "subject": lost.tolist(),
        "status": [code.name for code in codes],
        "time [h]": run.failed_h[lost].tolist(),
        "state": run.failed_state[lost].tolist(),
        "steps": run.steps[lost].tolist(),
        "retries": run.retries[lost].tolist(),
        "no number": [
            ", ".join(what for what, one in traits.items() if not np.isfinite(one[i]))
            for i in lost
        ],
        "sentence": [code.sentence for code in codes],
        "advice": [code.advice for code in codes],
    }
    for what, values in traits.items():
        places = _places(values[lost], np.sort(values[run.is_done]))
        rows[f"quantile of {what}"] = places.tolist()
    return rows


def _places(values: Floats, among: Floats) -> Floats:
    """Share of the others below each value, ties by half; shape ``(n_lost,)``."""
    below = np.searchsorted(among, values, "left") + np.searchsorted(
        among, values, "right"
    )
    places = below / (2.0 * max(1, len(among)))
    return np.where(np.isfinite(values) & (len(among) > 0), places, np.nan)


def _compare(
    traits: Mapping[str, Floats], is_lost: NDArray[np.bool_]
) -> tuple[Compared, ...]:
    found = []
    for what, values in traits.items():
        known = np.isfinite(values)
        lost, solved = values[is_lost & known], values[~is_lost & known]
        if lost.size and solved.size:
            size = float(np.std(solved))
            apart = float(np.mean(lost) - np.mean(solved))
            found.append(
                Compared(
                    what=what,
                    lost=float(np.mean(lost)),
                    solved=float(np.mean(solved)),
                    difference=apart / size if size else np.nan,
                    p=_probability(lost, solved, is_sex=what == "is female"),
                    adjusted=np.nan,
                )
            )
    return _adjusted(found)


def _probability(lost: Floats, solved: Floats, *, is_sex: bool) -> float:
    """Of a difference at least as large, were the lost drawn by chance."""
    from scipy.stats import fisher_exact, mannwhitneyu

    if is_sex:
        table = [[int(group.sum()), int((1 - group).sum())] for group in (lost, solved)]
        return float(fisher_exact(table)[1])
    is_small = lost.size * solved.size <= MOST_EXACT
    ties = len(np.unique(np.concatenate([lost, solved]))) < lost.size + solved.size
    if ties and np.ptp(np.concatenate([lost, solved])) == 0:
        return 1.0
    way = "exact" if is_small and not ties else "asymptotic"
    return float(mannwhitneyu(lost, solved, method=way).pvalue)


def _adjusted(found: Sequence[Compared]) -> tuple[Compared, ...]:
    """Holm's step-down adjustment; the smallest probability first."""
    least, done = 0.0, []
    for i, one in enumerate(sorted(found, key=lambda one: one.p)):
        least = max(least, min(1.0, one.p * (len(found) - i)))
        done.append(replace(one, adjusted=least))
    return tuple(done)


def _bounds(run: Trajectories, end_h: float, names: Sequence[str]) -> Iterator[Bound]:
    lost = run.prevalence[~run.is_done & (run.prevalence > 0)]
    counted = run.is_done & (run.prevalence > 0)
    for name, by_kind in measured(run, end_h, names):
        for kind, values in by_kind:
            known = counted & np.isfinite(values)
            order = np.argsort(values[known], kind="stable")
            if order.size:
                finite = values[known][order], run.prevalence[known][order]
                yield from _bounds_of(name, kind, finite, lost)


def _bounds_of(
    name: str, kind: str, finite: tuple[Floats, Floats], lost: Floats
) -> Iterator[Bound]:
    beyond, (values, weights) = np.full(len(lost), np.inf), finite
    lowest = np.append(-beyond, values), np.append(lost, weights)
    highest = np.append(values, beyond), np.append(weights, lost)
    width = _quantile(finite, QUANTILES["q95"]) - _quantile(finite, QUANTILES["q05"])
    for statistic, q in QUANTILES.items():
        value = _quantile(finite, q)
        low, high = _quantile(lowest, q), _quantile(highest, q)
        moved = max(value - low, high - value)
        yield Bound(
            name=name,
            kind=kind,
            statistic=statistic,
            value=value,
            low=low,
            high=high,
            shift=0.0 if moved == 0 else moved / width if width > 0 else np.inf,
        )


def _quantile(given: tuple[Floats, Floats], q: float) -> float:
    """Interpolate linearly between ordered values; infinite beside an infinite one.

    As `il2sim.engine.quantiles.quantiles`, which knows no infinite values.
    """
    ordered, weights = given
    if np.ptp(weights) == 0:
        place = q * (len(ordered) - 1)
        below = int(place)
        part = place - below
    else:
        stands = places(weights)
        below = min(int(np.searchsorted(stands, q, "right")) - 1, len(stands) - 2)
        part = (q - stands[below]) / (stands[below + 1] - stands[below])
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    if part == 0 or low == high:
        return float(low)
    if np.isinf(low) or np.isinf(high):
        return float(low if np.isinf(low) else high)
    return float(low + part * (high - low))
