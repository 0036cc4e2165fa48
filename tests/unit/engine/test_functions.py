"""exp, log and pow of our own, against numbers of fifty digits."""

from __future__ import annotations

import ctypes
from functools import lru_cache

import mpmath
import numpy as np
import pytest

from il2sim.engine.emit import builder
from il2sim.engine.emit.builder import Function, Module
from il2sim.engine.emit.functions import emit_functions

WIDTHS = (1, 2, 4, 8)
ARITIES = {"exp": 1, "log": 1, "pow": 2}


@lru_cache(maxsize=4)
def compiled(lanes: int) -> builder.Loaded:
    """Each function as a loop over arrays whose length the lanes divide."""
    module = Module(lanes)
    emit_functions(module)
    for name, arity in ARITIES.items():
        arguments = ("x", "y")[:arity]
        f = Function(module, f"all_{name}", (*arguments, "out", ("i64", "n")))
        with f.count("%n") as i:
            given = (f.load(f"%{one}", i) for one in arguments)
            f.store(f.call(name, *given), "%out", i)
        f.close()
    return builder.load(builder.assemble(module.text()))


def call(name: str, *arrays: np.ndarray, lanes: int = 4) -> np.ndarray:
    """Evaluate one of our functions."""
    n = -(-len(arrays[0]) // lanes) * lanes
    padded = [np.concatenate([one, np.ones(n - len(one))]) for one in arrays]
    out = np.empty(n)
    pointers = [ctypes.c_void_p] * (len(arrays) + 1)
    address = compiled(lanes).address(f"all_{name}")
    function = ctypes.CFUNCTYPE(None, *pointers, ctypes.c_int64)(address)
    function(*(one.ctypes.data for one in (*padded, out)), n // lanes)
    return out[: len(arrays[0])]


def ulps(got: np.ndarray, exact: list[mpmath.mpf]) -> float:
    """The largest distance in units of the last place."""
    worst = 0.0
    for one, true in zip(got, exact, strict=True):
        spacing = mpmath.mpf(float(np.spacing(abs(float(true)))))
        worst = max(worst, float(abs(mpmath.mpf(float(one)) - true) / spacing))
    return worst


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mpmath.workdps(50):
        yield


def test_exp_is_within_one_unit_of_the_last_place():
    """Over all doubles whose exponential is a normal number."""
    x = np.random.default_rng(1).uniform(-708, 709.7, 4000)
    x = np.concatenate([x, np.random.default_rng(2).uniform(-1, 1, 4000)])
    assert ulps(call("exp", x), [mpmath.exp(mpmath.mpf(float(v))) for v in x]) < 1


def test_log_is_within_one_unit_of_the_last_place():
    """Over all magnitudes, and close to one where it is hard."""
    rng = np.random.default_rng(3)
    x = np.concatenate(
        [
            10 ** rng.uniform(-307, 308, 4000),
            rng.uniform(0.5, 2, 4000),
            1 + 1e-9 * rng.normal(size=500),
        ]
    )
    assert ulps(call("log", x), [mpmath.log(mpmath.mpf(float(v))) for v in x]) < 1


def test_pow_is_within_two_units_of_the_last_place():
    """Over bases and exponents whose power is a normal number."""
    rng = np.random.default_rng(4)
    x = 10 ** rng.uniform(-30, 30, 8000)
    y = rng.uniform(-10, 10, 8000)
    exact = [
        mpmath.power(mpmath.mpf(float(a)), mpmath.mpf(float(b)))
        for a, b in zip(x, y, strict=True)
    ]
    assert ulps(call("pow", x, y), exact) < 2


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("exp", (0.0,), 1.0),
        ("exp", (-np.inf,), 0.0),
        ("exp", (np.inf,), np.inf),
        ("exp", (800.0,), np.inf),
        ("exp", (-800.0,), 0.0),
        ("exp", (np.nan,), np.nan),
        ("log", (1.0,), 0.0),
        ("log", (0.0,), -np.inf),
        ("log", (np.inf,), np.inf),
        ("log", (-1.0,), np.nan),
        ("log", (np.nan,), np.nan),
        ("log", (5e-324,), -744.4400719213812),
        ("pow", (2.0, 10.0), 1024.0),
        ("pow", (4.0, 0.5), 2.0),
        ("pow", (3.0, 0.0), 1.0),
        ("pow", (0.0, 0.5), 0.0),
        ("pow", (-1.0, 0.5), 0.0),
        ("pow", (np.nan, 0.5), np.nan),
        ("pow", (2.0, np.nan), np.nan),
        ("pow", (1e300, 2.0), np.inf),
        ("pow", (1e-300, 2.0), 0.0),
        ("pow", (np.inf, 0.5), np.inf),
        ("pow", (np.inf, -1.0), 0.0),
    ],
)
def test_edges(name, given, expected):
    """Zero, infinity and what is no number; an empty base has the power zero."""
    got = call(name, *(np.array([one]) for one in given))
    np.testing.assert_array_equal(got, [expected])


@pytest.mark.parametrize("name", ARITIES)
def test_every_width_gives_the_same_bits(name):
    """A vector of eight computes what eight plain numbers compute."""
    rng = np.random.default_rng(5)
    arrays = [10 ** rng.uniform(-3, 2, 4096) for _ in range(ARITIES[name])]
    plain = call(name, *arrays, lanes=1)
    for lanes in WIDTHS[1:]:
        assert call(name, *arrays, lanes=lanes).tobytes() == plain.tobytes()
