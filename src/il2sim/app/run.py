"""Carry out a study file and fill its folder.

Every door calls this. Subjects are solved in portions that are kept as they come; when
all are done what is there is put together and written: trajectories, endpoints,
summary, figures and what produced them. When the user stops, the numbers are written.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from il2sim.app.carry import Progress, Sizes, carry_out, read_back
from il2sim.app.folder import RunFolder, held
from il2sim.engine.store import read as read_trajectories
from il2sim.errors import BadProblem, UnknownName, UnreadableFile
from il2sim.study.comparison import Comparison, compare
from il2sim.study.endpoints import by_subject, summarize
from il2sim.study.ledger import keep_ledger
from il2sim.study.populations import posterior_files
from il2sim.study.simulate import Task, prepare, solve_task
from il2sim.study.toxicity import summarize_toxicity, toxicity_by_subject

if TYPE_CHECKING:
    from il2sim.engine.precision import PrecisionName
    from il2sim.engine.solve import Device
    from il2sim.engine.store import Format
    from il2sim.engine.trajectories import Trajectories
    from il2sim.figures import Published
    from il2sim.formats.study_file import CompareRow, Study
    from il2sim.formats.trial_file import TrialFile

PORTION, FIRST_PORTION = 250, 16
"""Subjects in one portion, at most and at first."""

PORTION_S = 2.0
"""How long a portion should take, [s]: so much work is lost when a run is killed."""

STUDY_FILE, POPULATION_FILE = "study.toml", "population.toml"
"""The study in a run's folder, as it was carried out."""

CATALOG_FILE = "catalog.toml"
"""Its molecules, if they came from a file."""

PEOPLE_FILE = "population.parquet"
"""Its persons, if they came from a file."""

FAILURES = "failures.csv"
"""The subjects without an answer, where there are any."""

DECISIONS = "decisions.csv"
"""What a protocol decided about each subject, where there is one."""

RUNS = Path("runs")
"""Where folders are made unless the user names one."""


@dataclass(frozen=True)
class Options:
    """What may be chosen for a run; None is the study's own value.

    Attributes
    ----------
    subjects, seed, tolerance, precision
        Instead of the study's.
    device, workers
        Where it is solved, and by how many threads.
    cluster
        Address of a Dask scheduler whose workers solve it; None solves it here.
    out
        The folder. Default: ``runs/<study>-<key>``.
    resume
        Whether to go on with, or return, what the folder holds.
    format
        Of the trajectories.
    beside
        Folder that files named in the study are relative to.
    catalog
        A file of molecules and products, instead of the study's.
    """

    subjects: int | None = None
    seed: int | None = None
    tolerance: float | None = None
    precision: PrecisionName | None = None
    device: Device = "cpu"
    workers: int | None = None
    cluster: str | None = None
    out: Path | None = None
    resume: bool = False
    format: Format = "zarr"
    beside: Path | None = None
    catalog: Path | None = None


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run left.

    Attributes
    ----------
    folder
        Where everything lies.
    trajectories
        Of the subjects that were finished.
    summary
        As in ``summary.json``.
    comparisons
        Published values and ours.
    """

    folder: Path
    trajectories: Trajectories
    summary: dict[str, Any]
    comparisons: tuple[Comparison, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every subject was solved or failed, none left over."""
        return bool(self.summary["complete"])


def run_study(
    study: Study,
    name: str,
    options: Options | None = None,
    *,
    progress: Progress | None = None,
) -> Outcome:
    """Carry out a study.

    Parameters
    ----------
    study
        As read from its file.
    name
        For the folder.
    options
        What to do differently.
    progress
        Called with the number of subjects finished and of all.

    Returns
    -------
    Outcome
        Also of a run that was stopped by Ctrl-C after the first portion; then
        `is_complete` is False, there are numbers but no pictures, and the same options
        with `resume` go on.

    Raises
    ------
    FolderInUse
        The folder holds something else, or the same run and `resume` is not set, or
        another process is at work in it.
    KeyboardInterrupt
        Stopped before the first portion was finished.
    """
    options = options or Options()
    check(options)
    task = task_of(study, options)
    provenance = task.provenance(options.device)
    path = options.out or RUNS / f"{name}-{provenance.key[:8]}"
    with held(path):
        folder = RunFolder.claim(path, provenance, resume=options.resume)
        if folder.is_finished:
            with suppress(UnreadableFile):  # damaged since: solved again
                outcome = _finished(study, folder)
                folder.drop_parts()
                return outcome
        carried_out = _as_carried_out(study, task, folder, options)
        folder.write_text(STUDY_FILE, carried_out)
        work = _Subjects(task, folder, options)
        complete = carry_out(
            work,
            folder,
            device=options.device,
            cluster=options.cluster,
            progress=progress,
        )
        if not complete and work.read(0) is None:
            raise KeyboardInterrupt
        parts = read_back(work, complete=complete)
        folder.write_trajectories(parts, work.n, options.format)
        run = read_trajectories(path)
        outcome = _write(study, task, folder, run, complete=complete)
        if complete:
            folder.drop_parts()
        return outcome


