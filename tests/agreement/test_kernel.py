"""The compiled kernel against closed forms, the reference, and itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from il2sim.engine.backends import cpu
from il2sim.engine.problem import Problem
from il2sim.engine.records import Given
from il2sim.engine.reductions import peaks_of
from il2sim.engine.schedule import Schedule
from il2sim.engine.solve import solve
from il2sim.engine.status import Status
from tests import programs

DEVICES = pytest.mark.parametrize("device", ["cpu", "reference"])


def problem(program, parameters, doses=(), *, times, tolerance=1e-8, **more):
    """A problem in which everything is recorded and every basis is one."""
    parameters = np.atleast_2d(np.array(parameters, dtype=float))
    return Problem(
        program=program,
        parameters=parameters,
        bases=more.pop("bases", np.ones((len(parameters), 1))),
        schedule=Schedule.of(doses),
        sample_h=np.array(times, dtype=float),
        end_h=more.pop("end_h", float(times[-1])),
        save=tuple(program.outputs),
        tolerance=tolerance,
        **more,
    )


@DEVICES
def test_a_bolus_decays_exponentially(device):
    """x' = -k x: dose exp(-k t); a sample at the time of a dose is taken before it."""
    k, times = 0.3, [0.0, 0.5, 2.0, 6.0, 12.0]
    doses = [Given(0.0, 0, 5.0), Given(6.0, 0, 2.0)]
    task = problem(programs.one_compartment(), [[k]], doses, times=times)
    got = solve(task, device=device).values[0, :, 0]
    late = 5 * np.exp(-k * 12) + 2 * np.exp(-k * 6)
    exact = [0.0, *(5 * np.exp(-k * t) for t in times[1:4]), late]
    np.testing.assert_allclose(got, exact, rtol=1e-6)


@DEVICES
def test_infusions_overlap_and_end_exactly(device):
    """Two infusions, one within the other, and a bolus as the first ends."""
    k, times = 0.4, [1.0, 2.0, 3.0, 4.0, 8.0, 400.0]
    doses = [
        Given(0.0, 0, 6.0, duration_h=3.0),
        Given(1.0, 0, 2.0, duration_h=1.0),
        Given(3.0, 0, 1.0),
    ]
    task = problem(programs.one_compartment(), [[k]], doses, times=times)
    got = solve(task, device=device).values[0, :, 0]

    def infused(t, start, length, amount):
        run, past = np.clip(t - start, 0, length), max(0.0, t - start - length)
        return amount / length / k * (1 - np.exp(-k * run)) * np.exp(-k * past)

    exact = [
        infused(t, 0, 3, 6)
        + infused(t, 1, 1, 2)
        + (np.exp(-k * (t - 3)) if t > 3 else 0.0)
        for t in times
    ]
    np.testing.assert_allclose(got, exact, rtol=1e-6, atol=1e-7)


@DEVICES
def test_doses_scale_with_their_basis(device):
    """An amount per kg is multiplied by the subject's own weight."""
    sizes = np.array([[1.0, 60.0], [1.0, 90.0]])
    task = problem(
        programs.one_compartment(),
        [[0.1], [0.1]],
        [Given(0.0, 0, 0.5, basis=1)],
        times=[1.0],
        bases=sizes,
    )
    got = solve(task, device=device).values[:, 0, 0]
    np.testing.assert_allclose(got, 0.5 * sizes[:, 1] * np.exp(-0.1), rtol=1e-6)


@DEVICES
def test_saturable_elimination_follows_lambert_w(device):
    """x + K log x falls at a constant rate: x = K W(x0/K exp((x0 - v t)/K))."""
    from mpmath import exp, lambertw

    v, k, start = 2.0, 3.0, 9.0
    times = [0.5, 1.0, 2.0, 4.0]
    program = programs.saturable()
    task = problem(program, [[v, k, 1e-12]], [Given(0.0, 0, start)], times=times)
    got = solve(task, device=device).values[0, :, 0]
    exact = [
        float(k * lambertw(start / k * exp((start - v * t) / k)).real) for t in times
    ]
    np.testing.assert_allclose(got, exact, rtol=1e-6)


