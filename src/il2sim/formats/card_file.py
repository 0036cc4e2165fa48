"""A trial card as a TOML file: read and checked.

Shipped cards stand in `il2sim/cards`, one trial each; its README says which rule split
them into calibration and held out, and when. Every key is checked, every evidence key
must exist, and what the model does not show is refused before anything is simulated.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from il2sim.errors import BadStudy, closest
from il2sim.formats.refusals import refusal
from il2sim.formats.toml_file import Shelf
from il2sim.study.card import Arm, Basis, Measured, Role, Statistic, TrialCard
from il2sim.study.comparison import Direction, Expected
from il2sim.study.readings import Reading
from il2sim.study.readouts import Assay, needed
from il2sim.study.regimen import Regimen
from il2sim.study.stand_in import StandIn

SHELF = Shelf("card", "cards", "cards", "daily-cgvhd-phase-2")

Number = Annotated[float, Field(allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1)]

KINDS = (
    "pharmacokinetics",
    "at rest",
    "labeling",
    "ultra-low dose",
    "daily low dose",
    "intermittent low dose",
    "HIV cycles",
    "continuous infusion",
    "high dose",
    "lymphodepletion",
    "tumor",
    "toxicity",
    "engineered IL-2",
)
"""In the order in which they are shown."""


class AssayRow(BaseModel):
    """See `Assay`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: Text
    offset: Number = 0.0
    limit: Number = 0.0


class MeasuredRow(BaseModel):
    """One published number; see `Measured` and `Expected` for what each key means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text
    endpoint: Reading
    evidence: list[str] = Field(min_length=1)
    low: Number | None = None
    high: Number | None = None
    direction: Direction | None = None
    basis: Basis
    unit: str = "1"
    day: Number | None = None
    from_day: Number | None = None
    until_day: Number | None = None
    from_h: Number | None = None
    until_h: Number | None = None
    every_h: Annotated[float, Field(gt=0)] | None = None
    arm: str = "all"
    over: str | None = None
    over_h: tuple[Number, Number] | None = None
    value: Number | None = None
    value_low: Number | None = None
    value_high: Number | None = None
    statistic: Statistic = "median"
    n: Annotated[int, Field(gt=0)] | None = None
    below: Number | None = None
    above: Number | None = None
    assay: AssayRow | None = None
    gate: str = ""
    why: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _says_something(self) -> MeasuredRow:
        bounds = [one for one in (self.low, self.high) if one is not None]
        has_band = bool(bounds) or self.direction is not None
        if has_band == (self.basis == "none"):
            raise ValueError("a band or a direction, or basis = 'none'")
        if bounds != sorted(bounds):
            raise ValueError("low at most as large as high")
        if self.endpoint != "rest" and self.window() is None:
            raise ValueError("a day, or a window that begins and ends")
        return self

    def window(self) -> tuple[float, float] | None:
        """From when to when, [h]; None if that is not said."""
        if self.day is not None:
            return 24.0 * self.day, 24.0 * self.day
        days = [one for one in (self.from_day, self.until_day) if one is not None]
        hours = [one for one in (self.from_h, self.until_h) if one is not None]
        if len(days) == 2:
            hours = [24.0 * one for one in days]
        return (hours[0], hours[1]) if len(hours) == 2 else None

    def measured(self) -> Measured:
        """The same for `validate`."""
        start_h, end_h = self.window() or (0.0, 0.0)
        expected = Expected(
            name=self.name,
            endpoint=self.endpoint,
            evidence=tuple(self.evidence),
            low=self.low,
            high=self.high,
            direction=self.direction,
            unit=self.unit,
            note=self.note,
        )
        assay = self.assay
        return Measured(
            expected=expected,
            arm=self.arm,
            start_h=start_h,
            end_h=end_h,
            over=self.over,
            over_h=self.over_h,
            every_h=self.every_h,
            value=self.value,
            value_low=self.value_low,
            value_high=self.value_high,
            statistic=self.statistic,
            n=self.n,
            below=self.below,
            above=self.above,
            assay=Assay(assay.unit, assay.offset, assay.limit) if assay else None,
            gate=self.gate,
            basis=self.basis,
            why=self.why,
        )


class StandInRow(BaseModel):
    """See `StandIn`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    variant: Text
    via: str | None = None
    times: dict[str, Annotated[float, Field(gt=0)]] = {}
    why: Text


