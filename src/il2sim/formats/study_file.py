"""A study as a TOML file: read, checked, written.

One file says what is asked, who is treated with what, when blood is drawn, and which
published values the answer is compared with. Shipped studies stand in
`il2sim/studies`; a user copies one, changes it, and gives its path instead of a name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from il2sim.engine.precision import PrecisionName
from il2sim.errors import BadStudy, closest
from il2sim.formats.protocol_file import Clauses
from il2sim.formats.refusals import check_evidence, refusal
from il2sim.formats.toml_file import Shelf, block, folder_of
from il2sim.formats.treated import model_named, people_file_of, people_of, population_of
from il2sim.study.comparison import Direction, Endpoint, Expected
from il2sim.study.protocol import Protocol
from il2sim.study.regimen import Regimen
from il2sim.study.translate import threshold_of
from il2sim.units import Quantity

if TYPE_CHECKING:
    from il2sim.molecules import Catalog
    from il2sim.study.people import Treated
    from il2sim.symbolic import Model

SHELF = Shelf("study", "studies", "studies", "daily-low-dose-cancer")
"""Where shipped studies stand."""

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1)]


class CompareRow(BaseModel):
    """One published value; see `Expected` for what each key means."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Text
    endpoint: Endpoint
    evidence: list[str] = Field(min_length=1)
    low: Number | None = None
    high: Number | None = None
    direction: Direction | None = None
    unit: str = "1"
    day: Number | None = None
    from_day: Number | None = None
    until_day: Number | None = None
    note: str = ""

    @model_validator(mode="after")
    def _says_something(self) -> CompareRow:
        bounds = [one for one in (self.low, self.high) if one is not None]
        if not bounds and self.direction is None:
            raise ValueError("low, high or a direction (up, down, ns)")
        if bounds != sorted(bounds):
            raise ValueError("low at most as large as high")
        if (self.endpoint in ("fold", "value")) != (self.day is not None):
            raise ValueError("a day for 'fold' and 'value', and only for those")
        return self

    def expected(self) -> Expected:
        """The same for `compare`."""
        return Expected(
            name=self.name,
            endpoint=self.endpoint,
            evidence=tuple(self.evidence),
            low=self.low,
            high=self.high,
            direction=self.direction,
            unit=self.unit,
            day=self.day,
            note=self.note,
        )


