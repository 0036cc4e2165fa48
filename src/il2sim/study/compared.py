"""An arm of a trial beside the control: the effect, its power, and where doubt is from.

Effects are found twice. Over all subjects of all simulated trials together: the effect
that the model predicts. In each simulated trial alone: how such a trial would come out,
so the share that find an effect is its power.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il2sim.study import interim
from il2sim.study.allocation import Numbers
from il2sim.study.effects import (
    Contrast,
    Effect,
    clopper_pearson,
    difference,
    hazard_ratio,
    risk_difference,
    unknown,
)
from il2sim.study.subjects import Floats
from il2sim.study.trial import Trial
from il2sim.study.trial_measure import Measure
from il2sim.study.trial_readings import Readings
from il2sim.study.variance import Components, components

SIDE = 1.959963984540054
"""Standard deviations to each side of a 95 % interval."""


@dataclass(frozen=True)
class Compared:
    """An arm against the control, on one endpoint.

    Attributes
    ----------
    measure, arm, control
        Names.
    pooled
        Over all subjects of all simulated trials.
    n_trials, n_found
        How many trials were simulated, and in how many an effect was found.
    at_looks
        In how many it was found at each look, or before.
    low, high
        Interval of the power, by how few trials were simulated [1].
    typical
        Half-width of the 95 % interval of one trial of the planned size, by source, on
        the scale of the test (the logarithm for ratios).
    """

    measure: str
    arm: str
    control: str
    pooled: Effect
    n_trials: int
    n_found: int
    at_looks: tuple[int, ...]
    low: float
    high: float
    typical: Components

    @property
    def power(self) -> float:
        """Share of trials that find an effect, [1]."""
        return self.n_found / self.n_trials if self.n_trials else math.nan

    def to_dict(self) -> dict[str, Any]:
        """As written in ``summary.json``."""
        one = self.pooled
        return {
            "endpoint": self.measure,
            "arm": self.arm,
            "control": self.control,
            "contrast": one.contrast,
            "estimate": one.estimate,
            "low": one.low,
            "high": one.high,
            "p": one.p,
            "trials": self.n_trials,
            "found": self.n_found,
            "power": self.power,
            "power low": self.low,
            "power high": self.high,
            "found by look": list(self.at_looks),
            "half-width of one trial": self.typical.to_dict(),
        }


def compare_arms(
    trial: Trial, readings: Readings, again: Readings, measure: Measure, arm: int
) -> Compared:
    """Compare an arm with the control, over all trials and in each.

    Parameters
    ----------
    trial
        What was planned.
    readings, again
        The reading of the trial, and a second one of the same subjects.
    measure, arm
        The endpoint, and the number of the arm.
    """
    control = [one.name for one in trial.arms].index(trial.control)
    found = [
        effect(trial, readings.rows(some), measure, arm, control)
        for some in each_trial(trial, readings)
    ]
    at_looks = _looks(trial, readings, measure, arm, found)
    n_found = at_looks[-1] if at_looks else 0
    low, high = clopper_pearson(n_found, len(found)) if found else (0.0, 1.0)
    return Compared(
        measure=measure.name,
        arm=trial.arms[arm].name,
        control=trial.control,
        pooled=effect(trial, readings, measure, arm, control),
        n_trials=len(found),
        n_found=n_found,
        at_looks=at_looks,
        low=low,
        high=high,
        typical=_sources(trial, readings, again, measure, found),
    )


def effect(
    trial: Trial, readings: Readings, measure: Measure, arm: int, control: int
) -> Effect:
    """Compare two arms on one endpoint; subjects without a reading are left out."""
    i = trial.measures.index(measure)
    values = readings.values[:, i]
    if trial.design == "crossover":
        return _crossed(trial, readings, measure, arm)
    known = np.isfinite(values)
    mine, theirs = known & (readings.arm == arm), known & (readings.arm == control)
    if measure.is_event:
        both = mine | theirs
        return hazard_ratio(
            values[both], readings.is_event[both, i], mine[both], alpha=trial.alpha
        )
    one, other = values[mine], values[theirs]
    if measure.is_yes_or_no:
        return risk_difference(one, other, alpha=trial.alpha)
    is_log = measure.scale == "log"
    return difference(one, other, alpha=trial.alpha, is_log=is_log)


def in_groups(
    trial: Trial,
    readings: Readings,
    measure: Measure,
    arm: int,
    groups: dict[str, NDArray[np.bool_]],
) -> dict[str, tuple[Effect, int]]:
    """The effect in groups of subjects, and how many are in each.

    Parameters
    ----------
    trial, readings, measure, arm
        As in `compare_arms`.
    groups
        By name, which subjects (by number) are in it; shape ``(n_subjects,)``.
    """
    control = [one.name for one in trial.arms].index(trial.control)
    found = {}
    for name, members in groups.items():
        some = readings.rows(members[readings.subject])
        n = len(np.unique(some.subject))
        found[name] = (effect(trial, some, measure, arm, control), n)
    return found


def each_trial(trial: Trial, readings: Readings) -> list[Numbers]:
    """Rows of every whole simulated trial, in order."""
    order = np.argsort(readings.trial, kind="stable")
    edges = np.searchsorted(readings.trial[order], np.arange(trial.n_trials + 1))
    return [order[a:b] for a, b in pairwise(edges)]


def shared_out(
    measure: Measure, first: Floats, second: Floats, group: Numbers
) -> Components:
    """What subjects differ by, from two readings of each, by where it comes from.

    Parameters
    ----------
    measure
        The endpoint; on a scale of ratios its logarithm is meant.
    first, second
        Readings of the same subjects, shape ``(n_subjects,)``.
    group
        Within which subjects are compared, by number, shape ``(n_subjects,)``.
    """
    if _is_log(measure):
        first, second = np.log(first), np.log(second)
    return components(first, second, group)


def _crossed(trial: Trial, readings: Readings, measure: Measure, arm: int) -> Effect:
    """Two periods of each subject compared, free of what differs between periods.

    Hills & Armitage (1979), Br J Clin Pharmacol 8, 7: half the difference between the
    sequences of the differences between periods.
    """
    is_log = _is_log(measure)
    contrast: Contrast = "ratio" if is_log else "difference"
    if measure.is_event:
        return unknown("hazard ratio")
    apart, begins, _ = _paired(trial, readings, measure, arm)
    known = np.isfinite(apart)
    one = difference(apart[known & begins], apart[known & ~begins], alpha=trial.alpha)
    if math.isnan(one.inner):
        return unknown(contrast)
    half = [x / 2 for x in (one.estimate, one.low, one.high)]
    estimate, low, high = map(math.exp, half) if is_log else half
    error = one.error / 2
    return Effect(contrast, estimate, low, high, one.inner / 2, error, one.z, one.p)


def _paired(
    trial: Trial, readings: Readings, measure: Measure, arm: int
) -> tuple[Floats, NDArray[np.bool_], Numbers]:
    """What a subject's periods differ by, whether `arm` was first, and its trial."""
    values = readings.values[:, trial.measures.index(measure)]
    inner = np.log(values) if _is_log(measure) else values
    first, second = (np.flatnonzero(readings.period == p) for p in (0, 1))
    first, second = (
        rows[np.argsort(readings.subject[rows], kind="stable")]
        for rows in (first, second)
    )
    apart = inner[first] - inner[second]
    return apart, readings.arm[first] == arm, readings.trial[first]