def key_of(study: Study, options: Options | None = None) -> str:
    """The key that the run of a study has; equal keys mean equal work."""
    options = options or Options()
    return task_of(study, options).provenance(options.device).key


def _as_carried_out(
    study: Study, task: Task, folder: RunFolder, options: Options
) -> str:
    """The study file that gives the same numbers without any option.

    A file of the population, of its persons or of molecules is copied beside it.
    """
    from il2sim.formats.study_file import as_toml

    given: dict[str, Any] = {
        "subjects": task.population.n,
        "seed": task.population.seed,
        "tolerance": task.tolerance,
        "precision": task.precision,
        **keep_population(study, folder, options.beside),
    }
    catalog = _catalog_path(study, options)
    if catalog is not None:
        folder.write_text(CATALOG_FILE, catalog.read_text("utf-8"))
        given["catalog_file"] = CATALOG_FILE
    return as_toml(study.model_copy(update=given))


def keep_population(
    named: Study | TrialFile, folder: RunFolder, beside: Path | None
) -> dict[str, str]:
    """Copy the files of a population into a folder; what they are called there."""
    given: dict[str, str] = {}
    if named.population_file is not None:
        path = (beside or Path()) / named.population_file
        folder.write_text(POPULATION_FILE, path.read_text("utf-8"))
        given["population_file"] = POPULATION_FILE
        for name in posterior_files(path):
            folder.write_bytes(name, (path.parent / name).read_bytes())
    if named.people_file is not None:
        people = (beside or Path()) / named.people_file
        folder.write_bytes(PEOPLE_FILE, people.read_bytes())
        given["population"] = PEOPLE_FILE
    return given


def compare_row(study: Study, run: Trajectories, row: CompareRow) -> Comparison:
    """Compare one published value; of another prescription there is no verdict.

    Raises
    ------
    UnknownName, BadProblem
        As `compare`.
    """
    found = compare(run, row.expected(), study.end_h)
    return found if study.published_for is None else replace(found, agrees=None)


def published_of(study: Study) -> list[Published]:
    """The fold changes that a study compares, for the figures."""
    from il2sim.figures import Published

    found = []
    for row in () if study.published_for else study.compare:
        is_one_name = " / " not in row.name and " + " not in row.name
        if "fold" in row.endpoint and is_one_name:
            begin, end = _window(row, study)
            found.append(
                Published(
                    name=row.name,
                    key=", ".join(row.evidence),
                    start_h=24.0 * begin,
                    end_h=24.0 * end,
                    low=float("-inf") if row.low is None else row.low,
                    high=float("inf") if row.high is None else row.high,
                    direction=row.direction,
                )
            )
    return found


def _window(row: CompareRow, study: Study) -> tuple[float, float]:
    """Between which days a published value was read, [d]."""
    if row.day is not None:
        return row.day, row.day
    if row.endpoint == "peak fold":
        return row.from_day or 0.0, row.until_day or study.days
    return row.from_day or study.end_day, row.until_day or study.end_day


def check(options: Options) -> None:
    """Refuse what cannot be solved or written, before a folder is made.

    Raises
    ------
    UnknownName, BadProblem
        A device, format, number of threads or tolerance that cannot be used.
    """
    from il2sim.engine.solve import Device
    from il2sim.engine.store import Format

    for what, given, known in (
        ("device", options.device, get_args(Device)),
        ("format", options.format, get_args(Format)),
    ):
        if given not in known:
            raise UnknownName(
                f"there is no {what} '{given}'.",
                got=f"'{given}'",
                expected=" or ".join(known),
            )
    if options.workers is not None and options.workers < 1:
        raise BadProblem(
            "nothing can be solved by so few workers.",
            got=options.workers,
            expected="1 or more threads",
        )
    if options.tolerance is not None and not 0 < options.tolerance < 1:
        raise BadProblem(
            "the tolerance of a run cannot be used.",
            got=options.tolerance,
            expected="a number between 0 and 1",
        )


