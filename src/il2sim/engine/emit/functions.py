"""Elementary functions in our own strict arithmetic.

Only correctly rounded operations, fused multiplications and bit patterns are used, in a
fixed order, so the results have the same bits everywhere.

The largest errors, in units of the last place of a result that is a normal number, are
1 for exp, log, expm1 and log1p, and 2 for pow and tanh; the tests hold them against
mpmath, and measure less. Of exp and pow, results below the smallest normal number are
zero. A base of zero or less has the power zero, because bases are amounts. The others
treat zero (with its sign), infinity and not-a-number as IEEE 754 recommends.

Those of single numbers have names that end with f. They are the same with shorter
polynomials, but the power, which is a shorter one (`short_power.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from il2sim.engine.emit.builder import Function, Module
from il2sim.engine.emit.doubled import (
    digits,
    exp_of_two,
    expm1_halved,
    log_of_two,
    sum_of_any,
    sum_of_ordered,
    two_product,
)
from il2sim.engine.emit.short_power import short_power
from il2sim.engine.precision import DOUBLE, SINGLE, Precision

TOGETHER = 4
"""Powers found in one call where there are so many: one waits long for itself."""


def emit_functions(module: Module) -> None:
    """Write @exp, @log and @pow at the module's width, and @pow_together."""
    _emit_exp(module)
    _emit_log(module)
    _emit_pow(module, "pow")
    if module.lanes > 1:
        _emit_pow(module.wider(TOGETHER), "pow_together")


def emit_rare(module: Module, wanted: Iterable[str]) -> None:
    """Write those of @expm1, @log1p and @tanh that are wanted, in this order."""
    wanted = set(wanted)
    for name, emit in RARE.items():
        if name in wanted:
            emit(module)


def _of_one(module: Module, name: str) -> Function:
    """A function of one argument, x."""
    return _named(module, name, "x")


def _named(module: Module, name: str, *arguments: str) -> Function:
    """A function of numbers; what computes with single ones is marked, as in C."""
    kinds = tuple((module.vector, one) for one in arguments)
    full = name + module.precision.mark
    return Function(module, full, kinds, returns=module.vector)


def _emit_exp(module: Module) -> None:
    f = _of_one(module, "exp")
    f.close(exp_of_two(f, "%x", f.listed(0.0)))


def _emit_log(module: Module) -> None:
    f = _of_one(module, "log")
    value = f.binary("fadd", *log_of_two(f, "%x"))
    f.close(_at_the_edges_of_log(f, value))


def _at_the_edges_of_log(f: Function, value: str) -> str:
    """Zero gives minus infinity, infinity itself, below zero is not a number."""
    none = f.listed(0.0)
    value = f.pick(f.compare("oeq", "%x", none), f.listed(-math.inf), value)
    value = f.pick(f.compare("oeq", "%x", f.listed(math.inf)), "%x", value)
    bad = f.compare("ult", "%x", none)
    return f.pick(bad, f.listed(math.nan), value)


def _emit_pow(module: Module, name: str) -> None:
    f = _named(module, name, "x", "y")
    f.close(_POWERS[module.precision](f))


def _long_power(f: Function) -> str:
    high, low = log_of_two(f, "%x")
    product, product_low = two_product(f, high, "%y")
    product_low = f.fma(low, "%y", product_low)
    value = exp_of_two(f, product, product_low)
    none = f.listed(0.0)
    empty = f.compare("ole", "%x", none)
    value = f.pick(empty, none, value)
    endless = f.compare("oeq", "%x", f.listed(math.inf))
    value = f.pick(endless, _power_of_infinity(f, "%y"), value)
    return f.pick(f.compare("uno", "%x", "%x"), "%x", value)


def _power_of_infinity(f: Function, y: str) -> str:
    none = f.listed(0.0)
    rest = f.pick(f.compare("oeq", y, none), f.listed(1.0), y)
    rest = f.pick(f.compare("olt", y, none), none, rest)
    return f.pick(f.compare("ogt", y, none), f.listed(math.inf), rest)


def _emit_expm1(module: Module) -> None:
    """e^x - 1 = 2^n (e^r - 1) + (2^n - 1), with the rounding error of the sum."""
    f = _of_one(module, "expm1")
    least = f.listed(digits(f).nearly_minus_one)
    x = f.pick(f.compare("olt", "%x", least), least, "%x")
    value = f.binary("fadd", *expm1_halved(f, x))
    value = f.binary("fmul", value, f.listed(2.0))
    large = f.compare("ogt", x, f.listed(digits(f).overflow))
    value = f.pick(large, f.listed(math.inf), value)
    f.close(_or_argument(f, value))


def _emit_log1p(module: Module) -> None:
    """log(u + c) = log u + c/u, where u is 1 + x and c its rounding error."""
    f = _of_one(module, "log1p")
    one = f.listed(1.0)
    total, rest = sum_of_any(f, one, "%x")
    high, low = log_of_two(f, total)
    low = f.binary("fadd", low, f.binary("fdiv", rest, total))
    value = f.binary("fadd", high, low)
    least = f.listed(-1.0)
    value = f.pick(f.compare("oeq", "%x", least), f.listed(-math.inf), value)
    value = f.pick(f.compare("oeq", "%x", f.listed(math.inf)), "%x", value)
    value = f.pick(f.compare("ult", "%x", least), f.listed(math.nan), value)
    f.close(_or_argument(f, value))


def _emit_tanh(module: Module) -> None:
    """tanh x = h/(h + 1) with h = (e^(2x) - 1)/2, for positive x; the sign is put back.

    Sum and quotient are corrected by their rounding errors.
    """
    f = _of_one(module, "tanh")
    size, most = f.intrinsic("fabs", "%x"), f.listed(digits(f).nearly_one)
    size = f.pick(f.compare("ogt", size, most), most, size)
    high, low = sum_of_ordered(f, *expm1_halved(f, f.binary("fadd", size, size)))
    bottom, bottom_low = sum_of_any(f, f.listed(1.0), high)
    bottom_low = f.binary("fadd", bottom_low, low)
    over = f.binary("fdiv", f.listed(1.0), bottom)
    part = f.binary("fmul", high, over)
    minus = f.neg(part)
    left = f.fma(minus, bottom_low, f.fma(minus, bottom, high))
    part = f.fma(f.binary("fadd", left, low), over, part)
    f.close(_or_argument(f, f.intrinsic("copysign", part, "%x")))


def _or_argument(f: Function, value: str) -> str:
    """The argument itself where it is so small that the value rounds to it."""
    small = f.compare("olt", f.intrinsic("fabs", "%x"), f.listed(digits(f).tiny))
    return f.pick(small, "%x", value)


_POWERS: Mapping[Precision, Callable[[Function], str]] = {
    DOUBLE: _long_power,
    SINGLE: lambda f: short_power(f, "%x", "%y"),
}

RARE: Mapping[str, Callable[[Module], None]] = {
    "expm1": _emit_expm1,
    "log1p": _emit_log1p,
    "tanh": _emit_tanh,
}
"""Functions that are written only into modules that want them."""
