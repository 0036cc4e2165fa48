"""Conserved totals: what no process can change, found exactly.

The totals are the left null space of the stoichiometric matrix (states by processes),
solved in exact arithmetic with exchange factors as symbols. A weight that would vary in
time is no weight, so totals that need one are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from il2sim.symbolic.expression import Expression, leaves, to_sympy, write
from il2sim.symbolic.quantity import Observed, State, Supplied

if TYPE_CHECKING:
    import sympy

    from il2sim.symbolic.component import Component
    from il2sim.symbolic.model import Model


def conserved_totals(of: Model | type[Component]) -> list[dict[str, str]]:
    """Find every independent total that the processes leave unchanged.

    Parameters
    ----------
    of
        A composed model, or a component class on its own, in which supplied
        quantities that processes change count as amounts too.

    Returns
    -------
    list of dict
        For each total the weight of each name in it, as text.

    Examples
    --------
    >>> from il2sim.symbolic.component import Component
    >>> from il2sim.symbolic.process import process
    >>> from il2sim.symbolic.quantity import parameter, state
    >>> class Swap(Component):
    ...     a = state("cell", "here")
    ...     b = state("cell", "there")
    ...     k = parameter("1/h", "moves")
    ...     go = process("a -> b", rate=k * a)
    >>> conserved_totals(Swap)
    [{'a': '1', 'b': '1'}]
    """
    rows = _rows_of_component(of) if isinstance(of, type) else _rows_of_model(of)
    names = list(rows)
    columns = sorted({event for row in rows.values() for event in row})
    return [
        {names[i]: str(weight) for i, weight in enumerate(vector) if weight != 0}
        for vector in _left_null_space(rows, names, columns)
        if not any("varying" in str(weight) for weight in vector)
    ]


Rows = Mapping[str, Mapping[str, "sympy.Expr"]]


def _left_null_space(
    rows: Rows, names: list[str], columns: list[str]
) -> Iterable[list[sympy.Expr]]:
    from sympy import QQ, Matrix, cancel, zeros
    from sympy.polys.matrices import DomainMatrix

    matrix = zeros(len(columns), len(names))
    for j, name in enumerate(names):
        for i, event in enumerate(columns):
            matrix[i, j] = rows[name].get(event, 0)
    symbols = sorted(matrix.free_symbols, key=str)
    field = QQ.frac_field(*symbols) if symbols else QQ
    kernel = DomainMatrix.from_Matrix(matrix).convert_to(field).nullspace()
    basis = [Matrix(vector) for vector in kernel.to_Matrix().tolist()]
    for vector in basis:
        plain = _without_negatives(vector, basis)
        first = next(weight for weight in plain if weight != 0)
        yield [cancel(weight / first) for weight in plain]


def _without_negatives(vector: sympy.Matrix, basis: list[sympy.Matrix]) -> sympy.Matrix:
    """The vector itself, or its sum with another one, if that counts only upwards."""
    sums = (sign * vector + other for other in basis for sign in (1, -1))
    for candidate in (vector, -vector, *sums):
        if any(candidate) and not any(one.is_negative for one in candidate):
            if candidate in basis and candidate != vector:
                continue
            return candidate
    return vector


def _rows_of_component(cls: type[Component]) -> Rows:
    rows: dict[str, dict[str, sympy.Expr]] = {
        one.name: {} for one in cls.of_kind(State)
    }
    for process in cls.processes.values():
        for name, times in process.changes.items():
            factor = process.exchange.get(name)
            entry = times * (_weight(factor, "") if factor else 1)
            rows.setdefault(name, {})[process.name] = entry
    return rows


def _rows_of_model(model: Model) -> Rows:
    rows: dict[str, dict[str, sympy.Expr]] = {name: {} for name in model.states}
    for change in model.changes:
        event = f"{change.component.name}.{change.process.name}"
        entry = change.times
        if change.exchange is not None:
            entry = entry * _weight(change.exchange, change.component.name)
        row = rows[change.state]
        row[event] = row.get(event, 0) + entry
    return rows


def _weight(factor: Expression, owner: str) -> sympy.Expr:
    """An exchange factor as one symbol, marked if it may vary in time."""
    from sympy import Symbol

    varies = any(
        isinstance(leaf, State | Supplied | Observed) for leaf in leaves(factor)
    )
    if varies:
        return Symbol(f"varying {owner} {write(factor)}")
    return to_sympy(factor, lambda leaf: Symbol(write(leaf), positive=True))
