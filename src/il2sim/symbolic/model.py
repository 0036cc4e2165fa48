"""`Model`: components joined by name, frozen.

Joining resolves every name to one owner, gathers what each process does to each state,
and takes the value of each parameter from the tables. What is solved is made from this
by the engine; what is read is made by `display.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from il2sim.errors import BadModel, UnitMismatch, UnknownName, closest
from il2sim.symbolic.checks import Dimension, dimension
from il2sim.symbolic.component import Component
from il2sim.symbolic.expression import Constant, Expression, Reference
from il2sim.symbolic.process import Process
from il2sim.symbolic.quantity import Observed, Parameter, Quantity, State, Supplied
from il2sim.units import convert, describe, unit


class Value(Protocol):
    """A number from a table of evidence."""

    @property
    def value(self) -> float:
        """The number."""

    @property
    def unit(self) -> str:
        """Its unit."""

    @property
    def low(self) -> float | None:
        """Least plausible value."""

    @property
    def high(self) -> float | None:
        """Largest plausible value."""

    @property
    def source(self) -> str:
        """Where it is from."""

    @property
    def is_assumption(self) -> bool:
        """Nobody measured it."""


@dataclass(frozen=True)
class Output:
    """A quantity that a model shows to the outside.

    Attributes
    ----------
    name, unit, meaning
        As read in tables and on axes.
    formula
        Over names of the composed model.
    """

    name: str
    unit: str
    meaning: str
    formula: Expression


@dataclass(frozen=True)
class ParameterInModel:
    """A parameter of a composed model, with its value, unit and source."""

    name: str
    unit: str
    meaning: str
    value: float
    low: float | None
    high: float | None
    source: str
    is_assumption: bool

    @property
    def engine_value(self) -> float:
        """The value in the engine's units (nmol, L, h, cell, molecule, kg)."""
        return self.value * unit(self.unit).factor


@dataclass(frozen=True)
class Change:
    """What one process does to one state."""

    component: Component
    process: Process
    state: str
    times: int
    exchange: Expression | None


@dataclass(frozen=True)
class Owned:
    """A quantity and the instance that owns it."""

    component: Component
    quantity: Quantity


