"""Retries: a subject whose solve broke down is solved again with smaller steps.

What breaks down at one tolerance may pass at a tighter one, because other steps are
taken; and what breaks down in single precision may pass in double. Each retry is
counted. Nobody else is solved again, so no other subject's numbers change; and a
subject's own retry does not depend on who else needed one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from il2sim.engine.backends.raw import Raw
from il2sim.engine.problem import Floats, Problem
from il2sim.engine.status import Status

BROKEN = (Status.STEP_TOO_SMALL, Status.NOT_FINITE, Status.SINGULAR)
"""How a solve ends that smaller steps may carry through.

Too many steps is not among them: it would only be found out again, at a greater cost.
"""


@dataclass(frozen=True)
class Retry:
    """One more try, in doubles: tolerance, absolute ones too, times `tighter` [1]."""

    tighter: float


RETRIES = (Retry(0.1), Retry(0.01))
"""What is tried, in this order, until a subject is solved."""

Run = Callable[[Problem, Floats, Floats], Raw]


def some_of(problem: Problem, rows: NDArray[np.int64]) -> Problem:
    """The same problem for some of its subjects."""
    directions = problem.directions
    return replace(
        problem,
        parameters=problem.parameters[rows],
        bases=problem.bases[rows],
        directions=None if directions is None else directions.some(rows),
        schedule=problem.schedule.of_rows(rows),
    )


def merge(whole: Raw, part: Raw, rows: NDArray[np.int64]) -> None:
    """Write results of some subjects into those of all."""
    for name in Raw.__dataclass_fields__:
        getattr(whole, name)[rows] = getattr(part, name)


def retry(run: Run, problem: Problem, starts: Floats, solved: Floats, raw: Raw) -> None:
    """Solve again whoever broke down, and keep what succeeds.

    Parameters
    ----------
    run
        Solves a problem from starts and solved parameters.
    problem, starts, solved
        As they were solved.
    raw
        What came of it; retried subjects are replaced where they are solved now, and
        `retries` counts for all.
    """
    for number, one in enumerate(RETRIES, 1):
        rows = np.flatnonzero(np.isin(raw.status, BROKEN))
        if not rows.size:
            return
        absolute = np.asarray(problem.absolute) * one.tighter
        again = replace(
            some_of(problem, rows),
            tolerance=problem.tolerance * one.tighter,
            absolute=absolute,
            precision="double",
        )
        got = run(again, starts[rows], solved[rows])
        raw.retries[rows] = number
        done = ~np.isin(got.status, (*BROKEN, Status.CANCELLED))
        got.retries[:] = number
        merge(raw, _rows(got, done), rows[done])


def _rows(raw: Raw, some: NDArray[np.bool_]) -> Raw:
    return Raw(**{name: getattr(raw, name)[some] for name in Raw.__dataclass_fields__})