class Study(BaseModel):
    """Everything a study says.

    Attributes
    ----------
    title, question
        For the reader.
    model
        ``"body"``, ``"body_with_tumor"``, and each with cells as doses:
        ``"body_with_cells"``, ``"body_with_tumor_and_cells"``.
    population
        Name of a ready-made population, or of one in `population_file`; or a file of
        persons (`il2sim population build`), relative to the study file. Its persons are
        taken in their order, all unless `subjects` says fewer, whatever the seed.
    population_file
        A TOML file of populations, relative to the study file.
    catalog_file
        A TOML file of molecules and products, relative to the study file
        (`il2sim.molecules.read_catalog`), for products of the regimen.
    regimen
        A prescription of one line (`Regimen.parse`).
    protocol
        Rules, visits, repeats, rescue, missed doses and dropout
        (`il2sim.formats.protocol_file.Clauses`).
    days
        How long subjects are followed, [d].
    end_day
        The read-out visit, [d]: blood counts before any dose of that day.
    subjects, seed, tolerance, precision
        Defaults of the command line's options.
    record_every_h, record_finely_every_h, record_finely_until_day
        When to record: coarsely all the time, finely at first.
    factors
        Parameters of the model whose values are multiplied in every subject, [1].
    compare
        Published values.
    published_for
        The prescription that those are about, where it is another one than `regimen`:
        they are then shown for orientation, and no verdict is given.
    sources
        Evidence keys or citations of the regimen and its patients.
    notes
        Assumptions and what a reader should know.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    title: Text
    question: Text
    model: Literal[
        "body", "body_with_tumor", "body_with_cells", "body_with_tumor_and_cells"
    ]
    population: Text
    population_file: str | None = None
    catalog_file: str | None = None
    regimen: Text
    days: Positive
    end_day: Positive
    subjects: Annotated[int, Field(gt=0)] = 1000
    seed: Annotated[int, Field(ge=0)] = 1
    tolerance: Annotated[float, Field(gt=0, lt=1)] = 1e-4
    precision: PrecisionName = "double"
    record_every_h: Positive = 24.0
    record_finely_every_h: Positive = 1.0
    record_finely_until_day: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 3.0
    factors: dict[str, Positive] = {}
    protocol: Clauses | None = None
    compare: list[CompareRow] = []
    published_for: Text | None = None
    sources: list[str] = []
    notes: list[str] = []

    @model_validator(mode="after")
    def _fits_together(self) -> Study:
        if self.end_day > self.days:
            raise ValueError(f"end_day within the {self.days:g} days")
        for row in self.compare:
            for day in (row.day, row.from_day, row.until_day):
                if day is not None and not 0 <= day <= self.days:
                    raise ValueError(f"days of 'compare' within 0 to {self.days:g}")
        return self

    @property
    def people_file(self) -> str | None:
        """The file of persons, if the population is one."""
        return people_file_of(self)

    @property
    def end_h(self) -> float:
        """The read-out visit, [h]."""
        return 24.0 * self.end_day

    def times(self) -> Quantity:
        """When to record: the coarse and fine steps, the visit, and days compared.

        Examples
        --------
        >>> len(read_study("daily-low-dose-cancer").times().value)
        160
        """
        fine_until = 24.0 * min(self.record_finely_until_day, self.days)
        steps: list[Any] = [
            np.arange(0.0, 24.0 * self.days + 1e-9, self.record_every_h),
            np.arange(0.0, fine_until + 1e-9, self.record_finely_every_h),
            [24.0 * self.days, self.end_h],
            [24.0 * row.day for row in self.compare if row.day is not None],
        ]
        return Quantity(np.unique(np.concatenate(steps)), "h")

    def parsed_regimen(self) -> Regimen:
        """The regimen, read."""
        return Regimen.parse(self.regimen)

    def parsed_protocol(self) -> Protocol:
        """The regimen with what else the study says of its doses, read."""
        said = self.protocol or Clauses()
        return said.joined(self.regimen, self.title)

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
        """The population, of the study's size and seed or of others.

        Parameters
        ----------
        n, seed
            Default: those of the study.
        beside
            Folder that files of populations and persons are relative to.
        """
        people = people_of(self, beside)
        if people is None:
            return population_of(self, n, seed, beside)
        told = self.subjects if "subjects" in self.model_fields_set else people.n
        return people.sized(told if n is None else n)

    def find_catalog(self, beside: Path | None = None) -> Catalog | None:
        """The catalog that it names, if it names one; relative to a folder."""
        from il2sim.molecules import read_catalog

        name = self.catalog_file
        return None if name is None else read_catalog((beside or Path()) / name)


def studies() -> tuple[str, ...]:
    """Names of the shipped studies."""
    return SHELF.names()


def read_study(name: str | Path) -> Study:
    """Read a shipped study by name, or a user's by the path of its file.

    Raises
    ------
    UnknownName
        No shipped study has the name, or the file names an unknown population or
        evidence key.
    UnreadableFile
        The file is missing or not TOML.
    BadStudy
        A key is unknown, missing or has a value that cannot be used.
    BadRegimen
        The prescription cannot be followed.

    Examples
    --------
    >>> read_study("daily-low-dose-cancer").end_day
    56.0
    """
    where, content = SHELF.text_of(name)
    return study_of(read_tables(content, where), where, beside=folder_of(name))


def read_tables(content: str, where: str = "study") -> dict[str, Any]:
    """Read the text of a study file as data, without checking what it says.

    Raises
    ------
    UnreadableFile
        The text is not TOML.
    """
    return SHELF.tables_of(content, where)


def study_text(name: str | Path) -> str:
    """The text of a study file as it stands, with its comments.

    Raises
    ------
    UnknownName, UnreadableFile
        As `read_study`.
    """
    return SHELF.text_of(name)[1]


def study_of(
    tables: Mapping[str, Any], where: str = "study", *, beside: Path | None = None
) -> Study:
    """Check the content of a study file.

    Raises
    ------
    BadStudy, BadRegimen, UnknownName
        As `read_study`.
    """
    try:
        study = Study.model_validate(_with_floats(dict(tables)))
    except ValidationError as error:
        raise refusal(
            error, f"the study file '{where}'", (Study, CompareRow, Clauses), BadStudy
        ) from error
    _check_references(study, where, beside)
    return study


def write_study(study: Study, path: Path) -> None:
    """Write a study so that `read_study` gives it back."""
    path.write_text(as_toml(study), encoding="utf-8")


def as_toml(study: Study) -> str:
    """A study as the text of its file."""
    told = study.model_dump(exclude_defaults=True)
    rows, factors = told.pop("compare", []), told.pop("factors", {})
    clauses = told.pop("protocol", None) or {}
    blocks = [block("", told)]
    if factors:
        blocks.append(block("[factors]", factors))
    if clauses:
        blocks.append(block("[protocol]", clauses))
    blocks += [block("[[compare]]", row) for row in rows]
    return "\n\n".join(blocks) + "\n"


def _with_floats(tables: dict[str, Any]) -> dict[str, Any]:
    """Whole numbers where a number with a point is meant; TOML tells them apart."""
    whole = {"subjects", "seed"}

    def float_of(key: str, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool) and key not in whole:
            return float(value) if abs(value) < 10**300 else math.inf
        return value

    read = {key: float_of(key, value) for key, value in tables.items()}
    if isinstance(read.get("factors"), dict):
        read["factors"] = {
            key: float_of("factor", value) for key, value in read["factors"].items()
        }
    if isinstance(read.get("compare"), list):
        read["compare"] = [
            {key: float_of(key, value) for key, value in row.items()}
            if isinstance(row, dict)
            else row
            for row in read["compare"]
        ]
    return read


def _check_references(study: Study, where: str, beside: Path | None) -> None:
    """Names in the file must be known, before anything is solved."""
    protocol = study.parsed_protocol()
    study.find_population(beside=beside)
    study.find_catalog(beside)
    model = study.find_model()
    for condition in protocol.conditions:
        threshold_of(condition, model)
    for name in study.factors:
        if name not in model.parameters:
            raise BadStudy(
                f"the study file '{where}' changes what the model does not have.",
                got=f"'{name}'",
                expected=closest(name, model.parameters),
            )
    outputs = model.outputs
    for row in study.compare:
        for name in row.name.replace(" + ", " / ").split(" / "):
            if name not in outputs:
                raise BadStudy(
                    f"the study file '{where}' compares what the model does not show.",
                    got=f"'{name}'",
                    expected=closest(name, outputs),
                )
        for key in row.evidence:
            check_evidence(key, f"the study file '{where}'", beside=row.name)
    if not math.isfinite(study.end_h):
        raise BadStudy(f"the study file '{where}' has no end.", got=study.end_day)
