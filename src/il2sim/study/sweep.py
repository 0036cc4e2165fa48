"""`dose_response`: the same persons at many sizes of every dose, in one solve.

Doses are scaled by a column of sizes of each subject (flat, weight, surface), so
another size of dose is another set of sizes: all doses of a sweep are rows of one
problem, and the resting states, which know no dose, are found once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from il2sim.engine.resting import Rest
from il2sim.engine.rows import rows
from il2sim.engine.solve import find_rest, solve
from il2sim.engine.trajectories import Trajectories
from il2sim.errors import BadProblem
from il2sim.study.subjects import Floats

if TYPE_CHECKING:
    from threading import Event

    from il2sim.study.simulate import Task


@dataclass(frozen=True, eq=False)
class DoseResponse:
    """What came out at each size of the doses.

    Attributes
    ----------
    factors
        What every dose was multiplied by, [1], shape ``(n_factors,)``.
    runs
        Trajectories at each factor, of the same subjects.
    """

    factors: Floats
    runs: tuple[Trajectories, ...]


def dose_response(
    task: Task,
    factors: Sequence[float],
    *,
    rest: Rest | None = None,
    workers: int | None = None,
    cancel: Event | None = None,
) -> DoseResponse:
    """Solve a task with every dose multiplied by each of some factors.

    Parameters
    ----------
    task
        Whose subjects and times are kept.
    factors
        [1], above zero.
    rest
        Resting states of the task's subjects; default find them.
    workers, cancel
        As in `solve`.

    Raises
    ------
    BadProblem
        There is no factor, or one is not a finite number above zero.
    """
    sizes = np.asarray(factors, dtype=float)
    if sizes.ndim != 1 or not sizes.size or not np.all((sizes > 0) & (sizes < np.inf)):
        raise BadProblem(
            "doses cannot be multiplied so.",
            got=list(factors),
            expected="finite numbers above zero",
        )
    problem = task.problem()
    n, times = problem.n_subjects, len(sizes)
    rest = find_rest(problem, workers=workers, cancel=cancel) if rest is None else rest
    again = np.tile(np.arange(n), times)
    whole = replace(
        problem,
        schedule=problem.schedule.of_rows(again),
        parameters=np.tile(problem.parameters, (times, 1)),
        bases=np.concatenate([problem.bases * size for size in sizes]),
    )
    rests = Rest(**{one.name: getattr(rest, one.name)[again] for one in fields(Rest)})
    solution = solve(whole, workers=workers, cancel=cancel, rest=rests)
    counted = np.tile(task.population.prevalence(), times)
    run = task.label(solution, problem.program, None, counted)
    parts = [range(i * n, (i + 1) * n) for i in range(times)]
    return DoseResponse(sizes, tuple(rows(run, part) for part in parts))
