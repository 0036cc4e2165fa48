"""What the page sends and what it gets: the shapes of the HTTP API.

The numbers of a reply are bands over subjects, never one line for each; times are in
days, doses and counts in the unit that stands beside them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from il2sim.formats.study_file import Study

Factor = Annotated[float, Field(ge=1e-4, le=1e4, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Numbers = list[float | None]


def as_json(reply: object) -> bytes:
    """A reply as it crosses the wire, with null for what is not finite.

    Takes a tenth of the time of Python's own writer.
    """
    return to_json(reply, inf_nan_mode="null")


class Message(BaseModel):
    """Refuses what it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Scenario(Message):
    """A study and where its sliders stand.

    Attributes
    ----------
    study
        The study before the sliders, by the keys of a study file.
    dose
        What every dose is multiplied by, [1].
    every_h
        Another interval between doses, [h]; None leaves that of the study.
    kd_cd25, kd_cd122
        What the dissociation constants of CD25, and of CD122 with gamma-c, are
        multiplied by, [1]; larger binds more weakly.
    half_life
        What the half-life by way of the kidney is multiplied by, [1].
    """

    study: Study
    dose: Factor = 1.0
    every_h: Annotated[float, Field(gt=0, le=8760, allow_inf_nan=False)] | None = None
    kd_cd25: Factor = 1.0
    kd_cd122: Factor = 1.0
    half_life: Factor = 1.0


class Asked(Message):
    """An answer wanted.

    Attributes
    ----------
    scenario
        Of what.
    view
        ``"courses"`` (populations and fluids) or ``"receptors"``.
    scale
        Of the bands: ``"fold"`` over each subject's rest, or ``"absolute"``.
    subjects
        How many; the first ones of the study's population.
    within_ms
        Begin no further subject after this time, [ms], shared with those who wait; the
        answer says how many were followed. None follows all.
    client
        A new request of a client replaces its last one.
    """

    scenario: Scenario
    view: Literal["courses", "receptors"] = "courses"
    scale: Literal["fold", "absolute"] = "fold"
    subjects: Annotated[int, Field(ge=1, le=100_000)] = 100
    within_ms: Annotated[float, Field(gt=0, le=1e5, allow_inf_nan=False)] | None = None
    client: Name = "page"


class SweepAsked(Message):
    """A dose-response wanted: the scenario at each of these factors of its doses."""

    scenario: Scenario
    factors: Annotated[list[Factor], Field(min_length=1, max_length=16)]
    subjects: Annotated[int, Field(ge=1, le=200)] = 16
    client: Name = "page"


class SharesAsked(Message):
    """An attribution wanted: which processes made the change of a quantity.

    Attributes
    ----------
    scenario, client
        As in `Asked`.
    quantity
        A population of cells, or ``"IL-2"`` for where the doses went.
    subjects
        How many; means over them are shown.
    """

    scenario: Scenario
    quantity: Literal[
        "naive Treg",
        "memory Treg",
        "Treg",
        "CD4 Tconv",
        "CD8",
        "NK dim",
        "NK bright",
        "IL-2",
    ] = "memory Treg"
    subjects: Annotated[int, Field(ge=1, le=200)] = 24
    client: Name = "page"


class RegimenAsked(Message):
    """A prescription to be read, after the sliders for dose and interval."""

    text: Annotated[str, Field(max_length=4000)]
    dose: Factor = 1.0
    every_h: Annotated[float, Field(gt=0, le=8760, allow_inf_nan=False)] | None = None


class RunAsked(Message):
    """A run wanted; it is carried out as ``il2sim run`` would."""

    scenario: Scenario


class Refusal(Message):
    """Why a request was not carried out.

    Attributes
    ----------
    error
        The class of the mistake.
    headline
        What is wrong, in one sentence.
    text
        The same with what was got, what is expected, and what to try.
    """

    error: str
    headline: str
    text: str


class Band(Message):
    """One name over time: quantiles over the subjects that were solved."""

    unit: str
    meaning: str
    q05: Numbers
    q25: Numbers
    median: Numbers
    q75: Numbers
    q95: Numbers


