"""Tangents by differences: slow and obvious, for the reference.

Everything that moves along a direction is moved a little forward and a little back, and
solved again. Two lengths are combined (Richardson), so that what remains is of the
fourth order in the length, and the error of the solves over it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from il2sim.engine.backends.raw import Raw
from il2sim.engine.directions import Directions
from il2sim.engine.problem import Floats, Problem
from il2sim.engine.resting import Rest

LENGTH = 4e-3
"""Largest relative change of anything that moves."""


def central(solve: Callable[[float], Floats], length: float) -> Floats:
    """The derivative at zero of what depends on one number.

    Examples
    --------
    >>> abs(float(central(np.exp, 1e-2)) - 1) < 1e-9
    True
    """
    wide, narrow = (
        (solve(step) - solve(-step)) / (2 * step) for step in (length, length / 2)
    )
    return (4 * narrow - wide) / 3


def resting_differences(
    rest: Callable[[Floats], Rest], parameters: Floats, directions: Directions
) -> Floats:
    """Derivatives of the resting state, then of the solved parameters.

    Returns
    -------
    array
        Shape ``(n_subjects, n_found, n_directions)``.
    """
    columns = []
    for number in range(len(directions)):
        seeds = directions.parameters[:, number]

        def found(step: float, seeds: Floats = seeds) -> Floats:
            moved = rest(parameters + step * seeds)
            return np.hstack([moved.states, moved.solved])

        columns.append(central(found, _length(parameters, seeds)))
    return np.stack(columns, axis=-1)


def fill_differences(
    run: Callable[[Problem, Floats, Floats], Raw],
    problem: Problem,
    starts: Floats,
    solved: Floats,
    raw: Raw,
) -> None:
    """Write the tangents of a run into its results."""
    directions, schedule = problem.directions, problem.schedule
    assert directions is not None  # noqa: S101 - this is called where there are some
    sizes = np.maximum(problem.program.scales, np.abs(starts))
    for number in range(len(directions)):
        moves = (
            (problem.parameters, directions.parameters[:, number]),
            (schedule.amounts, directions.amounts[number]),
            (np.ones(len(schedule.times_h)), directions.times_h[number]),
            (sizes, directions.starts[:, number]),
        )
        length = min(_length(*one) for one in moves)

        def recorded(step: float, number: int = number) -> Floats:
            moved = replace(
                problem,
                directions=None,
                parameters=problem.parameters + step * directions.parameters[:, number],
                schedule=replace(
                    schedule,
                    amounts=schedule.amounts + step * directions.amounts[number],
                    times_h=schedule.times_h + step * directions.times_h[number],
                ),
            )
            got = run(
                moved,
                starts + step * directions.starts[:, number],
                solved + step * directions.solved[:, number],
            )
            return np.concatenate([got.values, got.resting[:, None]], axis=1)

        both = central(recorded, length)
        raw.tangents[..., number] = both[:, :-1]
        raw.resting_tangents[..., number] = both[:, -1]


def _length(sizes: Floats, seeds: Floats) -> float:
    """How far to go along a direction; one if nothing moves."""
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.where(seeds * np.ones_like(sizes), np.abs(sizes / seeds), np.inf)
    reach = np.where(reach == 0, 1.0, reach)
    return LENGTH * float(np.min(reach, initial=1 / LENGTH))
