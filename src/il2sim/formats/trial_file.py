"""`TrialFile`: a trial as a TOML file, checked key by key before anything is solved.

One file says who is compared with whom, on which endpoints, read how and when. Shipped
trials stand in `il2sim/trials`; a user copies one, changes it, and gives its path.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from il2sim.engine.precision import PrecisionName
from il2sim.errors import BadStudy, UnknownName, closest
from il2sim.formats.refusals import check_evidence, refusal
from il2sim.formats.toml_file import Shelf, block, folder_of
from il2sim.formats.treated import model_named, people_file_of, people_of, population_of
from il2sim.study import trial, trial_measure
from il2sim.study.allocation import Stratum
from il2sim.study.escalation import Escalation
from il2sim.study.interim import Interim
from il2sim.study.protocol import Protocol
from il2sim.study.regimen import Regimen

if TYPE_CHECKING:
    from il2sim.study.people import Treated
    from il2sim.symbolic import Model

SHELF = Shelf("trial", "trials", "trials", "high-dose-vs-low-dose")
"""Where shipped trials stand."""

RANGE_SDS = 2 * 1.959963984540054
"""Standard deviations between the ends of a range that holds 95 %."""

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, lt=1)]
Whole = Annotated[int, Field(gt=0)]
Text = Annotated[str, Field(min_length=1)]
How = Literal["read", "derived", "assumption"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ArmRow(_Table):
    """One arm: see `il2sim.study.trial.Arm`.

    It is given a `regimen`, with rules or without, or a shipped `protocol` by its name
    (or one of the user's by the path of its file).
    """

    name: Text
    regimen: Text | None = None
    protocol: Text | None = None
    ratio: Whole = 1

    @model_validator(mode="after")
    def _is_given_one(self) -> ArmRow:
        if (self.regimen is None) == (self.protocol is None):
            raise ValueError("a regimen or a protocol, one of both")
        return self

    def prescribed(self) -> Regimen | Protocol:
        """The regimen, or the protocol where there are rules."""
        if self.protocol is not None:
            from il2sim.formats.protocol_file import read_protocol

            return read_protocol(self.protocol)
        found = Protocol.parse(self.regimen or "", name=self.name)
        return found.regimen if found.is_plain else found


class EndpointRow(_Table):
    """One endpoint: see `il2sim.study.trial_measure.Measure`."""

    name: Text
    quantity: Text
    kind: trial_measure.Kind
    over: Text | None = None
    also: list[Text] = []
    day: Number | None = None
    from_day: Number = 0.0
    until_day: Number | None = None
    threshold: Number | None = None
    is_fold: bool = False
    is_fall: bool = False
    grades: list[Number] = []
    at_least: Number | None = None
    at_most: Number | None = None
    scale: trial_measure.Scale = "linear"
    source: str = ""

    def as_measure(self) -> trial_measure.Measure:
        """The same for a trial."""
        told = self.model_dump()
        told |= {"grades": tuple(self.grades), "also": tuple(self.also)}
        told["threshold"] = math.nan if self.threshold is None else self.threshold
        return trial_measure.Measure(**told)


class StratumRow(_Table):
    """A trait that subjects are grouped by: see `il2sim.study.allocation.Stratum`."""

    trait: Text
    cuts: list[Number] = []


class NoiseRow(_Table):
    """Noise of the laboratory: see `il2sim.study.trial.Noise`."""

    quantity: Text
    cv: Annotated[float, Field(gt=0, le=2)]
    source: Text
    how: How


class UncertainRow(_Table):
    """A parameter nobody knows; `log_sd` is that of its range unless it is given."""

    name: Text
    log_sd: Positive | None = None
    source: str = ""

    @model_validator(mode="after")
    def _has_a_source(self) -> UncertainRow:
        if self.log_sd is not None and not self.source:
            raise ValueError("a source beside log_sd")
        return self


class DropoutRow(_Table):
    """Who leaves: see `il2sim.study.trial.Dropout`."""

    share: Share
    by_day: Positive
    source: Text
    how: How


class InterimRow(_Table):
    """Looks: see `il2sim.study.interim.Interim`."""

    looks: list[Positive]
    spending: Literal["O'Brien-Fleming", "Pocock"] = "O'Brien-Fleming"


class EscalationRow(_Table):
    """Escalation: see `il2sim.study.escalation.Escalation`."""

    design: Literal["3+3", "BOIN"]
    toxicity: Text
    target: Share = 0.3
    cohort: Whole = 3
    most: Whole = 30


class TrialFile(_Table):
    """Everything a trial says; see `il2sim.study.trial.Trial` for what keys mean.

    Attributes
    ----------
    title, question
        For the reader.
    model
        ``"body"`` or ``"body_with_tumor"``.
    population, population_file
        As in a study file; persons of a file are drawn by what they stand for, so that
        everybody in a trial counts as one.
    subjects, seed, tolerance, precision
        Defaults of the command line's options; `subjects` are those of all simulated
        trials together.
    sources, notes
        Evidence keys; assumptions and what a reader should know.
    """

    title: Text
    question: Text
    design: trial.Design = "parallel"
    model: Literal["body", "body_with_tumor"]
    population: Text
    population_file: str | None = None
    days: Positive
    visits: list[Annotated[float, Field(ge=0, allow_inf_nan=False)]]
    watch: Annotated[list[Text], Field(min_length=1)]
    size: Whole
    control: Text
    primary: Text
    subjects: Whole = 10_000
    seed: Annotated[int, Field(ge=0)] = 1
    tolerance: Share = 1e-4
    precision: PrecisionName = "double"
    alpha: Share = 0.05
    repeats: Whole = 2
    washout_days: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    factors: dict[str, Positive] = {}
    arms: list[ArmRow]
    endpoints: list[EndpointRow]
    strata: list[StratumRow] = []
    noise: list[NoiseRow] = []
    uncertain: list[UncertainRow] = []
    dropout: DropoutRow | None = None
    interim: InterimRow | None = None
    escalation: EscalationRow | None = None
    sources: list[str] = []
    notes: list[str] = []

    @property
    def people_file(self) -> str | None:
        """The file of persons, where the population is one."""
        return people_file_of(self)

    def find_model(self) -> Model:
        """The model, joined."""
        return model_named(self.model)

    def find_population(
        self,
        n: int | None = None,
        seed: int | None = None,
        *,
        beside: Path | None = None,
    ) -> Treated:
        """The population, of the file's size and seed or of others."""
        people = people_of(self, beside)
        if people is None:
            return population_of(self, n, seed, beside)
        count = self.subjects if n is None else n
        stream = self.seed if seed is None else seed
        return replace(people.resampled(count, seed=stream), seed=stream)

    def plan(
        self,
        n: int | None = None,
        seed: int | None = None,
        *,
        beside: Path | None = None,
    ) -> trial.Trial:
        """The trial, with the file's number of subjects and seed or with others.

        Raises
        ------
        BadStudy, BadRegimen, UnknownName
            Something does not fit together; the message says what.
        """
        return trial.Trial(
            title=self.title,
            population=self.find_population(n, seed, beside=beside),
            arms=tuple(
                trial.Arm(one.name, one.prescribed(), one.ratio) for one in self.arms
            ),
            control=self.control,
            measures=tuple(one.as_measure() for one in self.endpoints),
            primary=self.primary,
            size=self.size,
            days=self.days,
            visits=tuple(self.visits),
            watch=tuple(self.watch),
            design=self.design,
            repeats=self.repeats,
            strata=tuple(Stratum(one.trait, tuple(one.cuts)) for one in self.strata),
            noise=tuple(
                trial.Noise(one.quantity, one.cv, one.source, one.how == "assumption")
                for one in self.noise
            ),
            uncertain=self._uncertain(),
            dropout=None
            if self.dropout is None
            else trial.Dropout(
                self.dropout.share, self.dropout.by_day, self.dropout.source
            ),
            interim=None
            if self.interim is None
            else Interim(tuple(self.interim.looks), self.interim.spending),
            escalation=None
            if self.escalation is None
            else Escalation(**self.escalation.model_dump()),
            washout_days=self.washout_days,
            alpha=self.alpha,
            factors=self.factors,
        )

    def _uncertain(self) -> tuple[trial.Uncertain, ...]:
        known = self.find_model().parameters if self.uncertain else {}
        found = []
        for row in self.uncertain:
            if row.name not in known:
                raise UnknownName(
                    f"the trial varies '{row.name}', which the model does not have.",
                    got=f"'{row.name}'",
                    expected=closest(row.name, known),
                )
            size, source = row.log_sd, row.source
            if size is None:
                low, high = known[row.name].low, known[row.name].high
                if not low or not high or high <= low:
                    raise BadStudy(
                        f"the range of '{row.name}' has no logarithm.",
                        got=f"{low} to {high}",
                        expected="a range above zero in the tables, or a log_sd",
                        try_="log_sd = 0.3 and a source",
                    )
                size = math.log(high / low) / RANGE_SDS
                source = source or "its range in the tables, read as 95 %"
            found.append(trial.Uncertain(row.name, size, source))
        return tuple(found)


ROWS: Mapping[str, type[BaseModel]] = {
    "arms": ArmRow,
    "endpoints": EndpointRow,
    "strata": StratumRow,
    "noise": NoiseRow,
    "uncertain": UncertainRow,
    "dropout": DropoutRow,
    "interim": InterimRow,
    "escalation": EscalationRow,
}
"""What the tables of a trial file are, by key."""

_WHOLE = ("subjects", "seed", "size", "repeats", "ratio", "cohort", "most")


def trials() -> tuple[str, ...]:
    """Names of the shipped trials."""
    return SHELF.names()


def read_trial(name: str | Path) -> TrialFile:
    """Read a shipped trial by name, or a user's by the path of its file.

    Raises
    ------
    UnknownName
        No shipped trial has the name, or the file names an unknown population, arm or
        endpoint.
    UnreadableFile
        The file is missing or not TOML.
    BadStudy
        A key is unknown, missing or has a value that cannot be used.
    BadRegimen
        A prescription cannot be followed.

    Examples
    --------
    >>> [arm.name for arm in read_trial("high-dose-vs-low-dose").arms]
    ['high dose', 'low dose']
    """
    where, content = SHELF.text_of(name)
    return trial_of(SHELF.tables_of(content, where), where, beside=folder_of(name))


def trial_of(
    tables: Mapping[str, Any], where: str = "trial", *, beside: Path | None = None
) -> TrialFile:
    """Check the content of a trial file.

    Raises
    ------
    BadStudy, BadRegimen, UnknownName
        As `read_trial`.
    """
    try:
        found = TrialFile.model_validate(_with_floats(tables))
    except ValidationError as error:
        levels: tuple[type[BaseModel], ...] = (TrialFile, *ROWS.values())
        raise refusal(error, f"the trial file '{where}'", levels, BadStudy) from error
    found.plan(beside=beside)
    for key in found.sources:
        check_evidence(key, f"the trial file '{where}'")
    return found


def trial_text(name: str | Path) -> str:
    """The text of a trial file as it stands, with its comments."""
    return SHELF.text_of(name)[1]


def as_toml(found: TrialFile) -> str:
    """A trial as the text of its file."""
    told = found.model_dump(exclude_defaults=True)
    tables = {key: told.pop(key) for key in [*ROWS, "factors"] if key in told}
    blocks = [block("", told)]
    for key, value in tables.items():
        if isinstance(value, list):
            blocks += [block(f"[[{key}]]", row) for row in value]
        else:
            blocks.append(block(f"[{key}]", value))
    return "\n\n".join(blocks) + "\n"


def _with_floats(value: Any, key: str = "") -> Any:
    """Whole numbers where a number with a point is meant; TOML tells them apart."""
    if isinstance(value, Mapping):
        return {name: _with_floats(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_floats(one, key) for one in value]
    if isinstance(value, int) and not isinstance(value, bool) and key not in _WHOLE:
        return float(value) if abs(value) < 10**300 else math.inf
    return value
