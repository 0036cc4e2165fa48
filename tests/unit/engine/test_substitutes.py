"""Our fused multiplication and rounding against exact fractions, at every width."""

from __future__ import annotations

import ctypes
import math
from fractions import Fraction
from functools import lru_cache

import numpy as np
import pytest

from il2sim.engine.emit import machine
from il2sim.engine.emit.builder import Function, Module
from il2sim.engine.emit.substitutes import SUBSTITUTES, substitutes
from il2sim.engine.precision import DOUBLE, SINGLE, Precision

WIDTHS = pytest.mark.parametrize("lanes", [1, 2, 4, 8])
SMALLEST, LARGEST = 5e-324, 1.7976931348623157e308
NORMAL = 2.0**-1022


@lru_cache(maxsize=8)
def compiled(lanes: int, precision: Precision) -> machine.Loaded:
    """Each of ours as a loop over arrays whose length the lanes divide."""
    module = Module(lanes, precision)
    for name, one in SUBSTITUTES.items():
        arguments = [f"given{k}" for k in range(one.arguments)]
        f = Function(module, f"all_{name}", (*arguments, "out", ("i64", "n")))
        with f.count("%n") as i:
            given = [f.load(f"%{each}", i) for each in arguments]
            f.store(f.intrinsic(name, *given), "%out", i)
        f.close()
    text = substitutes(module.text(), SUBSTITUTES)
    assert "llvm.fma" not in text
    assert "llvm.rint" not in text
    return machine.load(machine.assemble(text))


