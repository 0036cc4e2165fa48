"""Endpoints: what is read from trajectories, one number for each subject.

A peak is the highest value of the dense output after the first dose; the end is the
read-out visit, before any dose of that visit; a fold is over the same subject's resting
state. Spreads are over the subjects that were solved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from il2sim.engine.quantiles import quantiles
from il2sim.engine.status import Status
from il2sim.engine.trajectories import TimeCourse, Trajectories
from il2sim.study.subjects import Floats

POPULATIONS = (
    *("naive Treg", "memory Treg", "CD4 Tconv", "CD8", "NK dim", "NK bright"),
    *("Treg", "NK", "lymphocytes", "plasma IL-2", "tumor"),
)
"""What is summarized, where it was recorded."""

QUANTILES = {"median": 0.5, "q05": 0.05, "q95": 0.95}


@dataclass(frozen=True)
class Spread:
    """Median and 5 to 95 % of the subjects."""

    median: float
    q05: float
    q95: float

    def to_dict(self) -> dict[str, float]:
        """As written in ``summary.json``."""
        return {"median": self.median, "q05": self.q05, "q95": self.q95}


def spread(values: Floats, prevalence: Floats | None = None) -> Spread:
    """Median and 5 to 95 % of the finite values; not-a-number if there is none.

    Parameters
    ----------
    values
        Shape ``(n_subjects,)``.
    prevalence
        How many persons each subject stands for, [1]; default one each.

    Examples
    --------
    >>> spread(np.array([1.0, 2.0, 3.0, np.nan])).median
    2.0
    """
    finite = np.isfinite(values)
    known = None if prevalence is None else prevalence[finite]
    found = quantiles(values[finite], list(QUANTILES.values()), known)
    return Spread(*map(float, found))


def mean(values: Floats, prevalence: Floats | None = None) -> float:
    """Mean of the finite values; not-a-number if there is none.

    Parameters
    ----------
    values, prevalence
        As in `spread`.

    Examples
    --------
    >>> mean(np.array([0.0, 1.0]), np.array([3.0, 1.0]))
    0.25
    """
    finite = np.isfinite(values)
    known = np.ones(len(values)) if prevalence is None else prevalence
    total = float(np.sum(known[finite]))
    return float(np.sum(known[finite] * values[finite])) / total if total else np.nan


def course_of(run: Trajectories, name: str) -> TimeCourse:
    """Pick a recorded name, or the sum or ratio of two of them.

    Parameters
    ----------
    run
        With the names among what was recorded.
    name
        Such as ``"CD8"``, ``"Treg / CD4 Tconv"`` or ``"Treg + CD4 Tconv"``. The peak of
        a sum or ratio is the highest of the recorded values.

    Raises
    ------
    UnknownName
        Something was not recorded.
    """
    if name in run:
        return run[name]
    for sign in (" / ", " + "):
        one, found, other = name.partition(sign)
        if found:
            return _combined(run[one], run[other], name, sign.strip())
    return run[name]


def peak_fold(run: Trajectories, name: str) -> Floats:
    """Highest value after the first dose over the resting one, [1]."""
    return course_of(run, name).peak_fold()


def end_fold(run: Trajectories, name: str, end_h: float) -> Floats:
    """Value at the read-out visit over the resting one, [1]."""
    return course_of(run, name).fold_at(end_h)


def summarize(
    run: Trajectories, end_h: float, names: Sequence[str] = POPULATIONS
) -> dict[str, Any]:
    """Sum a run up as written in ``summary.json``.

    Parameters
    ----------
    run
        What was simulated.
    end_h
        The read-out visit, [h]; one of the recorded times.
    names
        What to sum up; names that were not recorded are left out.

    Returns
    -------
    dict
        ``subjects: {n, failed, retried, reasons}`` and ``endpoints``: for each name
        ``"peak fold"`` and ``"end fold"`` [1], and ``"resting"``, ``"peak"`` and
        ``"end"`` in the unit given beside them, each with median, q05 and q95.
    """
    done = run.is_done
    known = run.prevalence[done]
    endpoints = {
        name: {
            **{kind: spread(values[done], known).to_dict() for kind, values in by_kind},
            "unit": run[name].unit,
        }
        for name, by_kind in measured(run, end_h, names)
    }
    return {"subjects": subjects_of(run), "endpoints": endpoints}


def measured(
    run: Trajectories, end_h: float, names: Sequence[str] = POPULATIONS
) -> Iterator[tuple[str, list[tuple[str, Floats]]]]:
    """Every endpoint of what was recorded: name, then each kind with its values.

    Folds are in [1], the others in the unit of the name; values have the shape
    ``(n_subjects,)``.
    """
    for name in names:
        if name in run:
            course = run[name]
            yield (
                name,
                [
                    ("peak fold", course.peak_fold()),
                    ("end fold", course.fold_at(end_h)),
                    ("resting", course.resting),
                    ("peak", course.peak),
                    ("end", course.at(end_h)),
                ],
            )


def subjects_of(run: Trajectories) -> dict[str, Any]:
    """Count the subjects of a run, those that failed or were retried, and why."""
    codes = run.status[~run.is_done]
    return {
        "n": len(run),
        "failed": run.n_failed,
        "retried": int(np.count_nonzero(run.retries)),
        "reasons": {
            Status(int(code)).name: int(np.count_nonzero(codes == code))
            for code in np.unique(codes)
        },
    }


def by_subject(
    run: Trajectories, end_h: float, names: Sequence[str] = POPULATIONS
) -> Mapping[str, Floats]:
    """Endpoints of every subject, one column each, as written in ``endpoints.csv``."""
    columns: dict[str, Floats] = {}
    for name in names:
        if name in run:
            course = run[name]
            columns[f"{name} at rest [{course.unit}]"] = course.resting
            columns[f"{name} peak fold"] = course.peak_fold()
            columns[f"{name} end fold"] = course.fold_at(end_h)
    return columns


def _combined(one: TimeCourse, other: TimeCourse, name: str, sign: str) -> TimeCourse:
    if sign == "+":
        other = other.to(one.unit)
        values, resting = one.values + other.values, one.resting + other.resting
        unit = one.unit
    else:
        values, resting = one.values / other.values, one.resting / other.resting
        unit = "1" if one.unit == other.unit else f"({one.unit})/({other.unit})"
    after = one.times_h > 0
    if np.any(after):
        peak = np.max(values[:, after], axis=1)
    else:
        peak = np.full(len(values), np.nan)
    return TimeCourse(
        name, unit, one.times_h, values, resting, peak, prevalence=one.prevalence
    )
