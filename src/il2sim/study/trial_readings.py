"""Readings: what a trial's staff write down, not what is true.

Endpoints are read with the noise of the laboratory, and not at all after a subject has
left. Each reading has a stream of its own, so that it can be read a second time: what
differs between both is the laboratory alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il2sim.study import subjects as draws
from il2sim.study.allocation import Numbers
from il2sim.study.conduct import Conduct, Records
from il2sim.study.subjects import Floats
from il2sim.study.trial import ORDERS, Trial
from il2sim.study.trial_measure import DAY_H, Measure


@dataclass(frozen=True, eq=False)
class Readings:
    """Every endpoint of every subject, one row for each treatment it was given.

    Attributes
    ----------
    subject, trial, arm, period
        Numbers; shape ``(n_rows,)``.
    values
        Shape ``(n_rows, n_measures)``; not-a-number where it was not seen.
    is_event
        Whether the time in `values` is one of the event, not of the last look.
    """

    subject: Numbers
    trial: Numbers
    arm: Numbers
    period: Numbers
    values: Floats
    is_event: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.subject)

    def rows(self, chosen: NDArray[np.bool_] | Numbers | slice) -> Readings:
        """Some rows."""
        return Readings(
            **{name: getattr(self, name)[chosen] for name in self.__dataclass_fields__}
        )


def read(plan: Conduct, records: Records, *, again: int = 0) -> Readings:
    """Read every endpoint.

    Parameters
    ----------
    plan, records
        The trial, and what came of its subjects.
    again
        0 is the reading of the trial; 1 is one that could have been instead.
    """
    trial = plan.trial
    numbers = np.asarray(records.subject)
    left = records.left_day
    parts = []
    for period, start in enumerate(trial.starts_day):
        values = np.full((len(records), len(trial.measures)), np.nan)
        events = np.zeros(values.shape, dtype=bool)
        for i, measure in enumerate(trial.measures):
            found = measure.read(records.reduced[:, _columns(trial, period, i)], start)
            found = np.where(records.is_done, found, np.nan)
            seen = left - start
            if measure.is_event:
                values[:, i], events[:, i] = _censored(measure, found, seen, trial.days)
            else:
                noisy = found * _noise(trial, measure, numbers, f"{period} {again}")
                is_seen = seen >= measure.last_day(trial.days)
                values[:, i] = np.where(is_seen, measure.judge(noisy), np.nan)
        arms = np.asarray(records.group)
        if trial.design == "crossover":
            arms = np.array([order[period] for order in ORDERS.values()])[arms]
        parts.append(
            Readings(
                subject=numbers,
                trial=trial.trial_of(numbers),
                arm=arms,
                period=np.full(len(numbers), period),
                values=values,
                is_event=events,
            )
        )
    if len(parts) == 1:
        return parts[0]
    return Readings(
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in Readings.__dataclass_fields__
        }
    )


def read_visits(plan: Conduct, records: Records, quantity: str) -> Floats:
    """What is written down of a quantity at each visit, over its reading at rest.

    Returns
    -------
    numpy.ndarray
        [1], shape ``(n_rows, n_visits)``; not-a-number where nobody was there.
    """
    trial, task = plan.trial, plan.tasks[0]
    column = trial.watch.index(quantity)
    numbers = np.asarray(records.subject)
    each = Measure(quantity, quantity, "peak")  # a name and a noise, read at any time
    rest = records.resting[:, column] * _noise(trial, each, numbers, "rest")
    days = task.times_h / DAY_H
    found = np.empty((len(records), len(days)))
    for i, day in enumerate(days):
        noise = _noise(trial, each, numbers, f"day {day:g}")
        with np.errstate(divide="ignore", invalid="ignore"):  # nothing at rest
            found[:, i] = records.visits[:, i, column] * noise / rest
    gone = records.left_day[:, None] < days
    return np.where(gone | ~records.is_done[:, None], np.nan, found)


def left_days(records: Records, numbers: Numbers) -> Floats:
    """When some subjects left, [d]; infinite for those who stayed.

    Where a subject was treated in several groups, the earliest.
    """
    left = np.full(int(records.subject.max(initial=-1)) + 1, np.inf)
    np.minimum.at(left, records.subject, records.left_day)
    return left[numbers]


def log_sd(trial: Trial, measure: Measure) -> float:
    """Standard deviation of the logarithm of one reading of an endpoint, [1].

    A fold is read twice, at rest and later; a ratio has the noise of both quantities,
    and the worst of several that of the first.
    """
    each = {one.quantity: one.log_sd for one in trial.noise}
    read = [measure.quantity] if measure.over is None else measure.quantities
    variance = sum(each.get(name, 0.0) ** 2 for name in read)
    return math.sqrt(variance * (2 if measure.is_relative else 1))


def _noise(trial: Trial, measure: Measure, numbers: Numbers, which: str) -> Floats:
    size = 0.0 if measure.is_event else log_sd(trial, measure)
    if not size:
        return np.ones(len(numbers))
    stream = f"noise {measure.name} {which}"
    z = draws.normal(
        draws.uniform(trial.population.seed, numbers.astype(np.uint64), stream)
    )
    return np.asarray(np.exp(size * z))


def _censored(
    measure: Measure, found: Floats, seen: Floats, days: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """Times of events, or of the last look at who had none."""
    until = np.minimum(measure.last_day(days), seen)
    is_event = found <= until
    times = np.where(is_event, found, until)
    return np.where(np.isnan(found) | (until < 0), np.nan, times), is_event


def _columns(trial: Trial, period: int, measure: int) -> slice:
    widths = [len(one.quantities) for one in trial.measures]
    first = period * sum(widths) + sum(widths[:measure])
    return slice(first, first + widths[measure])