def call(name: str, *arrays: np.ndarray, lanes: int = 1) -> np.ndarray:
    """Evaluate one of ours, in the precision of what it is given."""
    n, kind = -(-len(arrays[0]) // lanes) * lanes, arrays[0].dtype
    padded = [np.concatenate([one, np.ones(n - len(one), kind)]) for one in arrays]
    out = np.empty(n, kind)
    pointers = [ctypes.c_void_p] * (len(arrays) + 1)
    precision = SINGLE if kind == np.float32 else DOUBLE
    address = compiled(lanes, precision).address(f"all_{name}")
    function = ctypes.CFUNCTYPE(None, *pointers, ctypes.c_int64)(address)
    function(*(one.ctypes.data for one in (*padded, out)), n // lanes)
    return out[: len(arrays[0])]


def exact_fma(x: float, y: float, z: float) -> float:
    """x y + z rounded once, by whole numbers without end."""
    if not (math.isfinite(x) and math.isfinite(y)):
        return x * y + z
    if not math.isfinite(z):
        return z
    value = Fraction(x) * Fraction(y) + Fraction(z)
    if not value:
        return x * y + z
    try:
        size = float(abs(value))
    except OverflowError:
        size = math.inf
    return size if value > 0 else -size


def assert_same_bits(got: np.ndarray, expected: np.ndarray) -> None:
    """Equal bits, zeros' signs included, where they are numbers."""
    none = np.isnan(expected)
    np.testing.assert_array_equal(np.isnan(got), none)
    whole = f"i{got.dtype.itemsize}"
    np.testing.assert_array_equal(got[~none].view(whole), expected[~none].view(whole))


def assert_exact(x: np.ndarray, y: np.ndarray, z: np.ndarray, lanes: int = 1) -> None:
    """Ours is the rounding of the exact result."""
    with np.errstate(all="ignore"):
        expected = [exact_fma(*map(float, one)) for one in zip(x, y, z, strict=True)]
    assert_same_bits(call("fma", x, y, z, lanes=lanes), np.array(expected))


def any_doubles(rng: np.random.Generator, n: int) -> np.ndarray:
    """Doubles of all magnitudes, with fractions and exponents at the edges."""
    bits = rng.integers(0, 2**64, n, dtype=np.uint64)
    edges = np.array([0, 1, 2, 52, 53, 54, 970, 1022, 1023, 1075, 2045, 2046, 2047])
    fractions = np.array([0, 1, 2, 2**26, 2**51, 2**52 - 2, 2**52 - 1])
    edge = rng.choice(edges, n) << 52 | rng.choice(fractions, n)
    edge = edge.astype(np.uint64) | rng.integers(0, 2, n).astype(np.uint64) << 63
    near = rng.normal(size=n) * 2.0 ** rng.integers(-60, 60, n)
    which = rng.integers(0, 3, n)
    return np.select(
        [which == 0, which == 1], [bits.view(float), edge.view(float)], near
    )


@WIDTHS
def test_the_fused_product_is_exact_for_any_doubles(lanes):
    """Three doubles that have nothing to do with each other."""
    rng = np.random.default_rng(lanes)
    assert_exact(*(any_doubles(rng, 6000) for _ in range(3)), lanes=lanes)


@WIDTHS
def test_the_fused_product_is_exact_where_it_cancels(lanes):
    """z is minus the rounded product, or some units of its last place beside it."""
    rng = np.random.default_rng(10 + lanes)
    x, y = any_doubles(rng, 6000), any_doubles(rng, 6000)
    x[3000:], y[3000:] = rng.normal(size=(2, 3000))
    with np.errstate(all="ignore"):
        z = -(x * y) * (1 + rng.integers(-3, 4, 6000) * 2.0**-52)
    assert_exact(x, y, z, lanes=lanes)


@WIDTHS
def test_the_fused_product_is_exact_at_any_distance(lanes):
    """z is up to 2^130 larger or smaller than the product: one only breaks ties."""
    rng = np.random.default_rng(20 + lanes)
    x, y = rng.normal(size=(2, 6000)) * 2.0 ** rng.integers(-300, 300, (2, 6000))
    with np.errstate(all="ignore"):
        z = np.ldexp(np.sign(rng.normal(size=6000)), rng.integers(-130, 130, 6000))
        z *= 2.0 ** np.floor(np.log2(np.abs(x * y)))
    assert_exact(x, y, z, lanes=lanes)


@WIDTHS
def test_ties_are_broken_by_the_smallest_part(lanes):
    """The product is half a unit of z's last place, and a trace more or less."""
    rng = np.random.default_rng(50 + lanes)
    x = (2 * rng.integers(-8, 8, 6000) + 1) * 2.0**-53
    y = 1 + rng.integers(-2, 3, 6000) * 2.0**-52
    z = rng.choice([1, -1], 6000) * (1 + rng.integers(0, 9, 6000) * 2.0**-52)
    scale = 2.0 ** rng.integers(-300, 300, 6000)
    assert_exact(x, scale * y, scale * z, lanes=lanes)


@WIDTHS
@pytest.mark.parametrize("power", [-1075, -1022, -900, 990, 1000, 1023])
def test_both_ways_are_exact_where_they_meet(power, lanes):
    """Plain operations serve inside, whole numbers near the ends of the doubles."""
    rng = np.random.default_rng(60 + lanes)
    y, small, z = rng.uniform(1, 2, (3, 2000)) * 2.0 ** rng.integers(-3, 4, (3, 2000))
    with np.errstate(over="ignore", under="ignore"):
        x = np.ldexp(small, power)
        cancels = -(x * y) * (1 + rng.integers(-1, 2, 2000) * 2.0**-52)
        z = np.where(rng.random(2000) < 0.5, np.ldexp(z, power), cancels)
    assert_exact(x, y, z, lanes=lanes)
    assert_exact(y, x, z, lanes=lanes)


def test_the_fused_product_is_exact_below_the_normal_numbers():
    """Results with few places, and products far below z's last place."""
    rng = np.random.default_rng(30)
    x, y = rng.uniform(1, 2, (2, 6000)) * 2.0 ** rng.integers(-545, -500, (2, 6000))
    z = rng.integers(-(2**53), 2**53, 6000) * SMALLEST
    assert_exact(x, y, z)


@pytest.mark.parametrize(
    ("x", "y", "z"),
    [
        (0.0, -1.0, 0.0),
        (0.0, -1.0, -0.0),
        (-0.0, 1.0, -0.0),
        (1.0, 1.0, -1.0),
        (-1.0, 1.0, 1.0),
        (SMALLEST, SMALLEST, 0.0),
        (SMALLEST, -SMALLEST, 0.0),
        (SMALLEST, 0.5, 0.0),
        (SMALLEST, 0.5, SMALLEST),
        (SMALLEST, 0.75, -0.0),
        (NORMAL, 1 - 2.0**-53, 0.0),
        (NORMAL, 1 + 2.0**-52, -SMALLEST),
        (NORMAL, 1.0, -SMALLEST),
        (SMALLEST, SMALLEST, 1.0),
        (SMALLEST, -SMALLEST, 1.0),
        (SMALLEST, SMALLEST, SMALLEST),
        (1.0, -(2.0**-54), 1.0),
        (1.0, -(2.0**-54) * (1 + 2.0**-52), 1.0),
        (1.0, 2.0**-53, 1.0),
        (1.0, 2.0**-53, 1.0 + 2.0**-52),
        (2.0**-53, 1 + 2.0**-52, 1.0),
        (LARGEST, 2.0, -LARGEST),
        (LARGEST, 2.0, -np.inf),
        (LARGEST, LARGEST, -LARGEST),
        (LARGEST, 1.0, 2.0**969),
        (LARGEST, 1.0, 2.0**970),
        (LARGEST, 1.0, np.nextafter(2.0**970, 0)),
        (np.inf, 0.0, 1.0),
        (np.inf, 1.0, -np.inf),
        (np.inf, -1.0, -np.inf),
        (np.inf, np.inf, 1.0),
        (1.0, 2.0, np.inf),
        (0.0, 2.0, -np.inf),
        (np.nan, 1.0, 1.0),
        (1.0, np.nan, 1.0),
        (1.0, 1.0, np.nan),
        (0.0, np.nan, np.inf),
    ],
)
def test_edges_of_the_fused_product(x, y, z):
    """Zeros of either sign, ties, the ends of the doubles, what is no number."""
    assert_exact(*(np.array([one]) for one in (x, y, z)))


@WIDTHS
def test_rounding_is_that_of_python(lanes):
    """Python's round goes to the nearest, ties to the even one, as ours does."""
    rng = np.random.default_rng(40)
    x = np.concatenate(
        [
            rng.integers(-(2**20), 2**20, 2000) / 2,
            rng.normal(size=2000) * 2.0 ** rng.integers(-10, 60, 2000),
            [0.0, -0.0, 0.5, -0.5, 0.49999999999999994, 2.0**52 + 1, 2.0**51 + 0.5],
            [SMALLEST, -SMALLEST, LARGEST, -LARGEST],
        ]
    )
    expected = [math.copysign(float(round(float(one))), one) for one in x]
    assert_same_bits(call("rint", x, lanes=lanes), np.array(expected))


def test_rounding_leaves_what_has_no_end():
    """Infinities stay, and what is no number stays none."""
    x = np.array([np.inf, -np.inf, np.nan])
    np.testing.assert_array_equal(call("rint", x), x)


def nearest_single(value: Fraction) -> np.float32:
    """A fraction rounded once to a single number, ties to the even one."""
    with np.errstate(over="ignore"):
        near = np.float32(float(value))
    if not np.isfinite(near):
        return near
    around = [np.nextafter(near, np.float32(side)) for side in (-np.inf, np.inf)]
    finite = [one for one in (near, *around) if np.isfinite(one)]

    def apart(one: np.float32) -> tuple[Fraction, int]:
        return abs(Fraction(float(one)) - value), int(one.view(np.int32)) % 2

    return min(finite, key=apart)


@WIDTHS
def test_the_fused_product_of_single_numbers_is_exact(lanes):
    """Numbers of all sizes; where sums cancel; ties that a trace breaks.

    Doubles hold products without rounding, so only the sum has to be watched.
    """
    rng = np.random.default_rng(70 + lanes)
    x, y, z = rng.integers(0, 2**32, (3, 6000), np.uint32).view(np.float32)
    x[2000:], y[2000:] = rng.normal(size=(2, 4000))
    with np.errstate(all="ignore"):
        units = (1 + rng.integers(-3, 4, 6000) * 2.0**-23).astype(np.float32)
        z[2000:4000] = (-(x * y) * units)[2000:4000]
        x[4000:] = (2 * rng.integers(-8, 8, 2000) + 1) * 2.0**-24
        y[4000:], z[4000:] = units[4000:], units[4000:][::-1]
        expected = (x.astype(float) * y + z).astype(np.float32)
    finite = np.flatnonzero(np.isfinite(x) & np.isfinite(y) & np.isfinite(z))
    for i in finite:
        exact = Fraction(float(x[i])) * Fraction(float(y[i])) + Fraction(float(z[i]))
        if exact:
            expected[i] = nearest_single(exact)
    assert_same_bits(call("fma", x, y, z, lanes=lanes), expected)


@WIDTHS
def test_rounding_of_single_numbers_is_that_of_numpy(lanes):
    """NumPy's rint goes to the nearest, ties to the even one, as ours does."""
    x = np.random.default_rng(80).integers(0, 2**32, 6000, np.uint32).view(np.float32)
    x[:2000] = np.arange(-1000, 1000) / 2
    x[2000:4000] = np.random.default_rng(81).normal(size=2000) * 2.0**20
    assert_same_bits(call("rint", x, lanes=lanes), np.rint(x))


def test_nothing_changes_where_nothing_lacks():
    """A processor that can do all keeps the text."""
    module = Module(4)
    f = Function(module, "one", ("x",))
    value = f.load("%x", 0)
    f.store(f.fma(value, value, value), "%x", 0)
    f.close()
    text = module.text()
    assert substitutes(text, ()) == text
