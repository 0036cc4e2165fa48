"""Exponential, logarithm and power in our own strict arithmetic.

Only correctly rounded operations, fused multiplications and bit patterns are used, in a
fixed order, so the results have the same bits everywhere. The power goes through a
logarithm of twice the precision: products and sums are carried with their rounding
errors (Dekker 1971, doi:10.1007/BF01397083). A base of zero or less has the power zero,
because bases are amounts.
"""

from __future__ import annotations

import math
from fractions import Fraction

from il2sim.engine.emit.builder import Function, Module

# 2^52 + 2^51: added to a whole number it puts that into the low bits.
_SHIFTER = 6755399441055744.0
_SHIFTER_BITS = 0x4338000000000000
_BIAS = 1023
_LN2 = Fraction(
    "0.693147180559945309417232121458176568075500134360255254120680009"
)  # OEIS A002162
_EXP_TERMS = 14
_LOG_TERMS = 13
_OVERFLOW = 709.782712893384
_UNDERFLOW = -745.1332191019412


def _split(exact: Fraction, bits: int) -> tuple[float, float]:
    """A number as a double of few bits and the double that remains."""
    size = 2 ** (bits - math.frexp(float(exact))[1])
    high = Fraction(round(exact * size), size)
    return float(high), float(exact - high)


_LN2_HIGH, _LN2_LOW = _split(_LN2, 40)


def emit_functions(module: Module) -> None:
    """Write @exp, @log and @pow at the module's width."""
    _emit_exp(module)
    _emit_log_parts(module)
    _emit_log(module)
    _emit_pow(module)


def _two_sum(f: Function, a: str, b: str) -> tuple[str, str]:
    """Sum and its rounding error."""
    total = f.binary("fadd", a, b)
    back = f.binary("fsub", total, a)
    left = f.binary("fsub", a, f.binary("fsub", total, back))
    return total, f.binary("fadd", left, f.binary("fsub", b, back))


def _two_product(f: Function, a: str, b: str) -> tuple[str, str]:
    """Product and its rounding error."""
    product = f.binary("fmul", a, b)
    return product, f.fma(a, b, f.neg(product))


def _polynomial(f: Function, x: str, coefficients: list[float]) -> str:
    """Sum up a polynomial, constant term first, by halves (Estrin).

    Its operations depend on each other less than in Horner's scheme, which is what
    counts on processors that start several at once.
    """
    terms = [f.const(coefficient) for coefficient in coefficients]
    power = x
    while len(terms) > 1:
        pairs = [
            f.fma(terms[k + 1], power, terms[k]) for k in range(0, len(terms) - 1, 2)
        ]
        terms = pairs + terms[2 * len(pairs) :]
        power = f.binary("fmul", power, power)
    return terms[0]


def _power_of_two(f: Function, n: str) -> str:
    """2^n for a whole n of a normal exponent."""
    bits = f.as_whole(f.binary("fadd", n, f.const(_SHIFTER)))
    biased = f.integer("add", bits, f.whole_const(_BIAS))
    return f.as_number(f.integer("shl", biased, f.whole_const(52)))


def _exp_of_two(f: Function, high: str, low: str) -> str:
    """e^(high + low), with overflow and underflow at the ends of the doubles."""
    n = f.intrinsic("rint", f.binary("fmul", high, f.const(float(1 / _LN2))))
    reduced = f.fma(n, f.const(-_LN2_HIGH), high)
    tail = f.binary("fadd", low, f.binary("fmul", n, f.const(-_LN2_LOW)))
    r, rest = _two_sum(f, reduced, tail)
    terms = [1 / math.factorial(k) for k in range(2, _EXP_TERMS)]
    curve = f.binary("fmul", f.binary("fmul", r, r), _polynomial(f, r, terms))
    one, lost = _two_sum(f, f.const(1.0), r)
    small = f.binary("fadd", f.binary("fadd", lost, rest), curve)
    value = f.binary("fadd", one, small)
    half = f.intrinsic("rint", f.binary("fmul", n, f.const(0.5)))
    other = f.binary("fsub", n, half)
    value = f.binary("fmul", value, _power_of_two(f, half))
    value = f.binary("fmul", value, _power_of_two(f, other))
    large = f.compare("ogt", high, f.const(_OVERFLOW))
    value = f.pick(large, f.const(math.inf), value)
    tiny = f.compare("olt", high, f.const(_UNDERFLOW))
    return f.pick(tiny, f.const(0.0), value)


def _emit_exp(module: Module) -> None:
    f = Function(
        module, "exp", ((module.vector, "x"),), returns=module.vector, attributes=""
    )
    value = _exp_of_two(f, "%x", f.const(0.0))
    f.close(value)


def _emit_log_parts(module: Module) -> None:
    """Write @log_parts: the logarithm of a positive number, as high and low part."""
    pair = f"{{{module.vector}, {module.vector}}}"
    f = Function(
        module, "log_parts", ((module.vector, "x"),), returns=pair, attributes=""
    )
    exponent, mantissa = _exponent_and_mantissa(f, "%x")
    high, low = _log_of_mantissa(f, mantissa)
    whole = f.binary("fmul", exponent, f.const(_LN2_HIGH))
    sum_high, sum_low = _two_sum(f, whole, high)
    sum_low = f.binary("fadd", sum_low, f.fma(exponent, f.const(_LN2_LOW), low))
    total, rest = _two_sum(f, sum_high, sum_low)
    first = f.let(f"insertvalue {pair} undef, {module.vector} {total}, 0")
    f.close(f.let(f"insertvalue {pair} {first}, {module.vector} {rest}, 1"))


