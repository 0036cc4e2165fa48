"""Steps in plain sight keep the order and the stability that the papers claim."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.engine.methods import METHODS, Method, Rosenbrock

EVERY = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
STIFF = [one for one in METHODS.values() if isinstance(one, Rosenbrock)]
EVERY_STIFF = pytest.mark.parametrize("method", STIFF, ids=[one.name for one in STIFF])


def stages(method: Method, f, jacobian, y: np.ndarray, h: float) -> list[np.ndarray]:
    """One step in plain sight: the k of every stage."""
    if isinstance(method, Rosenbrock):
        return implicit_stages(method, f, jacobian, y, h)
    k: list[np.ndarray] = []
    for a in method.a:
        k.append(h * f(y + sum(x * one for x, one in zip(a, k, strict=True))))
    return k


def implicit_stages(method: Rosenbrock, f, jacobian, y, h: float) -> list[np.ndarray]:
    """The same with a linear system for each stage."""
    w = np.linalg.inv(np.eye(len(y)) / (h * method.gamma) - jacobian(y))
    k: list[np.ndarray] = []
    for a, c in zip(method.a, method.c, strict=True):
        argument = y + sum(x * one for x, one in zip(a, k, strict=True))
        memory = sum(x * one for x, one in zip(c, k, strict=True))
        k.append(w @ (f(argument) + memory / h))
    return k


def step(method: Method, f, jacobian, y: np.ndarray, h: float) -> tuple:
    """The new value, the error, and the dense output of one step."""
    k = stages(method, f, jacobian, y, h)
    new = y + sum(x * one for x, one in zip(method.a[-1], k, strict=False))
    if isinstance(method, Rosenbrock):
        new = new + k[-1]
    error = sum(x * one for x, one in zip(method.error, k, strict=True))
    rows = [sum(x * one for x, one in zip(row, k, strict=True)) for row in method.dense]

    def between(part: float) -> np.ndarray:
        inner = sum(part**power * row for power, row in enumerate(rows))
        return (1 - part) * y + part * (new + (1 - part) * inner)

    return new, error, between


def spiral(y: np.ndarray) -> np.ndarray:
    """A nonlinear problem with a closed form: the radius decays, the angle turns."""
    radius = y @ y
    return np.array([-y[1] - y[0] * radius, y[0] - y[1] * radius])


def spiral_jacobian(y: np.ndarray) -> np.ndarray:
    a, b = y
    return np.array(
        [[-3 * a * a - b * b, -1 - 2 * a * b], [1 - 2 * a * b, -a * a - 3 * b * b]]
    )


def spiral_at(t: float) -> np.ndarray:
    return np.array([np.cos(t), np.sin(t)]) / np.sqrt(1 + 2 * t)


def observed_order(errors: list[float]) -> float:
    """Slope of the error over three halvings."""
    return float(np.log2(errors[0] / errors[-1]) / (len(errors) - 1))


@EVERY
def test_rows_fit_the_stages(method):
    """Lower triangles, one row longer each time; dense rows over all stages."""
    for rows in (method.a, getattr(method, "c", method.a)):
        assert [len(row) for row in rows] == list(range(method.stages))
    assert len(method.error) == method.stages
    assert {len(row) for row in method.dense} == {method.stages}


def stability(method: Rosenbrock, z: complex) -> complex:
    """The value after one step of y' = z y from 1."""
    k: list[complex] = []
    for a, c in zip(method.a, method.c, strict=True):
        argument = 1 + sum(x * one for x, one in zip(a, k, strict=True))
        memory = sum(x * one for x, one in zip(c, k, strict=True))
        k.append((z * argument + memory) / (1 / method.gamma - z))
    return 1 + sum(x * one for x, one in zip(method.a[-1], k, strict=False)) + k[-1]


@EVERY_STIFF
def test_stiff_parts_vanish_and_nothing_grows(method):
    """L-stability: zero at infinity, at most one on the imaginary axis.

    Tolerance: roundings of coefficients of about a hundred.
    """
    assert abs(stability(method, -1e12)) < 1e-9
    for frequency in np.logspace(-2, 4, 400):
        assert abs(stability(method, 1j * frequency)) < 1 + 1e-9


@EVERY
def test_the_error_of_a_step_falls_with_the_order(method):
    """Over a nonlinear spiral of fixed time, halving the step halves it p times over.

    Tolerance: half an order, because the steps are not infinitely small.
    """
    errors = []
    for n in (32, 64, 128, 256):
        y = spiral_at(0.0)
        for _ in range(n):
            y = step(method, spiral, spiral_jacobian, y, 2.0 / n)[0]
        errors.append(float(np.max(np.abs(y - spiral_at(2.0)))))
    assert observed_order(errors) > method.order - 0.5


@EVERY
def test_dense_output_falls_with_its_order(method):
    """Between the ends of one step the local error is one order above it."""
    errors = []
    for h in (0.1, 0.05, 0.025, 0.0125):
        between = step(method, spiral, spiral_jacobian, spiral_at(0.0), h)[2]
        parts = (0.2, 0.4, 0.6, 0.8)
        errors.append(max(np.max(np.abs(between(s) - spiral_at(s * h))) for s in parts))
    assert observed_order(errors) > method.dense_order + 0.5


@EVERY
def test_dense_output_meets_the_ends(method):
    """At its parts zero and one it is the old and the new value."""
    y = spiral_at(0.0)
    new, _, between = step(method, spiral, spiral_jacobian, y, 0.3)
    np.testing.assert_array_equal(between(0.0), y)
    np.testing.assert_allclose(between(1.0), new, rtol=1e-15)


@EVERY
def test_the_error_estimate_sees_the_embedded_order(method):
    """The last k shrinks as the local error of the embedded method."""
    errors = [
        float(
            np.max(np.abs(step(method, spiral, spiral_jacobian, spiral_at(0.0), h)[1]))
        )
        for h in (0.05, 0.025, 0.0125, 0.00625)
    ]
    assert observed_order(errors) > method.error_order + 0.5


@pytest.mark.parametrize("method", [one for one in STIFF if one.name.endswith("p")])
def test_a_stiff_pull_does_not_spoil_the_solution(method):
    """Prothero & Robinson (1974): y' = -L (y - g) + g', with time as a state.

    Methods named with a P are made for it; Rodas4 falls to about order 1.4 here.

    The stiff part of the error falls with the third power of the step (the second for
    a method of order 3) and with 1/L, so the stiffer the problem the less it is seen.
    Tolerance: half an order.
    """

    def error(pull: float, n: int) -> float:
        def f(y):
            return np.array([-pull * (y[0] - np.sin(y[1])) + np.cos(y[1]), 1.0])

        def jacobian(y):
            slope = pull * np.cos(y[1]) - np.sin(y[1])
            return np.array([[-pull, slope], [0.0, 0.0]])

        y = np.array([0.0, 0.0])
        for _ in range(n):
            y = step(method, f, jacobian, y, 4.0 / n)[0]
        return abs(y[0] - np.sin(4.0))

    kept = min(3, method.order - 1)
    assert observed_order([error(1e4, n) for n in (16, 32, 64)]) > kept - 0.5
    assert error(1e6, 16) < 0.02 * error(1e4, 16)
