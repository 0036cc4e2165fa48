"""Compiled factors, solves and Jacobians against NumPy, at every width."""

from __future__ import annotations

import ctypes
from functools import lru_cache

import numpy as np
import pytest

from il2sim.engine.derivatives import differentiate
from il2sim.engine.elimination import Elimination, eliminate
from il2sim.engine.emit import machine
from il2sim.engine.emit.builder import Module
from il2sim.engine.emit.formulas import Formulas
from il2sim.engine.emit.functions import emit_functions
from il2sim.engine.emit.linear import emit_factor, emit_solve
from il2sim.engine.evaluate import evaluate
from il2sim.engine.precision import DOUBLE, SINGLE, Precision
from il2sim.engine.program import Program
from il2sim.engine.tangents import tangents
from tests import programs

GAMMA = 0.25
WIDTHS = pytest.mark.parametrize("lanes", [1, 2, 4, 8])
PRECISIONS = pytest.mark.parametrize(
    ("precision", "kind", "near"),
    [(DOUBLE, np.float64, 1e-10), (SINGLE, np.float32, 1e-4)],
    ids=["double", "single"],
)
PROGRAMS = {
    "functions": (programs.functions(), (0.7,)),
    "hires": (programs.hires(), ()),
    "logistic": (programs.logistic(), (0.3, 5.0, 0.1)),
    "sink": (programs.sink(), (1.0, 0.3, 2.0, 5.0, 0.1, 3.0, 0.2)),
}


@lru_cache(maxsize=8)
def compiled_solver(
    size: int, lanes: int, precision: Precision = DOUBLE
) -> tuple[Elimination, machine.Loaded]:
    """Factor and solve for a random sparse structure."""
    rng = np.random.default_rng(size)
    entries = {(int(i), int(j)) for i, j in rng.integers(0, size, (3 * size, 2))}
    lu = eliminate(size, entries)
    module = Module(lanes, precision)
    emit_factor(module, lu, GAMMA)
    emit_solve(module, lu)
    return lu, machine.load(machine.assemble(module.text()))


def call(loaded: machine.Loaded, name: str, *arrays: np.ndarray) -> None:
    """Call a function of pointers."""
    kinds = [ctypes.c_void_p] * len(arrays)
    function = ctypes.CFUNCTYPE(None, *kinds)(loaded.address(name))
    function(*(one.ctypes.data for one in arrays))


@WIDTHS
@PRECISIONS
@pytest.mark.parametrize("size", [2, 9, 30])
def test_factor_and_solve_are_those_of_numpy(size, precision, kind, near, lanes):
    """Each lane has its own matrix, step and right-hand side.

    Tolerance: roundings; the shift makes every matrix dominated by its diagonal.
    """
    lu, loaded = compiled_solver(size, lanes, precision)
    rng = np.random.default_rng(3)
    jacobians = np.zeros((lanes, size, size))
    for row, column in lu.slots:
        jacobians[:, row, column] = rng.normal(size=lanes)
    w = np.array([jacobians[:, row, column] for row, column in lu.slots], kind)
    over_h, b = rng.uniform(8, 20, lanes), rng.normal(size=(size, lanes))
    x = b.astype(kind)
    call(loaded, "factor", w, over_h)
    call(loaded, "solve", w, x)
    for lane in range(lanes):
        shifted = np.eye(size) * over_h[lane] / GAMMA - jacobians[lane]
        exact = np.linalg.solve(shifted, b[:, lane])
        np.testing.assert_allclose(x[:, lane], exact, rtol=near, atol=1e-4 * near)


@lru_cache(maxsize=16)
def compiled_formulas(program: Program, lanes: int) -> tuple[Formulas, machine.Loaded]:
    """Rates, outputs and a dense Jacobian; rates leave what tangents share."""
    module = Module(lanes)
    emit_functions(module)
    formulas = Formulas(module, program, tangents(program).costly)
    formulas.emit()
    n = len(program.states)
    dense = {(row, column): row * n + column for row in range(n) for column in range(n)}
    formulas.emit_jacobian(dense, n * n)
    return formulas, machine.load(machine.assemble(module.text()))


@WIDTHS
@pytest.mark.parametrize("name", PROGRAMS)
def test_compiled_formulas_are_those_of_numpy(name, lanes):
    """Rates, outputs and Jacobian against the program carried out by NumPy.

    Tolerance: roundings, and those that fused multiplications save.
    """
    program, given = PROGRAMS[name]
    formulas, loaded = compiled_formulas(program, lanes)
    n, whole = len(program.states), differentiate(program)
    y = np.random.default_rng(4).uniform(0.2, 2.0, (lanes, n))
    p = np.tile(given, (lanes, 1)).reshape(lanes, len(given))
    by_lane = [np.ascontiguousarray(one.T) for one in (y, p)]
    c = np.zeros((max(1, len(formulas.prepared)), lanes))
    rates, w = np.zeros((n, lanes)), np.zeros((n * n, lanes))
    outputs, plain = np.zeros((len(program.outputs), lanes)), np.zeros((n, lanes))
    call(loaded, "prepare", by_lane[1], c)
    costly = tangents(program).costly
    shared, again = (np.zeros((max(1, len(costly)), lanes)) for _ in range(2))
    call(loaded, "jacobian", *by_lane, c, rates, shared, w)
    call(loaded, "rates", *by_lane, c, plain, again)
    call(loaded, "outputs", *by_lane, c, outputs)
    extended = Program(
        **{field: getattr(program, field) for field in Program.__dataclass_fields__}
        | {"statements": whole.statements}
    )
    dense = np.zeros((lanes, n, n))
    values = evaluate(extended, whole.jacobian.values(), p, y)
    for place, column in zip(whole.jacobian, values.T, strict=True):
        dense[:, *place] = column
    near = {"rtol": 1e-12, "atol": 1e-12}
    exact = evaluate(program, program.rates, p, y).T
    np.testing.assert_allclose(rates, exact, **near)
    np.testing.assert_array_equal(rates, plain)
    if costly:
        exact = evaluate(program, costly, p, y).T
        np.testing.assert_allclose(shared, exact, **near)
        np.testing.assert_array_equal(shared, again)
    np.testing.assert_allclose(w.T.reshape(lanes, n, n), dense, **near)
    shown = evaluate(program, program.outputs.values(), p, y).T
    np.testing.assert_allclose(outputs, shown, **near)
