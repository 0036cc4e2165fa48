"""Carry out a trial file and fill its folder.

As `run.py` does for studies: subjects are solved in portions that are kept as they
come, so the command that was killed goes on from there, to the same bits. When all are
done, endpoints are read, arms compared, figures drawn.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from il2sim.app.carry import Progress, Sizes, carry_out, read_back
from il2sim.app.folder import RunFolder, held
from il2sim.app.run import (
    PORTION,
    PORTION_S,
    RUNS,
    Options,
    check,
    keep_population,
)
from il2sim.engine.columns import read_columns, write_columns
from il2sim.engine.status import Status
from il2sim.errors import UnreadableFile
from il2sim.study.conduct import Conduct, Records, conduct
from il2sim.study.findings import Findings, find
from il2sim.study.trial_readings import left_days

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from il2sim.formats.trial_file import TrialFile

FIRST_PORTION = 64
"""Subjects in one portion at first, and at least: preparing one costs as much as 20."""

TRIAL_FILE = "trial.toml"
"""The trial in a folder, as it was carried out."""

ENDPOINTS, BASELINE = "endpoints.parquet", "table1.csv"

DECISIONS = "decisions.parquet"
"""What rules decided about whom, one row for each decision; where there are rules."""

Columns = dict[str, "NDArray[Any]"]


@dataclass(frozen=True, eq=False)
class TrialOutcome:
    """What a trial left.

    Attributes
    ----------
    folder
        Where everything lies.
    summary
        As in ``summary.json``.
    endpoints
        One row for each subject and treatment, by column.
    """

    folder: Path
    summary: dict[str, Any]
    endpoints: Columns

    @property
    def is_complete(self) -> bool:
        """Whether every subject was solved or failed, none left over."""
        return bool(self.summary["complete"])


def run_trial(
    found: TrialFile,
    name: str,
    options: Options | None = None,
    *,
    progress: Progress | None = None,
) -> TrialOutcome:
    """Carry out a trial.

    Parameters
    ----------
    found
        As read from its file.
    name
        For the folder.
    options
        What to do differently.
    progress
        Called with the number of subjects finished and of all.

    Returns
    -------
    TrialOutcome
        Also of a trial that was stopped by Ctrl-C after the first portion; then
        `is_complete` is False and the same options with `resume` go on.

    Raises
    ------
    FolderInUse
        As `il2sim.app.run.run_study`.
    KeyboardInterrupt
        Stopped before the first portion was finished.
    """
    options = options or Options()
    check(options)
    plan = plan_of(found, options)
    provenance = plan.provenance(options.device)
    path = options.out or RUNS / f"{name}-{provenance.key[:8]}"
    with held(path):
        folder = RunFolder.claim(path, provenance, resume=options.resume)
        if folder.is_finished:
            with suppress(UnreadableFile):  # damaged since: solved again
                columns, _ = read_columns(path / ENDPOINTS)
                folder.drop_parts()
                return TrialOutcome(path, folder.read_summary(), columns)
        folder.write_text(TRIAL_FILE, _as_carried_out(found, plan, folder, options))
        work = _Subjects(plan, folder, options)
        complete = carry_out(
            work,
            folder,
            device=options.device,
            cluster=options.cluster,
            progress=progress,
        )
        parts = list(read_back(work, complete=complete))
        if not parts:
            raise KeyboardInterrupt
        outcome = _write(found, plan, folder, Records.joined(parts), complete=complete)
        if complete:
            folder.drop_parts()
        return outcome


def plan_of(found: TrialFile, options: Options) -> Conduct:
    """The trial of a file, ready to be carried out, with what is chosen for a run."""
    trial = found.plan(options.subjects, options.seed, beside=options.beside)
    tolerance = found.tolerance if options.tolerance is None else options.tolerance
    return conduct(
        trial,
        found.find_model(),
        tolerance=tolerance,
        precision=options.precision or found.precision,
    )


def _as_carried_out(
    found: TrialFile, plan: Conduct, folder: RunFolder, options: Options
) -> str:
    """The trial file that gives the same numbers without any option."""
    from il2sim.formats.trial_file import as_toml

    population = plan.trial.population
    given: dict[str, Any] = {
        "subjects": population.n,
        "seed": population.seed,
        "tolerance": plan.tasks[0].tolerance,
        "precision": plan.tasks[0].precision,
        "arms": [
            row.model_copy(update={"regimen": str(arm.regimen), "protocol": None})
            for row, arm in zip(found.arms, plan.trial.arms, strict=True)
        ],
    }
    given |= keep_population(found, folder, options.beside)
    return as_toml(found.model_copy(update=given))


@dataclass(frozen=True, eq=False)
class _Subjects:
    """The subjects of a trial, as work in portions."""

    plan: Conduct
    folder: RunFolder
    options: Options

    @property
    def n(self) -> int:
        return self.plan.n

    @property
    def sizes(self) -> Sizes:
        return Sizes(
            first=FIRST_PORTION, least=FIRST_PORTION, most=PORTION, aim_s=PORTION_S
        )

    def read(self, start: int) -> tuple[range, Records] | None:
        names = [one.name for one in fields(Records)]
        kept = self.folder.read_arrays(start, names)
        return None if kept is None else (kept[0], Records(**kept[1]))

    def solve(self, some: range, progress: Progress) -> Records:
        del progress  # arms are solved one after the other: told when all are
        options = self.options
        return self.plan.solve(some, device=options.device, workers=options.workers)

    def keep(self, some: range, part: Records) -> None:
        self.folder.keep_arrays(some, part.arrays())


def _write(
    found: TrialFile,
    plan: Conduct,
    folder: RunFolder,
    records: Records,
    *,
    complete: bool,
) -> TrialOutcome:
    from il2sim.study.baseline import baseline

    findings = find(plan, records)
    summary = {
        "title": found.title,
        "question": found.question,
        "design": found.design,
        "population": plan.trial.population.name,
        "model": plan.tasks[0].model.name,
        "control": found.control,
        "primary": found.primary,
        "days": found.days,
        "regimens": {one.name: str(one.regimen) for one in plan.trial.arms},
        "key": folder.provenance.key,
        "complete": complete,
        "planned": plan.n,
        "subjects": _subjects(plan, records),
        **findings.to_dict(),
    }
    columns = endpoint_columns(findings)
    write_columns(columns, folder.path / ENDPOINTS, {"key": folder.provenance.key})
    folder.write_table("endpoints.csv", columns)
    folder.write_table(BASELINE, baseline(plan).columns())
    if any(one is not None for one in plan.plans):
        about = {"key": folder.provenance.key}
        write_columns(decision_columns(findings), folder.path / DECISIONS, about)
    outcome = TrialOutcome(folder.path, summary, columns)
    if complete:
        _draw(found, findings, summary, folder)
    folder.write_summary(summary)  # last: it says that the trial is complete
    return outcome


def _subjects(plan: Conduct, records: Records) -> dict[str, Any]:
    """How many there are, how many have no answer, and why."""
    codes = records.status[~records.is_done]
    left = np.isfinite(left_days(records, np.unique(records.subject)))
    return {
        "n": len(np.unique(records.subject)),
        "failed": len(np.unique(records.subject[~records.is_done])),
        "left": int(left.sum()),
        "retried": int(np.count_nonzero(records.retries)),
        "reasons": {
            Status(int(code)).name: int(np.sum(codes == code))
            for code in np.unique(codes)
        },
    }


def endpoint_columns(findings: Findings) -> Columns:
    """One row for each subject and treatment: who, where, and every endpoint."""
    plan, readings = findings.plan, findings.readings
    trial = plan.trial
    people = trial.persons.draw(range(plan.n))
    who = readings.subject
    names = np.array([arm.name for arm in trial.arms])
    status = np.full(plan.n, int(Status.CANCELLED))
    status[findings.records.subject] = findings.records.status
    columns: Columns = {
        "subject": who,
        "trial": readings.trial,
        "arm": names[readings.arm],
        "period": readings.period,
        "status": status[who],
        "left on day": left_days(findings.records, who),
        "age [y]": people.age_y[who],
        "is female": people.is_female[who],
        "weight [kg]": people.weight_kg[who],
        "share of dose given": _by_row(findings, findings.records.share_given),
    }
    for i, measure in enumerate(trial.measures):
        unit = measure.unit(plan.units)
        columns[f"{measure.name} [{unit}]"] = readings.values[:, i]
        if measure.is_event:
            columns[f"{measure.name}: seen"] = readings.is_event[:, i]
    return columns


def _by_row(findings: Findings, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each record has, for each reading; periods of a crossover share theirs."""
    return np.tile(values, len(findings.readings) // len(values))


def decision_columns(findings: Findings) -> Columns:
    """One row for each decision of a rule: who, in which arm, when, and which."""
    plan, decided = findings.plan, findings.records.decided
    names = np.array(plan.trial.groups())
    told = [
        []
        if steered is None
        else [
            (
                one.record.time_h / 24.0,
                one.note.decision if one.note else "",
                one.note.rule if one.note else "",
            )
            for one in steered.checks
        ]
        for steered in plan.plans
    ]
    rows = [told[group][check] for _, group, check in decided.tolist()]
    return {
        "subject": decided[:, 0],
        "arm": names[decided[:, 1]],
        "day": np.array([day for day, _, _ in rows], dtype=float),
        "decision": np.array([word for _, word, _ in rows], dtype=np.str_),
        "rule": np.array([rule for _, _, rule in rows], dtype=np.str_),
    }


def _draw(
    found: TrialFile, findings: Findings, summary: dict[str, Any], folder: RunFolder
) -> None:
    """Figures, and the report that holds them."""
    from il2sim.app.report.page import REPORT, trial_page
    from il2sim.app.report.trial import ToldOfTrial
    from il2sim.figures import save
    from il2sim.figures.trials import draw_trial

    drawn = draw_trial(findings) if findings.records.is_done.any() else {}
    pictures = {}
    for name, figure in drawn.items():
        _, svg = save(figure, folder.path / "figures", name)
        pictures[name] = svg.read_bytes()
    text = (folder.path / TRIAL_FILE).read_text("utf-8")
    told = ToldOfTrial(found, text, findings, summary, pictures, folder.provenance)
    folder.write_text(REPORT, trial_page(told))
