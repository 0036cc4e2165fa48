"""Arithmetic with doubled numbers, and what exponential and logarithm have in common.

A doubled number is a pair of doubles, high and low, whose exact sum is meant. Products
and sums are carried with their rounding errors (Dekker 1971, doi:10.1007/BF01397083;
Knuth, The Art of Computer Programming 2, 4.2.2), in correctly rounded operations only.

There are no tables, because looking up one place for each lane costs more than the few
multiplications it would save. The polynomials go through the Chebyshev nodes of their
interval; the tests compare the functions made of them with mpmath.
"""

from __future__ import annotations

import math
from fractions import Fraction

from il2sim.engine.emit.builder import Function

_LN2 = Fraction(
    "0.693147180559945309417232121458176568075500134360255254120680009"
)  # OEIS A002162
_BIAS = 1023
_ONE_BITS = _BIAS << 52
_HALF_BITS = (_BIAS - 1) << 52
_EXPONENT_MASK = 0x7FF << 52
_ROOT_HALF_BITS = 0x3FE6A09E667F3BCD
_TWO_52 = 2.0**52  # its low bits count whole numbers
_TWO_52_BITS = 0x433 << 52
_SHIFTER = 1.5 * 2.0**52  # the same for whole numbers of either sign
_SMALLEST = 2.0**-1022
OVERFLOW = 709.782712893384
_UNDERFLOW = -708.3964185322641

# artanh(s)/s = 1 + z (1/3 + z p(z)) with z = s^2, up to the s of the root of two
_ARTANH = (
    *(0.2, 0.14285714285714682, 0.11111111110828116, 0.09090909167657202),
    *(0.07692297485447729, 0.06667402119112673),
    *(0.05853124270461193, 0.058615255140488765),
)

# e^r = 1 + r + r^2 p(r), up to half the logarithm of two
_EXP = (
    *(0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326136),
    *(0.0013888888888883748, 0.00019841269874820627, 2.4801587325547743e-05),
    *(2.7557255400206422e-06, 2.75572736431103e-07, 2.5105217004720745e-08),
    2.0914686968086876e-09,
)


def _split(exact: Fraction, bits: int) -> tuple[float, float]:
    """A number as a double of few bits and the double that remains."""
    size = 2 ** (bits - math.frexp(float(exact))[1])
    high = Fraction(round(exact * size), size)
    return float(high), float(exact - high)


_LN2_HIGH, _LN2_LOW = _split(_LN2, 42)  # times an exponent the high part is exact
_THIRD, _THIRD_LOW = _split(Fraction(1, 3), 53)


def sum_of_ordered(f: Function, a: str, b: str) -> tuple[str, str]:
    """Sum and its rounding error, where a is zero or has the larger exponent."""
    total = f.binary("fadd", a, b)
    return total, f.binary("fsub", b, f.binary("fsub", total, a))


def sum_of_any(f: Function, a: str, b: str) -> tuple[str, str]:
    """Sum and its rounding error."""
    total = f.binary("fadd", a, b)
    of_b = f.binary("fsub", total, a)
    lost = f.binary("fsub", a, f.binary("fsub", total, of_b))
    return total, f.binary("fadd", lost, f.binary("fsub", b, of_b))


def two_product(f: Function, a: str, b: str) -> tuple[str, str]:
    """Product and its rounding error."""
    product = f.binary("fmul", a, b)
    return product, f.fma(a, b, f.neg(product))


def _product(f: Function, a: tuple[str, str], b: tuple[str, str]) -> tuple[str, str]:
    """Product of two doubled numbers."""
    high, low = two_product(f, a[0], b[0])
    return high, f.fma(a[0], b[1], f.fma(a[1], b[0], low))


def _polynomial(f: Function, x: str, coefficients: tuple[float, ...]) -> str:
    """Sum up a polynomial, constant term first, by halves (Estrin).

    Its operations depend on each other less than in Horner's scheme, which is what
    counts on processors that start several at once.
    """
    terms = [f.listed(coefficient) for coefficient in coefficients]
    power = x
    while len(terms) > 1:
        pairs = [
            f.fma(terms[k + 1], power, terms[k]) for k in range(0, len(terms) - 1, 2)
        ]
        terms = pairs + terms[2 * len(pairs) :]
        if len(terms) > 1:
            power = f.binary("fmul", power, power)
    return terms[0]


def exp_of_two(f: Function, high: str, low: str) -> str:
    """e^(high + low), with overflow and underflow at the ends of the doubles."""
    places, start, tail = _reduced(f, high, low)
    total, rest = sum_of_ordered(f, f.listed(1.0), start)
    rest = _with_curve(f, start, tail, f.binary("fadd", rest, tail))
    value = f.as_whole(f.binary("fadd", total, rest))
    value = f.as_number(f.integer("add", value, places))
    large = f.compare("ogt", high, f.listed(OVERFLOW))
    value = f.pick(large, f.listed(math.inf), value)
    tiny = f.compare("olt", high, f.listed(_UNDERFLOW))
    value = f.pick(tiny, f.listed(0.0), value)
    return f.pick(f.compare("uno", high, high), high, value)