@DEVICES
def test_a_peak_is_found_between_the_samples(device):
    """A chain peaks at t = 1/k with dose/e, far from the only sample."""
    task = problem(
        programs.chain(3), [[0.5]], [Given(0.0, 0, 1.0)], times=[30.0], tolerance=1e-6
    )
    task = replace(task, reductions=peaks_of(task.save))
    peaks = solve(task, device=device).reduced[0]
    assert peaks[0] == pytest.approx(1.0, rel=1e-12)
    assert peaks[1] == pytest.approx(np.exp(-1), rel=1e-3)


@DEVICES
def test_rest_is_solved_for_and_its_limits_are_kept(device):
    """Drug = made/(cleared + taken cells), death = birth (1 + drug), at most one."""
    rows = [[2.0, 0.5, 0.1, 0.2, 0.01, 15.0], [2.0, 0.5, 0.1, 0.2, 0.9, 15.0]]
    program = programs.sink()
    found = solve(problem(program, rows, times=[0.0, 5.0]), device=device)
    drug = 2.0 / (0.5 + 0.1 * 15.0)
    assert found.status.tolist() == [Status.DONE, Status.NO_RESTING_STATE]
    states = dict(zip(program.states, found.rest_states[0], strict=True))
    assert states["drug"] == pytest.approx(drug, rel=1e-12)
    assert states["bound"] == pytest.approx(0.1 * 15 * drug / 0.2, rel=1e-12)
    assert found.solved[0, 0] == pytest.approx(0.01 * (1 + drug), rel=1e-12)
    assert np.all(np.isfinite(found.values[0]))
    assert np.all(np.isnan(found.values[1]))


def _from_start(task):
    """Solve from the starts of the program instead of from rest."""
    from il2sim.engine.evaluate import evaluate

    starts = evaluate(task.program, task.program.starts, task.parameters)
    return cpu.run(task, starts, np.zeros((task.n_subjects, 0)))


@pytest.mark.parametrize("lanes", [1, 2, 4, 8])
@pytest.mark.parametrize("workers", [1, 3])
def test_lanes_and_threads_change_no_bit(lanes, workers):
    """Every width and number of threads gives the bits of one lane on one thread."""
    rng = np.random.default_rng(11)
    rows = np.exp(rng.normal(0, 0.5, size=(13, 3))) * [2.0, 3.0, 1.0]
    doses = [Given(2.0 * i, 0, 4.0, duration_h=0.5 * (i % 2)) for i in range(6)]
    task = problem(programs.saturable(), rows, doses, times=np.arange(0.0, 15.0))
    task = replace(task, reductions=peaks_of(task.save))
    starts, nothing = rows[:, 2:], np.zeros((13, 0))
    one = cpu.run(task, starts, nothing, workers=1, lanes=1)
    many = cpu.run(task, starts, nothing, workers=workers, lanes=lanes)
    for name in ("values", "resting", "reduced", "status", "attempts", "rejected"):
        assert getattr(one, name).tobytes() == getattr(many, name).tobytes(), name


def test_one_bad_subject_leaves_the_others_alone():
    """A parameter that is not a number is a status, with time and state."""
    rows = np.tile([2.0, 3.0, 1.0], (5, 1))
    good = problem(programs.saturable(), rows, times=[1.0, 2.0])
    rows = rows.copy()
    rows[2, 0] = np.nan
    bad = problem(programs.saturable(), rows, times=[1.0, 2.0])
    starts, nothing = np.ones((5, 1)), np.zeros((5, 0))
    left, right = (cpu.run(task, starts, nothing) for task in (good, bad))
    others = [0, 1, 3, 4]
    assert right.status.tolist() == [0, 0, Status.NOT_FINITE, 0, 0]
    assert (right.failed_h[2], right.failed_state[2]) == (0.0, 0)
    assert left.values[others].tobytes() == right.values[others].tobytes()


def test_a_subject_that_takes_too_long_is_given_up():
    """The limit of attempts is a status too."""
    task = problem(
        programs.van_der_pol(), [[1e3]], times=[10.0], tolerance=1e-8, most_steps=20
    )
    raw = _from_start(task)
    assert raw.status.tolist() == [Status.TOO_MANY_STEPS]
    assert raw.attempts[0] == 20
    assert 0 < raw.failed_h[0] < 10


def test_an_interruption_stops_the_threads_and_reaches_the_caller():
    """What progress raises, as Ctrl-C does, is not swallowed."""
    rows = np.tile([2.0, 3.0, 1.0], (64, 1))
    task = problem(programs.saturable(), rows, times=[1.0])

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cpu.run(task, np.ones((64, 1)), np.zeros((64, 0)), progress=stop)
