"""Arithmetic with doubled numbers, and what exponential and logarithm have in common.

A doubled number is a pair of numbers, high and low, whose exact sum is meant. Products
and sums are carried with their rounding errors (Dekker 1971, doi:10.1007/BF01397083;
Knuth, The Art of Computer Programming 2, 4.2.2), in correctly rounded operations only.

There are no tables, because looking up one place for each lane costs more than the few
multiplications it would save. What depends on the precision is in `digits.py`.
"""

from __future__ import annotations

import math

from il2sim.engine.emit.builder import Function
from il2sim.engine.emit.digits import DIGITS, LN2, Digits


def digits(f: Function) -> Digits:
    """What the numbers of a function are made of."""
    return DIGITS[f.precision]


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


def polynomial(f: Function, x: str, coefficients: tuple[float, ...]) -> str:
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
    large = f.compare("ogt", high, f.listed(digits(f).overflow))
    value = f.pick(large, f.listed(math.inf), value)
    tiny = f.compare("olt", high, f.listed(digits(f).underflow))
    value = f.pick(tiny, f.listed(0.0), value)
    return f.pick(f.compare("uno", high, high), high, value)


def expm1_halved(f: Function, x: str) -> tuple[str, str]:
    """(e^x - 1)/2 of x from -50 until overflow, as the larger and the smaller part.

    It is halved, because the largest power of two has no double of its own.
    """
    places, start, tail = _reduced(f, x, f.listed(0.0))
    half = f.as_number(
        f.integer("add", places, f.whole_const(digits(f).exponent_bits(-1)))
    )
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
    low = f.fma(cube, polynomial(f, r, digits(f).exp[1:]), tail)
    return square, f.fma(square_low, f.listed(0.5), f.fma(left, r, low))


def _reduced(f: Function, high: str, low: str) -> tuple[str, str, str]:
    """What is left of a doubled number without n log 2, after n as an exponent."""
    ln2_high, ln2_low = digits(f).ln2
    n = f.intrinsic("rint", f.binary("fmul", high, f.listed(float(1 / LN2))))
    tail = f.fma(n, f.listed(-ln2_low), low)
    start = f.fma(n, f.listed(-ln2_high), high)
    return exponent_of(f, n), start, tail


def exponent_of(f: Function, n: str) -> str:
    """The bits that make a number 2^n times as large when they are added to its own."""
    places = f.precision.fraction_bits
    # The low bits of such a sum count whole numbers of either sign.
    count = f.as_whole(f.binary("fadd", n, f.listed(1.5 * 2.0**places)))
    return f.integer("shl", count, f.whole_const(places))


def _with_curve(f: Function, start: str, tail: str, rest: str) -> str:
    """e^r - 1 - r for r = start + tail, added to a small rest."""
    r = f.binary("fadd", start, tail)
    return f.fma(f.binary("fmul", r, r), polynomial(f, r, digits(f).exp), rest)


def log_of_two(f: Function, x: str) -> tuple[str, str]:
    """Logarithm of a positive number, as high and low part."""
    exponent, mantissa = _exponent_and_mantissa(f, x)
    ln2_high, ln2_low = digits(f).ln2
    high, low = _log_of_mantissa(f, mantissa)
    whole = f.binary("fmul", exponent, f.listed(ln2_high))
    total, rest = sum_of_ordered(f, whole, high)
    low = f.fma(exponent, f.listed(ln2_low), low)
    return total, f.binary("fadd", rest, low)


def _exponent_and_mantissa(f: Function, x: str) -> tuple[str, str]:
    """x = 2^k m with m between the root of one half and the root of two."""
    own, places = digits(f), f.precision.fraction_bits
    one_bits, counting_bits = own.exponent_bits(0), own.exponent_bits(places)
    small = f.compare("olt", x, f.listed(f.precision.smallest))
    up = places + 2
    bits = f.as_whole(f.pick(small, f.binary("fmul", x, f.listed(2.0**up)), x))
    moved = f.integer("add", bits, f.whole_const(one_bits - own.root_half_bits))
    field = f.integer("and", moved, f.whole_const(_exponent_mask(f)))
    rest = f.integer("sub", bits, field)
    mantissa = f.as_number(f.integer("add", rest, f.whole_const(one_bits)))
    count = f.integer("lshr", field, f.whole_const(places))
    count = f.as_number(f.integer("or", count, f.whole_const(counting_bits)))
    less = 2.0**places + f.precision.bias
    less_if_small = f.pick(small, f.listed(less + up), f.listed(less))
    return f.binary("fsub", count, less_if_small), mantissa


def _exponent_mask(f: Function) -> int:
    """Bits in which a number has its exponent."""
    bits, places = f.precision.bits, f.precision.fraction_bits
    return (1 << (bits - 1)) - (1 << places)


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
    third, third_low = digits(f).third
    curve = f.fma(z, polynomial(f, z, digits(f).artanh), f.listed(third_low))
    factor, factor_low = sum_of_ordered(f, f.listed(third), curve)
    part, part_low = _product(f, (z, z_low), (factor, factor_low))
    part, part_low = _product(f, (s, s_low), (part, part_low))
    high, low = sum_of_ordered(f, s, part)
    low = f.binary("fadd", low, f.binary("fadd", s_low, part_low))
    return f.binary("fadd", high, high), f.binary("fadd", low, low)