def _is_log(measure: Measure) -> bool:
    return measure.scale == "log" and not measure.is_yes_or_no


def _looks(
    trial: Trial, readings: Readings, measure: Measure, arm: int, found: list[Effect]
) -> tuple[int, ...]:
    """In how many trials an effect was found by each look."""
    if trial.interim is None:
        return (sum(one.p < trial.alpha for one in found),)
    control = [one.name for one in trial.arms].index(trial.control)
    edges = interim.boundaries(trial.interim, trial.alpha)
    stopped = np.zeros(len(found), dtype=bool)
    counts = []
    trials = each_trial(trial, readings)
    for share, edge in zip(trial.interim.looks, edges, strict=True):
        for r, some in enumerate(trials):
            if not stopped[r]:
                enrolled = r * trial.size + math.ceil(share * trial.size)
                early = some[readings.subject[some] < enrolled]
                one = effect(trial, readings.rows(early), measure, arm, control)
                stopped[r] = abs(one.z) >= edge
        counts.append(int(stopped.sum()))
    return tuple(counts)


def _sources(
    trial: Trial,
    readings: Readings,
    again: Readings,
    measure: Measure,
    found: list[Effect],
) -> Components:
    """Half-widths of the interval of one trial, by where the doubt comes from."""
    inner = np.array([one.inner for one in found])
    errors = np.array([one.error for one in found]) ** 2
    known = np.isfinite(inner) & np.isfinite(errors)
    if known.sum() < 2:
        return Components(math.nan, math.nan, math.nan)
    own = float(np.mean(errors[known]))  # patients and readings
    part = 0.0
    if not measure.is_event:
        within = _within(trial, readings, again, measure)
        total = within.patients + within.readings
        part = within.readings / total if total > 0 else 0.0
    unsure = max(0.0, float(np.var(inner[known], ddof=1)) - own)
    return Components(
        *(SIDE * math.sqrt(one) for one in (unsure, own * (1 - part), own * part))
    )


def _within(
    trial: Trial, readings: Readings, again: Readings, measure: Measure
) -> Components:
    """What subjects of one arm, or of one sequence, differ by in the same trial."""
    if trial.design == "crossover":
        first, begins, number = _paired(trial, readings, measure, 0)
        second, _, _ = _paired(trial, again, measure, 0)
        return components(first, second, 2 * number + begins)
    i = trial.measures.index(measure)
    group = readings.trial * len(trial.arms) + readings.arm
    return shared_out(measure, readings.values[:, i], again.values[:, i], group)
