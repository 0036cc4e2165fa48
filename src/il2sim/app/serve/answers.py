"""Bands of a scenario, fast enough for a slider.

Models are compiled once, when the server starts. Nothing that a slider moves compiles
again, and resting states are kept while the parameters that decide them stay the same:
doses and intervals play no part in them.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from il2sim.app.run import compare_row
from il2sim.engine.problem import DEFAULT_METHOD
from il2sim.engine.rows import rows
from il2sim.engine.solve import find_rest, solve
from il2sim.engine.status import Status
from il2sim.engine.trajectories import TimeCourse, Trajectories
from il2sim.errors import BadStudy, Il2simError
from il2sim.figures.attribution import color_of_share
from il2sim.figures.panels import before_doses
from il2sim.study import populations
from il2sim.study.attribution import Attribution, attribute, consumption
from il2sim.study.endpoints import POPULATIONS, subjects_of, summarize
from il2sim.study.people import People, Treated
from il2sim.study.simulate import Task, prepare
from il2sim.study.sweep import dose_response
from il2sim.study.toxicity import TOXICITY, summarize_toxicity

if TYPE_CHECKING:
    from il2sim.app.serve.messages import Asked, SharesAsked
    from il2sim.engine.problem import Problem
    from il2sim.engine.resting import Rest
    from il2sim.formats.study_file import Study

QUICK: Mapping[str, Any] = MappingProxyType(
    {"tolerance": 1.5e-2, "method": "rodas4", "precision": "single"}
)
"""Of one step while a slider moves: bands of the shipped studies are off by 4 % of
their height at most, which the eye hardly sees; the refinement takes the study's own.
At so large an error a method of order 4 with fewer stages takes less time, and stages
in single precision take half."""

KEPT_RESTS = KEPT_PERSONS = 32

LEAST = 8
"""Subjects that are followed however short the time is."""

QUANTILES = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}

SHOWN = (
    *("naive Treg", "memory Treg", "CD4 Tconv", "CD8", "NK dim", "NK bright"),
    *("Treg", "NK", "plasma IL-2", "lymphocytes", "tumor"),
    *("systolic pressure", "albumin", "weight gain", "leak grade"),
)
"""What the view of courses shows, where a model has it."""

FLUIDS = ("plasma IL-2", "tissue IL-2")
"""Far below what treatment makes of them: nobody reads their folds."""

NEVER_FOLDS = (*FLUIDS, *TOXICITY)
"""Shown in their units, at every recorded time."""

RECEPTORS = ("CD25 of ", "CD122 of ", "pSTAT5 of ")

POINTS = 100
"""Subjects that are drawn one by one in the plane of Treg against effectors."""


class Superseded(Exception):
    """A newer request of the same client has come."""


class Answers:
    """Answers questions of the page, one solve at a time.

    Parameters
    ----------
    workers
        Threads of a solve; default one for each core.
    seconds
        After so many a quick answer is given up.
    """

    def __init__(self, workers: int | None = None, seconds: float = 20.0) -> None:
        self.workers = workers
        self.seconds = seconds
        self.stage = "starting"
        self.is_ready = threading.Event()
        self._turn = threading.Lock()
        self._rests: OrderedDict[bytes, Rest] = OrderedDict()
        self._newest: dict[str, int] = {}
        self._waiting = 0
        self._guard = threading.Lock()

    def warm(self, studies: Sequence[Study]) -> None:
        """Compile what any question may need, and say how far it is."""
        try:
            models = {study.model: study for study in studies}
            for name, study in models.items():
                self.stage = f"compiling the model '{name}'"
                quick = quick_task(study, "courses", 2)
                refined = replace(
                    quick, method=DEFAULT_METHOD, precision=study.precision
                )
                for task in (quick, refined):
                    self.solve(task)
            self.stage = "ready"
            self.is_ready.set()
        except Il2simError as error:
            self.stage = f"the models cannot be compiled: {error}"

    def quick(self, study: Study, asked: Asked) -> dict[str, Any]:
        """Bands at the tolerance of a moving slider.

        Raises
        ------
        Superseded
            The client has asked for something newer meanwhile.
        """
        began = time.perf_counter()
        task = quick_task(study, asked.view, asked.subjects)
        with self._turn_of(f"{asked.client}/{asked.view}") as others:
            within = asked.within_ms
            run = self._within(
                task, within if within is None else within / (1 + others)
            )
        took_ms = 1e3 * (time.perf_counter() - began)
        return bands(study, run, asked.scale, took_ms=took_ms)

    def _within(self, task: Task, within_ms: float | None) -> Trajectories:
        """The first subjects of a task, as many as are solved in time; eight at least.

        Subjects are begun in order, and those begun are finished: none is left out
        because it takes longer.
        """
        problem = task.problem()
        with _deadline(self.seconds) as cancel:
            rest = self._rest(problem, cancel)
        seconds = self.seconds if within_ms is None else 1e-3 * within_ms
        with _deadline(seconds) as cancel:
            run = self.solve(task, cancel=cancel, known=(problem, rest))
        begun = int(np.count_nonzero(run.status != Status.CANCELLED))
        if begun == len(run):
            return run
        if begun == 0:
            few = replace(task, population=task.population.sized(LEAST))
            with _deadline(self.seconds) as cancel:
                return self.solve(few, cancel=cancel)
        return rows(run, range(begun))

    def sweep(
        self, study: Study, factors: Sequence[float], subjects: int, client: str
    ) -> dict[str, Any]:
        """Endpoints at each factor of the doses, of the same subjects."""
        began = time.perf_counter()
        task = quick_task(study, "courses", subjects)
        problem = task.problem()
        with self._turn_of(f"{client}/sweep"), _deadline(self.seconds) as cancel:
            found = dose_response(
                task,
                factors,
                rest=self._rest(problem, cancel),
                workers=self.workers,
                cancel=cancel,
            )
        self._refuse_unfinished(np.concatenate([run.status for run in found.runs]))
        first = task.regimen.courses[0]
        per = "" if first.per == "flat" else f"/{first.per}"
        return {
            "regimen": study.regimen,
            "subjects": subjects,
            "took_ms": 1e3 * (time.perf_counter() - began),
            "factors": list(found.factors),
            "dose_unit": first.unit + per,
            "doses": [first.amount * factor for factor in found.factors],
            "endpoints": [
                summarize(run, study.end_h)["endpoints"] for run in found.runs
            ],
        }

    def shares(self, study: Study, asked: SharesAsked) -> dict[str, Any]:
        """Which processes made the change of a quantity."""
        began = time.perf_counter()
        task = quick_task(study, "courses", asked.subjects)
        turn = self._turn_of(f"{asked.client}/shares")
        with turn, _deadline(self.seconds) as cancel:
            found = shares_of(task, asked.quantity, self.workers, cancel)
        self._refuse_unfinished(found.status)
        drawn = np.flatnonzero(before_doses(found.times_h, found.doses_h))
        mean = np.full((len(drawn), len(found.parts)), np.nan)
        if found.is_done.any():
            mean = found.mean()[drawn]
        return {
            "quantity": asked.quantity,
            "unit": found.unit,
            "times_d": (found.times_h[drawn] / 24.0).tolist(),
            "end_d": study.end_day,
            "parts": {
                name: row.tolist()
                for name, row in zip(found.parts, mean.T, strict=True)
            },
            "colors": {name: color_of_share(name) for name in found.parts},
            "change": mean.sum(axis=1).tolist(),
            "table": found.table(study.end_h),
            "subjects": asked.subjects,
            "took_ms": round(1e3 * (time.perf_counter() - began), 1),
        }

    def _refuse_unfinished(self, status: NDArray[np.int64]) -> None:
        if np.any(status == Status.CANCELLED):
            raise BadStudy(
                "the answer takes longer than this page waits.",
                got=f"more than {self.seconds:g} s",
                expected="fewer subjects, days or doses",
                try_="'il2sim run' and 'il2sim explain' on the command line",
            )

    def solve(
        self,
        task: Task,
        *,
        cancel: threading.Event | None = None,
        known: tuple[Problem, Rest] | None = None,
    ) -> Trajectories:
        """Solve a task; its arrays and resting states may be known already."""
        problem = task.problem() if known is None else known[0]
        rest = self._rest(problem, cancel) if known is None else known[1]
        solution = solve(problem, workers=self.workers, cancel=cancel, rest=rest)
        return task.label(solution, problem.program, None)

    def _rest(self, problem: Problem, cancel: threading.Event | None) -> Rest:
        head = problem.program.fingerprint.encode()
        name = hashlib.sha256(head + problem.parameters.tobytes()).digest()
        with self._guard:
            known = self._rests.get(name)
        if known is not None:
            return known
        rest = find_rest(problem, workers=self.workers, cancel=cancel)
        if cancel is None or not cancel.is_set():
            with self._guard:
                self._rests[name] = rest
                while len(self._rests) > KEPT_RESTS:
                    self._rests.popitem(last=False)
        return rest

    @contextmanager
    def _turn_of(self, client: str) -> Iterator[int]:
        """Wait for the turn; give way to a newer question of the same client.

        Yields how many others wait meanwhile.
        """
        with self._guard:
            mine = self._newest[client] = self._newest.get(client, 0) + 1
            self._waiting += 1
        with self._turn:
            with self._guard:
                self._waiting -= 1
                others = self._waiting
            if self._newest[client] != mine:
                raise Superseded
            yield others


@contextmanager
def _deadline(seconds: float) -> Iterator[threading.Event]:
    """An event that is set when the time is over."""
    cancel = threading.Event()
    timer = threading.Timer(seconds, cancel.set)
    timer.daemon = True
    timer.start()
    try:
        yield cancel
    finally:
        timer.cancel()


def task_of(study: Study, view: str, population: Treated) -> Task:
    """What is to be solved for a view of a study.

    Parameters
    ----------
    study
        After its sliders.
    view
        ``"courses"``, ``"receptors"``, or ``"all"`` that the model shows.
    population
        Who is treated.
    """
    model = study.find_model()
    task = prepare(
        model,
        study.parsed_protocol(),
        population,
        times=study.times(),
        save=names_of(view, tuple(model.outputs)),
        tolerance=study.tolerance,
        factors=study.factors,
    )
    return replace(task, precision=study.precision)


def quick_task(study: Study, view: str, subjects: int) -> Task:
    """The same as it is solved while a slider moves, which moves no person."""
    persons = _persons(study.population, subjects, study.seed)
    task = task_of(study, view, persons)
    return replace(task, **QUICK)


@lru_cache(maxsize=KEPT_PERSONS)
def _persons(population: str, n: int, seed: int) -> People:
    """The persons of a ready-made population, drawn once."""
    drawn = populations.population(population, n=n, seed=seed)
    return People.of(drawn, np.ones(n))


def shares_of(
    task: Task,
    quantity: str,
    workers: int | None,
    cancel: threading.Event | None = None,
) -> Attribution:
    """Shares of the fold of a population, or of the doses in per cent."""
    if quantity == "IL-2":
        return consumption(task, workers=workers, cancel=cancel).of_dose()
    return attribute(task, quantity, workers=workers, cancel=cancel).relative()


def names_of(view: str, outputs: Sequence[str]) -> list[str]:
    """Names that a view shows."""
    if view == "all":
        return list(outputs)
    if view == "receptors":
        return [name for name in outputs if name.startswith(RECEPTORS)]
    return [name for name in SHOWN if name in outputs]


def bands(
    study: Study, run: Trajectories, scale: str, *, took_ms: float
) -> dict[str, Any]:
    """What crosses the wire of a run: quantiles, endpoints, published values.

    Parameters
    ----------
    study, run
        After the sliders, and what came out.
    scale
        ``"fold"`` over each subject's rest, or ``"absolute"``.
    took_ms
        Time spent, [ms].
    """
    told = subjects_of(run)
    outputs = study.find_model().outputs
    courses = {name: run[name] for name in run.names}
    if scale == "fold":
        courses = {
            name: course if name in NEVER_FOLDS else course.fold()
            for name, course in courses.items()
        }
    provenance = run.provenance
    return {
        "regimen": study.regimen,
        "subjects": told["n"],
        "failed": told["failed"],
        "reasons": told["reasons"],
        "tolerance": provenance.tolerance if provenance else study.tolerance,
        "key": provenance.key if provenance else "",
        "took_ms": round(took_ms, 1),
        "times_d": (run.times_h / 24.0).tolist(),
        "drawn": np.flatnonzero(before_doses(run.times_h, run.doses_h)).tolist(),
        "end_d": study.end_day,
        "doses_d": (run.doses_h / 24.0).tolist(),
        "bands": {
            name: _band(course, outputs[name].meaning)
            for name, course in courses.items()
        },
        "endpoints": summarize(run, study.end_h)["endpoints"],
        "toxicity": summarize_toxicity(run),
        "points": _points(run, study.end_h),
        "published": list(_published(study, run)),
    }


def _band(course: TimeCourse, meaning: str) -> dict[str, Any]:
    found = course.quantile(list(QUANTILES.values()))
    rows = {name: row.tolist() for name, row in zip(QUANTILES, found, strict=True)}
    return {"unit": course.unit, "meaning": meaning, **rows}


def _points(run: Trajectories, end_h: float) -> dict[str, Any]:
    few = slice(0, POINTS)
    return {
        name: {
            "peak": run[name].peak_fold()[few].tolist(),
            "end": run[name].fold_at(end_h)[few].tolist(),
        }
        for name in POPULATIONS
        if name in run and name != "plasma IL-2"
    }


def _published(study: Study, run: Trajectories) -> Iterator[dict[str, Any]]:
    for row in study.compare:
        try:
            found = compare_row(study, run, row).to_dict()
        except Il2simError:  # it compares what this view does not show
            continue
        yield {
            **found,
            "shown": row.expected().shown(),
            "from_day": row.from_day,
            "until_day": row.until_day,
        }
