"""Jacobians: exact, and only where something depends on something."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.engine.derivatives import differentiate
from il2sim.engine.evaluate import CALLS, evaluate
from il2sim.engine.program import Program
from tests import programs

OF_COMPLEX = {
    "pow": np.power,
    **{name: getattr(np, name) for name in ("exp", "log", "expm1", "log1p", "tanh")},
}


SMOOTH = {
    "functions": (programs.functions(), (0.7,)),
    "hires": (programs.hires(), ()),
    "robertson": (programs.robertson(), ()),
    "logistic": (programs.logistic(), (0.3, 5.0, 0.1)),
    "saturable": (programs.saturable(), (1.0, 0.4, 2.0)),
    "sink": (programs.sink(), (1.0, 0.3, 2.0, 5.0, 0.1, 3.0, 0.2)),
    "van der pol": (programs.van_der_pol(), (100.0,)),
}


def rates_of_complex(program: Program, y: np.ndarray, p: tuple[float, ...]):
    """The rates by NumPy at complex states."""
    values = []
    for one in program.statements:
        if one.op in ("const", "state", "parameter"):
            source = {"const": (one.value,), "state": y, "parameter": p}[one.op]
            values.append(source[max(one.index, 0)])
        else:
            call = OF_COMPLEX.get(one.op, CALLS[one.op])
            values.append(call(*(values[arg] for arg in one.args)))
    return np.array([values[rate] for rate in program.rates])


def jacobian(program: Program, y: np.ndarray, p: tuple[float, ...]) -> np.ndarray:
    """The Jacobian that the engine would compile, by NumPy."""
    whole = differentiate(program)
    extended = Program(**{**vars_of(program), "statements": whole.statements})
    values = evaluate(extended, whole.jacobian.values(), np.array([p]), y[None])
    dense = np.zeros((len(y), len(y)))
    for place, value in zip(whole.jacobian, values[0], strict=True):
        dense[place] = value
    return dense


def vars_of(program: Program) -> dict[str, object]:
    return {name: getattr(program, name) for name in Program.__dataclass_fields__}


@pytest.mark.parametrize("name", SMOOTH)
def test_the_jacobian_is_that_of_a_complex_step(name):
    """The imaginary part of f(y + i h e) over h is the derivative, without difference.

    Tolerance: a few roundings; the complex step has no truncation error at 1e-30
    (Squire & Trapp 1998, doi:10.1137/S003614459631241X).
    """
    program, p = SMOOTH[name]
    rng = np.random.default_rng(1)
    y = rng.uniform(0.1, 2.0, len(program.states))
    exact = np.empty((len(y), len(y)))
    for column in range(len(y)):
        moved = y.astype(complex)
        moved[column] += 1e-30j
        exact[:, column] = rates_of_complex(program, moved, p).imag / 1e-30
    np.testing.assert_allclose(jacobian(program, y, p), exact, rtol=1e-12, atol=1e-12)


def test_choices_have_the_derivative_of_what_they_choose():
    """min, max and pick follow one side; a comparison has no slope."""
    program = programs.write(
        lambda y, p: {
            "a": y["a"].call("min", y["b"] * 2),
            "b": y["a"].call("max", y["b"] * 3),
            "c": y["a"].call("less", y["b"]).call("pick", y["a"] ** 2, y["c"]),
        },
        starts={"a": 0.0, "b": 0.0, "c": 0.0},
    )
    below = jacobian(program, np.array([1.0, 2.0, 5.0]), ())
    above = jacobian(program, np.array([9.0, 2.0, 5.0]), ())
    np.testing.assert_array_equal(below, [[1, 0, 0], [0, 3, 0], [2, 0, 0]])
    np.testing.assert_array_equal(above, [[0, 2, 0], [1, 0, 0], [0, 0, 1]])


def test_a_power_of_nothing_has_no_slope():
    """An empty base gives zero and zero slopes, not a value that is no number."""
    program = programs.write(
        lambda y, p: {"x": y["x"] ** p["n"], "y": y["y"] ** y["x"]},
        starts={"x": 0.0, "y": 0.0},
        parameters=["n"],
    )
    at_zero = jacobian(program, np.zeros(2), (0.5,))
    np.testing.assert_array_equal(at_zero, np.zeros((2, 2)))


def test_only_what_depends_is_there():
    """In a chain each room knows itself and the one before."""
    found = set(differentiate(programs.chain(5)).jacobian)
    assert found == {(i, i) for i in range(4)} | {(i + 1, i) for i in range(4)}


def test_the_program_is_continued_not_copied():
    """The Jacobian of k x shares its statements: nothing is added but one constant."""
    program = programs.one_compartment()
    whole = differentiate(program)
    assert whole.statements[: len(program.statements)] == program.statements
    assert whole.statements[whole.jacobian[0, 0]].op == "neg"
