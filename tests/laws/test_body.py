"""Laws of the complete models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from il2sim.engine.lower import lower
from il2sim.engine.problem import Problem
from il2sim.engine.records import Given
from il2sim.engine.reductions import peaks_of
from il2sim.engine.schedule import Schedule
from il2sim.engine.solve import solve
from il2sim.engine.status import Status
from il2sim.models import body, body_with_tumor


def subjects(model, n, seed=1):
    """Reference subjects with other baselines and weights."""
    rng = np.random.default_rng(seed)
    names = list(model.parameters)
    values = np.tile([one.engine_value for one in model.parameters.values()], (n, 1))
    for column, name in enumerate(names):
        if name.endswith(".baseline") or name == "subject.weight":
            values[:, column] *= np.exp(0.3 * rng.normal(size=n))
    return values


def problem(model, doses, days, *, n=4, every_h=12.0, tolerance=1e-6):
    """A problem over the reference subjects."""
    return Problem(
        program=lower(model),
        parameters=subjects(model, n),
        bases=np.ones((n, 1)),
        schedule=Schedule.of(doses),
        sample_h=np.arange(0.0, 24.0 * days + 1e-9, every_h),
        end_h=24.0 * days,
        save=tuple(model.outputs),
        tolerance=tolerance,
        reductions=peaks_of(model.outputs),
    )


DAILY = [Given(24.0 * day, 1, 7.2) for day in range(28)]
HIGH = [Given(8.0 * i, 0, 168.0, duration_h=0.25) for i in range(14)]


def test_without_a_dose_nothing_changes():
    """The resting state is stationary: half a year moves nothing by 1e-6."""
    found = solve(problem(body(), [], 180))
    assert np.all(found.status == Status.DONE)
    change = np.abs(found.values / found.resting[:, None, :] - 1)
    assert np.max(change) < 1e-6


def test_the_resting_state_has_the_baseline_it_was_given():
    """Blood counts at rest are the baselines, and every death rate is positive."""
    task = problem(body(), [], 1)
    found = solve(task)
    names = list(task.program.parameters)
    for cell in ("memory Treg", "NK bright"):
        given = task.parameters[:, names.index(f"{cell}.baseline")] * 1e-6
        rest = found.resting[:, task.save.index(cell)]
        np.testing.assert_allclose(rest, given, rtol=1e-12)
    assert np.all(found.solved > 0)


@pytest.mark.parametrize("doses", [DAILY, HIGH], ids=["daily", "high"])
def test_nothing_becomes_negative(doses):
    """Counts, amounts and shares stay at or above zero."""
    found = solve(problem(body_with_tumor(), doses, 28))
    assert np.all(found.status == Status.DONE)
    assert np.min(found.values) >= 0


def test_a_subject_does_not_depend_on_the_others():
    """The first half of twice the subjects has the same bits, in any order."""
    whole = solve(problem(body(), HIGH, 6, n=8))
    half = problem(body(), HIGH, 6, n=8)
    for rows in (slice(0, 4), slice(None, None, -1)):
        some = replace(half, parameters=half.parameters[rows], bases=half.bases[rows])
        found = solve(some, workers=1)
        assert found.values.tobytes() == whole.values[rows].tobytes()
        assert found.reduced.tobytes() == whole.reduced[rows].tobytes()


def test_output_times_change_no_bit_of_the_others():
    """Records at more times hold the records at fewer."""
    few = solve(problem(body(), DAILY, 7, every_h=24.0))
    many = solve(problem(body(), DAILY, 7, every_h=3.0))
    assert few.values.tobytes() == many.values[:, ::8].tobytes()
    assert few.reduced.tobytes() == many.reduced.tobytes()


@pytest.mark.slow
def test_fast_and_reference_agree_on_the_whole_model():
    """Ten times the tolerance, on every output, resting state and solved parameter."""
    task = problem(body_with_tumor(), [*HIGH[:4], Given(40.0, 1, 7.2)], 4, n=2)
    fast, slow = solve(task), solve(task, device="reference")
    assert np.all(slow.status == Status.DONE)
    tiny = 1e-30  # an empty depot, in nmol
    np.testing.assert_allclose(fast.rest_states, slow.rest_states, rtol=1e-9, atol=tiny)
    np.testing.assert_allclose(fast.solved, slow.solved, rtol=1e-9)
    np.testing.assert_allclose(fast.values, slow.values, rtol=1e-5, atol=1e-12)
    np.testing.assert_allclose(fast.reduced, slow.reduced, rtol=1e-3)


def test_the_order_of_treg_above_tconv_is_not_built_in():
    """With the CD25 of Tconv on Treg, naive Treg no longer exceed CD4 Tconv."""
    task = problem(body(), [Given(24.0 * day, 1, 7.2) for day in range(84)], 84, n=2)
    names = list(task.program.parameters)
    for treg, tconv in (
        ("naive Treg", "naive CD4 Tconv"),
        ("memory Treg", "memory CD4 Tconv"),
    ):
        column = names.index(f"{tconv}.cd25_at_rest")
        values = task.parameters[1, column]
        task.parameters[1, names.index(f"{treg}.cd25_at_rest")] = values
    found = solve(task)
    folds = found.values[:, -1] / found.resting
    naive, tconv = (folds[:, task.save.index(n)] for n in ("naive Treg", "CD4 Tconv"))
    assert naive[0] > tconv[0]
    assert naive[1] < tconv[1]