class ArmRow(BaseModel):
    """One group of patients; see `Arm`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    regimen: str | None = None
    factors: dict[str, Annotated[float, Field(gt=0)]] = {}
    remaining: dict[str, Annotated[float, Field(gt=0, le=1)]] = {}
    stand_in: StandInRow | None = None


class CardRow(BaseModel):
    """A whole card; see `TrialCard`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Text
    kind: Literal[KINDS]  # type: ignore[valid-type]
    role: Role
    model: Literal["body", "body_with_tumor"] = "body"
    population: Text
    n: Annotated[int, Field(gt=0)]
    visits_d: list[Number] = [0.0]
    regimen: str | None = None
    factors: dict[str, Annotated[float, Field(gt=0)]] = {}
    stand_in: StandInRow | None = None
    arms: dict[str, ArmRow] = {}
    measured: list[MeasuredRow] = Field(min_length=1)
    notes: list[str] = []

    @model_validator(mode="after")
    def _fits_together(self) -> CardRow:
        if self.arms and self.regimen is not None:
            raise ValueError("a regimen for all, or arms")
        known = self.every_arm()
        for row in self.measured:
            for arm in (row.arm, row.over):
                if arm not in (None, "dose", *known):
                    raise ValueError(f"'{arm}' among the arms: {', '.join(known)}")
        return self

    def every_arm(self) -> dict[str, ArmRow]:
        """The arms, or the one arm ``all``."""
        one = ArmRow(regimen=self.regimen, factors=self.factors, stand_in=self.stand_in)
        return self.arms or {"all": one}


def cards() -> tuple[str, ...]:
    """Names of the shipped cards."""
    return SHELF.names()


def read_cards() -> tuple[TrialCard, ...]:
    """Every shipped card, those of one kind together."""
    found = [read_card(name) for name in cards()]
    return tuple(sorted(found, key=lambda one: (KINDS.index(one.kind), one.name)))


def read_card(name: str | Path) -> TrialCard:
    """Read a shipped card by name, or a user's by the path of its file.

    Raises
    ------
    UnknownName
        No shipped card has the name, or evidence is named that does not exist.
    UnreadableFile
        The file is missing or not TOML.
    BadStudy
        A key is unknown, missing or has a value that cannot be used.
    BadRegimen
        A prescription cannot be followed.
    """
    where, content = SHELF.text_of(name)
    tables = SHELF.tables_of(content, where)
    try:
        row = CardRow.model_validate(tables)
    except ValidationError as error:
        what = f"the card file '{where}'"
        raise refusal(error, what, [CardRow, MeasuredRow, ArmRow], BadStudy) from error
    return _checked(row, Path(where).stem, where)


def card_text(name: str | Path) -> str:
    """The text of a card's file.

    Raises
    ------
    UnknownName, UnreadableFile
        As `read_card`.
    """
    return SHELF.text_of(name)[1]


def _checked(row: CardRow, name: str, where: str) -> TrialCard:
    from il2sim import models
    from il2sim.evidence import library

    outputs = getattr(models, row.model)().outputs
    for one in row.measured:
        for output in needed(one.name):
            if output not in outputs:
                raise BadStudy(
                    f"the card '{where}' compares what the model does not show.",
                    got=f"'{output}'",
                    expected=closest(output, outputs),
                )
        for key in one.evidence:
            library.measurement(key)
    arms = {
        key: Arm(
            Regimen.parse(arm.regimen) if arm.regimen else None,
            arm.factors,
            arm.remaining,
            StandIn(**dict(arm.stand_in)) if arm.stand_in else None,
        )
        for key, arm in row.every_arm().items()
    }
    return TrialCard(
        name=name,
        title=row.title,
        kind=row.kind,
        role=row.role,
        model=row.model,
        population=row.population,
        arms=arms,
        n=row.n,
        visits_h=24.0 * np.array(row.visits_d),
        measured=tuple(one.measured() for one in row.measured),
        notes=tuple(row.notes),
    )
