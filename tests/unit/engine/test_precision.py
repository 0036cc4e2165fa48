"""Kinds of numbers, and what is refused of them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from il2sim.engine.directions import Directions
from il2sim.engine.precision import DOUBLE, SINGLE
from il2sim.engine.problem import Problem
from il2sim.engine.records import Given
from il2sim.engine.schedule import Schedule
from il2sim.engine.solve import solve
from il2sim.engine.status import Status
from il2sim.errors import BadProblem, UnknownName
from tests import programs


def problem(**given: object) -> Problem:
    """Growth to a limit."""
    usual: dict[str, object] = {
        "program": programs.logistic(),
        "parameters": np.array([[0.3, 5.0, 0.1]]),
        "bases": np.ones((1, 1)),
        "schedule": Schedule.of([]),
        "sample_h": np.array([5.0]),
        "end_h": 5.0,
        "save": tuple(programs.logistic().outputs),
        "tolerance": 1e-4,
        "precision": "single",
    }
    return Problem(**{**usual, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [0.1, -2.5, 1e-45, 3e-46, 0.0, 1e38, math.inf, -1e39])
def test_numbers_are_rounded_as_numpy_rounds_them(value):
    """To the nearest single number, to infinity if there is none; doubles stay."""
    with np.errstate(over="ignore"):
        assert SINGLE.nearest(value) == float(np.float32(value))
    assert DOUBLE.nearest(value) == value


def test_facts_of_ieee_754():
    """The exponent of one as it is written, and the smallest normal number."""
    assert (DOUBLE.bias, SINGLE.bias) == (1023, 127)
    assert DOUBLE.smallest == np.finfo(np.float64).smallest_normal
    assert SINGLE.smallest == np.finfo(np.float32).smallest_normal


def test_an_unknown_precision_is_refused():
    """The closest name is shown."""
    with pytest.raises(UnknownName, match="there is no precision 'singel'"):
        problem(precision="singel")


def test_a_tolerance_below_the_floor_is_refused():
    """What roundings would spoil is not begun."""
    with pytest.raises(BadProblem, match="too coarse for this tolerance"):
        problem(tolerance=0.5 * SINGLE.finest)
    assert problem(tolerance=SINGLE.finest).precision == "single"


def test_tangents_need_doubles():
    """They are exact for the numbers returned."""
    program = programs.logistic()
    along = Directions.of(program, [program.parameters[0]])
    with pytest.raises(BadProblem, match="tangents need stages of double precision"):
        problem(directions=along)


def test_what_is_too_large_for_single_numbers_is_solved_in_doubles():
    """A dose of 1e200 decays: retried, and the closed form is reached.

    Tolerance: ten times that of the retry.
    """
    program = programs.one_compartment()
    doses = [Given(0.0, 0, 1e200)]
    large = problem(
        program=program,
        parameters=np.array([[0.5]]),
        schedule=Schedule.of(doses),
        save=tuple(program.outputs),
    )
    found = solve(large)
    assert found.status.tolist() == [Status.DONE]
    assert found.retries.tolist() == [1]
    exact = 1e200 * math.exp(-2.5)
    np.testing.assert_allclose(found.values[0, -1], [exact], rtol=1e-4)
    again = solve(replace(large, tolerance=1e-5, absolute=None, precision="double"))
    assert again.values.tobytes() == found.values.tobytes()
