"""Toxicity of a run: the worst that each subject comes to, and who reaches grade 3.

Fluids and pressors are not in the model. Grades are surrogates of it, from 0 to 4. What
falls is read at the recorded times, what rises from the dense output.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from il2sim.engine.trajectories import Trajectories
from il2sim.study.endpoints import mean, spread
from il2sim.study.subjects import Floats

FALLING = ("albumin", "systolic pressure", "urine output")
RISING = ("weight gain", "creatinine")
GRADES = ("leak grade", "hypotension grade", "oliguria grade", "neurotoxicity grade")
TOXICITY = (*FALLING, *RISING, *GRADES)
"""What is told of toxicity, where it was recorded."""

SEVERE = 3.0
"""Lowest grade that is severe, [1]; as trials count grades 3 and 4."""


def worst(run: Trajectories, name: str) -> Floats:
    """Lowest or highest value of each subject after the first dose.

    Parameters
    ----------
    run
        With the name among what was recorded.
    name
        One of `TOXICITY`.

    Returns
    -------
    ndarray
        Shape ``(n_subjects,)``, in the unit of the name; not-a-number for a subject
        that was not solved.
    """
    course = run[name]
    if name in FALLING:
        treated = course.values[:, course.times_h >= 0]
        lowest: Floats = np.min(treated, axis=1, initial=np.inf)
        return lowest
    return course.peak


def summarize_toxicity(run: Trajectories) -> dict[str, Any]:
    """Sum the toxicity of a run up as written in ``summary.json``.

    Returns
    -------
    dict
        For each name that was recorded ``"resting"`` and ``"worst"`` with median, q05
        and q95, and their ``"unit"``; for grades ``"severe"``, the share of the
        subjects who reach grade 3, [1].
    """
    return {name: _summed(run, name, values) for name, values in _measured(run)}


def toxicity_by_subject(run: Trajectories) -> Mapping[str, Floats]:
    """The worst of every subject, one column each, as written in ``endpoints.csv``."""
    return {
        f"{name} worst [{run[name].unit}]": values for name, values in _measured(run)
    }


def _measured(run: Trajectories) -> Iterator[tuple[str, Floats]]:
    for name in TOXICITY:
        if name in run:
            yield name, worst(run, name)


def _summed(run: Trajectories, name: str, values: Floats) -> dict[str, Any]:
    done, persons = run.is_done, run.prevalence[run.is_done]
    found: dict[str, Any] = {
        "unit": run[name].unit,
        "resting": spread(run[name].resting[done], persons).to_dict(),
        "worst": spread(values[done], persons).to_dict(),
    }
    if name in GRADES:
        severe = (values[done] >= SEVERE).astype(float)
        found["severe"] = mean(severe, persons)
    return found