class Answer(Message):
    """Bands of a scenario.

    Attributes
    ----------
    regimen
        The prescription after the sliders.
    subjects, failed
        How many were followed, and how many of them were not solved.
    reasons
        How often each kind of failure came.
    tolerance
        Of one step, [1].
    key
        Of the run, as in ``provenance.json``; the same work has the same key.
    took_ms
        Time spent, [ms].
    times_d
        When, [d].
    drawn
        Places among the times at which blood is drawn in a trial: before doses.
    end_d
        The read-out visit, [d].
    doses_d
        When doses began, [d].
    bands
        By name, in the unit that stands with them.
    endpoints
        By name: peak and end fold, and counts at rest, as in ``summary.json``.
    toxicity
        By name: the worst of the subjects, and for grades the share who reach 3.
    points
        By name: peak and end fold of the first subjects, [1].
    published
        Published values of the study beside ours.
    """

    regimen: str
    subjects: int
    failed: int
    reasons: dict[str, int]
    tolerance: float
    key: str
    took_ms: float
    times_d: list[float]
    drawn: list[int]
    end_d: float
    doses_d: list[float]
    bands: dict[str, Band]
    endpoints: dict[str, Any]
    toxicity: dict[str, Any]
    points: dict[str, dict[str, Numbers]]
    published: list[dict[str, Any]]


class Sweep(Message):
    """A dose-response: at each factor, endpoints by name."""

    regimen: str
    subjects: int
    took_ms: float
    factors: list[float]
    dose_unit: str
    doses: list[float]
    endpoints: list[dict[str, Any]]


class Share(Message):
    """One share at the read-out visit: mean over subjects, and 5 to 95 % of them."""

    share: str
    unit: str
    mean: float | None
    q05: float | None
    q95: float | None


class Shares(Message):
    """A change over time, shared out among processes; shares sum to the change.

    Attributes
    ----------
    quantity, unit
        What changed, and in which unit.
    times_d
        When blood is drawn in a trial, before doses, [d].
    end_d
        The read-out visit, [d].
    parts
        By name of the process: its mean share at each time.
    colors
        By name of the process, as in the figure of ``il2sim explain``.
    change
        The mean change at each time.
    table
        Every share at the read-out visit; the change is last.
    subjects, took_ms
        How many were followed; time spent, [ms].
    """

    quantity: str
    unit: str
    times_d: list[float]
    end_d: float
    parts: dict[str, Numbers]
    colors: dict[str, str]
    change: Numbers
    table: list[Share]
    subjects: int
    took_ms: float


class Dose(Message):
    """One dose of a prescription."""

    product: str
    amount: float
    unit: str
    per: str
    route: str
    day: float
    hours: float


class Course(Message):
    """One course of a prescription, by the fields of the small editor."""

    product: str
    amount: float
    unit: str
    per: str
    route: str
    every_h: float | None
    weekdays: list[int]
    n_doses: int | None
    length_h: float | None
    over_h: float
    rate_h: float | None
    starts_h: list[float]
    alongside: bool


class Prescription(Message):
    """A prescription that was understood."""

    text: str
    doses: list[Dose]
    courses: list[Course]
    last_day: float


class Work(Message):
    """Something that goes on in the background.

    Attributes
    ----------
    id
        Its name in addresses.
    state
        ``waiting``, ``running``, ``done``, ``stopped`` (can be resumed) or ``failed``.
    done, total
        Subjects.
    left_s
        Estimated time left, [s].
    title, text
        What it is, and what there is to say.
    folder
        Where a run lies.
    files
        What the folder holds, for download.
    """

    id: str
    state: Literal["waiting", "running", "done", "stopped", "failed"]
    done: int
    total: int
    left_s: float | None = None
    title: str = ""
    text: str = ""
    folder: str = ""
    files: list[str] = []
    answer: Answer | None = None


class Status(Message):
    """How far the server is.

    Attributes
    ----------
    version
        Of il2sim.
    ready
        Whether the models are compiled.
    stage
        What goes on, for a person.
    """

    version: str
    ready: bool
    stage: str
