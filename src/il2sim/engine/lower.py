"""`Model` to `Program`: names resolved, units gone, one assignment after the other.

The language of `symbolic` ends here. Every formula is flattened over the states and
parameters of the whole model in the engine's units (nmol, L, h, cell, molecule, kg),
and for each parameter that balances a state the formula is found that makes it rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from il2sim.engine.evaluate import CALLS
from il2sim.engine.program import Program, ProgramBuilder, Term
from il2sim.errors import BadModel
from il2sim.symbolic.component import Component
from il2sim.symbolic.expression import (
    Constant,
    Expression,
    Number,
    Operation,
    Reference,
)
from il2sim.symbolic.model import Model
from il2sim.symbolic.quantity import Observed, Parameter, Quantity, State, Supplied
from il2sim.units import unit

SCALE_FLOORS = {"nmol": 1e-5, "molecule/cell": 1.0}
"""Sizes below which a state is not resolved relatively, by unit [that unit].

One molecule a cell is a hundredth of the receptors that signal; 1e-5 nmol in plasma is
4e-3 pM, a tenth of the lowest resting level. Other states start at their own size.
"""


def lower(model: Model) -> Program:
    """Flatten a model.

    Returns
    -------
    Program
        In the engine's units; states in the order of the model.

    Raises
    ------
    BadModel
        A balancing parameter is not a plain factor, or a start depends on states.
    """
    return _lowered(model)[0]


def terms(model: Model) -> tuple[Term, ...]:
    """Everything that changes a state, as statements of the program of `lower`.

    Terms are in the order of the model's changes, named ``"component: process"``.
    """
    return _lowered(model)[1]


@lru_cache(maxsize=8)
def _lowered(model: Model) -> tuple[Program, tuple[Term, ...]]:
    one = _Lowering(model)
    return one.program(), one.terms()


class _Lowering:
    """One pass over a model; `fixed` values stand in for names while it lasts."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.builder = ProgramBuilder(
            states=model.states,
            parameters=tuple(model.parameters),
            solved=model.solved,
        )
        self.fixed: Mapping[str, int] = {}
        self.known: dict[tuple[str, int], int] = {}

    def program(self) -> Program:
        model, builder = self.model, self.builder
        starts = [self._start(name) for name in model.states]
        formulas = [self._balance(name) for name in model.solved]
        rates = self._rates()
        outputs = {
            output.name: builder.div(
                self.value(None, output.formula),
                builder.const(unit(output.unit).factor),
            )
            for output in model.outputs.values()
        }
        return builder.finish(
            held=tuple(name for name in model.states if self._state(name).held),
            starts=tuple(starts),
            formulas=tuple(formulas),
            limits=((0.0, math.inf),) * len(formulas),
            rates=tuple(rates),
            outputs=outputs,
            inlets=dict(model.inlets),
            scales=tuple(self._scale(name) for name in model.states),
        )

    def terms(self) -> tuple[Term, ...]:
        """The statements of which the rates are sums."""
        return tuple(
            Term(
                f"{change.component.name}: {change.process.name}",
                change.state,
                self._term(index),
            )
            for index, change in enumerate(self.model.changes)
        )

    def value(self, component: Component | None, formula: Expression) -> int:
        """The statement that holds a formula of one component."""
        if isinstance(formula, Number):
            return self.builder.const(formula.value)
        key = (component.name if component else "", id(formula))
        if key not in self.known:
            self.known[key] = self._fresh(component, formula)
        return self.known[key]

    def _fresh(self, component: Component | None, formula: Expression) -> int:
        if isinstance(formula, Operation):
            parts = [self.value(component, part) for part in formula.parts]
            made: int = getattr(self.builder, formula.op)(*parts)
            return made
        if isinstance(formula, Constant):
            return self.builder.const(formula.value * unit(formula.unit).factor)
        if isinstance(formula, Reference):
            owned = self.model.resolve(formula.name)
            return self.value(owned.component, owned.quantity)
        if component is None or not isinstance(formula, Quantity):
            raise BadModel(f"'{formula}' has no owner in '{self.model.name}'.")
        return self._leaf(component, formula)

    def _leaf(self, component: Component, leaf: Quantity) -> int:
        if isinstance(leaf, Supplied):
            return self.value(None, component.given[leaf.name])
        if isinstance(leaf, Observed):
            return self.value(component, leaf.formula)
        name = component.qualified(leaf)
        if name in self.fixed:
            return self.fixed[name]
        if isinstance(leaf, State):
            return self.builder.state(name)
        return self.builder.parameter(name)

    def _state(self, name: str) -> State:
        quantity = self.model.resolve(name).quantity
        assert isinstance(quantity, State)  # noqa: S101 - `states` holds only states
        return quantity

    def _start(self, name: str) -> int:
        start = self._state(name).start
        if isinstance(start, Expression):
            return self.value(self.model.resolve(name).component, start)
        return self.builder.const(float(start))

    def _rates(self) -> list[int]:
        sums = {name: self.builder.const(0.0) for name in self.model.states}
        for index, change in enumerate(self.model.changes):
            sums[change.state] = self.builder.add(sums[change.state], self._term(index))
        return list(sums.values())

    def _term(self, index: int) -> int:
        change = self.model.changes[index]
        term = self.value(change.component, change.process.rate)
        if change.exchange is not None:
            term = self.builder.mul(term, self.value(change.component, change.exchange))
        return self.builder.mul(self.builder.const(float(change.times)), term)

    def _balance(self, name: str) -> int:
        """Solve `rate of the balanced state = 0` for the parameter, a plain factor."""
        owned = self.model.resolve(name)
        parameter = owned.quantity
        assert isinstance(parameter, Parameter)  # noqa: S101 - `solved` holds only these
        assert parameter.balances is not None  # noqa: S101
        kept = owned.component.qualified(parameter.balances)
        builder, rest = self.builder, self.builder.const(0.0)
        with_it = self.builder.const(0.0)
        for index, change in enumerate(self.model.changes):
            if change.state != kept:
                continue
            if self._is_factor(change.component, change.process.rate, name):
                with_it = builder.add(with_it, self._with_one(name, index))
            else:
                rest = builder.add(rest, self._term(index))
        return builder.neg(builder.div(rest, with_it))

    def _with_one(self, name: str, index: int) -> int:
        """A term with the balancing parameter set to one."""
        kept, self.known = self.known, {}
        self.fixed = {name: self.builder.const(1.0)}
        try:
            return self._term(index)
        finally:
            self.fixed, self.known = {}, kept

    def _is_factor(
        self, component: Component | None, formula: Expression, name: str
    ) -> bool:
        """Whether a formula is the named parameter times something free of it."""
        if isinstance(formula, Operation):
            inside = [self._is_factor(component, part, name) for part in formula.parts]
            plain = (
                (formula.op == "mul" and sum(inside) == 1)
                or (formula.op == "div" and inside == [True, False])
                or formula.op == "neg"
            )
            if any(inside) and not plain:
                raise BadModel(
                    f"'{name}' cannot be solved for: it is not a plain factor.",
                    got=str(formula),
                    expected="the parameter times something free of it",
                )
            return any(inside)
        if isinstance(formula, Reference) and not isinstance(formula, Constant):
            owned = self.model.resolve(formula.name)
            return self._is_factor(owned.component, owned.quantity, name)
        if component is None or not isinstance(formula, Quantity):
            return False
        if isinstance(formula, Supplied):
            return self._is_factor(None, component.given[formula.name], name)
        if isinstance(formula, Observed):
            return self._is_factor(component, formula.formula, name)
        return component.qualified(formula) == name

    def _scale(self, name: str) -> float:
        """Typical size of a state: its start in the reference subject, or a floor."""
        owned = self.model.resolve(name)
        start = self._state(name).start
        with np.errstate(all="ignore"):
            size = (
                self._number(owned.component, start)
                if isinstance(start, Expression)
                else float(start) * unit(owned.quantity.unit).factor
            )
        floor = SCALE_FLOORS.get(owned.quantity.unit, 0.0)
        return max(abs(size), floor * unit(owned.quantity.unit).factor) or 1.0

    def _number(self, component: Component | None, formula: Expression) -> float:
        """The value of a formula of parameters in the reference subject."""
        if isinstance(formula, Number):
            return formula.value
        if isinstance(formula, Constant):
            return formula.value * unit(formula.unit).factor
        if isinstance(formula, Operation):
            parts = [self._number(component, part) for part in formula.parts]
            return float(CALLS[formula.op](*parts))
        if isinstance(formula, Reference):
            owned = self.model.resolve(formula.name)
            return self._number(owned.component, owned.quantity)
        if component is not None and isinstance(formula, Supplied):
            return self._number(None, component.given[formula.name])
        if component is not None and isinstance(formula, Observed):
            return self._number(component, formula.formula)
        if component is not None and isinstance(formula, Parameter):
            return self.model.parameters[component.qualified(formula)].engine_value
        raise BadModel(
            f"a start in '{self.model.name}' does not depend on parameters only.",
            got=f"'{formula}'",
            expected="numbers and given parameters",
        )
