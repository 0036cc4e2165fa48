"""Explain a run: solve its study again with every share recorded beside it.

The run's folder holds the study as it was carried out (``study.toml``); subject 7 is
the same in a population of any size, so fewer subjects are the run's first ones. What
is found is written into the folder, under ``explain/``.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from il2sim.app.run import STUDY_FILE, Options, task_of
from il2sim.engine.quantiles import quantiles
from il2sim.errors import UnreadableFile
from il2sim.provenance import VERSION, Provenance
from il2sim.study.attribution import SUM, Attribution, attribute, consumption
from il2sim.study.switching import Switched, switch_off

if TYPE_CHECKING:
    from il2sim.formats.study_file import Study
    from il2sim.study.attribution import By
    from il2sim.study.simulate import Task

SUBJECTS = 100
"""Enough for means; shares of a thousand take ten times as long."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a quantity of a run changed, and where the IL-2 went.

    Attributes
    ----------
    study
        Of the run.
    shares
        Of the quantity, over its resting value.
    fate
        Of the IL-2 given until the read-out visit, in per cent.
    written
        Files made in the run's folder.
    is_same_model
        Whether the run was made by the model and the numbers of today.
    """

    study: Study
    shares: Attribution
    fate: Attribution
    written: tuple[Path, ...]
    is_same_model: bool


def explain_run(
    folder: Path,
    quantity: str,
    *,
    by: By = "cause",
    subjects: int = SUBJECTS,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Explanation:
    """Share out the change of a quantity in a run, and follow its IL-2.

    Parameters
    ----------
    folder
        Of a run.
    quantity, by
        As in `il2sim.study.attribution.attribute`.
    subjects
        The first so many of the run, or all if there are fewer.
    workers, progress
        As in `simulate`.

    Raises
    ------
    UnreadableFile
        The folder is not one of a run, or of a version that kept no study.
    UnknownName, BadProblem
        As `attribute`.
    """
    study, task = task_of_run(folder)
    some = range(min(subjects, task.population.n))
    shares = attribute(
        task, quantity, by=by, some=some, workers=workers, progress=progress
    ).relative()
    fate = consumption(task, some=some, workers=workers).until(study.end_h).of_dose()
    made = Provenance.read(folder / "provenance.json")
    today = task.provenance(made.device)
    return Explanation(
        study=study,
        shares=shares,
        fate=fate,
        written=(
            *_write(folder, quantity, f"Why {quantity} change", shares, study.end_h),
            *_write(folder, "given IL-2", "Where the IL-2 went", fate, study.end_h),
        ),
        is_same_model=made.key == today.key,
    )


def switch_off_run(
    folder: Path,
    *,
    doses: Sequence[float],
    subjects: int = SUBJECTS,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Switched:
    """Solve the study of a run with one mechanism switched off at a time.

    A table and a figure are written into the folder.

    Parameters
    ----------
    folder, subjects, workers
        As in `explain_run`.
    doses
        What the doses of the run are multiplied by, [1].
    progress
        Called with the number of solves done and of all.

    Raises
    ------
    UnreadableFile, BadProblem
        As `explain_run` and `switch_off`.
    """
    from il2sim.figures import save
    from il2sim.figures.switching import switching_figure
    from il2sim.models.switches import SWITCHES

    study, task = task_of_run(folder)
    people = task.population.sized(min(subjects, task.population.n))
    found = switch_off(
        replace(task, population=people),
        SWITCHES,
        doses=doses,
        at_h=study.end_h,
        workers=workers,
        progress=progress,
    )
    place = folder / "explain"
    place.mkdir(exist_ok=True)
    rows = found.table()
    with (place / "switched-off.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    title = "Which mechanism carries the win of Treg"
    made = f"il2sim {VERSION} · {study.title}"
    save(switching_figure(found, title=title, made=made), place, "switched-off")
    return found


def task_of_run(folder: Path) -> tuple[Study, Task]:
    """Make the task of a run again from its folder.

    Raises
    ------
    UnreadableFile
        The folder is not one of a run, or of a version that kept no study.
    """
    from il2sim.formats.study_file import read_study

    path = folder / STUDY_FILE
    if not path.is_file():
        raise UnreadableFile(
            f"'{folder}' holds no run that can be solved again.",
            got=f"no '{STUDY_FILE}'",
            expected="the folder of a run, such as one under 'runs'",
            try_="il2sim run daily-low-dose-cancer --out runs/mine",
        )
    study = read_study(path)
    return study, task_of(study, Options(beside=folder))


def _write(
    folder: Path, name: str, title: str, shares: Attribution, at_h: float
) -> list[Path]:
    """Write a table over time, and a figure."""
    from il2sim.figures import save
    from il2sim.figures.attribution import shares_figure

    place, stem = folder / "explain", name.replace(" ", "-").replace("/", "-")
    place.mkdir(exist_ok=True)
    table = place / f"{stem}.csv"
    _write_table(table, shares)
    return [table, *save(shares_figure(shares, at_h=at_h, title=title), place, stem)]


def _write_table(path: Path, shares: Attribution) -> None:
    """One row for each time and share; the shares of a time sum to its last row."""
    columns = [*shares.parts, SUM]
    done = shares.is_done
    values = np.dstack([shares.shares, shares.change])[done]
    if not len(values):
        return
    stand = None if shares.prevalence is None else shares.prevalence[done]
    mean = np.average(values, axis=0, weights=stand)
    low, high = quantiles(values, [0.05, 0.95], stand)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["day", "share", *(f"{one} [{shares.unit}]" for one in _SPREAD)]
        )
        for i, time_h in enumerate(shares.times_h):
            for j, name in enumerate(columns):
                row = (mean[i, j], low[i, j], high[i, j])
                writer.writerow([f"{time_h / 24:g}", name, *(f"{x:.6g}" for x in row)])


_SPREAD = ("mean", "5 %", "95 %")
