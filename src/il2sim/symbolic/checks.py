"""Units agree, and every process changes something it may change.

A component is checked while its class is being read, a model while it is joined, so a
mistake shows where it was made. Dimensions are inferred from the leaves of a formula;
numbers are pure.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from il2sim.errors import BadModel, UnitMismatch, closest
from il2sim.symbolic.expression import (
    Constant,
    Expression,
    Number,
    Operation,
    leaves,
    write,
)
from il2sim.symbolic.process import Process
from il2sim.symbolic.quantity import Observed, Parameter, Quantity, State, Supplied
from il2sim.units import describe, unit

Dimension = tuple[Fraction, ...]
LeafDimension = Callable[[Expression], Dimension]

PURE: Dimension = unit("1").dimension
PER_TIME: Dimension = unit("1/h").dimension


def dimension(expression: Expression, of_leaf: LeafDimension) -> Dimension:
    """Infer the dimension of a formula.

    Raises
    ------
    UnitMismatch
        Unlike things are added, compared, or put into a power or a function.
    """
    if isinstance(expression, Number):
        return PURE
    if not isinstance(expression, Operation):
        return of_leaf(expression)
    parts = [dimension(part, of_leaf) for part in expression.parts]
    op = expression.op
    if op in ("add", "sub", "max", "min"):
        return _same(expression, *parts)
    if op == "mul":
        return _plus(parts[0], parts[1])
    if op == "div":
        return _plus(parts[0], parts[1], -1)
    if op == "pow":
        return _power(expression, parts)
    if op == "sqrt":
        return tuple(power / 2 for power in parts[0])
    if op == "neg":
        return parts[0]
    if parts[0] != PURE:
        raise _not_pure(expression, f"the argument of {op}", parts[0])
    return PURE


def _plus(one: Dimension, other: Dimension, sign: int = 1) -> Dimension:
    return tuple(a + sign * b for a, b in zip(one, other, strict=True))


def _same(expression: Expression, one: Dimension, other: Dimension) -> Dimension:
    if one == other:
        return one
    raise UnitMismatch(
        f"'{expression}' joins quantities of different units.",
        got=f"{describe(one)} and {describe(other)}",
        expected="the same unit on both sides",
    )


def _power(expression: Operation, parts: list[Dimension]) -> Dimension:
    exponent = expression.parts[1]
    if isinstance(exponent, Number) and exponent.value == int(exponent.value):
        return tuple(power * int(exponent.value) for power in parts[0])
    for part, role in zip(parts, ("the base", "the exponent"), strict=True):
        if part != PURE:
            raise _not_pure(expression, role, part)
    return PURE


def _not_pure(expression: Expression, role: str, got: Dimension) -> UnitMismatch:
    return UnitMismatch(
        f"{role} in '{expression}' is not a pure number.",
        got=describe(got),
        expected="a pure number: divide by a quantity of the same unit",
    )


def of_quantity(leaf: Expression) -> Dimension:
    """The declared dimension of a quantity or of a constant of nature."""
    if isinstance(leaf, Quantity | Constant):
        return unit(leaf.unit).dimension
    raise BadModel(
        f"'{write(leaf)}' is not a quantity of this component.",
        expected="names declared as state, parameter, supplied or observed",
    )


def check_component(cls: Any) -> None:
    """Check every formula and process of a component class.

    Raises
    ------
    UnitMismatch, BadUnit, BadModel
        With the name of the class and of the formula.
    """
    for quantity in cls.quantities.values():
        unit(quantity.unit)
        if isinstance(quantity, Observed):
            _check_formula(cls, quantity, quantity.formula, "the formula of")
        elif isinstance(quantity, State) and not isinstance(
            quantity.start, int | float
        ):
            _check_formula(cls, quantity, quantity.start, "the start of")
        elif isinstance(quantity, Parameter) and quantity.balances is not None:
            _check_balance(cls, quantity)
    for process in cls.processes.values():
        _check_process(cls, process)


def _check_formula(
    cls: Any, quantity: Quantity, formula: Expression, what: str
) -> None:
    got, expected = dimension(formula, of_quantity), unit(quantity.unit).dimension
    if got != expected:
        raise UnitMismatch(
            f"{what} '{quantity.name}' in {cls.__name__} does not have its unit.",
            got=f"{describe(got)}   from {formula}",
            expected=f"{describe(expected)}   because '{quantity.name}' is in "
            f"{quantity.unit}",
        )


def _check_balance(cls: Any, parameter: Parameter) -> None:
    kept = parameter.balances
    if kept is None or kept.name not in cls.quantities or not kept.held:
        raise BadModel(
            f"the parameter '{parameter.name}' of {cls.__name__} balances no held "
            "state of its component.",
            got=f"'{kept.name if kept else None}'",
            expected="a state declared with held=True",
        )


def _check_process(cls: Any, process: Process) -> None:
    rate = dimension(process.rate, of_quantity)
    for name in process.changes:
        changed = cls.quantities.get(name)
        if not isinstance(changed, State | Supplied):
            raise BadModel(
                f"the process '{process.name}' in {cls.__name__} changes '{name}', "
                "which it cannot.",
                got=f"'{name}'",
                expected="a state or a supplied quantity: "
                + closest(name, cls.quantities),
            )
        factor = process.exchange.get(name)
        got = rate if factor is None else _plus(rate, dimension(factor, of_quantity))
        expected = _plus(unit(changed.unit).dimension, PER_TIME)
        if got != expected:
            raise _wrong_rate(cls, process, changed, got, expected)


def _wrong_rate(
    cls: Any, process: Process, changed: Quantity, got: Dimension, expected: Dimension
) -> UnitMismatch:
    factor = process.exchange.get(changed.name)
    formula = f"rate {process.rate}" + (f", exchange {factor}" if factor else "")
    suspects = [
        part.name
        for part in cls.of_kind(Parameter)
        if part.name in {getattr(leaf, "name", "") for leaf in _all_leaves(process)}
    ]
    return UnitMismatch(
        f"the rate of process '{process.name}' in {cls.__name__} does not have the "
        "unit of the state it changes.",
        got=f"{describe(got)}   from {formula}",
        expected=f"{describe(expected)}   because '{changed.name}' is in "
        f"{changed.unit}",
        try_=f"check the unit given to '{suspects[0]}'" if suspects else None,
    )


def _all_leaves(process: Process) -> list[Expression]:
    return [
        leaf
        for formula in (process.rate, *process.exchange.values())
        for leaf in leaves(formula)
    ]
