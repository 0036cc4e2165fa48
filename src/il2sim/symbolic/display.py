"""A model as text, as LaTeX and as a table.

Everything is printed from the composed model itself, so what is read is what is
solved. The text without values is also what a model's fingerprint is made of.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from il2sim.symbolic.component import Component
from il2sim.symbolic.expression import Expression, Reference, to_sympy, write
from il2sim.symbolic.quantity import Observed, Quantity, State, Supplied

if TYPE_CHECKING:
    import sympy

    from il2sim.symbolic.model import Change, Model


def as_text(model: Model, *, values: bool = True) -> str:
    """Print names, starts, formulas, processes, and unless refused values."""
    lines = [f"{model.name}: {model.meaning}", "", "States"]
    for name in model.states:
        owned = model.resolve(name)
        start = _start(owned.component, owned.quantity)
        lines.append(
            f"  {name} [{owned.quantity.unit}]  {owned.quantity.meaning}; {start}"
        )
    lines += ["", "Formulas"]
    for name in model.observed:
        owned = model.resolve(name)
        formula = write(_formula(owned.quantity), namer(owned.component))
        lines.append(f"  {name} [{owned.quantity.unit}] = {formula}")
    lines += ["", "Processes"]
    for component in model.components:
        lines += _processes_as_text(component)
    lines += ["", "Found at rest"]
    lines += [f"  {name}" for name in model.solved]
    lines += ["", "Outputs"]
    for output in model.outputs.values():
        lines.append(f"  {output.name} [{output.unit}] = {output.formula}")
    lines += ["", "Inlets"]
    lines += [f"  {route} -> {name}" for route, name in model.inlets.items()]
    lines += ["", "Parameters", *_parameters_as_text(model, values=values)]
    return "\n".join(lines) + "\n"


def namer(component: Component) -> Callable[[Expression], str]:
    """Write the leaves of a component's formulas as names of the composed model."""

    def name(leaf: Expression) -> str:
        if isinstance(leaf, Supplied):
            given = component.given[leaf.name]
            text = write(given)
            return text if isinstance(given, Reference) else f"({text})"
        if isinstance(leaf, Quantity):
            return component.qualified(leaf)
        return write(leaf)

    return name


def _start(component: Component, quantity: Quantity) -> str:
    if not isinstance(quantity, State):
        return ""
    word = "starts at" if quantity.held else "found at rest from"
    if isinstance(quantity.start, int | float):
        return f"{word} {quantity.start:g}"
    return f"{word} {write(quantity.start, namer(component))}"


def _formula(quantity: Quantity) -> Expression:
    if not isinstance(quantity, Observed):
        raise TypeError(quantity)
    return quantity.formula


def _processes_as_text(component: Component) -> list[str]:
    lines = []
    for process in component.processes.values():
        name = namer(component)
        rate = write(process.rate, name)
        lines.append(f"  {component.name}: {process.name}: {process.arrow} at {rate}")
        lines += [
            f"      one event is {write(factor, name)} of {changed}"
            for changed, factor in process.exchange.items()
        ]
    return lines


def _parameters_as_text(model: Model, *, values: bool) -> list[str]:
    lines = []
    for name, one in model.parameters.items():
        value = f" = {one.value:.6g}" if values else ""
        mark = "assumption: " if one.is_assumption else ""
        source = f"  ({mark}{one.source})" if values else ""
        lines.append(f"  {name}{value} [{one.unit}]  {one.meaning}{source}")
    return lines


def as_table(model: Model) -> list[dict[str, str]]:
    """Every state and parameter: kind, name, unit, meaning, value, range, source."""
    rows = []
    for name in model.states:
        owned = model.resolve(name)
        rows.append(
            {
                "kind": "state",
                "name": name,
                "unit": owned.quantity.unit,
                "meaning": owned.quantity.meaning,
                "value": _start(owned.component, owned.quantity),
                "range": "",
                "source": "",
            }
        )
    for name, one in model.parameters.items():
        known = one.low is not None and one.high is not None
        rows.append(
            {
                "kind": "assumption" if one.is_assumption else "parameter",
                "name": name,
                "unit": one.unit,
                "meaning": one.meaning,
                "value": f"{one.value:.6g}",
                "range": f"{one.low:.4g} to {one.high:.4g}" if known else "",
                "source": one.source,
            }
        )
    return rows


def as_latex(model: Model) -> str:
    """The balance equation of every state, in an ``align*`` environment."""
    import sympy

    by_state: dict[str, list[Change]] = {name: [] for name in model.states}
    for change in model.changes:
        by_state[change.state].append(change)
    lines = []
    for name, changes in by_state.items():
        right = sympy.Add(*(_term(change) for change in changes), evaluate=False)
        left = rf"\frac{{d}}{{dt}}\,{_symbol(name)}"
        lines.append(rf"{left} &= {sympy.latex(right)} \\")
    return "\\begin{align*}\n" + "\n".join(lines) + "\n\\end{align*}\n"


def _term(change: Change) -> Any:
    component = change.component
    rate = to_sympy(change.process.rate, _symbols(component))
    if change.exchange is not None:
        rate = rate * to_sympy(change.exchange, _symbols(component))
    return change.times * rate


def _symbols(component: Component) -> Callable[[Expression], sympy.Expr]:
    import sympy

    name = namer(component)

    def symbol(leaf: Expression) -> sympy.Expr:
        if isinstance(leaf, Supplied) and not isinstance(
            component.given[leaf.name], Reference
        ):
            return to_sympy(component.given[leaf.name], symbol)
        return sympy.Symbol(_symbol(name(leaf)), positive=True)

    return symbol


def _symbol(name: str) -> str:
    """A name as LaTeX: the owner becomes the upper index, in upright letters."""
    owner, _, own = name.rpartition(".")
    text = rf"\mathrm{{{_escape(own)}}}"
    return text + (rf"^{{\text{{{_escape(owner)}}}}}" if owner else "")


def _escape(text: str) -> str:
    return re.sub(r"([_%&#])", r"\\\1", text)
