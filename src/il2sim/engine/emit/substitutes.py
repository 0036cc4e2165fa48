"""What some processors cannot do themselves, written by us and exact.

A fused multiplication is the rounding of an exact result, so its bits leave no choice:
WebAssembly and old x86 get them from other operations here, newer processors from one
instruction. The same holds for rounding to the nearest whole number. Both work at any
width, for all doubles and single numbers: those below the normal ones, overflow, zeros
of either sign, infinities and what is no number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from il2sim.engine.emit.builder import Function, Module
from il2sim.engine.precision import DOUBLE, PRECISIONS, SINGLE, Precision

_BIAS = 1023
_FRACTION_BITS = 52
_FRACTION = (1 << _FRACTION_BITS) - 1
_ONE = 1 << _FRACTION_BITS  # the leading bit of a fraction, written nowhere
_ENDLESS = 0x7FF  # exponent of infinities and of what is no number
_LIFT = 54  # makes every number normal
_PLACES = 11  # bits of 64 that a double has no room for
_PRODUCT_UP = 20  # brings the product's 105 or 106 bits to the top of 128 but two
_ADDED_UP = 72  # brings the 53 bits of what is added there
_HALVES = 2.0**27 + 1
# Between these a product and its error, of 106 bits together, are normal numbers, and
# neither the halves of a factor nor a sum is too large.
_FAINT, _VAST, _LONG = 2.0**-900, 2.0**1000, 2.0**990


@dataclass(frozen=True)
class Substitute:
    """A function of LLVM's that we can write ourselves.

    Attributes
    ----------
    arguments
        How many it takes, each of the type of its result.
    write
        Its value from them, for each precision.
    rare
        The same, as a function of its own that `write` calls where it must.
    """

    arguments: int
    write: Mapping[Precision, Callable[..., str]]
    rare: Mapping[Precision, Callable[..., str]] = field(default_factory=dict)


Wide = tuple[str, str]
"""A whole number of 128 bits: the high and the low half."""


@dataclass(frozen=True)
class _Parts:
    """A number as (-1)^sign m 2^exponent, its m a whole number of 53 bits."""

    sign: str
    m: str
    exponent: str


def substitutes(text: str, lacks: Collection[str]) -> str:
    """A module in which our functions stand for those that a processor lacks.

    Parameters
    ----------
    text
        The module.
    lacks
        Names in `SUBSTITUTES`.
    """
    if not lacks:
        return text
    declared: set[str] = set()
    added: list[str] = []
    for name in sorted(lacks):
        for precision in PRECISIONS.values():
            kind = f"f{precision.bits}"
            used = rf"@llvm\.{name}\.(?:v(\d+))?{kind}"
            widths = sorted({int(one or 1) for one in re.findall(used, text)})
            text = re.sub(rf"^declare .*{used}.*\n", "", text, flags=re.MULTILINE)
            text = re.sub(rf"@llvm\.({name}\.(?:v\d+)?{kind})", r"@own.\1", text)
            for width in widths:
                _write(name, Module(width, precision, added, declared))
    new = [line for line in sorted(declared) if line not in text]
    return "\n".join([text, *new, *added])


def _write(name: str, module: Module) -> None:
    """Write one function at the width of a module."""
    one, full = SUBSTITUTES[name], f"{name}.{module.suffix()}"
    given = [f"given{k}" for k in range(one.arguments)]
    arguments = tuple((module.vector, each) for each in given)
    for symbol, ways in ((f"own.rare.{full}", one.rare), (f"own.{full}", one.write)):
        if module.precision in ways:
            write = ways[module.precision]
            f = Function(module, symbol, arguments, returns=module.vector)
            f.close(write(f, *(f"%{each}" for each in given)))


def _fma(f: Function, x: str, y: str, z: str) -> str:
    """x y + z, rounded once to the nearest, ties to the even one.

    Where no part comes near the ends of the doubles the errors of product and sums are
    doubles themselves, and found by plain operations (Dekker 1971; Boldo and Melquiond
    2008, doi:10.1109/TC.2007.70819); if any lane does, whole numbers serve all.
    """
    product = f.binary("fmul", x, y)
    plain = f.binary("fadd", product, z)
    size, one, other, third = (f.intrinsic("fabs", v) for v in (product, x, y, z))
    nothing = f.const(0.0)
    empty = _either(f, *(f.compare("oeq", v, nothing) for v in (x, y)))
    inside = f.compare("ogt", size, f.const(_FAINT))
    inside = _either(f, inside, empty)
    for each, most in ((size, _VAST), (third, _VAST), (one, _LONG), (other, _LONG)):
        inside = _both(f, inside, f.compare("olt", each, f.const(most)))
    near = f.pick(empty, plain, _fma_inside(f, product, x, y, z))
    result = f.variable(f.vector, near)
    f.set(f.vector, near, result)
    everywhere = (1 << f.lanes) - 1
    with f.when(f.let(f"icmp ne i64 {f.bits(inside)}, {everywhere}")):
        rare = f.call(f"own.rare.fma.{f.module.suffix()}", x, y, z)
        f.set(f.vector, rare, result)
    return f.get(f.vector, result)


def _fma_inside(f: Function, product: str, x: str, y: str, z: str) -> str:
    """The same, away from the ends of the doubles."""
    error = _error_of_product(f, product, x, y)
    low, low_error = _two_sum(f, z, error)
    high, high_error = _two_sum(f, product, low)
    return f.binary("fadd", high, _odd_sum(f, low_error, high_error))


def _odd_sum(f: Function, a: str, b: str) -> str:
    """A sum that is rounded to an odd last bit, so that another rounding is right."""
    total, lost = _two_sum(f, a, b)
    bits = f.as_whole(total)
    apart = _shift(f, "lshr", f.integer("xor", bits, f.as_whole(lost)), 63)
    step = f.integer("sub", f.whole_const(1), _shift(f, "shl", apart, 1))
    even = _is(f, "eq", f.integer("and", bits, f.whole_const(1)), 0)
    moves = _both(f, even, f.compare("one", lost, f.const(0.0)))
    bits = f.integer("add", bits, _choose(f, moves, step, f.whole_const(0)))
    return f.as_number(bits)


def _fma_of_singles(f: Function, x: str, y: str, z: str) -> str:
    """The same for single numbers, whose products are doubles without any rounding."""
    wide = f.doubles
    product = wide.binary("fmul", f.widened(x), f.widened(y))
    return f.rounded(_odd_sum(wide, product, f.widened(z)))


def _error_of_product(f: Function, product: str, x: str, y: str) -> str:
    """What rounding took from a product, by halves of the factors."""
    (xh, xl), (yh, yl) = _halves(f, x), _halves(f, y)
    rest = f.binary("fsub", product, f.binary("fmul", xh, yh))
    rest = f.binary("fsub", rest, f.binary("fmul", xl, yh))
    rest = f.binary("fsub", rest, f.binary("fmul", xh, yl))
    return f.binary("fsub", f.binary("fmul", xl, yl), rest)


def _halves(f: Function, x: str) -> tuple[str, str]:
    """A number as two of 26 bits."""
    up = f.binary("fmul", x, f.const(_HALVES))
    high = f.binary("fsub", up, f.binary("fsub", up, x))
    return high, f.binary("fsub", x, high)


def _two_sum(f: Function, a: str, b: str) -> tuple[str, str]:
    """Sum and its rounding error."""
    total = f.binary("fadd", a, b)
    of_b = f.binary("fsub", total, a)
    of_a = f.binary("fsub", total, of_b)
    left = f.binary("fadd", f.binary("fsub", a, of_a), f.binary("fsub", b, of_b))
    return total, left


def _fma_anywhere(f: Function, x: str, y: str, z: str) -> str:
    """The same for all doubles."""
    value = _rounded_sum(f, _product(f, _parts(f, x), _parts(f, y)), _parts(f, z))
    product = f.binary("fmul", x, y)
    plain = f.binary("fadd", product, z)
    # A product of finite numbers may overflow and still leaves an infinite z alone.
    factors = _either(f, _endless(f, x), _endless(f, y))
    plain = f.pick(factors, plain, f.pick(_endless(f, z), z, plain))
    nothing = f.const(0.0)
    empty = [f.compare("oeq", one, nothing) for one in (x, y)]
    special = _either(f, factors, _endless(f, z))
    for one in empty:
        special = _either(f, special, one)
    return f.pick(special, plain, value)


def _rint(f: Function, x: str) -> str:
    """The nearest whole number, ties to the even one; large numbers are whole."""
    size, whole = f.intrinsic("fabs", x), f.const(2.0**f.precision.fraction_bits)
    near = f.binary("fsub", f.binary("fadd", size, whole), whole)
    near = f.intrinsic("copysign", near, x)
    return f.pick(f.compare("olt", size, whole), near, x)


SUBSTITUTES = {
    "fma": Substitute(
        3, {DOUBLE: _fma, SINGLE: _fma_of_singles}, rare={DOUBLE: _fma_anywhere}
    ),
    "rint": Substitute(1, {DOUBLE: _rint, SINGLE: _rint}),
}
"""By the name that LLVM gives them."""


def _either(f: Function, a: str, b: str) -> str:
    return f.let(f"or {f.truth} {a}, {b}")


def _both(f: Function, a: str, b: str) -> str:
    return f.let(f"and {f.truth} {a}, {b}")


def _endless(f: Function, x: str) -> str:
    """Whether a number is infinite or none."""
    return f.compare("ueq", f.intrinsic("fabs", x), f.const(math.inf))


def _shift(f: Function, how: str, a: str, by: int) -> str:
    return f.integer(how, a, f.whole_const(by))


def _choose(f: Function, truth: str, a: str, b: str) -> str:
    """One of two whole numbers."""
    return f.let(f"select {f.truth} {truth}, {f.whole} {a}, {f.whole} {b}")


def _is(f: Function, how: str, a: str, b: str | int) -> str:
    """A comparison of whole numbers."""
    other = f.whole_const(b) if isinstance(b, int) else b
    return f.let(f"icmp {how} {f.whole} {a}, {other}")


def _one_if(f: Function, truth: str) -> str:
    return f.let(f"zext {f.truth} {truth} to {f.whole}")


def _parts(f: Function, x: str) -> _Parts:
    """Take a finite number apart; zero has the m zero."""
    sign = _shift(f, "lshr", f.as_whole(x), 63)
    small = f.compare("olt", f.intrinsic("fabs", x), f.const(2.0 ** (1 - _BIAS)))
    lifted = f.binary("fmul", x, f.const(2.0**_LIFT))
    bits = f.as_whole(f.pick(small, lifted, x))
    fraction = f.integer("and", bits, f.whole_const(_FRACTION))
    m = f.integer("or", fraction, f.whole_const(_ONE))
    m = _choose(f, f.compare("oeq", x, f.const(0.0)), f.whole_const(0), m)
    exponent = _shift(f, "lshr", bits, _FRACTION_BITS)
    exponent = f.integer("and", exponent, f.whole_const(_ENDLESS))
    less = _BIAS + _FRACTION_BITS
    down = _choose(f, small, f.whole_const(less + _LIFT), f.whole_const(less))
    return _Parts(sign, m, f.integer("sub", exponent, down))


def _product(f: Function, x: _Parts, y: _Parts) -> tuple[Wide, _Parts]:
    """The exact product near the top of 128 bits; its sign and exponent as parts."""
    low = f.whole_const((1 << 32) - 1)
    xl, yl = (f.integer("and", one.m, low) for one in (x, y))
    xh, yh = (_shift(f, "lshr", one.m, 32) for one in (x, y))
    cross = f.integer("add", f.integer("mul", xl, yh), f.integer("mul", xh, yl))
    top, bottom = f.integer("mul", xh, yh), f.integer("mul", xl, yl)
    middle = (_shift(f, "lshr", cross, 32), _shift(f, "shl", cross, 32))
    whole = _plus(f, middle, (top, bottom))
    up = _left(f, whole, f.whole_const(_PRODUCT_UP))
    exponent = f.integer("add", x.exponent, y.exponent)
    exponent = f.integer("sub", exponent, f.whole_const(_PRODUCT_UP))
    return up, _Parts(f.integer("xor", x.sign, y.sign), "", exponent)


def _plus(f: Function, a: Wide, b: Wide) -> Wide:
    low = f.integer("add", a[1], b[1])
    carry = _one_if(f, _is(f, "ult", low, a[1]))
    return f.integer("add", f.integer("add", a[0], b[0]), carry), low


def _minus(f: Function, a: Wide, b: Wide) -> Wide:
    low = f.integer("sub", a[1], b[1])
    borrow = _one_if(f, _is(f, "ult", a[1], b[1]))
    return f.integer("sub", f.integer("sub", a[0], b[0]), borrow), low


def _pick(f: Function, truth: str, a: Wide, b: Wide) -> Wide:
    return _choose(f, truth, a[0], b[0]), _choose(f, truth, a[1], b[1])


def _left(f: Function, a: Wide, by: str) -> Wide:
    """Shifted up by 0 to 127 places."""
    far = _is(f, "uge", by, 64)
    high, low = _pick(f, far, (a[1], f.whole_const(0)), a)
    near = f.integer("and", by, f.whole_const(63))
    rest = f.integer("xor", near, f.whole_const(63))
    over = f.integer("lshr", _shift(f, "lshr", low, 1), rest)
    return f.integer("or", f.integer("shl", high, near), over), f.integer(
        "shl", low, near
    )


def _right(f: Function, a: Wide, by: str) -> Wide:
    """Shifted down by 0 to 127 places; what falls out sets the lowest bit."""
    none = f.whole_const(0)
    far = _is(f, "uge", by, 64)
    lost = _choose(f, far, a[1], none)
    high, low = _pick(f, far, (none, a[0]), a)
    near = f.integer("and", by, f.whole_const(63))
    rest = f.integer("xor", near, f.whole_const(63))
    lost = f.integer("or", lost, f.integer("shl", _shift(f, "shl", low, 1), rest))
    down = f.integer("shl", _shift(f, "shl", high, 1), rest)
    down = f.integer("or", down, f.integer("lshr", low, near))
    jam = _one_if(f, _is(f, "ne", lost, 0))
    return f.integer("lshr", high, near), f.integer("or", down, jam)


def _rounded_sum(f: Function, product: tuple[Wide, _Parts], z: _Parts) -> str:
    """Product and z together, rounded once.

    The one of the lower exponent is shifted down. It loses bits only where the sum
    keeps nearly all of its own, far above the place in which their trace is left.
    """
    p, about = product
    added = (_shift(f, "shl", z.m, _ADDED_UP - 64), f.whole_const(0))
    z_exponent = f.integer("sub", z.exponent, f.whole_const(_ADDED_UP))
    apart = f.integer("sub", about.exponent, z_exponent)
    first = _is(f, "sge", apart, 0)
    large, small = _pick(f, first, p, added), _pick(f, first, added, p)
    exponent = _choose(f, first, about.exponent, z_exponent)
    far = _choose(f, first, apart, f.integer("sub", f.whole_const(0), apart))
    far = _choose(f, _is(f, "sgt", far, 127), f.whole_const(127), far)
    small = _right(f, small, far)
    differ = _is(f, "ne", about.sign, z.sign)
    less = _minus(f, large, small)
    negative = _is(f, "slt", less[0], 0)
    nothing = (f.whole_const(0), f.whole_const(0))
    less = _pick(f, negative, _minus(f, nothing, less), less)
    total = _pick(f, differ, less, _plus(f, large, small))
    sign = _choose(f, first, about.sign, z.sign)
    flipped = _both(f, differ, negative)
    sign = f.integer("xor", sign, _one_if(f, flipped))
    return _rounded(f, total, exponent, sign)


def _rounded(f: Function, a: Wide, exponent: str, sign: str) -> str:
    """The double nearest to a 2^exponent; zero is positive."""
    high_empty = _is(f, "eq", a[0], 0)
    first = _leading_zeros(f, _choose(f, high_empty, a[1], a[0]))
    more = _choose(f, high_empty, f.whole_const(64), f.whole_const(0))
    up = f.integer("add", first, more)
    empty = _is(f, "eq", f.integer("or", *a), 0)
    up = _choose(f, empty, f.whole_const(0), up)
    high, low = _left(f, a, up)
    m = f.integer("or", high, _one_if(f, _is(f, "ne", low, 0)))
    field = f.integer("sub", exponent, up)
    field = f.integer("add", field, f.whole_const(64 + 63 + _BIAS))
    # Below the normal numbers there are fewer places.
    down = f.integer("sub", f.whole_const(1), field)
    down = _choose(f, _is(f, "slt", down, 0), f.whole_const(0), down)
    down = _choose(f, _is(f, "sgt", down, 63), f.whole_const(63), down)
    _, m = _right(f, (f.whole_const(0), m), down)
    fraction = _shift(f, "lshr", m, _PLACES)
    rest = f.integer("and", m, f.whole_const((1 << _PLACES) - 1))
    odd = f.integer("and", fraction, f.whole_const(1))
    most = f.whole_const((1 << (_PLACES - 1)) - 1)
    rest = f.integer("add", f.integer("add", rest, most), odd)
    fraction = f.integer("add", fraction, _shift(f, "lshr", rest, _PLACES))
    above = _choose(f, _is(f, "slt", field, 1), f.whole_const(1), field)
    above = f.integer("sub", above, f.whole_const(1))
    bits = f.integer("add", _shift(f, "shl", above, _FRACTION_BITS), fraction)
    endless = f.whole_const(_ENDLESS << _FRACTION_BITS)
    bits = _choose(f, _is(f, "sge", field, _ENDLESS), endless, bits)
    bits = f.integer("or", bits, _shift(f, "shl", sign, 63))
    return f.as_number(_choose(f, empty, f.whole_const(0), bits))


def _leading_zeros(f: Function, a: str) -> str:
    kind = "i64" if f.lanes == 1 else f"v{f.lanes}i64"
    f.module.intrinsics.add(f"declare {f.whole} @llvm.ctlz.{kind}({f.whole}, i1)")
    return f.let(f"call {f.whole} @llvm.ctlz.{kind}({f.whole} {a}, i1 false)")