@dataclass(frozen=True, eq=False)
class Model:
    """Components joined by name.

    Attributes
    ----------
    name, meaning
        Of the whole.
    components
        In the order in which they are read.
    outputs
        What is recorded, by name.
    inlets
        For each route of a dose the state that receives it, [nmol], or [cell] for
        doses of cells.
    look_up
        Finds the value of a parameter by its name.
    """

    name: str
    meaning: str
    components: tuple[Component, ...]
    outputs: Mapping[str, Output]
    inlets: Mapping[str, str]
    look_up: Callable[[str], Value]

    def __post_init__(self) -> None:
        self._refuse_twins()
        for component in self.components:
            for name, given in component.given.items():
                self._check_given(component, name, given)
        for output in self.outputs.values():
            self._check_unit(f"the output '{output.name}'", output.formula, output.unit)
        for route, name in self.inlets.items():
            counted = self.resolve(name).quantity.unit == "cell"
            wanted = "cell" if counted else "nmol"
            self._check_unit(f"the inlet '{route}'", Reference(name), wanted)
        _ = self.changes, self.parameters

    @cached_property
    def names(self) -> Mapping[str, Owned]:
        """Every name of the model and its owner (shared parameters: their first)."""
        found: dict[str, Owned] = {}
        for component in self.components:
            for quantity in component.quantities.values():
                if not isinstance(quantity, Supplied):
                    name = component.qualified(quantity)
                    found.setdefault(name, Owned(component, quantity))
        return found

    def resolve(self, name: str) -> Owned:
        """Find the owner of a name.

        Raises
        ------
        UnknownName
            No component of the model has it.
        """
        if name not in self.names:
            raise UnknownName(
                f"the model '{self.name}' has no '{name}'.",
                got=f"'{name}'",
                expected=closest(name, self.names),
            )
        return self.names[name]

    @cached_property
    def states(self) -> tuple[str, ...]:
        """Names of all states, in the order of the components."""
        return tuple(
            name for name, one in self.names.items() if isinstance(one.quantity, State)
        )

    @cached_property
    def solved(self) -> tuple[str, ...]:
        """Names of the parameters that are found for each subject at rest."""
        return tuple(
            name
            for name, one in self.names.items()
            if isinstance(one.quantity, Parameter) and one.quantity.balances
        )

    @cached_property
    def observed(self) -> tuple[str, ...]:
        """Names of what components show to each other."""
        return tuple(
            name
            for name, one in self.names.items()
            if isinstance(one.quantity, Observed)
        )

    @cached_property
    def parameters(self) -> Mapping[str, ParameterInModel]:
        """Every given parameter, with value and source.

        Raises
        ------
        UnknownName
            A table lacks a parameter.
        UnitMismatch
            A table gives it in a unit that cannot be converted.
        """
        found = {}
        for name, one in self.names.items():
            if isinstance(one.quantity, Parameter) and not one.quantity.balances:
                found[name] = self._with_value(name, one.quantity)
        return found

    def _with_value(self, name: str, declared: Parameter) -> ParameterInModel:
        row = self.look_up(name)

        def into(value: float | None) -> float | None:
            if value is None:
                return None
            return float(convert(value, row.unit, declared.unit))

        return ParameterInModel(
            name,
            declared.unit,
            declared.meaning,
            float(convert(row.value, row.unit, declared.unit)),
            into(row.low),
            into(row.high),
            row.source,
            row.is_assumption,
        )

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Everything that changes a state, in the order written."""
        return tuple(
            Change(
                component,
                process,
                self._state_changed(component, process, name),
                times,
                process.exchange.get(name),
            )
            for component in self.components
            for process in component.processes.values()
            for name, times in process.changes.items()
        )

    def _state_changed(self, component: Component, process: Process, name: str) -> str:
        quantity = component.quantities[name]
        if isinstance(quantity, State):
            return component.qualified(quantity)
        given = component.given[name]
        if isinstance(given, Reference) and given.name in self.states:
            return given.name
        raise BadModel(
            f"'{process.name}' of '{component.name}' changes '{name}', which is not "
            "bound to a state.",
            got=str(given),
            expected="the name of a state",
        )

    def _refuse_twins(self) -> None:
        seen: set[str] = set()
        for component in self.components:
            if component.name in seen:
                raise BadModel(
                    f"two components of '{self.name}' have one name.",
                    got=f"'{component.name}'",
                    expected="a name of its own for each instance",
                )
            seen.add(component.name)
            for quantity in component.of_kind(Parameter):
                name = component.qualified(quantity)
                first = self.names[name].quantity
                if unit(first.unit).dimension != unit(quantity.unit).dimension:
                    raise UnitMismatch(
                        f"the parameter '{name}' is used in two units.",
                        got=f"{quantity.unit} in {component!r}",
                        expected=f"{first.unit} as in {self.names[name].component!r}",
                    )

    def _check_given(self, component: Component, name: str, given: Expression) -> None:
        wanted = component.quantities[name].unit
        self._check_unit(f"'{name}' given to {component!r}", given, wanted)

    def _check_unit(self, what: str, formula: Expression, wanted: str) -> None:
        got, expected = self.dimension(formula), unit(wanted).dimension
        if got != expected:
            raise UnitMismatch(
                f"{what} does not have its unit.",
                got=f"{describe(got)}   from {formula}",
                expected=f"{describe(expected)}   because it is in {wanted}",
            )

    def dimension(self, formula: Expression) -> Dimension:
        """The dimension of a formula over names of the model."""

        def of_leaf(leaf: Expression) -> Dimension:
            if isinstance(leaf, Constant):
                return unit(leaf.unit).dimension
            if isinstance(leaf, Reference):
                return unit(self.resolve(leaf.name).quantity.unit).dimension
            raise BadModel(
                f"'{leaf}' is not a name of the model '{self.name}'.",
                expected="Reference('instance.quantity')",
            )

        return dimension(formula, of_leaf)

    def with_component(self, component: Component) -> Model:
        """The same model with one more component, or with one exchanged by name."""
        kept = [one for one in self.components if one.name != component.name]
        return replace(self, components=(*kept, component))

    def with_outputs(self, outputs: Iterable[Output]) -> Model:
        """The same model with more outputs, or with some exchanged by name."""
        more = {output.name: output for output in outputs}
        return replace(self, outputs={**self.outputs, **more})

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the structure: names, units, formulas; not of the values."""
        from il2sim.symbolic.display import as_text

        return hashlib.sha256(as_text(self, values=False).encode()).hexdigest()

    def __str__(self) -> str:
        from il2sim.symbolic.display import as_text

        return as_text(self)

    def to_latex(self) -> str:
        """The balance equations, typeset."""
        from il2sim.symbolic.display import as_latex

        return as_latex(self)

    def table(self) -> list[dict[str, str]]:
        """Every state and parameter as a row with unit, meaning, value and source."""
        from il2sim.symbolic.display import as_table

        return as_table(self)