def _exponent_and_mantissa(f: Function, x: str) -> tuple[str, str]:
    """x = 2^k m with m between the root of one half and the root of two."""
    small = f.compare("olt", x, f.const(2.0**-1022))
    scaled = f.pick(small, f.binary("fmul", x, f.const(2.0**54)), x)
    bits = f.as_whole(scaled)
    root = 0x3FE6A09E667F3BCD  # the bits of the root of one half
    moved = f.integer("sub", bits, f.whole_const(root))
    k = f.integer("ashr", moved, f.whole_const(52))
    mantissa = f.as_number(
        f.integer("sub", bits, f.integer("shl", k, f.whole_const(52)))
    )
    shifted = f.as_number(f.integer("add", k, f.whole_const(_SHIFTER_BITS)))
    exponent = f.binary("fsub", shifted, f.const(_SHIFTER))
    lower = f.binary("fsub", exponent, f.const(54.0))
    return f.pick(small, lower, exponent), mantissa


def _log_of_mantissa(f: Function, m: str) -> tuple[str, str]:
    """log m = 2 artanh s with s = (m - 1)/(m + 1), as high and low part."""
    top = f.binary("fsub", m, f.const(1.0))
    bottom, bottom_low = _two_sum(f, m, f.const(1.0))
    s = f.binary("fdiv", top, bottom)
    left = f.fma(f.neg(s), bottom, top)
    left = f.fma(f.neg(s), bottom_low, left)
    s_low = f.binary("fdiv", left, bottom)
    z, z_low = _two_product(f, s, s)
    z_low = f.fma(f.binary("fadd", s, s), s_low, z_low)
    # 2 artanh s = 2 s + 2 s z (1/3 + z (1/5 + z/7 + …)); the third is kept double.
    terms = [1 / (2 * k + 5) for k in range(_LOG_TERMS)]
    tail = f.binary("fmul", z, _polynomial(f, z, terms))
    third, third_low = _split(Fraction(1, 3), 53)
    factor, factor_low = _two_sum(f, f.const(third), tail)
    factor_low = f.binary("fadd", factor_low, f.const(third_low))
    curve, curve_low = _product(f, (z, z_low), (factor, factor_low))
    curve, curve_low = _product(f, (s, s_low), (curve, curve_low))
    high, low = _two_sum(f, s, curve)
    low = f.binary("fadd", low, f.binary("fadd", s_low, curve_low))
    two = f.const(2.0)
    return f.binary("fmul", two, high), f.binary("fmul", two, low)


def _product(f: Function, a: tuple[str, str], b: tuple[str, str]) -> tuple[str, str]:
    """Product of two doubled numbers."""
    high, low = _two_product(f, a[0], b[0])
    low = f.fma(a[0], b[1], f.fma(a[1], b[0], low))
    return high, low


def _parts_of_log(f: Function, x: str) -> tuple[str, str]:
    pair = f"{{{f.vector}, {f.vector}}}"
    both = f.let(f"call {pair} @log_parts({f.vector} {x})")
    high = f.let(f"extractvalue {pair} {both}, 0")
    return high, f.let(f"extractvalue {pair} {both}, 1")


def _emit_log(module: Module) -> None:
    f = Function(
        module, "log", ((module.vector, "x"),), returns=module.vector, attributes=""
    )
    value = f.binary("fadd", *_parts_of_log(f, "%x"))
    f.close(_at_the_edges_of_log(f, value))


def _at_the_edges_of_log(f: Function, value: str) -> str:
    """Zero gives minus infinity, infinity itself, below zero is not a number."""
    none = f.const(0.0)
    value = f.pick(f.compare("oeq", "%x", none), f.const(-math.inf), value)
    value = f.pick(f.compare("oeq", "%x", f.const(math.inf)), "%x", value)
    bad = f.compare("ult", "%x", none)
    return f.pick(bad, f.const(math.nan), value)


def _emit_pow(module: Module) -> None:
    kinds = ((module.vector, "x"), (module.vector, "y"))
    f = Function(module, "pow", kinds, returns=module.vector, attributes="")
    high, low = _parts_of_log(f, "%x")
    product, product_low = _two_product(f, high, "%y")
    product_low = f.fma(low, "%y", product_low)
    value = _exp_of_two(f, product, product_low)
    none = f.const(0.0)
    empty = f.compare("ole", "%x", none)
    value = f.pick(empty, none, value)
    endless = f.compare("oeq", "%x", f.const(math.inf))
    value = f.pick(endless, _power_of_infinity(f, "%y"), value)
    value = f.pick(f.compare("uno", "%x", "%y"), f.const(math.nan), value)
    f.close(value)


def _power_of_infinity(f: Function, y: str) -> str:
    none = f.const(0.0)
    rest = f.pick(f.compare("olt", y, none), none, f.const(1.0))
    return f.pick(f.compare("ogt", y, none), f.const(math.inf), rest)