def expm1_halved(f: Function, x: str) -> tuple[str, str]:
    """(e^x - 1)/2 of x from -50 until overflow, as the larger and the smaller part.

    It is halved, because the largest power of two has no double of its own.
    """
    places, start, tail = _reduced(f, x, f.listed(0.0))
    half = f.as_number(f.integer("add", places, f.whole_const(_HALF_BITS)))
    quarter = f.binary("fmul", half, f.listed(0.5))
    whole, rest = sum_of_ordered(f, half, f.listed(-0.5))
    whole, more = sum_of_ordered(f, whole, f.binary("fmul", half, start))
    rest = f.binary("fadd", rest, more)
    square, low = _bend(f, start, tail)
    whole, more = sum_of_ordered(f, whole, f.binary("fmul", quarter, square))
    return whole, f.fma(half, low, f.binary("fadd", rest, more))


def _bend(f: Function, start: str, tail: str) -> tuple[str, str]:
    """r^2, and e^r - 1 - start - r^2/2, for r = start + tail."""
    r = f.binary("fadd", start, tail)
    left = f.binary("fadd", f.binary("fsub", start, r), tail)
    square, square_low = two_product(f, r, r)
    cube = f.binary("fmul", square, r)
    low = f.fma(cube, _polynomial(f, r, _EXP[1:]), tail)
    return square, f.fma(square_low, f.listed(0.5), f.fma(left, r, low))


def _reduced(f: Function, high: str, low: str) -> tuple[str, str, str]:
    """What is left of a doubled number without n log 2, after n as an exponent."""
    n = f.intrinsic("rint", f.binary("fmul", high, f.listed(float(1 / _LN2))))
    tail = f.fma(n, f.listed(-_LN2_LOW), low)
    start = f.fma(n, f.listed(-_LN2_HIGH), high)
    count = f.as_whole(f.binary("fadd", n, f.listed(_SHIFTER)))
    return f.integer("shl", count, f.whole_const(52)), start, tail


def _with_curve(f: Function, start: str, tail: str, rest: str) -> str:
    """e^r - 1 - r for r = start + tail, added to a small rest."""
    r = f.binary("fadd", start, tail)
    return f.fma(f.binary("fmul", r, r), _polynomial(f, r, _EXP), rest)


def log_of_two(f: Function, x: str) -> tuple[str, str]:
    """Logarithm of a positive number, as high and low part."""
    exponent, mantissa = _exponent_and_mantissa(f, x)
    high, low = _log_of_mantissa(f, mantissa)
    whole = f.binary("fmul", exponent, f.listed(_LN2_HIGH))
    total, rest = sum_of_ordered(f, whole, high)
    low = f.fma(exponent, f.listed(_LN2_LOW), low)
    return total, f.binary("fadd", rest, low)


def _exponent_and_mantissa(f: Function, x: str) -> tuple[str, str]:
    """x = 2^k m with m between the root of one half and the root of two."""
    small = f.compare("olt", x, f.listed(_SMALLEST))
    bits = f.as_whole(f.pick(small, f.binary("fmul", x, f.listed(2.0**54)), x))
    moved = f.integer("add", bits, f.whole_const(_ONE_BITS - _ROOT_HALF_BITS))
    places = f.integer("and", moved, f.whole_const(_EXPONENT_MASK))
    rest = f.integer("sub", bits, places)
    mantissa = f.as_number(f.integer("add", rest, f.whole_const(_ONE_BITS)))
    count = f.integer("lshr", places, f.whole_const(52))
    count = f.as_number(f.integer("or", count, f.whole_const(_TWO_52_BITS)))
    less = f.pick(small, f.listed(_TWO_52 + _BIAS + 54), f.listed(_TWO_52 + _BIAS))
    return f.binary("fsub", count, less), mantissa


def _log_of_mantissa(f: Function, m: str) -> tuple[str, str]:
    """log m = 2 artanh s with s = (m - 1)/(m + 1), as high and low part."""
    one = f.listed(1.0)
    top = f.binary("fsub", m, one)
    bottom = f.binary("fadd", m, one)
    bottom_low = f.binary("fsub", m, f.binary("fsub", bottom, one))
    over = f.binary("fdiv", one, bottom)
    s = f.binary("fmul", top, over)
    minus = f.neg(s)
    left = f.fma(minus, bottom_low, f.fma(minus, bottom, top))
    s_low = f.binary("fmul", left, over)
    z, z_low = two_product(f, s, s)
    z_low = f.fma(f.binary("fadd", s, s), s_low, z_low)
    curve = f.fma(z, _polynomial(f, z, _ARTANH), f.listed(_THIRD_LOW))
    factor, factor_low = sum_of_ordered(f, f.listed(_THIRD), curve)
    part, part_low = _product(f, (z, z_low), (factor, factor_low))
    part, part_low = _product(f, (s, s_low), (part, part_low))
    high, low = sum_of_ordered(f, s, part)
    low = f.binary("fadd", low, f.binary("fadd", s_low, part_low))
    return f.binary("fadd", high, high), f.binary("fadd", low, low)
