"""Stages in single precision beside the same steps in doubles: what roundings cost."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from il2sim.engine.precision import SINGLE
from il2sim.engine.problem import Problem
from il2sim.engine.reductions import Reduce, Reduction
from il2sim.engine.solve import solve
from il2sim.models import body
from il2sim.study.populations import cancer_patients
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import prepare
from il2sim.units import days

REGIMENS = {
    "high dose": "aldesleukin 600 kIU/kg iv over 15 min, every 8 h, 14 doses",
    "daily low dose": "aldesleukin 1 MIU/m2 sc daily for 7 days",
}
ENDPOINTS = tuple(
    Reduction(kind, name, since_dose=True)
    for kind in (Reduce.PEAK, Reduce.AREA)
    for name in ("memory Treg", "CD8", "lymphocytes", "plasma IL-2")
)
ROUNDINGS = 5e-6
"""What stages in single precision may add to an error, [1]: 80 of their roundings."""


def problem(regimen: str, **given: object) -> Problem:
    """Eight patients for a week, endpoints and outputs at the end."""
    task = prepare(
        body(),
        Regimen.parse(REGIMENS[regimen]),
        cancer_patients(n=8, seed=3),
        times=days(7, 7, every=1),
        save=["memory Treg", "naive Treg", "CD8", "NK bright", "lymphocytes"],
    )
    whole = replace(task.problem(), reductions=ENDPOINTS, absolute=None)
    return replace(whole, **given)  # type: ignore[arg-type]


@lru_cache(maxsize=2)
def exact(regimen: str) -> np.ndarray:
    """Nearly so: in doubles at a tolerance of 1e-9."""
    return numbers(problem(regimen, tolerance=1e-9))


def numbers(task: Problem) -> np.ndarray:
    """All that was found, a row for each subject."""
    found = solve(task)
    assert not np.any(found.retries)
    return np.hstack([found.values[:, -1], found.reduced])


@pytest.mark.parametrize("tolerance", [1e-2, 1e-3, 1e-4, SINGLE.finest])
@pytest.mark.parametrize("regimen", REGIMENS)
def test_roundings_add_little_to_the_error(regimen, tolerance):
    """Down to the finest tolerance errors are those of doubles and a few roundings.

    Twice as large at most: where steps are few, another rounding may choose others.
    """
    one, other = (
        np.abs(
            numbers(problem(regimen, tolerance=tolerance, precision=precision))
            / exact(regimen)
            - 1
        ).max(axis=0)
        for precision in ("single", "double")
    )
    assert one.max() < 2 * other.max() + ROUNDINGS


def test_steps_are_those_of_doubles():
    """Their number differs by a few in a hundred at most: the control is the same."""
    task = problem("high dose", tolerance=1e-3)
    one, other = (
        solve(replace(task, precision=precision)).attempts
        for precision in ("single", "double")
    )
    np.testing.assert_allclose(one, other, rtol=0.03)


@pytest.mark.parametrize(
    "method", ["rodas3p", "rodas4", "rodas4p", "rodas5pe", "tsit5"]
)
def test_every_method_can_be_computed_so(method):
    """A day of high dose by every table, against doubles; ten times the tolerance."""
    few = problem("high dose", method=method, tolerance=1e-4)
    short = replace(few, sample_h=np.array([3.0]), end_h=3.0)
    one, other = (
        solve(replace(short, precision=precision)).values
        for precision in ("single", "double")
    )
    np.testing.assert_allclose(one, other, rtol=1e-4)
