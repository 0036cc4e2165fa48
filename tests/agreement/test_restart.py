"""How steps begin again after a dose: as the same kind of event asked for before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from il2sim.engine.backends import cpu
from il2sim.engine.problem import Problem
from il2sim.engine.records import Given
from il2sim.engine.schedule import Schedule
from tests import programs

EVERY_H = 24.0
DOSES = {"infusion": {"duration_h": 0.25}, "bolus": {}}


def dosed(n: int, kind: str, tolerance: float = 1e-6) -> Problem:
    """A chain that empties between equal doses, so that every cycle is the same."""
    program = programs.chain(3)
    doses = [Given(EVERY_H * i, 0, 5.0, **DOSES[kind]) for i in range(n)]
    return Problem(
        program=program,
        parameters=np.array([[2.0]]),
        bases=np.ones((1, 1)),
        schedule=Schedule.of(doses),
        sample_h=np.array([EVERY_H * n]),
        end_h=EVERY_H * n,
        save=tuple(program.outputs),
        tolerance=tolerance,
    )


def slower(task: Problem, factor: float) -> Problem:
    """The same problem in a shorter unit of time."""
    doses = [Given(EVERY_H * i * factor, 0, 5.0) for i in range(3)]
    return replace(
        task,
        parameters=task.parameters / factor,
        schedule=Schedule.of(doses),
        sample_h=task.sample_h * factor,
        end_h=task.end_h * factor,
    )


def counts(task: Problem) -> tuple[int, int]:
    """Steps attempted and rejected."""
    raw = cpu.run(task, np.zeros((1, 3)), np.zeros((1, 0)))
    return int(raw.attempts[0]), int(raw.rejected[0])


@pytest.mark.parametrize("kind", DOSES)
def test_a_known_dose_costs_no_rejected_step(kind):
    """Once each kind of event has been met, later ones begin with a step that works.

    Ten cycles more cost ten times the steps of one, and at most one rejection: the
    start and the end of an infusion ask for different first steps.
    """
    few, some, many = (counts(dosed(n, kind)) for n in (3, 4, 14))
    assert many[1] - some[1] <= 1
    assert many[0] - some[0] <= 10 * (some[0] - few[0]) + 10


def test_overlapping_doses_still_reach_the_closed_form():
    """A bolus as an infusion ends: either first step will do, the error stays small."""
    k = 2.0
    doses = [Given(0.0, 0, 6.0, duration_h=3.0), Given(3.0, 0, 1.0)]
    task = replace(
        dosed(1, "bolus", 1e-8), schedule=Schedule.of(doses), sample_h=np.array([4.0])
    )
    got = cpu.run(task, np.zeros((1, 3)), np.zeros((1, 0))).values[0, 0, 0]
    exact = (2.0 / k * (1 - np.exp(-3 * k)) + 1.0) * np.exp(-k)
    assert got == pytest.approx(exact, rel=1e-6)


def test_the_unit_of_time_does_not_matter():
    """Hours or milliseconds: the same attempts; no first step is a constant."""
    task = dosed(3, "bolus")
    assert counts(slower(task, 3.6e6)) == counts(slower(task, 1.0))


def test_what_rests_takes_one_step():
    """Where nothing moves the first step is the whole interval."""
    task = replace(dosed(1, "bolus"), schedule=Schedule.of([]))
    assert counts(task) == (1, 0)


@pytest.mark.parametrize("rate", [1e-6, 1.0, 1e6])
def test_a_first_step_fits_the_problem(rate):
    """Decay over ten lifetimes, fast or slow: few attempts, hardly one rejected."""
    task = dosed(1, "bolus", 1e-4)
    task = replace(
        task,
        parameters=np.array([[rate]]),
        sample_h=np.array([10 / rate]),
        end_h=10 / rate,
    )
    attempts, rejected = counts(task)
    assert attempts < 40
    assert rejected <= 2
