"""`sensitivities`: how everything recorded moves with parameters, and with the doses.

Derivatives come from the engine, which differentiates its own steps; here they get
names and units. They are those of one subject by its own values: with `DOSES` all of
its doses grow in proportion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from il2sim.engine.directions import Directions, Moved
from il2sim.engine.solve import Device, solve
from il2sim.engine.trajectories import Trajectories
from il2sim.errors import UnknownName, closest
from il2sim.study.subjects import Floats
from il2sim.units import unit

if TYPE_CHECKING:
    from il2sim.study.simulate import Task

DOSES = "doses"
"""The name for all doses together, by their common factor [1]."""


@dataclass(frozen=True, eq=False)
class Sensitivities:
    """Derivatives of everything recorded.

    Attributes
    ----------
    run
        The trajectories themselves.
    by, units
        What was moved, ``n_by`` names, and the unit of each.
    values
        Unit of what is recorded for each unit of what was moved; shape
        ``(n_subjects, n_times, n_saved, n_by)``, not-a-number where a subject failed.
    resting
        The same before any dose, shape ``(n_subjects, n_saved, n_by)``.
    sizes
        What was moved, in its unit, shape ``(n_subjects, n_by)``.
    """

    run: Trajectories
    by: tuple[str, ...]
    units: tuple[str, ...]
    values: Floats
    resting: Floats
    sizes: Floats

    def of(self, name: str, by: str) -> Floats:
        """Derivative of one name by another, shape ``(n_subjects, n_times)``.

        Raises
        ------
        UnknownName
            Nothing of that name was recorded or moved.
        """
        places = []
        for one, known in ((name, self.run.names), (by, self.by)):
            if one not in known:
                raise UnknownName(
                    f"there is no derivative that involves '{one}'.",
                    got=f"'{one}'",
                    expected=closest(one, known),
                )
            places.append(known.index(one))
        found: Floats = self.values[:, :, places[0], places[1]]
        return found

    def relative(self, name: str, by: str) -> Floats:
        """Per cent for one per cent, [1]; not-a-number where the value is zero."""
        values = self.run[name].values
        sizes = self.sizes[:, None, self.by.index(by)]
        scaled = self.of(name, by) * sizes
        return np.divide(
            scaled, values, out=np.full_like(scaled, np.nan), where=values != 0
        )


def sensitivities(
    task: Task,
    by: Sequence[str],
    *,
    some: range | None = None,
    device: Device = "cpu",
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Sensitivities:
    """Solve a task with derivatives.

    Parameters
    ----------
    task
        From `prepare`.
    by
        Names of parameters of the model, or `DOSES`. Doses do not move with the
        parameter of the weight, although they are given by weight.
    some
        Which subjects; default all.
    device, workers, progress
        As in `simulate`.

    Raises
    ------
    UnknownName
        The model has no such parameter.

    Examples
    --------
    >>> from il2sim.models import body
    >>> from il2sim.study.populations import adults
    >>> from il2sim.study.regimen import Regimen
    >>> from il2sim.study.simulate import prepare
    >>> from il2sim.units import days
    >>> task = prepare(
    ...     body(),
    ...     Regimen.parse("aldesleukin 1 MIU/m2 sc daily for 2 days"),
    ...     adults(n=1, seed=1),
    ...     times=days(0, 2, every=1),
    ...     save=["plasma IL-2"],
    ... )
    >>> found = sensitivities(task, ["injection_site.k_absorb", DOSES])
    >>> found.of("plasma IL-2", DOSES).shape
    (1, 3)
    """
    task.refuse_protocol("a derivative")
    problem = task.problem(some)
    program = problem.program
    known = (*program.parameters, DOSES)
    for name in by:
        if name not in known:
            raise UnknownName(
                f"the model '{task.model.name}' has no parameter '{name}'.",
                got=f"'{name}'",
                expected=closest(name, known),
            )
    parameters = [name for name in by if name != DOSES]
    amounts = problem.schedule.amounts
    doses = [Moved(amounts, np.zeros_like(amounts))] if DOSES in by else []
    directions = Directions.of(program, parameters, events=doses, n_events=len(amounts))
    moved = replace(problem, directions=directions)
    solution = solve(moved, device=device, workers=workers, progress=progress)
    order = [*parameters, *([DOSES] if doses else [])]
    columns = [order.index(name) for name in by]
    units = tuple(_unit(task, name) for name in by)
    factors = np.array([unit(one).factor for one in units])
    return Sensitivities(
        run=task.label(solution, program, task.provenance(device)),
        by=tuple(by),
        units=units,
        values=solution.tangents[..., columns] * factors,
        resting=solution.resting_tangents[..., columns] * factors,
        sizes=_sizes(problem.parameters, program.parameters, by) / factors,
    )


def _unit(task: Task, name: str) -> str:
    return "1" if name == DOSES else task.model.parameters[name].unit


def _sizes(parameters: Floats, names: Sequence[str], by: Sequence[str]) -> Floats:
    ones = np.ones((len(parameters), 1))
    columns = [*names, DOSES]
    return np.hstack([parameters, ones])[:, [columns.index(name) for name in by]]
