"""Directional derivatives of a `Program`, as sums of weighted tangents.

The derivative along a direction flows through the statements: the tangent of each is a
sum over its arguments, weighted by partial derivatives that are the same for every
direction. Statements in between are taken out wherever that leaves fewer terms (as in
Griewank & Walther, Evaluating Derivatives, 2008, chapter 9). The same is done with the
statements of the Jacobian, whose tangents are second derivatives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from il2sim.engine.derivatives import RULES, Gradient, differentiate
from il2sim.engine.evaluate import evaluate
from il2sim.engine.problem import Floats
from il2sim.engine.program import Program, ProgramBuilder, Statement

SEED = "'"
"""What is added to the name of a parameter for its seed."""

COSTLY = frozenset({"div", "exp", "expm1", "log", "log1p", "pow", "sqrt", "tanh"})
"""Operations that are rather read from memory than done again."""

Terms = tuple[tuple[int, int], ...]
"""Source and weight of each term of a tangent, both numbers of statements."""


@dataclass(frozen=True)
class Flow:
    """How tangents flow from what is given to what is asked for.

    Attributes
    ----------
    inputs
        Steady statements whose tangents are given, besides those of the states.
    between
        Statements whose tangents are found on the way, in order, with their terms.
    results
        Terms of each tangent that is asked for.
    """

    inputs: tuple[int, ...]
    between: tuple[tuple[int, Terms], ...]
    results: tuple[Terms, ...]


@dataclass(frozen=True, eq=False)
class Tangents:
    """A program with all that its tangents are made of.

    Attributes
    ----------
    program
        Its statements first, in their numbering, then those of the Jacobian and of the
        weights. A parameter numbered past the last is the seed of a parameter.
    steady
        Statements that depend on no state.
    rates, outputs, jacobian
        How the tangents of each flow; of the Jacobian, of its `entries`.
    entries
        (row, column) of the derivatives that are not the same everywhere.
    prepared
        Steady statement to the statement of its tangent, for all inputs.
    starts
        Tangents of the starting states, statements of parameters and seeds.
    costly
        Statements of the rates that weights stand on too and that take long.
    """

    program: Program
    steady: frozenset[int]
    rates: Flow
    outputs: Flow
    jacobian: Flow
    entries: tuple[tuple[int, int], ...]
    prepared: dict[int, int]
    starts: tuple[int, ...]
    costly: tuple[int, ...]


@lru_cache(maxsize=8)
def tangents(program: Program) -> Tangents:
    """Write the tangents of a program and of its Jacobian.

    Examples
    --------
    >>> b = ProgramBuilder(states=("x",), parameters=("k",))
    >>> rate = b.mul(b.parameter("k"), b.state("x"))
    >>> p = b.finish(rates=[rate], starts=[b.const(0)], outputs={}, scales=[1.0])
    >>> t = tangents(p)
    >>> t.rates.results[0] == ((0, 1), (1, 0))  # k' x + x' k
    True
    """
    whole = differentiate(program)
    vector = (*program.parameters, *program.solved)
    builder = ProgramBuilder(
        states=program.states,
        parameters=vector,
        solved=tuple(name + SEED for name in vector),
    )
    for statement in whole.statements:
        builder.statement(statement)
    steady = _steady(whole.statements)
    entries = tuple(
        place
        for place, number in sorted(whole.jacobian.items())
        if whole.statements[number].op != "const"
    )
    flows = [
        _Linear(builder, steady, roots).flow()
        for roots in (
            program.rates,
            tuple(program.outputs.values()),
            tuple(whole.jacobian[place] for place in entries),
        )
    ]
    inputs = sorted({one for flow in flows for one in flow.inputs})
    along = _carried(builder, vector, [*inputs, *program.starts])
    zero = builder.const(0.0)
    steady = _steady(builder.statements)
    return Tangents(
        program=replace(program, statements=tuple(builder.statements)),
        steady=frozenset(steady),
        rates=flows[0],
        outputs=flows[1],
        jacobian=flows[2],
        entries=entries,
        prepared={one: along[one].get(0, zero) for one in inputs},
        starts=tuple(along[one].get(0, zero) for one in program.starts),
        costly=tuple(
            one
            for one in sorted(program.needed(program.rates))
            if builder.statements[one].op in COSTLY and one not in steady
        ),
    )


def _steady(statements: Sequence[Statement]) -> set[int]:
    steady: set[int] = set()
    for number, one in enumerate(statements):
        if one.op != "state" and steady.issuperset(one.args):
            steady.add(number)
    return steady


class _Linear:
    """The graph of tangents of some statements, and its elimination."""

    def __init__(
        self, builder: ProgramBuilder, steady: set[int], roots: Sequence[int]
    ) -> None:
        self.builder, self.steady, self.roots = builder, steady, roots
        self.terms: dict[int, dict[int, int]] = {}
        self.users: dict[int, set[int]] = {}
        self.order = self._moving()
        for number in self.order:
            self._add(number)

    def flow(self) -> Flow:
        self._eliminate()
        counts = {root: self.roots.count(root) for root in set(self.roots)}
        kept = {
            number
            for number in self.order
            if number in self.terms
            and (number not in counts or counts[number] > 1 or self.users.get(number))
        }
        one = self.builder.const(1.0)
        results = tuple(
            ((root, one),)
            if root in kept or root not in self.terms
            else tuple(self.terms[root].items())
            for root in self.roots
        )
        between = tuple(
            (number, tuple(self.terms[number].items()))
            for number in self.order
            if number in kept
        )
        every = (*results, *(terms for _, terms in between))
        sources = {source for terms in every for source, _ in terms}
        return Flow(
            inputs=tuple(sorted(sources & self.steady)),
            between=between,
            results=tuple(self._without_constants(terms) for terms in results),
        )

    def _without_constants(self, terms: Terms) -> Terms:
        value = self.builder.value_of
        return tuple(pair for pair in terms if value(pair[0]) is None)

    def _moving(self) -> list[int]:
        """Statements of states that the roots stand on, but no plain states."""
        statements, found = self.builder.statements, set()
        stack = [root for root in self.roots if root not in self.steady]
        while stack:
            one = stack.pop()
            if one not in found:
                found.add(one)
                args = statements[one].args
                stack.extend(arg for arg in args if arg not in self.steady)
        return sorted(one for one in found if statements[one].op != "state")

    def _add(self, number: int) -> None:
        """Partial derivatives of one statement by its arguments."""
        builder = self.builder
        statement, one = builder.statements[number], builder.const(1.0)
        seeds: dict[int, Gradient] = {
            arg: {} if builder.value_of(arg) is not None else {arg: one}
            for arg in statement.args
        }
        found = RULES[statement.op](builder, number, statement.args, seeds)
        terms = {
            source: weight
            for source, weight in found.items()
            if builder.value_of(weight) != 0
        }
        self.terms[number] = terms
        for source in terms:
            self.users.setdefault(source, set()).add(number)

    def _eliminate(self) -> None:
        """Take out statements in between while that leaves fewer terms."""
        kept = set(self.roots)
        todo = [number for number in reversed(self.order) if number not in kept]
        while todo:
            left = [number for number in todo if not self._take_out(number)]
            if len(left) == len(todo):
                return
            todo = left

    def _take_out(self, number: int) -> bool:
        """Replace a statement by its terms wherever it is used, if that pays.

        Weights that would have to be multiplied are left as they are: the code that
        computes weights is long enough.
        """
        terms, users = self.terms[number], self.users.get(number, set())
        new = sum(source not in self.terms[user] for source in terms for user in users)
        if new >= len(terms) + len(users):
            return False
        signs = all(self._is_sign(weight) for weight in terms.values())
        if not signs and not all(self._is_sign(self.terms[u][number]) for u in users):
            return False
        builder = self.builder
        for user in sorted(users):
            own = self.terms[user]
            factor = own.pop(number)
            for source, weight in terms.items():
                product = builder.mul(factor, weight)
                before = own.get(source)
                own[source] = (
                    product if before is None else builder.add(before, product)
                )
                self.users[source].add(user)
        for source in terms:
            self.users[source].discard(number)
        del self.terms[number]
        self.users.pop(number, None)
        return True

    def _is_sign(self, weight: int) -> bool:
        return self.builder.value_of(weight) in (1.0, -1.0)


def _carried(
    builder: ProgramBuilder, vector: Sequence[str], roots: Iterable[int]
) -> dict[int, Gradient]:
    """Tangents of steady statements along the seeds of the parameters."""
    along: dict[int, Gradient] = {}
    statements = tuple(builder.statements)
    needed, stack = set(), list(roots)
    while stack:
        number = stack.pop()
        if number not in needed:
            needed.add(number)
            stack.extend(statements[number].args)
    for number in sorted(needed):
        one = statements[number]
        along[number] = {}
        if one.op == "parameter":
            along[number] = {0: builder.parameter(vector[one.index] + SEED)}
        elif any(along[arg] for arg in one.args):
            found = RULES[one.op](builder, number, one.args, along)
            along[number] = {
                key: value
                for key, value in found.items()
                if builder.value_of(value) != 0
            }
    return along


def start_tangents(made: Tangents, parameters: Floats, seeds: Floats) -> Floats:
    """Tangents of the starting states.

    Parameters
    ----------
    made
        Tangents of the program.
    parameters
        Shape ``(n_subjects, n_parameters)``.
    seeds
        Shape ``(1 or n_subjects, n_directions, n_parameters)``.

    Returns
    -------
    array
        Shape ``(n_subjects, n_directions, n_states)``.
    """
    unused = np.zeros((len(parameters), len(made.program.solved)))
    found = np.zeros((len(parameters), seeds.shape[1], len(made.starts)))
    for direction in range(seeds.shape[1]):
        along = np.broadcast_to(seeds[:, direction], parameters.shape)
        vector = np.hstack([parameters, unused, along, unused])
        found[:, direction] = evaluate(made.program, made.starts, vector)
    return found
