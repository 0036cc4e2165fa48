"""Algebra over named quantities, as a scientist writes it down.

An `Expression` is a small frozen tree: numbers, names and fourteen operations. It is
built by plain Python operators, read by walking it, and turned into SymPy only to be
typeset or solved exactly: this file is the one door to SymPy. It knows neither units
(`checks.py`) nor how it is computed (the engine).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sympy

Operand = "Expression | float | int"

_PRECEDENCE = {"add": 1, "sub": 1, "mul": 2, "div": 2, "neg": 3, "pow": 4}
_SIGNS = {"add": " + ", "sub": " - ", "mul": "*", "div": "/", "pow": "^"}


class Expression:
    """A formula over names and numbers.

    Examples
    --------
    >>> k, x = Reference("k"), Reference("x")
    >>> str(k * x / (1 + x))
    'k*x/(1 + x)'
    """

    __slots__ = ()

    def __add__(self, other: Any) -> Expression:
        return operation("add", self, other)

    def __radd__(self, other: Any) -> Expression:
        return operation("add", other, self)

    def __sub__(self, other: Any) -> Expression:
        return operation("sub", self, other)

    def __rsub__(self, other: Any) -> Expression:
        return operation("sub", other, self)

    def __mul__(self, other: Any) -> Expression:
        return operation("mul", self, other)

    def __rmul__(self, other: Any) -> Expression:
        return operation("mul", other, self)

    def __truediv__(self, other: Any) -> Expression:
        return operation("div", self, other)

    def __rtruediv__(self, other: Any) -> Expression:
        return operation("div", other, self)

    def __pow__(self, other: Any) -> Expression:
        return operation("pow", self, other)

    def __neg__(self) -> Expression:
        return operation("neg", self)

    def __str__(self) -> str:
        return write(self, str_of_name)

    def __repr__(self) -> str:
        return f"<{self}>"

    @property
    def parts(self) -> tuple[Expression, ...]:
        """What it is made of; nothing for a name or a number."""
        return ()


class Number(Expression):
    """A pure number, exact as written."""

    __slots__ = ("value",)

    def __init__(self, value: float) -> None:
        self.value = value


class Operation(Expression):
    """One operation on one or two expressions."""

    __slots__ = ("_parts", "op")

    def __init__(self, op: str, *parts: Expression) -> None:
        self.op = op
        self._parts = parts

    @property
    def parts(self) -> tuple[Expression, ...]:
        """The operands, in order."""
        return self._parts


class Reference(Expression):
    """A name of the composed model, such as ``memory Treg.pool``."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Constant(Reference):
    """A constant of nature, with its value and unit."""

    __slots__ = ("unit", "value")

    def __init__(self, name: str, value: float, unit: str) -> None:
        super().__init__(name)
        self.value = value
        self.unit = unit


def as_expression(thing: Any) -> Expression:
    """Take an expression as it is and a number as a pure number.

    Raises
    ------
    TypeError
        The thing is neither.
    """
    if isinstance(thing, Expression):
        return thing
    if isinstance(thing, int | float) and not isinstance(thing, bool):
        return Number(float(thing))
    raise TypeError(f"{thing!r} is neither a quantity nor a number")


def operation(op: str, *operands: Any) -> Expression:
    """Join operands by one operation."""
    return Operation(op, *(as_expression(one) for one in operands))


def exp(x: Any) -> Expression:
    """Exponential of a pure number."""
    return operation("exp", x)


def log(x: Any) -> Expression:
    """Natural logarithm of a pure number."""
    return operation("log", x)


def sqrt(x: Any) -> Expression:
    """Square root; halves the unit."""
    return operation("sqrt", x)


def expm1(x: Any) -> Expression:
    """Exponential of a pure number, less one; exact near zero."""
    return operation("expm1", x)


def log1p(x: Any) -> Expression:
    """Natural logarithm of one and a pure number; exact near zero."""
    return operation("log1p", x)


def tanh(x: Any) -> Expression:
    """Hyperbolic tangent of a pure number."""
    return operation("tanh", x)


def maximum(x: Any, y: Any) -> Expression:
    """The larger of two values of one unit."""
    return operation("max", x, y)


def minimum(x: Any, y: Any) -> Expression:
    """The smaller of two values of one unit."""
    return operation("min", x, y)


def hill(x: Any, half: Any, exponent: Any) -> Expression:
    """Saturation between 0 and 1, one half where `x` equals `half`.

    Written as ``1/(1 + (half/x)^n)`` would fail at zero; this form does not.
    """
    ratio: Expression = (as_expression(x) / half) ** exponent
    return ratio / (1 + ratio)


def total(terms: Iterable[Expression]) -> Expression:
    """Sum of at least one expression, from left to right."""
    first, *rest = terms
    result: Expression = first
    for term in rest:
        result = result + term
    return result


def leaves(expression: Expression) -> Iterator[Expression]:
    """Every name in a formula, as often as it occurs."""
    stack = [expression]
    while stack:
        one = stack.pop()
        if one.parts:
            stack.extend(reversed(one.parts))
        elif not isinstance(one, Number):
            yield one


def str_of_name(leaf: Expression) -> str:
    """The plain name of a leaf."""
    name = getattr(leaf, "name", None)
    return str(name) if name else "(unnamed)"


def write(
    expression: Expression, name: Callable[[Expression], str] = str_of_name
) -> str:
    """Write a formula as one line of text, with as few parentheses as are needed."""
    if isinstance(expression, Number):
        return f"{expression.value:g}"
    if not isinstance(expression, Operation):
        return name(expression)
    op, parts = expression.op, expression.parts
    if op not in _PRECEDENCE:
        return f"{op}({', '.join(write(part, name) for part in parts)})"
    if op == "neg":
        return "-" + _inside(parts[0], 3, name)
    level = _PRECEDENCE[op]
    left = _inside(parts[0], level + (op == "pow"), name)
    right = _inside(parts[1], level + (op in ("sub", "div", "pow")), name)
    return left + _SIGNS[op] + right


def _inside(part: Expression, level: int, name: Callable[[Expression], str]) -> str:
    text = write(part, name)
    own = _PRECEDENCE.get(part.op, 9) if isinstance(part, Operation) else 9
    return f"({text})" if own < level else text


def to_sympy(
    expression: Expression, symbol: Callable[[Expression], sympy.Expr]
) -> sympy.Expr:
    """Turn a formula into SymPy's, with a symbol for each name."""
    import sympy

    if isinstance(expression, Number):
        return sympy.nsimplify(expression.value, rational=True)
    if not isinstance(expression, Operation):
        return symbol(expression)
    calls: Mapping[str, Callable[..., Any]] = {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
        "pow": lambda a, b: a**b,
        "neg": lambda a: -a,
        "exp": sympy.exp,
        "log": sympy.log,
        "sqrt": sympy.sqrt,
        "expm1": lambda a: sympy.exp(a) - 1,
        "log1p": lambda a: sympy.log(1 + a),
        "tanh": sympy.tanh,
        "max": sympy.Max,
        "min": sympy.Min,
    }
    parts = (to_sympy(part, symbol) for part in expression.parts)
    return calls[expression.op](*parts)
