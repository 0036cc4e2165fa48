"""Directional derivatives of a `Program`: of its rates, their Jacobian, and the rest.

The statements of the program and of its Jacobian are carried forward once more, with
one seed for each state and each parameter. What comes out is linear in the seeds, so it
holds for every direction: one function is emitted, and called for as many directions as
a problem has. Derivatives of the Jacobian are second derivatives of the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from il2sim.engine.derivatives import RULES, Differentiated, Gradient, differentiate
from il2sim.engine.evaluate import evaluate
from il2sim.engine.problem import Floats
from il2sim.engine.program import Program, ProgramBuilder

SEED = "'"
"""What is added to the name of a state or parameter for its seed."""

_ALONG = 0  # the one direction, as a key of gradients


@dataclass(frozen=True, eq=False)
class Tangents:
    """A program with the derivative of everything along one direction.

    Attributes
    ----------
    program
        Its statements first, in their numbering; then those of the tangents. A state
        or parameter numbered past the last is a seed.
    rates, outputs, starts
        Statements of the tangents, in the order of the program.
    jacobian
        (row, column) to the tangent of that derivative, where it is not zero.
    """

    program: Program
    rates: tuple[int, ...]
    outputs: tuple[int, ...]
    starts: tuple[int, ...]
    jacobian: Mapping[tuple[int, int], int]


@lru_cache(maxsize=8)
def tangents(program: Program) -> Tangents:
    """Write the tangents of a program and of its Jacobian.

    Examples
    --------
    >>> b = ProgramBuilder(states=("x",), parameters=("k",))
    >>> rate = b.mul(b.parameter("k"), b.state("x"))
    >>> p = b.finish(rates=[rate], starts=[b.const(0)], outputs={}, scales=[1.0])
    >>> t = tangents(p)
    >>> one = t.program.statements[t.jacobian[0, 0]]  # the seed of k
    >>> one.op, one.index
    ('parameter', 1)
    """
    whole = differentiate(program)
    builder = _seeded(program, whole)
    zero = builder.const(0.0)
    roots = (
        *program.rates,
        *program.outputs.values(),
        *program.starts,
        *whole.jacobian.values(),
    )
    along = _carried(builder, program, roots)
    jacobian = {
        place: along[number][_ALONG]
        for place, number in whole.jacobian.items()
        if along[number]
    }

    def of(numbers: Iterable[int]) -> tuple[int, ...]:
        return tuple(along[number].get(_ALONG, zero) for number in numbers)

    return Tangents(
        program=replace(program, statements=tuple(builder.statements)),
        rates=of(program.rates),
        outputs=of(program.outputs.values()),
        starts=of(program.starts),
        jacobian=jacobian,
    )


def _seeded(program: Program, whole: Differentiated) -> ProgramBuilder:
    """A builder that knows seeds and goes on from the Jacobian."""
    vector = (*program.parameters, *program.solved)
    builder = ProgramBuilder(
        states=(*program.states, *(name + SEED for name in program.states)),
        parameters=vector,
        solved=tuple(name + SEED for name in vector),
    )
    for statement in whole.statements:
        builder.statement(statement)
    return builder


def _carried(
    builder: ProgramBuilder, program: Program, roots: Iterable[int]
) -> dict[int, Gradient]:
    """The tangent of every statement that some roots stand on."""
    vector = (*program.parameters, *program.solved)
    along: list[Gradient] = [{} for _ in builder.statements]
    whole = replace(program, statements=tuple(builder.statements))
    for number in whole.needed(roots):
        one = whole.statements[number]
        if one.op == "state":
            along[number] = {_ALONG: builder.state(program.states[one.index] + SEED)}
        elif one.op == "parameter":
            along[number] = {_ALONG: builder.parameter(vector[one.index] + SEED)}
        elif any(along[arg] for arg in one.args):
            found = RULES[one.op](builder, number, one.args, along)
            along[number] = {
                key: partial
                for key, partial in found.items()
                if builder.value_of(partial) != 0
            }
    return dict(enumerate(along))


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
    n_solved = len(made.program.solved)
    unused = np.zeros((len(parameters), n_solved))
    found = np.zeros((len(parameters), seeds.shape[1], len(made.starts)))
    for direction in range(seeds.shape[1]):
        along = np.broadcast_to(seeds[:, direction], parameters.shape)
        vector = np.hstack([parameters, unused, along, unused])
        found[:, direction] = evaluate(made.program, made.starts, vector)
    return found