def _catalog_path(study: Study, options: Options) -> Path | None:
    """The file of molecules, of the command or of the study."""
    if options.catalog is not None or study.catalog_file is None:
        return options.catalog
    return (options.beside or Path()) / study.catalog_file


def task_of(study: Study, options: Options) -> Task:
    """The task of a study, with what is chosen for a run."""
    from il2sim.molecules import read_catalog

    own = _catalog_path(study, options)
    tolerance = study.tolerance if options.tolerance is None else options.tolerance
    task = prepare(
        study.find_model(),
        study.parsed_protocol(),
        study.find_population(options.subjects, options.seed, beside=options.beside),
        times=study.times(),
        tolerance=tolerance,
        factors=study.factors,
        products=None if own is None else read_catalog(own),
    )
    return replace(task, precision=options.precision or study.precision)


@dataclass(frozen=True, eq=False)
class _Subjects:
    """The subjects of a study, as work in portions."""

    task: Task
    folder: RunFolder
    options: Options

    @property
    def n(self) -> int:
        return self.task.population.n

    @property
    def sizes(self) -> Sizes:
        return Sizes(first=min(PORTION, FIRST_PORTION), most=PORTION, aim_s=PORTION_S)

    def read(self, start: int) -> tuple[range, Trajectories] | None:
        part = self.folder.read_part(start)
        return None if part is None else (range(start, start + len(part)), part)

    def solve(self, some: range, progress: Progress) -> Trajectories:
        return solve_task(
            self.task,
            some,
            device=self.options.device,
            workers=self.options.workers,
            progress=progress,
        )

    def keep(self, some: range, part: Trajectories) -> None:
        self.folder.keep_part(some, part)


def _write(
    study: Study,
    task: Task,
    folder: RunFolder,
    run: Trajectories,
    *,
    complete: bool,
) -> Outcome:
    comparisons = tuple(compare_row(study, run, row) for row in study.compare)
    people = task.population.draw(range(len(run)))
    lost = keep_ledger(run, people, study.end_h)
    summary = {
        "title": study.title,
        "regimen": str(task.regimen),
        "population": task.population.name,
        "model": task.model.name,
        "end_day": study.end_day,
        "key": folder.provenance.key,
        "complete": complete,
        "planned": task.population.n,
        **summarize(run, study.end_h),
        "toxicity": summarize_toxicity(run),
        "failures": lost.to_dict(),
        "published": [one.to_dict() for one in comparisons],
        **_decided(task, run),
    }
    if run.decisions is not None:
        folder.write_table(DECISIONS, run.decisions.columns())
    if lost:
        folder.write_table(FAILURES, lost.rows)
    folder.write_table(
        "endpoints.csv",
        {
            "subject": range(len(run)),
            "status": run.status,
            "retries": run.retries,
            "prevalence": run.prevalence,
            "age [y]": people.age_y,
            "is female": people.is_female,
            "weight [kg]": people.weight_kg,
            "surface [m^2]": people.surface_m2,
            **({} if run.decisions is None else run.decisions.by_subject()),
            **by_subject(run, study.end_h),
            **toxicity_by_subject(run),
        },
    )
    outcome = Outcome(folder.path, run, summary, comparisons)
    if complete:
        _draw(study, folder, run)
        _report(study, task, folder, outcome)
    folder.write_summary(summary)  # last: it says that the run is complete
    return outcome


def _decided(task: Task, run: Trajectories) -> dict[str, Any]:
    """The protocol and how many subjects met each kind of decision."""
    if run.decisions is None:
        return {}
    return {"protocol": str(task.protocol), "decisions": run.decisions.counts()}


def _report(study: Study, task: Task, folder: RunFolder, outcome: Outcome) -> None:
    from il2sim.app.report.contents import Told
    from il2sim.app.report.page import REPORT, page

    study_text = (folder.path / STUDY_FILE).read_text("utf-8")
    folder.write_text(REPORT, page(Told(study, study_text, task, outcome)))


def _draw(study: Study, folder: RunFolder, run: Trajectories) -> None:
    from il2sim.figures import draw_all, save

    if run.is_done.any():
        drawn = draw_all(run, published=published_of(study), title=study.title)
        for name, figure in drawn.items():
            save(figure, folder.path / "figures", name)


def _finished(study: Study, folder: RunFolder) -> Outcome:
    run = read_trajectories(folder.path)
    comparisons = tuple(compare_row(study, run, row) for row in study.compare)
    return Outcome(folder.path, run, folder.read_summary(), comparisons)
