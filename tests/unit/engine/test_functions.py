"""Elementary functions of our own, against numbers of fifty digits."""

from __future__ import annotations

import ctypes
from functools import lru_cache

import mpmath
import numpy as np
import pytest

from il2sim.engine.elementary import ARGUMENTS, write_loops
from il2sim.engine.emit import machine
from il2sim.engine.precision import DOUBLE, SINGLE, Precision

WIDTHS = {DOUBLE: (1, 2, 4, 8), SINGLE: (1, 2, 4, 8, 16)}
KINDS = {DOUBLE: np.float64, SINGLE: np.float32}
LEAST = -708.3964185322641  # e to less is below the smallest normal number


@lru_cache(maxsize=10)
def compiled(lanes: int, precision: Precision) -> machine.Loaded:
    """Each function as a loop over arrays whose length the lanes divide."""
    return machine.load(machine.assemble(write_loops(lanes, precision)))


def call(
    name: str, *arrays: np.ndarray, lanes: int = 4, precision: Precision = DOUBLE
) -> np.ndarray:
    """Evaluate one of our functions."""
    n, kind = -(-len(arrays[0]) // lanes) * lanes, KINDS[precision]
    padded = [
        np.concatenate([one, np.ones(n - len(one))]).astype(kind) for one in arrays
    ]
    out = np.empty(n, kind)
    pointers = [ctypes.c_void_p] * (len(arrays) + 1)
    address = compiled(lanes, precision).address(f"all_{name}")
    function = ctypes.CFUNCTYPE(None, *pointers, ctypes.c_int64)(address)
    function(*(one.ctypes.data for one in (*padded, out)), n // lanes)
    return out[: len(arrays[0])]


def ulps(got: np.ndarray, exact: list[mpmath.mpf]) -> float:
    """The largest distance in units of the last place."""
    return float(np.max(distances(got, exact)))


def distances(got: np.ndarray, exact: list[mpmath.mpf]) -> np.ndarray:
    """Distances in units of the last place of numbers of that kind."""
    found = []
    for one, true in zip(got, exact, strict=True):
        spacing = mpmath.mpf(float(np.spacing(got.dtype.type(abs(true)))))
        found.append(float(abs(mpmath.mpf(float(one)) - true) / spacing))
    return np.array(found)


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mpmath.workdps(50):
        yield


def test_exp_is_within_one_unit_of_the_last_place():
    """Over all doubles whose exponential is a normal number."""
    rng = np.random.default_rng(1)
    x = np.concatenate(
        [
            rng.uniform(LEAST, 709.7, 4000),
            rng.uniform(-1, 1, 4000),
            rng.uniform(LEAST, LEAST + 1, 500),
            rng.uniform(709, 709.7827, 500),
        ]
    )
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
    """Over bases of all sizes, many near one, and powers that are normal numbers."""
    rng = np.random.default_rng(4)
    x = np.concatenate(
        [
            10 ** rng.uniform(-307, 308, 3000),
            rng.uniform(0.5, 2, 3000),
            1 + rng.choice([-1, 1], 3000) * 10 ** rng.uniform(-15, -1, 3000),
        ]
    )
    y = rng.uniform(-708, 709, len(x)) / np.log(x)
    exact = [
        mpmath.power(mpmath.mpf(float(a)), mpmath.mpf(float(b)))
        for a, b in zip(x, y, strict=True)
    ]
    assert ulps(call("pow", x, y), exact) < 2


def test_expm1_is_within_one_unit_of_the_last_place():
    """Over all arguments, densely where 2^n - 1 and the rest cancel, and near zero."""
    rng = np.random.default_rng(6)
    x = np.concatenate(
        [
            rng.uniform(-45, 709.7, 3000),
            rng.uniform(-2, 2, 6000),
            both_signs(rng, -320, 0),
        ]
    )
    exact = [mpmath.expm1(mpmath.mpf(float(v))) for v in x]
    assert ulps(call("expm1", x), exact) < 1


def test_log1p_is_within_one_unit_of_the_last_place():
    """Over all magnitudes, close to minus one, and near zero."""
    rng = np.random.default_rng(7)
    x = np.concatenate(
        [
            rng.uniform(-1, 2, 4000),
            10 ** rng.uniform(-1, 308, 2000),
            -1 + 10 ** rng.uniform(-16, -0.5, 1000),
            both_signs(rng, -320, 0) * 0.999,
            np.ldexp(rng.uniform(-2, 2, 2000), -53),
        ]
    )
    exact = [mpmath.log1p(mpmath.mpf(float(v))) for v in x]
    assert ulps(call("log1p", x), exact) < 1


def test_tanh_is_within_two_units_of_the_last_place():
    """Until it rounds to one, and near zero."""
    rng = np.random.default_rng(8)
    x = np.concatenate(
        [
            rng.uniform(-20, 20, 4000),
            rng.uniform(-1, 1, 4000),
            both_signs(rng, -320, 1.5),
        ]
    )
    exact = [mpmath.tanh(mpmath.mpf(float(v))) for v in x]
    assert ulps(call("tanh", x), exact) < 2


def both_signs(rng: np.random.Generator, low: float, high: float) -> np.ndarray:
    """Numbers of all sizes between two powers of ten, of either sign."""
    return rng.choice([-1.0, 1.0], 4000) * 10 ** rng.uniform(low, high, 4000)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_no_number_stays_no_number_whatever_its_bits(name):
    """Other programs keep messages in the low bits of not-a-number."""
    given = np.array([0x7FF00000000007A2, 0xFFF8000000000001], np.uint64).view(float)
    found = call(name, *([given] * len(ARGUMENTS[name])))
    assert np.all(np.isnan(found))


@pytest.mark.parametrize("name", ["expm1", "log1p", "tanh"])
def test_the_smallest_numbers_are_kept(name):
    """Subnormal numbers and zeros come back with their sign."""
    given = np.array([0.0, -0.0, 5e-324, -5e-324, 1e-310, -1e-310, 2.0**-1022])
    assert call(name, given).tobytes() == given.tobytes()


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("exp", (0.0,), 1.0),
        ("exp", (-np.inf,), 0.0),
        ("exp", (np.inf,), np.inf),
        ("exp", (800.0,), np.inf),
        ("exp", (LEAST,), 2.2250738585072626e-308),
        ("exp", (-708.3964185322642,), 0.0),
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
        ("pow", (np.inf, 0.0), 1.0),
        ("pow", (np.inf, np.nan), np.nan),
        ("expm1", (-np.inf,), -1.0),
        ("expm1", (-60.0,), -1.0),
        ("expm1", (np.inf,), np.inf),
        ("expm1", (710.0,), np.inf),
        ("expm1", (709.782712893384,), 1.7976931348622732e308),
        ("expm1", (np.nan,), np.nan),
        ("log1p", (-1.0,), -np.inf),
        ("log1p", (np.inf,), np.inf),
        ("log1p", (-1.5,), np.nan),
        ("log1p", (-np.inf,), np.nan),
        ("log1p", (np.nan,), np.nan),
        ("tanh", (np.inf,), 1.0),
        ("tanh", (-np.inf,), -1.0),
        ("tanh", (25.0,), 1.0),
        ("tanh", (-1e300,), -1.0),
        ("tanh", (np.nan,), np.nan),
    ],
)
def test_edges(name, given, expected):
    """Zero, infinity and what is no number; an empty base has the power zero."""
    got = call(name, *(np.array([one]) for one in given))
    np.testing.assert_array_equal(got, [expected])


@pytest.mark.parametrize("precision", WIDTHS, ids=lambda one: one.name)
@pytest.mark.parametrize("name", ARGUMENTS)
def test_every_width_gives_the_same_bits(name, precision):
    """A vector of eight computes what eight plain numbers compute."""
    rng = np.random.default_rng(5)
    arrays = [10 ** rng.uniform(-3, 2, 4096) for _ in ARGUMENTS[name]]
    plain = call(name, *arrays, lanes=1, precision=precision)
    for lanes in WIDTHS[precision][1:]:
        found = call(name, *arrays, lanes=lanes, precision=precision)
        assert found.tobytes() == plain.tobytes()
