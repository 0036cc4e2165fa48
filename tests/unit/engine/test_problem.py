"""Problems: what cannot be solved is refused before it is tried."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.engine.problem import Problem
from il2sim.engine.records import Given
from il2sim.engine.schedule import Schedule
from il2sim.errors import BadProblem, UnknownName
from tests.programs import one_compartment

USABLE = {
    "program": one_compartment(),
    "parameters": np.array([[0.1], [0.2]]),
    "bases": np.ones((2, 1)),
    "schedule": Schedule.of([Given(0.0, 0, 1.0)]),
    "sample_h": np.array([0.0, 1.0]),
    "end_h": 2.0,
    "save": ("x",),
}


@pytest.mark.parametrize(
    ("what", "value", "message"),
    [
        ("parameters", np.ones((2, 2)), "parameters"),
        ("parameters", np.ones(2), "parameters"),
        ("bases", np.ones((3, 1)), "bases"),
        ("schedule", Schedule.of([Given(0.0, 0, 1.0, basis=1)]), "bases"),
        ("sample_h", np.array([1.0, 1.0, 1.0]), "sample_h"),
        ("sample_h", np.array([0.0, np.nan]), "sample_h"),
        ("sample_h", np.array([0.0, 3.0]), "sample_h"),
        ("end_h", 0.0, "end_h"),
        ("end_h", np.inf, "end_h"),
        ("tolerance", 0.0, "tolerance"),
        ("tolerance", 1.0, "tolerance"),
        ("tolerance", np.nan, "tolerance"),
        ("absolute", np.ones(2), "absolute"),
        ("absolute", np.zeros(1), "absolute"),
        ("absolute", np.array([np.inf]), "absolute"),
    ],
)
def test_what_does_not_fit_is_named(what, value, message):
    """Shapes, times and tolerance each have their own headline."""
    with pytest.raises(BadProblem, match=f"the {message} of a problem"):
        Problem(**{**USABLE, what: value})


def test_an_unknown_output_is_answered_with_those_there_are():
    """Outputs are looked up when the problem is made."""
    with pytest.raises(UnknownName, match="'x'"):
        Problem(**{**USABLE, "save": ("xx",)})


def test_an_unknown_method_is_answered_with_the_nearest():
    """Methods are looked up when the problem is made."""
    with pytest.raises(UnknownName, match="rodas5p"):
        Problem(**{**USABLE, "method": "rodas5"})


def test_absolute_tolerances_come_from_the_sizes_of_the_states():
    """Unless given, each is the tolerance times the scale of its state."""
    problem = Problem(**USABLE, tolerance=1e-3)
    np.testing.assert_array_equal(problem.absolute, 1e-3 * np.ones(1))
    given = Problem(**USABLE, absolute=np.array([7.0]))
    np.testing.assert_array_equal(given.absolute, [7.0])
