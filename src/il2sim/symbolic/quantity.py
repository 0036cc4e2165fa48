"""The four kinds of names a component speaks of: state, parameter, supplied, observed.

Each is declared with its unit and its meaning, in the body of a component, and is at
once a leaf of expressions. A quantity holds no value: values come from the tables of
evidence when a model is joined.
"""

from __future__ import annotations

from typing import Any

from il2sim.symbolic.expression import Expression, as_expression


class Quantity(Expression):
    """A name with a unit and a meaning; one of the four kinds below."""

    __slots__ = ("meaning", "name", "unit")

    kind = "quantity"

    def __init__(self, unit: str, meaning: str) -> None:
        self.unit = unit
        self.meaning = meaning
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name


class State(Quantity):
    """An amount that processes change."""

    __slots__ = ("held", "start")

    kind = "state"

    def __init__(self, unit: str, meaning: str, *, start: Any, held: bool) -> None:
        super().__init__(unit, meaning)
        self.start = start
        self.held = held


class Parameter(Quantity):
    """A number that stays the same during a course of treatment."""

    __slots__ = ("balances", "by")

    kind = "parameter"

    def __init__(
        self, unit: str, meaning: str, *, by: str | None, balances: State | None
    ) -> None:
        super().__init__(unit, meaning)
        self.by = by
        self.balances = balances


class Supplied(Quantity):
    """What a component takes from others, by a name or a formula given on joining."""

    __slots__ = ()

    kind = "supplied"


class Observed(Quantity):
    """What a component shows to others: a formula with a name."""

    __slots__ = ("formula",)

    kind = "observed"

    def __init__(self, unit: str, meaning: str, formula: Any) -> None:
        super().__init__(unit, meaning)
        self.formula = as_expression(formula)


def state(unit: str, meaning: str, *, start: Any = 0.0, held: bool = False) -> State:
    """Declare an amount that processes change.

    Parameters
    ----------
    unit, meaning
        Such as ``"molecule/cell"`` and ``"free CD25"``.
    start
        Where it begins: zero, or a formula of parameters. If the state is not held,
        this is only where the search for the resting state begins.
    held
        Keep it at its start while the resting state is sought.
    """
    return State(unit, meaning, start=start, held=held)


def parameter(
    unit: str, meaning: str, *, by: str | None = None, balances: State | None = None
) -> Parameter:
    """Declare a number that stays the same during a course of treatment.

    Parameters
    ----------
    unit, meaning
        Such as ``"1/h"`` and ``"death of resting cells"``.
    by
        The label of an instance on which the value depends, such as ``"cell"``.
        None: one value for all instances of the component.
    balances
        A state of the same component that this parameter keeps stationary: its value
        is then found for each subject at rest and never read from a table, and the
        state is held at its start meanwhile. It must be a plain factor of rates.
    """
    return Parameter(unit, meaning, by=by, balances=balances)


def supplied(unit: str, meaning: str) -> Supplied:
    """Declare what the component takes from others."""
    return Supplied(unit, meaning)


def observed(unit: str, meaning: str, formula: Any) -> Observed:
    """Declare what the component shows to others."""
    return Observed(unit, meaning, formula)
