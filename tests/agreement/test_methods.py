"""Every method as compiled code: closed forms, dense output, and the same bits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from il2sim.engine.backends import cpu
from il2sim.engine.methods import METHODS
from il2sim.engine.problem import Problem
from il2sim.engine.records import Given
from il2sim.engine.schedule import Schedule
from tests import programs

EVERY = pytest.mark.parametrize("method", METHODS)
START, GROWTH, MOST = 0.2, 0.7, 5.0


def growth(method: str, tolerance: float) -> Problem:
    """Logistic growth, recorded at the end and at many times between the steps."""
    program = programs.logistic()
    times = np.linspace(0.0, 12.0, 41)
    return Problem(
        program=program,
        parameters=np.array([[GROWTH, MOST, START]]),
        bases=np.ones((1, 1)),
        schedule=Schedule.of([]),
        sample_h=times,
        end_h=12.0,
        save=tuple(program.outputs),
        tolerance=tolerance,
        method=method,
    )


def run(task: Problem) -> np.ndarray:
    """Outputs from the start of the growth."""
    starts = np.full((task.n_subjects, 1), START)
    return cpu.run(task, starts, np.zeros((task.n_subjects, 0))).values[0, :, 0]


@EVERY
def test_error_follows_the_tolerance_at_samples_too(method):
    """Four decades of tolerance are at least three of error, dense output included.

    Logistic growth has a closed form; factor 100 of the tolerance, because errors of
    early steps grow with the solution.
    """
    errors = []
    for tolerance in (1e-4, 1e-6, 1e-8):
        task = growth(method, tolerance)
        rest = (MOST / START - 1) * np.exp(-GROWTH * task.sample_h)
        errors.append(np.max(np.abs(run(task) / (MOST / (1 + rest)) - 1)))
        assert errors[-1] < 100 * tolerance
    assert errors[2] < 1e-3 * errors[0]


@EVERY
@pytest.mark.parametrize("lanes", [1, 4])
def test_lanes_change_no_bit_of_any_method(method, lanes):
    """One lane or several; doses and ends of infusions at their own times."""
    rng = np.random.default_rng(11)
    rows = np.exp(rng.normal(0, 0.5, size=(6, 3))) * [2.0, 3.0, 1.0]
    program = programs.saturable()
    doses = [Given(2.0 * i, 0, 4.0, duration_h=0.5 * (i % 2)) for i in range(5)]
    task = replace(
        growth(method, 1e-5),
        program=program,
        parameters=rows,
        bases=np.ones((6, 1)),
        schedule=Schedule.of(doses),
        save=tuple(program.outputs),
        absolute=None,
    )
    starts, nothing = rows[:, 2:], np.zeros((6, 0))
    one = cpu.run(task, starts, nothing, workers=1, lanes=2)
    other = cpu.run(task, starts, nothing, workers=1, lanes=lanes)
    for name in ("values", "reduced", "status", "attempts", "rejected"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name


def test_an_explicit_method_writes_no_matrix():
    """Neither Jacobian nor factors are in its module."""
    from il2sim.engine.emit.kernel import write_kernel

    text = write_kernel(programs.hires(), METHODS["tsit5"], 1).text
    assert "@attempt" in text
    for absent in ("@jacobian", "@factor", "@solve"):
        assert absent not in text


def test_an_explicit_method_names_the_state_to_blame():
    """A rate that is not a number ends the subject with a status and its state."""
    task = growth("tsit5", 1e-6)
    raw = cpu.run(task, np.full((1, 1), np.nan), np.zeros((1, 0)))
    assert raw.failed_state[0] == 0
    assert raw.status[0] != 0
