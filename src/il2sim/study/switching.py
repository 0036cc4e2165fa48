"""Which mechanism carries a result: the same study with one switched off at a time.

Every switch is solved at several doses. What is compared is the win of one population
over another: its fold over rest divided by the other's, in each subject. A mechanism
carries the part of the logarithm of the win that is lost without it; parts need not sum
to one, because mechanisms work together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from il2sim.errors import BadProblem
from il2sim.study.simulate import Task, solve_task
from il2sim.study.subjects import Floats

if TYPE_CHECKING:
    from il2sim.engine.solve import Device
    from il2sim.models.switches import Switch

SHOWN = ("naive Treg", "memory Treg", "CD4 Tconv", "CD8", "NK")
"""Populations whose folds are recorded."""

RIVAL = "CD4 Tconv"
"""Over whom Treg win."""

LEAST_WIN = 0.05
"""Logarithm of a win below which nothing is won that could be carried."""


@dataclass(frozen=True, eq=False)
class Switched:
    """Folds with each mechanism switched off, at each dose.

    Attributes
    ----------
    switches
        The first is the model as it is, ``n_switches`` of them.
    doses
        Factors on the doses of the regimen, [1], ``n_doses`` of them.
    labels
        The doses in words.
    names
        Populations, ``n_names`` of them.
    folds
        Count over resting count on the day asked for, [1]; shape ``(n_switches,
        n_doses, n_names, n_subjects)``; not-a-number where a subject failed.
    at_h
        The day, [h].
    """

    switches: tuple[Switch, ...]
    doses: Floats
    labels: tuple[str, ...]
    names: tuple[str, ...]
    folds: Floats
    at_h: float

    def median(self, name: str) -> Floats:
        """Median fold over the solved subjects, shape ``(n_switches, n_doses)``."""
        return np.asarray(np.nanmedian(self.folds[:, :, self.names.index(name)], -1))

    def win(self, name: str, over: str = RIVAL) -> Floats:
        """Median of one fold over another, shape ``(n_switches, n_doses)``."""
        one, other = (self.folds[:, :, self.names.index(who)] for who in (name, over))
        return np.asarray(np.nanmedian(one / other, axis=-1))

    def carried(self, name: str, over: str = RIVAL) -> Floats:
        """Part of the win that each mechanism carries, [1].

        Shape ``(n_switches, n_doses)``; below zero where it works against the win,
        not-a-number where there is none.
        """
        logs = np.log(self.win(name, over))
        whole = np.where(np.abs(logs[0]) < LEAST_WIN, np.nan, logs[0])
        return np.asarray(1 - logs / whole)

    def table(self) -> list[dict[str, Any]]:
        """One row for each switch and dose, with folds, wins and parts carried."""
        rows: list[dict[str, Any]] = []
        treg = [name for name in self.names if name.endswith("Treg")]
        for i, switch in enumerate(self.switches):
            for j, dose in enumerate(self.labels):
                row: dict[str, Any] = {"switched off": switch.name, "dose": dose}
                row |= {f"{one} fold": self.median(one)[i, j] for one in self.names}
                row |= {f"{one} over {RIVAL}": self.win(one)[i, j] for one in treg}
                row |= {
                    f"carries of {one} [%]": 100 * self.carried(one)[i, j]
                    for one in treg
                }
                rows.append(row)
        return rows


def switch_off(
    task: Task,
    switches: Sequence[Switch],
    *,
    doses: Sequence[float] = (0.1, 0.3, 1.0, 3.0),
    at_h: float | None = None,
    device: Device = "cpu",
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Switched:
    """Solve a study with each mechanism switched off, at several doses.

    Parameters
    ----------
    task
        The study. Every switch has its subjects.
    switches
        Such as `il2sim.models.switches.SWITCHES`; the first is the model as it is.
    doses
        What the doses of the regimen are multiplied by, [1].
    at_h
        When folds are read, [h]. Default: the last time of the task.
    device, workers
        As in `simulate`.
    progress
        Called with the number of solves done and of all.

    Raises
    ------
    BadProblem
        A dose is not a finite number above zero.
    """
    sizes = np.asarray(doses, dtype=float)
    if not sizes.size or not np.all(np.isfinite(sizes) & (sizes > 0)):
        raise BadProblem(
            "doses cannot be multiplied so.",
            got=list(doses),
            expected="finite numbers above zero",
        )
    task.refuse_protocol("a comparison of mechanisms")
    end_h = float(task.times_h[-1]) if at_h is None else at_h
    names = tuple(name for name in SHOWN if name in task.model.outputs)
    short = replace(task, times_h=np.array([end_h]), save=names)
    folds = np.full((len(switches), len(sizes), len(names), task.population.n), np.nan)
    done, whole = 0, len(switches) * len(sizes)
    for i, switch in enumerate(switches):
        factors = {**task.factors, **switch.factors(task.model)}
        changed = replace(short, model=switch.model(task.model), factors=factors)
        for j, size in enumerate(sizes):
            regimen = task.regimen.scaled(float(size))
            one = replace(changed, regimen=regimen)
            run = solve_task(one, device=device, workers=workers)
            for k, name in enumerate(names):
                folds[i, j, k] = run[name].fold().values[:, -1]
            done += 1
            if progress is not None:
                progress(done, whole)
    return Switched(
        tuple(switches),
        sizes,
        tuple(_dose(task, size) for size in sizes),
        names,
        folds,
        end_h,
    )


def _dose(task: Task, size: float) -> str:
    """The first dose of a regimen, multiplied."""
    first = task.regimen.courses[0]
    per = "" if first.per == "flat" else f"/{first.per}"
    return f"{first.amount * size:.3g} {first.unit}{per}"
