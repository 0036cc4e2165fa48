"""The resting state of every subject: solved for, not assumed.

Held states keep their start, the others are followed for so long that an L-stable
method, whose steps grow without bound, ends on the stationary point to rounding; the
balancing parameters are replaced by their formulas meanwhile. That is an ordinary
problem, so the ordinary kernel solves it. What it finds is checked: a state that still
moves, or a balancing parameter outside its limits, is no resting state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np

from il2sim.engine.directions import Directions
from il2sim.engine.problem import Floats, Problem
from il2sim.engine.program import Program, ProgramBuilder, Statement, rewrite
from il2sim.engine.schedule import Schedule
from il2sim.engine.status import Status
from il2sim.engine.tangents import start_tangents, tangents

LONG_H = 1e9  # [h] a hundred thousand years
TOLERANCE = 1e-6  # of a step; the end point does not depend on it
STILL = 1e-8  # largest part of its size that a state may change in an hour, at rest


@dataclass(frozen=True, eq=False)
class Rest:
    """Resting states of subjects.

    Attributes
    ----------
    states
        Shape ``(n_subjects, n_states)``.
    solved
        Shape ``(n_subjects, n_solved)``.
    status
        DONE or NO_RESTING_STATE, shape ``(n_subjects,)``.
    state_tangents, solved_tangents
        Derivatives of the first two along the directions; shapes
        ``(n_subjects, n_directions, n_states)`` and
        ``(n_subjects, n_directions, n_solved)``.
    """

    states: Floats
    solved: Floats
    status: np.ndarray
    state_tangents: Floats
    solved_tangents: Floats

    def among(self, known: np.ndarray) -> Rest:
        """The same as part of more subjects, the others NOT_FINITE.

        Parameters
        ----------
        known
            Which of all subjects these are, shape ``(n_all,)``.
        """
        whole = {}
        for one in fields(self):
            part = getattr(self, one.name)
            blank = Status.NOT_FINITE if one.name == "status" else np.nan
            whole[one.name] = np.full((len(known), *part.shape[1:]), blank, part.dtype)
            whole[one.name][known] = part
        return Rest(**whole)


@lru_cache(maxsize=8)
def resting_program(program: Program) -> Program:
    """The program whose stationary point is the resting state.

    Its states are those not held; its outputs are all states, the formulas of the
    solved parameters, and the rate of every state.
    """
    free = tuple(name for name in program.states if name not in program.held)
    builder = ProgramBuilder(states=free, parameters=program.parameters)
    leaf = _leaf(program, builder)
    copy = rewrite(program, builder, leaf)
    starts = {
        name: copy(start)
        for name, start in zip(program.states, program.starts, strict=True)
    }
    rates = {
        name: copy(rate)
        for name, rate in zip(program.states, program.rates, strict=True)
    }
    outputs = {
        f"state {name}": builder.state(name) if name in free else starts[name]
        for name in program.states
    }
    outputs |= {
        f"solved {name}": copy(formula)
        for name, formula in zip(program.solved, program.formulas, strict=True)
    }
    outputs |= {f"rate {name}": rates[name] for name in free}
    scales = dict(zip(program.states, program.scales, strict=True))
    return builder.finish(
        rates=[rates[name] for name in free],
        starts=[starts[name] for name in free],
        outputs=outputs,
        scales=[scales[name] for name in free],
    )


def _leaf(
    program: Program, builder: ProgramBuilder
) -> Callable[[Statement, Callable[[int], int]], int]:
    """Replace held states by their starts and solved parameters by their formulas."""
    held = {
        i: start
        for i, (name, start) in enumerate(
            zip(program.states, program.starts, strict=True)
        )
        if name in program.held
    }
    given = len(program.parameters)

    def leaf(statement: Statement, copy: Callable[[int], int]) -> int:
        index = statement.index
        if statement.op == "state":
            if index in held:
                return copy(held[index])
            return builder.state(program.states[index])
        if index < given:
            return builder.parameter(program.parameters[index])
        return copy(program.formulas[index - given])

    return leaf


def resting_problem(
    program: Program, parameters: Floats, directions: Directions | None = None
) -> Problem:
    """The problem whose last record is the resting state."""
    resting = resting_program(program)
    if directions is not None:
        made = tangents(resting)
        seeds = directions.parameters
        directions = Directions(
            parameters=seeds,
            starts=start_tangents(made, parameters, seeds),
            solved=np.zeros((1, len(directions), 0)),
            amounts=np.zeros((len(directions), 0)),
            times_h=np.zeros((len(directions), 0)),
        )
    return Problem(
        program=resting,
        parameters=parameters,
        bases=np.ones((len(parameters), 1)),
        schedule=Schedule.of([]),
        sample_h=np.array([LONG_H]),
        end_h=LONG_H,
        save=tuple(resting.outputs),
        tolerance=TOLERANCE,
        directions=directions,
    )


def read_rest(
    program: Program, found: Floats, status: np.ndarray, along: Floats
) -> Rest:
    """Take apart and check what the resting problem recorded.

    `along` holds the tangents of what was found, the direction last. What is not a
    number is the same one everywhere.
    """
    found, along = (np.where(np.isnan(one), np.nan, one) for one in (found, along))
    n_states, n_solved = len(program.states), len(program.solved)
    states = found[:, :n_states]
    solved = found[:, n_states : n_states + n_solved]
    rates = found[:, n_states + n_solved :]
    sizes = np.array(
        [
            scale
            for name, scale in zip(program.states, program.scales, strict=True)
            if name not in program.held
        ]
    )
    free = [i for i, name in enumerate(program.states) if name not in program.held]
    with np.errstate(invalid="ignore"):
        still = np.abs(rates) <= STILL * np.maximum(sizes, np.abs(states[:, free]))
        good = (status == Status.DONE) & np.all(still, axis=1)
        for column, (low, high) in enumerate(program.limits):
            value = solved[:, column]
            good &= (value >= low) & (value <= high)
    cancelled = status == Status.CANCELLED
    ended = np.where(good, Status.DONE, Status.NO_RESTING_STATE)
    moved = np.moveaxis(along, -1, 1)
    return Rest(
        states=states,
        solved=solved,
        status=np.where(cancelled, Status.CANCELLED, ended),
        state_tangents=moved[:, :, :n_states],
        solved_tangents=moved[:, :, n_states : n_states + n_solved],
    )
