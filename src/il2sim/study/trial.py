"""`Trial` and `Arm`: who is compared with whom, on what, and how it is read.

A trial is data: arms with their regimens, a population, visits, endpoints, and the
noise of its laboratory. One carrying out simulates many trials of the planned size at
once: subjects 0 to `size` - 1 are the first trial, and so on. All subjects of one trial
share one draw of the uncertain parameters, so what is not known about the biology stays
apart from how patients differ. `conduct.py` solves, `findings.py` compares.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from il2sim.engine import elementary
from il2sim.errors import BadStudy, UnknownName, closest
from il2sim.study import subjects as draws
from il2sim.study.allocation import Numbers, Stratum, allocate, combine
from il2sim.study.escalation import Escalation
from il2sim.study.interim import Interim
from il2sim.study.people import People, Treated
from il2sim.study.posterior import Posterior
from il2sim.study.protocol import Protocol
from il2sim.study.regimen import Regimen
from il2sim.study.subjects import Floats
from il2sim.study.trial_measure import DAY_H, Measure

Design = Literal["parallel", "crossover", "escalation"]

ORDERS = {"AB": (0, 1), "BA": (1, 0)}
"""Which arm comes in which period of a crossover, for each of its sequences."""


@dataclass(frozen=True)
class Arm:
    """One treatment.

    Attributes
    ----------
    name
        In tables and figures.
    regimen
        What is given: a regimen, or a protocol with its rules.
    ratio
        How many subjects of each block it gets.
    """

    name: str
    regimen: Regimen | Protocol
    ratio: int = 1


@dataclass(frozen=True)
class Noise:
    """How a laboratory errs: log-normally around the true value.

    Attributes
    ----------
    quantity
        What it measures.
    cv
        Coefficient of variation of one reading, [1].
    source
        Evidence keys, or why it is assumed.
    is_assumption
        Not read in a source.
    """

    quantity: str
    cv: float
    source: str
    is_assumption: bool = True

    @property
    def log_sd(self) -> float:
        """Standard deviation of the logarithm of a reading, [1]."""
        return math.sqrt(math.log1p(self.cv**2))


@dataclass(frozen=True)
class Uncertain:
    """A parameter of the model that nobody knows exactly: one draw for each trial.

    Attributes
    ----------
    name
        As the model has it.
    log_sd
        Standard deviation of the logarithm of the factor on its value, [1].
    source
        Where its range stands.
    """

    name: str
    log_sd: float
    source: str


@dataclass(frozen=True)
class Dropout:
    """Subjects who leave for reasons that no model knows, at a constant rate.

    Attributes
    ----------
    share, by_day
        So many, [1], are gone by a day, [d].
    source
        Evidence keys, or why it is assumed.
    """

    share: float
    by_day: float
    source: str

    def days(self, seed: int, numbers: Sequence[int] | Numbers) -> Floats:
        """When each subject leaves, [d]; most do after the trial has ended.

        Examples
        --------
        >>> half = Dropout(0.5, 10.0, "an example")
        >>> gone = half.days(1, range(10_000)) <= 10.0
        >>> bool(abs(gone.mean() - 0.5) < 0.02)
        True
        """
        lot = draws.uniform(seed, np.asarray(numbers, dtype=np.uint64), "dropout")
        rate = -float(elementary.log(1 - self.share)) / self.by_day
        return np.asarray(-elementary.log(lot) / rate)


@dataclass(frozen=True, eq=False)
class Trial:
    """Everything about a trial.

    Attributes
    ----------
    title
        For the reader.
    population
        Who is enrolled: all simulated trials together.
    arms, control
        What is compared, and the name of the arm that others are compared with.
    measures, primary
        Endpoints, and the name of the one on which the trial is planned.
    size
        Subjects in one trial.
    days
        How long subjects are followed, [d]; in a crossover, in each period.
    visits
        Days on which `watch` is read, [d], increasing.
    watch
        Quantities that are followed over time.
    design
        ``"parallel"``: each subject is in one arm. ``"crossover"``: two arms, one after
        the other in both orders. ``"escalation"``: arms are doses, the lowest first.
    repeats
        How many times the ratio of the arms is in one block.
    strata, noise, uncertain, dropout, interim, escalation
        As their classes say.
    washout_days
        Between the periods of a crossover, [d].
    alpha
        Two-sided error, [1].
    factors
        As in `simulate`.
    """

    title: str
    population: Treated
    arms: tuple[Arm, ...]
    control: str
    measures: tuple[Measure, ...]
    primary: str
    size: int
    days: float
    visits: tuple[float, ...]
    watch: tuple[str, ...]
    design: Design = "parallel"
    repeats: int = 2
    strata: tuple[Stratum, ...] = ()
    noise: tuple[Noise, ...] = ()
    uncertain: tuple[Uncertain, ...] = ()
    dropout: Dropout | None = None
    interim: Interim | None = None
    escalation: Escalation | None = None
    washout_days: float = 0.0
    alpha: float = 0.05
    factors: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [arm.name for arm in self.arms]
        aims = [one.name for one in self.measures]
        for what, found in (("arms", names), ("endpoints", aims)):
            if not found or len(set(found)) < len(found):
                raise _bad(what, found, "one or more, each with a name of its own")
        for name, known, what in (
            (self.control, names, "arm"),
            (self.primary, aims, "endpoint"),
        ):
            if name not in known:
                raise UnknownName(
                    f"the trial has no {what} '{name}'.",
                    got=f"'{name}'",
                    expected=closest(name, known),
                )
        self._check_design(aims)
        if not self.visits or list(self.visits) != sorted(set(self.visits)):
            raise _bad("visits", list(self.visits), "days that increase")
        if self.visits[0] < 0 or self.visits[-1] > self.days:
            raise _bad("visits", list(self.visits), f"days from 0 to {self.days:g}")
        for one in self.measures:
            last = one.day if one.day is not None else (one.until_day or self.days)
            if last > self.days:
                raise _bad("endpoints", f"'{one.name}' on day {last:g}", "within days")

    def _check_design(self, aims: Sequence[str]) -> None:
        if self.size < 2 * len(self.arms) and self.design != "escalation":
            raise _bad("size", self.size, f"{2 * len(self.arms)} subjects or more")
        if len(self.arms) < 2:
            raise _bad("arms", len(self.arms), "two arms or more")
        if self.design == "crossover":
            if len(self.arms) != 2:
                raise _bad("arms", len(self.arms), "two arms in a crossover")
            if any(isinstance(arm.regimen, Protocol) for arm in self.arms):
                raise _bad("arms", "rules", "regimens without rules in a crossover")
        if (self.design == "escalation") != (self.escalation is not None):
            raise _bad(
                "design", self.design, "[escalation] in an escalation, only there"
            )
        if self.escalation is not None:
            toxicity = self.escalation.toxicity
            if toxicity not in aims or not self.measure(toxicity).is_yes_or_no:
                raise _bad("toxicity", f"'{toxicity}'", "an endpoint that is yes or no")

    @property
    def measure_names(self) -> list[str]:
        """Names of the endpoints, in order."""
        return [one.name for one in self.measures]

    @property
    def n_trials(self) -> int:
        """How many whole trials the subjects are enough for."""
        return self.population.n // self.size

    @property
    def end_day(self) -> float:
        """When the last subject is followed no longer, [d]."""
        if self.design == "crossover":
            return 2 * self.days + self.washout_days
        return self.days

    @property
    def starts_day(self) -> tuple[float, ...]:
        """When each period begins, [d]; one but in a crossover."""
        if self.design == "crossover":
            return (0.0, self.days + self.washout_days)
        return (0.0,)

    def measure(self, name: str) -> Measure:
        """The endpoint of that name."""
        return self.measures[self.measure_names.index(name)]

    def courses(self) -> list[Regimen | Protocol]:
        """What is given from the first to the last day, for each allocated group.

        Groups are the arms; in a crossover the sequences of `ORDERS`.
        """
        if self.design != "crossover":
            return [arm.regimen for arm in self.arms]
        found: list[Regimen | Protocol] = []
        plain = [one.regimen for one in self.arms if isinstance(one.regimen, Regimen)]
        for order in ORDERS.values():
            first, second = (plain[i] for i in order)
            later = second.shifted(DAY_H * self.starts_day[1])
            found.append(Regimen(first.courses + later.courses))
        return found

    def groups(self) -> list[str]:
        """Names of the allocated groups."""
        if self.design != "crossover":
            return [arm.name for arm in self.arms]
        names = [arm.name for arm in self.arms]
        return [" then ".join(names[i] for i in order) for order in ORDERS.values()]

    def trial_of(self, numbers: Numbers) -> Numbers:
        """The simulated trial that each subject is in."""
        return np.asarray(numbers) // self.size

    def allocation(self) -> Numbers:
        """The allocated group of every subject, shape ``(n_subjects,)``.

        In an escalation every subject stands for all doses, and its group is 0.
        """
        everybody = range(self.population.n)
        if self.design == "escalation":
            return np.zeros(len(everybody), dtype=np.int64)
        trial = self.trial_of(np.array(everybody))
        if self.strata:
            cells = combine(self.strata, self.persons.draw())
            trial = trial * (int(cells.max(initial=0)) + 1) + cells
        ratios = [arm.ratio for arm in self.arms]
        if self.design == "crossover":
            ratios = [1] * len(ORDERS)
        return allocate(
            self.population.seed, trial, ratios=ratios, repeats=self.repeats
        )

    def parameter_factors(self, numbers: Numbers) -> dict[str, Floats]:
        """What uncertain parameters are multiplied by for some subjects, [1]."""
        seed, trial = self.population.seed, self.trial_of(numbers).astype(np.uint64)
        found = {} if self.posterior is None else self.posterior.pick(seed, trial)
        for one in self.uncertain:
            z = draws.normal(draws.uniform(seed, trial, f"uncertain {one.name}"))
            found[one.name] = elementary.exp(one.log_sd * z) * found.get(one.name, 1.0)
        return found

    @property
    def parameter_names(self) -> list[str]:
        """Parameters that differ between simulated trials."""
        own = [one.name for one in self.uncertain]
        return own if self.posterior is None else [*self.posterior.names, *own]

    @property
    def posterior(self) -> Posterior | None:
        """What a fit left uncertain: one row of it for each trial."""
        known = self.population
        return None if isinstance(known, People) else known.posterior

    @property
    def persons(self) -> Treated:
        """The population, as persons differ; uncertain parameters are no trait."""
        if isinstance(self.population, People):
            return self.population
        return replace(self.population, posterior=None)


def _bad(what: str, got: object, expected: str) -> BadStudy:
    return BadStudy(
        f"the {what} of a trial cannot be used.", got=got, expected=expected
    )
