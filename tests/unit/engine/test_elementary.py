"""Functions of arrays: shapes, edges, and the very bits of compiled formulas."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from il2sim.engine import elementary
from il2sim.engine.emit import machine
from il2sim.engine.emit.builder import Module
from il2sim.engine.emit.formulas import Formulas
from il2sim.engine.emit.functions import emit_functions
from tests import programs

OF_ONE = ("exp", "expm1", "log", "log1p", "tanh")
X = np.random.default_rng(1).uniform(0.01, 9.0, 103)


@pytest.mark.parametrize("name", OF_ONE)
def test_a_value_does_not_depend_on_where_it_stands(name):
    """Alone, at the end of a row, or in a table: the bits are those of the whole."""
    function = getattr(elementary, name)
    whole = function(X)
    assert function(X[::-1])[::-1].tobytes() == whole.tobytes()
    assert function(X[7:]).tobytes() == whole[7:].tobytes()
    assert function(X[:100].reshape(4, 25)).tobytes() == whole[:100].tobytes()
    assert all(float(function(x)) == one for x, one in zip(X, whole, strict=True))
    assert function(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("name", OF_ONE)
def test_functions_are_those_of_numpy(name):
    """Two units in the last place: one of ours, one of NumPy's."""
    exact = getattr(np, name)(X)
    apart = np.abs(getattr(elementary, name)(X) - exact)
    assert np.all(apart <= 2 * np.spacing(np.abs(exact)))


def test_a_power_takes_numbers_and_arrays():
    """Both arguments are spread over each other; a base of nothing gives nothing."""
    table = elementary.power(X[:5, None], [2.0, 0.5, 0.0])
    assert table.shape == (5, 3)
    np.testing.assert_allclose(table, X[:5, None] ** [2.0, 0.5, 0.0], rtol=1e-15)
    assert elementary.power([0.0, -2.0], 2.0).tolist() == [0.0, 0.0]


def test_what_is_no_number_has_one_form():
    """Whatever bits it came with, it leaves as NumPy writes it."""
    given = np.array([0x7FF80000000007A2, 0xFFF8000000000001], np.uint64).view(float)
    for name in OF_ONE:
        found = getattr(elementary, name)([*given, -2.0 if "log" in name else np.nan])
        assert found.tobytes() == np.full(3, np.nan).tobytes()


@pytest.mark.parametrize("lanes", [1, 4])
def test_a_compiled_model_has_the_same_bits(lanes):
    """The derivatives of a program of bare functions are their values."""
    names = (*OF_ONE, "sqrt")
    program = programs.write(
        lambda y, p: {name: y["exp"].call(name) for name in names},
        starts=dict.fromkeys(names, 0.0),
    )
    module = Module(lanes)
    emit_functions(module)
    Formulas(module, program).emit()
    loaded = machine.load(machine.assemble(module.text()))
    y = np.ones((len(names), lanes))
    y[0] = X[:lanes]
    out, nothing = np.zeros_like(y), np.zeros(lanes)
    function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5)(loaded.address("rates"))
    function(*(one.ctypes.data for one in (y, nothing, nothing, out, nothing)))
    for row, name in zip(out, names, strict=True):
        of_arrays = np.sqrt if name == "sqrt" else getattr(elementary, name)
        assert row.tobytes() == of_arrays(X[:lanes]).tobytes()
