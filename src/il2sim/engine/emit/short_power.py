"""Powers of single numbers: a third of the operations of `doubled.py`.

x^y = 2^(y k) 2^(y log2 m) with x = 2^k m. Only the first of the two exponents is
carried with its rounding error. The second is at most half of y, so the error grows
with y: it is at most 1 + 1.5 max(1, |y|) units of the last place (measured: 1 + 1.1 y).
Exponents of models are small, and what a step needs is far less.
"""

from __future__ import annotations

import math

from il2sim.engine.emit.builder import Function
from il2sim.engine.emit.doubled import digits, exponent_of, polynomial, two_product

# log2 m = s q(s^2) with s = (m - 1)/(m + 1), up to the s of the root of two
_LOG2 = (2.885390043258667, 0.9617988467216492, 0.5767151713371277, 0.4317176938056946)

# 2^r = 1 + r p(r), up to one half
_EXP2 = (
    *(0.6931471824645996, 0.24022650718688965, 0.055503569543361664),
    *(0.009618083015084267, 0.0013390863314270973, 0.00015453163359779865),
)


def short_power(f: Function, x: str, y: str) -> str:
    """x to the power y; zero for a base that is no positive normal number.

    A base without end gives one without end whatever the exponent, so that a step with
    it is not taken.
    """
    k, log2 = _exponent_and_log(f, x)
    large, lost = two_product(f, y, k)
    whole = f.fma(y, log2, large)
    n = f.intrinsic("rint", whole)
    rest = f.fma(y, log2, f.binary("fsub", large, n))
    value = f.as_whole(_power_of_two(f, f.binary("fadd", rest, lost)))
    value = f.as_number(f.integer("add", value, exponent_of(f, n)))
    precision = f.precision
    too_large = f.compare("oge", whole, f.listed(precision.bias + 1.0))
    value = f.pick(too_large, f.listed(math.inf), value)
    none = f.listed(0.0)
    tiny = f.compare("olt", whole, f.listed(1.0 - precision.bias))
    value = f.pick(tiny, none, value)
    value = f.pick(f.compare("olt", x, f.listed(precision.smallest)), none, value)
    return f.pick(f.compare("uge", x, f.listed(math.inf)), x, value)


def _exponent_and_log(f: Function, x: str) -> tuple[str, str]:
    """k, and log2 m of m between the roots of one half and of two."""
    places, bits = f.whole_const(f.precision.fraction_bits), f.as_whole(x)
    above = f.integer("sub", bits, f.whole_const(digits(f).root_half_bits))
    k = f.integer("ashr", above, places)
    m = f.as_number(f.integer("sub", bits, f.integer("shl", k, places)))
    one = f.listed(1.0)
    s = f.binary("fdiv", f.binary("fsub", m, one), f.binary("fadd", m, one))
    log2 = f.binary("fmul", s, polynomial(f, f.binary("fmul", s, s), _LOG2))
    return f.let(f"sitofp {f.whole} {k} to {f.vector}"), log2


def _power_of_two(f: Function, r: str) -> str:
    return f.fma(r, polynomial(f, r, _EXP2), f.listed(1.0))
