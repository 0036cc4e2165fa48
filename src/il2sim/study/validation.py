"""Judge cards: simulate every arm once, read what was published, say what passes.

Arms of different cards that treat the same population in the same way share one run. A
prediction is the median (or mean) of the simulated patients. Its interval is for a
trial of as many patients as the card has: patients are drawn again from the simulated
ones, and the spread between studies, which is estimated from what the cards of
calibration are off by, is added.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from il2sim.engine.problem import DEFAULT_TOLERANCE
from il2sim.engine.solve import find_rest, solve
from il2sim.engine.trajectories import Trajectories
from il2sim.errors import BadVariant
from il2sim.study.card import DOSE, Arm, Measured, TrialCard
from il2sim.study.comparison import agrees
from il2sim.study.endpoints import Spread, spread
from il2sim.study.people import Treated
from il2sim.study.population import Population
from il2sim.study.readings import FOLDS, read_off
from il2sim.study.readouts import read_out
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import Task, prepare
from il2sim.study.subjects import Floats
from il2sim.units import Quantity, convert

SUBJECTS = 64
"""Simulated patients of each arm: the error of a median is a sixth of the spread."""

DRAWS, SEED = 400, 1
"""Trials drawn for an interval, and from which stream."""

LEVEL = 0.9
"""Of the intervals shown."""

NEVER = "aldesleukin 1 IU iv bolus, once, from day 100000"
"""The regimen of untreated persons: a dose after everything is over."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What came out for one published number.

    Attributes
    ----------
    card, measured
        What was published.
    values
        Of every simulated patient that was solved, in the unit of the card.
    value
        The prediction: their median or mean; not-a-number if there is none.
    sampling
        Predictions for trials of as many patients as were measured, without the spread
        between studies, shape ``(DRAWS,)``.
    passes
        Whether the prediction is in its band; None if there is no band.
    refused
        Why there is no prediction; empty if there is one.
    unsure
        By how much draws of a posterior move the prediction, logarithm of a number or
        log odds of a part of patients, [1]; empty if none is known.
    """

    card: TrialCard
    measured: Measured
    values: Floats
    value: float
    sampling: Floats
    passes: bool | None
    refused: str = ""
    unsure: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def key(self) -> str:
        """Card and place in it."""
        return f"{self.card.name}/{self.card.measured.index(self.measured)}"

    @property
    def subjects(self) -> Spread:
        """Median and 5 to 95 % of the simulated patients."""
        return spread(self.values)

    @property
    def error(self) -> float | None:
        """Logarithm of published over predicted; None where that has no meaning."""
        number = self.measured.number
        if number is None or not (number > 0 and self.value > 0):
            return None
        return math.log(number / self.value)

    def interval(
        self, between: Mapping[bool, float], level: float = LEVEL
    ) -> tuple[float, float]:
        """Where the result of another trial would lie; not-a-number if none is known.

        Parameters
        ----------
        between
            As in `Validation`.
        level
            Part of trials inside.
        """
        if self.refused:
            return math.nan, math.nan
        apart = between[self.measured.is_fold]
        moved = apart * _normal_scores(len(self.sampling))
        if len(self.unsure):
            moved = moved + _any_of(self.unsure, len(self.sampling))
        trials = _moved(self.sampling, moved, is_part=self.measured.is_part)
        tail = (1.0 - level) / 2.0
        low, high = np.quantile(trials, [tail, 1.0 - tail])
        return float(low), float(high)


@dataclass(frozen=True, eq=False)
class Validation:
    """Every verdict of some cards.

    Attributes
    ----------
    verdicts
        In the order of the cards.
    between
        Spread between studies from the cards of calibration, standard deviation of the
        logarithm, [1]: of folds (True) and of levels, times and rates (False).
    fingerprints
        Of the models, by name.
    n_subjects, n_runs, n_failed
        Simulated patients of each arm, simulations, and patients not solved.
    """

    verdicts: tuple[Verdict, ...]
    between: Mapping[bool, float]
    fingerprints: Mapping[str, str]
    n_subjects: int
    n_runs: int
    n_failed: int

    def with_posterior(
        self, differences: Mapping[str, Floats], between: Mapping[bool, float]
    ) -> Validation:
        """The same with intervals that know how uncertain the parameters are.

        Parameters
        ----------
        differences
            By card and place in it (``"card/0"``), as `Verdict.unsure`.
        between
            As estimated together with the parameters; where the values of the tables
            are off by more than the best ones, that stays.
        """
        verdicts = tuple(
            replace(one, unsure=differences.get(one.key, one.unsure))
            for one in self.verdicts
        )
        wider = {kind: max(one, between[kind]) for kind, one in self.between.items()}
        return replace(self, verdicts=verdicts, between=wider)

    def passed(self, role: str | None = None) -> tuple[int, int]:
        """How many bands pass, and of how many; of one role or of all."""
        some = [
            one.passes
            for one in self.verdicts
            if one.measured.is_judged and role in (None, one.card.role)
        ]
        return sum(one is True for one in some), len(some)

    def reliability(self, levels: Floats, role: str) -> tuple[Floats, int]:
        """Part of published numbers inside intervals of each level, and of how many."""
        some = [
            one
            for one in self.verdicts
            if one.card.role == role and one.error is not None
        ]
        inside = np.zeros(len(levels))
        for i, level in enumerate(levels):
            for one in some:
                low, high = one.interval(self.between, float(level))
                inside[i] += low <= (one.measured.number or math.nan) <= high
        return inside / max(len(some), 1), len(some)


@dataclass(eq=False)
class Run:
    """One simulation that several arms may share.

    Attributes
    ----------
    model, population
        By their names.
    arm
        How all are treated.
    times_h, save
        When and what to record, [h].
    done
        What was solved; None before, and where it was refused.
    refused
        Why it cannot be solved; empty if it can.
    """

    model: str
    population: str
    arm: Arm
    times_h: Floats
    save: tuple[str, ...]
    done: tuple[Task, Trajectories] | None = field(default=None, repr=False)
    refused: str = ""


def validate(
    cards: Sequence[TrialCard],
    *,
    models: Mapping[str, Any],
    population: Callable[[str, int], Population],
    n_subjects: int = SUBJECTS,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Validation:
    """Judge cards.

    Parameters
    ----------
    cards
        What to judge.
    models
        Those that cards name, by name.
    population
        Makes a ready-made population of some size.
    n_subjects, workers
        Patients of each arm, and threads.
    progress
        Called with the number of simulations done and of all.

    Raises
    ------
    UnknownName, BadRegimen, BadPopulation
        A card does not fit the models.
    """
    runs = plan(cards)
    for i, run in enumerate(runs.values()):
        people = population(run.population, n_subjects)
        carry_out(run, models[run.model], people, workers=workers)
        if progress is not None:
            progress(i + 1, len(runs))
    verdicts = tuple(_judge(card, one, runs) for card in cards for one in card.measured)
    return Validation(
        verdicts=verdicts,
        between=between_studies(verdicts),
        fingerprints={name: model.fingerprint for name, model in models.items()},
        n_subjects=n_subjects,
        n_runs=len(runs),
        n_failed=sum(one.done[1].n_failed for one in runs.values() if one.done),
    )


def plan(cards: Sequence[TrialCard]) -> dict[tuple[str, ...], Run]:
    """Simulations that the cards need, each treatment of a population once."""
    runs: dict[tuple[str, ...], Run] = {}
    for card in cards:
        for name, arm in card.arms.items():
            times, save = card.times_h(name), card.outputs(name)
            key = _key(card, name)
            if key in runs:
                known = runs[key]
                known.times_h = np.unique(np.concatenate([known.times_h, times]))
                known.save = tuple(dict.fromkeys((*known.save, *save)))
            else:
                runs[key] = Run(card.model, card.population, arm, times, save)
    return runs


def between_studies(verdicts: Sequence[Verdict]) -> dict[bool, float]:
    """Spread between studies: what calibration is off by beyond the draw of patients.

    For folds (True) and for all else (False): the root mean square of the logarithmic
    errors less the variance that trials of that size have anyway; at least zero.
    """
    found: dict[bool, float] = {}
    for kind in (True, False):
        squares = [
            one.error**2 - float(np.var(np.log(np.maximum(one.sampling, 1e-300))))
            for one in verdicts
            if one.card.role == "calibration"
            and one.error is not None
            and one.measured.is_fold == kind
        ]
        found[kind] = math.sqrt(max(0.0, float(np.mean(squares)))) if squares else 0.0
    return found


def _key(card: TrialCard, arm: str) -> tuple[str, ...]:
    one = card.arms[arm]
    return (
        card.model,
        card.population,
        str(one.regimen),
        str(sorted(one.factors.items())),
        str(sorted(one.remaining.items())),
        str(one.stand_in),
    )


def carry_out(
    run: Run,
    model: Any,
    people: Treated,
    *,
    workers: int | None = None,
    tolerance: float = DEFAULT_TOLERANCE,
) -> None:
    """Solve one simulation, or say in it why it cannot be solved.

    Raises
    ------
    UnknownName, BadRegimen
        The run does not fit the model.
    """
    regimen = run.arm.regimen or Regimen.parse(NEVER)
    try:
        task = prepare(
            model,
            regimen,
            people,
            times=Quantity(run.times_h, "h"),
            save=run.save,
            tolerance=tolerance,
            factors=dict(run.arm.factors),
            products=run.arm.stand_in,
        )
        problem = task.problem()
    except BadVariant as error:
        run.refused = str(error).split("\n", maxsplit=1)[0]
        return
    rest = None
    if run.arm.remaining:
        rest = find_rest(problem, workers=workers)
        left = _left(problem.program.states, run.arm.remaining)
        rest = replace(rest, states=rest.states * left)
    solution = solve(problem, workers=workers, rest=rest)
    if run.arm.remaining:  # folds are over the persons as they were before
        whole = solve(replace(problem, schedule=_nothing()), workers=workers)
        solution = replace(solution, resting=whole.resting)
    run.done = task, task.label(solution, problem.program, None)


def _nothing() -> Any:
    from il2sim.engine.schedule import Schedule

    return Schedule.of([])


def _left(states: Sequence[str], remaining: Mapping[str, float]) -> Floats:
    """What each state is multiplied by: pools and blood counts of depleted cells."""
    factors = np.ones(len(states))
    for i, name in enumerate(states):
        cell, _, what = name.rpartition(".")
        if what in ("pool", "blood"):
            factors[i] = remaining.get(cell, remaining.get("all", 1.0))
    return factors


def _judge(
    card: TrialCard, one: Measured, runs: Mapping[tuple[str, ...], Run]
) -> Verdict:
    values, why = readings_of(card, one, runs)
    values = values[np.isfinite(values)]
    if why:
        return Verdict(card, one, values, math.nan, values, None, why)
    parts = beyond(values, one) if one.is_part else values
    found = value_of(one, values)
    return Verdict(
        card,
        one,
        parts,
        found,
        _trials(parts, one, card.n),
        agrees(one.expected, found) if one.is_judged else None,
    )


def readings_of(
    card: TrialCard, one: Measured, runs: Mapping[tuple[str, ...], Run]
) -> tuple[Floats, str]:
    """What is read of every simulated patient, and why nothing is.

    Parameters
    ----------
    card, one
        What was published.
    runs
        Of `plan`, solved.

    Returns
    -------
    tuple
        In the unit of the card, not-a-number where a patient was not solved, shape
        ``(n_subjects,)``; and a reason, empty if there are readings.
    """
    sides = [runs[_key(card, one.arm)]]
    if one.over is not None and one.over != DOSE:
        sides.append(runs[_key(card, one.over)])
    known = [side.done for side in sides if side.done is not None]
    if len(known) < len(sides):
        return np.full(0, np.nan), " ".join(side.refused for side in sides).strip()
    values = _values(*known[0], one, one.window_h)
    if one.over == DOSE:
        values = _clearance(known[0][0], one, values)
    elif len(known) > 1:
        values = values / _values(*known[1], one, one.over_h or one.window_h)
    return values, ""


def value_of(one: Measured, values: Floats) -> float:
    """The prediction from readings of patients; not-a-number if there is none."""
    values = values[np.isfinite(values)]
    parts = beyond(values, one) if one.is_part else values
    return float(_statistic(one)(parts)) if len(values) else math.nan


def beyond(values: Floats, one: Measured) -> Floats:
    """100 for each reading beyond the threshold of a part of patients, else 0, [%]."""
    if one.below is not None:
        return np.where(values <= one.below, 100.0, 0.0)
    return np.where(values > (one.above or 0.0), 100.0, 0.0)


def _values(
    task: Task, done: Trajectories, one: Measured, window_h: tuple[float, float]
) -> Floats:
    """The reading of every patient, in the unit of the card."""
    course = read_out(done, one.expected.name)
    if one.assay is not None:
        product = next(iter(task.molecules.values()))
        course = one.assay.report(course, product)
    reading: Any = one.expected.endpoint
    values = read_off(course, reading, start_h=window_h[0], end_h=window_h[1])
    values = np.where(done.is_done, values, np.nan)
    if one.over is not None or one.is_part or reading in FOLDS:
        return values
    own = {"half-life": "h", "time to peak": "h", "area": f"{course.unit}*h"}
    return np.asarray(convert(values, own.get(reading, course.unit), one.expected.unit))


def _clearance(task: Task, one: Measured, area: Floats) -> Floats:
    """The dose of each patient over its area, in the unit of the card."""
    people = task.population.draw()
    sizes = {"flat": np.ones(len(area)), "kg": people.weight_kg}
    sizes["m2"] = people.surface_m2
    given = np.zeros(len(area))
    for dose in task.regimen.doses:
        product = task.molecules[dose.product]
        given += float(product.to_nmol(dose.amount, dose.unit)) * sizes[dose.per]
    unit = task.model.outputs[one.expected.name].unit
    return np.asarray(convert(given / area, f"nmol/({unit}*h)", one.expected.unit))


def _statistic(one: Measured) -> Callable[..., Any]:
    is_mean = one.statistic == "mean" or one.is_part
    return np.mean if is_mean else np.median


def _trials(values: Floats, one: Measured, n: int) -> Floats:
    """The statistic of trials of n patients drawn from the simulated ones."""
    if not len(values):
        return np.full(DRAWS, np.nan)
    drawn = np.random.default_rng(SEED).integers(
        0, len(values), size=(DRAWS, one.n or n)
    )
    return np.asarray(_statistic(one)(values[drawn], axis=1))


def _normal_scores(n: int) -> Floats:
    """Standard normal numbers, in an order that knows nothing of the draws."""
    return np.random.default_rng(SEED + 1).standard_normal(n)


def _any_of(draws: Floats, n: int) -> Floats:
    """One of the draws for each of n trials."""
    return np.asarray(
        draws[np.random.default_rng(SEED + 2).integers(0, len(draws), size=n)]
    )


def _moved(trials: Floats, by: Floats, *, is_part: bool) -> Floats:
    """Numbers times a factor; parts of patients [%] by their log odds."""
    if not is_part:
        return np.asarray(trials * np.exp(by))
    odds = trials * np.exp(by)
    return np.asarray(100.0 * odds / (100.0 - trials + odds))
