"""`solve`: a device is chosen, subjects are kept apart, failures become values."""

from __future__ import annotations

from threading import Event

import numpy as np
import pytest

from il2sim.engine.problem import Problem
from il2sim.engine.records import Given
from il2sim.engine.reductions import peaks_of
from il2sim.engine.schedule import Schedule
from il2sim.engine.solve import solve
from il2sim.engine.status import Status
from il2sim.errors import UnknownName
from tests import programs

DEVICES = pytest.mark.parametrize("device", ["cpu", "reference"])
CANONICAL = np.array([np.nan]).tobytes()


def sinks(n: int, **more) -> Problem:
    """Subjects whose drug, uptake and cells differ, with two doses."""
    rng = np.random.default_rng(6)
    rows = np.array([2.0, 0.5, 0.1, 0.2, 0.01, 15.0]) * np.exp(
        rng.normal(0, 0.3, (n, 6))
    )
    made = {
        "program": programs.sink(),
        "parameters": rows,
        "bases": np.ones((n, 1)),
        "schedule": Schedule.of([Given(0.0, 0, 3.0), Given(6.0, 0, 9.0, 0, 2.0)]),
        "sample_h": np.arange(0.0, 25.0, 3.0),
        "end_h": 24.0,
        "save": ("drug", "cells"),
        "reductions": peaks_of(["drug", "cells"]),
    }
    return Problem(**{**made, **more})


def test_an_unknown_device_is_answered_with_those_there_are():
    """The closest names are said."""
    with pytest.raises(UnknownName, match="'cpu'"):
        solve(sinks(1), device="gpuu")


@DEVICES
def test_a_failure_is_a_value_and_always_the_same_one(device):
    """Not-a-number in one bit pattern, a status, and nobody else is touched."""
    problem = sinks(6)
    rows = problem.parameters.copy()
    rows[3, 2] = np.nan
    whole = solve(problem, device=device)
    broken = solve(sinks(6, parameters=rows), device=device)
    others = [0, 1, 2, 4, 5]
    assert broken.status.tolist() == [0, 0, 0, Status.NOT_FINITE, 0, 0]
    assert whole.values[others].tobytes() == broken.values[others].tobytes()
    assert whole.reduced[others].tobytes() == broken.reduced[others].tobytes()
    for lost in (broken.values[3], broken.reduced[3], broken.resting[3]):
        assert lost.tobytes() == CANONICAL * lost.size


def test_what_grows_without_bound_is_a_status():
    """x' = x^2 reaches infinity at time one; the step gives up there."""
    program = programs.write(
        lambda y, p: {"x": y["x"] * y["x"]}, starts={"x": 0.0}, inlets={"iv": "x"}
    )
    problem = Problem(
        program=program,
        parameters=np.zeros((2, 0)),
        bases=np.array([[1.0], [0.1]]),
        schedule=Schedule.of([Given(0.0, 0, 1.0)]),
        sample_h=np.array([0.5, 2.0]),
        end_h=2.0,
        save=("x",),
        tolerance=1e-6,
    )
    got = solve(problem)
    assert got.status[0] in (Status.STEP_TOO_SMALL, Status.NOT_FINITE)
    assert got.failed_h[0] == pytest.approx(1.0, rel=1e-3)
    assert got.failed_state[0] == 0
    assert got.values[0, 0, 0] == pytest.approx(2.0, rel=1e-4)
    assert np.isnan(got.values[0, 1, 0])
    assert got.values[1, 1, 0] == pytest.approx(0.1 / (1 - 0.2), rel=1e-4)


def test_a_system_without_a_solution_is_a_status():
    """x and z pull at x + z = 0 without bound once the drug is there: rows are equal.

    With a pull of 0.1 the same subject is solved.
    """
    pulled = {"x": 1.0, "z": -1.0}
    program = programs.write(
        lambda y, p: {
            "drug": -0.1 * y["drug"],
            **dict.fromkeys(pulled, p["pull"] * y["drug"] * (y["x"] + y["z"])),
        },
        starts={"drug": 0.0, **pulled},
        parameters=["pull"],
        inlets={"iv": "drug"},
    )
    problem = Problem(
        program=program,
        parameters=np.array([[1e100], [0.1]]),
        bases=np.ones((2, 1)),
        schedule=Schedule.of([Given(1.0, 0, 1.0)]),
        sample_h=np.array([1.0, 3.0]),
        end_h=3.0,
        save=("x",),
    )
    got = solve(problem)
    assert got.status.tolist() == [Status.SINGULAR, Status.DONE]
    assert got.failed_h[0] == 1.0
    assert got.failed_state[0] in (1, 2)
    assert got.retries.tolist() == [2, 0]
    np.testing.assert_array_equal(got.values[:, :, 0], [[1.0, np.nan], [1.0, 1.0]])


def test_order_and_company_change_no_bit():
    """A subject, its rest included, does not depend on who is solved beside it."""
    problem = sinks(11)
    whole = solve(problem)
    order = np.random.default_rng(1).permutation(11)[:7]
    part = solve(sinks(7, parameters=problem.parameters[order]), workers=3)
    for name in ("values", "resting", "reduced", "rest_states", "solved", "attempts"):
        before, after = getattr(whole, name)[order], getattr(part, name)
        assert before.tobytes() == after.tobytes(), name


def test_more_samples_change_no_bit_of_the_others():
    """Samples are read off the steps; the steps do not see them."""
    few = solve(sinks(5))
    fine = solve(sinks(5, sample_h=np.arange(0.0, 24.1, 0.75)))
    assert few.values.tobytes() == np.ascontiguousarray(fine.values[:, ::4]).tobytes()
    assert few.reduced.tobytes() == fine.reduced.tobytes()


@DEVICES
def test_what_is_cancelled_before_it_begins_is_not_solved(device):
    """Every subject says so."""
    cancel = Event()
    cancel.set()
    got = solve(sinks(3), device=device, cancel=cancel)
    assert got.status.tolist() == [Status.CANCELLED] * 3
    assert np.all(np.isnan(got.values))


@DEVICES
def test_what_was_finished_before_a_cancel_stays(device):
    """Subjects are whole or cancelled, and whole ones have the bits of a full run."""
    cancel = Event()
    n = 4 if device == "reference" else 40_000
    problem = sinks(n)

    def stop(done: int, total: int) -> None:
        if done:
            cancel.set()

    full = solve(problem, device=device)
    got = solve(problem, device=device, cancel=cancel, progress=stop, workers=1)
    done = got.status == Status.DONE
    assert 0 < np.count_nonzero(done) < n
    assert np.all(got.status[~done] == Status.CANCELLED)
    assert got.values[done].tobytes() == full.values[done].tobytes()
    assert np.all(np.isnan(got.values[~done]))
    assert np.all(np.isfinite(got.values[done]))


def test_progress_ends_with_everyone():
    """The last call says that all are finished."""
    seen = []
    solve(sinks(9), progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (9, 9)


def test_steps_are_those_accepted():
    """Attempts are steps and rejections."""
    got = solve(sinks(2))
    np.testing.assert_array_equal(got.steps, got.attempts - got.rejected)
    assert np.all(got.steps > 10)


def test_no_subject_is_no_problem():
    """Nothing is solved, nothing fails."""
    assert solve(sinks(0)).values.shape == (0, 9, 2)
