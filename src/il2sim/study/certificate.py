"""A numerical certificate: endpoints of a run beside those of the slow reference.

A few subjects, spread over the whole range of what a run found, are solved again by the
reference at a tolerance a thousand times tighter. What the endpoints differ by is the
error of the run's numbers, found by a solver that shares only the equations with the
fast one; what else it takes from elsewhere decides no number (`backends/reference.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from il2sim.engine.trajectories import Trajectories
from il2sim.errors import BadProblem
from il2sim.study.endpoints import POPULATIONS, by_subject
from il2sim.study.simulate import Task, solve_task
from il2sim.study.subjects import Floats

TIGHTER = 1e-3
"""Tolerance of the reference, as a part of the run's."""

TIGHTEST = 1e-9


@dataclass(frozen=True)
class Error:
    """Relative difference of one endpoint to the reference, [1]."""

    median: float
    largest: float

    def to_dict(self) -> dict[str, float]:
        """As written in ``certificate.json``."""
        return {"median": self.median, "largest": self.largest}


@dataclass(frozen=True, eq=False)
class Certificate:
    """What a run's endpoints differ by from the reference.

    Attributes
    ----------
    subjects
        Who was solved again.
    stratified_by
        What they were spread over.
    tolerance, reference_tolerance
        Of the run and of the reference, [1].
    errors
        By endpoint.
    """

    subjects: tuple[int, ...]
    stratified_by: str
    tolerance: float
    reference_tolerance: float
    errors: Mapping[str, Error]

    @property
    def largest(self) -> float:
        """The largest difference of any endpoint, [1]."""
        return max(one.largest for one in self.errors.values())

    def to_dict(self) -> dict[str, Any]:
        """As written in ``certificate.json``."""
        return {
            "subjects": list(self.subjects),
            "stratified by": self.stratified_by,
            "tolerance": self.tolerance,
            "reference tolerance": self.reference_tolerance,
            "largest relative difference": self.largest,
            "endpoints": {name: one.to_dict() for name, one in self.errors.items()},
        }


def spread_over(values: Floats, n: int) -> list[int]:
    """Subjects at even steps through the ranks of a value, both ends included.

    Examples
    --------
    >>> spread_over(np.array([3.0, 1.0, 2.0, 5.0, 4.0]), 3)
    [1, 0, 3]
    """
    ranked = np.argsort(values, kind="stable")
    ranked = ranked[np.isfinite(values[ranked])]
    places = np.linspace(0, len(ranked) - 1, min(n, len(ranked))).round().astype(int)
    return [int(ranked[place]) for place in dict.fromkeys(places.tolist())]


def certify(
    task: Task,
    run: Trajectories,
    end_h: float,
    *,
    n: int = 5,
    progress: Callable[[int, int], None] | None = None,
) -> Certificate:
    """Solve some subjects of a run again by the reference and compare.

    Parameters
    ----------
    task
        Of the run.
    run
        What it gave.
    end_h
        The read-out visit, [h].
    n
        How many subjects; each takes the reference some seconds or minutes.
    progress
        Called with the number of subjects finished and of all.

    Raises
    ------
    BadProblem
        Nobody was solved, or fewer than one subject is asked for.
    """
    if n < 1 or not np.any(run.is_done):
        raise BadProblem(
            "nothing can be certified.",
            got=f"{n} of {int(np.count_nonzero(run.is_done))} solved subjects",
            expected="at least one",
        )
    name = next((one for one in ("plasma IL-2", *POPULATIONS) if one in run), None)
    measure = run[name or run.names[0]].peak
    subjects = spread_over(np.where(run.is_done, measure, np.nan), n)
    sharp = max(TIGHTER * task.tolerance, TIGHTEST)
    again = replace(task, tolerance=sharp, precision="double")
    fast, slow = by_subject(run, end_h), []
    for number, subject in enumerate(subjects, 1):
        one = solve_task(again, range(subject, subject + 1), device="reference")
        slow.append(by_subject(one, end_h))
        if progress is not None:
            progress(number, len(subjects))
    errors = {
        key: _error(values[subjects], np.concatenate([one[key] for one in slow]))
        for key, values in fast.items()
    }
    return Certificate(
        subjects=tuple(subjects),
        stratified_by=f"the peak of {name or run.names[0]}",
        tolerance=task.tolerance,
        reference_tolerance=sharp,
        errors=errors,
    )


def _error(got: Floats, exact: Floats) -> Error:
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.where(got == exact, 0.0, np.abs(got / exact - 1))  # zero is zero
    return Error(float(np.median(apart)), float(np.max(apart)))
