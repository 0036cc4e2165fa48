"""A protocol as a TOML file: read, checked, shown.

The clauses of a protocol (`Protocol.parse`) stand under keys of their own, beside what
a reader wants to know: whom it is for, where it was published, what of it is assumed,
and what of it the model cannot look at. A study file holds the same clauses in a table
``[protocol]``. Shipped protocols stand in `il2sim/protocols`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from il2sim.errors import BadStudy
from il2sim.formats.refusals import check_evidence, refusal
from il2sim.formats.toml_file import Shelf
from il2sim.formats.treated import model_named
from il2sim.study.lint import Finding, lint
from il2sim.study.protocol import Protocol

if TYPE_CHECKING:
    from il2sim.symbolic import Model

SHELF = Shelf("protocol", "protocols", "protocols", "high-dose-melanoma")

Text = Annotated[str, Field(min_length=1)]
Days = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Clauses(BaseModel):
    """What a protocol says beyond its regimen.

    Attributes
    ----------
    rules
        Such as ``"skip if systolic pressure < 80 mmHg"``.
    visits
        Such as ``"day 28 within 3 days"``.
    repeat
        Such as ``"from day 85 if tumor fold < 0.8, at most 3 courses"``.
    rescue
        Such as ``"if tumor fold > 1.2: aldesleukin 1 MIU sc daily, 5 doses"``.
    missed
        Such as ``"3 %"``.
    dropout
        Such as ``"1 %/week"`` or ``"5 % at visits"``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    rules: list[Text] = []
    visits: list[Text] = []
    repeat: Text | None = None
    rescue: Text | None = None
    missed: Text | None = None
    dropout: Text | None = None

    def joined(self, regimen: str, name: str) -> Protocol:
        """The protocol of a regimen with these clauses.

        Raises
        ------
        BadRegimen
            A clause is not understood, or clauses do not fit together.
        """
        clauses = [regimen, *self.rules, *(f"visit {one}" for one in self.visits)]
        for key in ("repeat", "missed", "dropout", "rescue"):
            said = getattr(self, key)
            clauses += [] if said is None else [f"{key} {said}"]
        return Protocol.parse("; ".join(clauses), name=name)


class ProtocolFile(Clauses):
    """Everything a protocol file says; clauses as in `Clauses`.

    Attributes
    ----------
    title, meaning
        For the reader.
    model
        Whose outputs the rules look at.
    population
        Whom it was written for, by the name of a ready-made population.
    days
        How long subjects are followed, [d].
    regimen
        A prescription (`Regimen.parse`).
    sources
        Evidence keys.
    citations
        Sources without a key.
    assumptions
        What no source states, with a range where it is a number.
    not_simulated
        What of the protocol the model cannot look at or does not hold.
    """

    title: Text
    meaning: Text
    model: Literal[
        "body", "body_with_tumor", "body_with_cells", "body_with_tumor_and_cells"
    ]
    population: Text
    days: Days
    regimen: Text
    sources: list[Text] = Field(min_length=1)
    citations: list[Text] = []
    assumptions: list[Text] = []
    not_simulated: list[Text] = []

    def protocol(self, name: str = "protocol") -> Protocol:
        """The protocol itself.

        Raises
        ------
        BadRegimen
            A clause is not understood, or clauses do not fit together.
        """
        return self.joined(self.regimen, name)

    def find_model(self) -> Model:
        """The model, joined."""
        return model_named(self.model)

    def findings(self) -> list[Finding]:
        """What is wrong or strange in it; see `il2sim.study.lint`."""
        return lint(self.protocol(), self.find_model(), days=self.days)


def protocols() -> tuple[str, ...]:
    """Names of the shipped protocols."""
    return SHELF.names()


def read_protocol(name: str | Path) -> Protocol:
    """Read a shipped protocol by name, or a user's by the path of its file.

    Raises
    ------
    UnknownName, UnreadableFile, BadStudy, BadRegimen
        As `read_protocol_file`.

    Examples
    --------
    >>> print(read_protocol("high-dose-melanoma").rules[0])
    skip if systolic pressure < 80 mmHg
    """
    return read_protocol_file(name).protocol(Path(name).name.removesuffix(".toml"))


def read_protocol_file(name: str | Path) -> ProtocolFile:
    """Read a shipped protocol by name, or a user's by its path, with all it says.

    Raises
    ------
    UnknownName
        No shipped protocol has the name, or the file names an unknown population or
        evidence key.
    UnreadableFile
        The file is missing or not TOML.
    BadStudy
        A key is unknown, missing or has a value that cannot be used.
    BadRegimen
        A clause is not understood.
    """
    where, content = SHELF.text_of(name)
    return protocol_of(SHELF.tables_of(content, where), where)


def protocol_of(tables: dict[str, Any], where: str = "protocol") -> ProtocolFile:
    """Check the content of a protocol file.

    Raises
    ------
    UnknownName, BadStudy, BadRegimen
        As `read_protocol_file`.
    """
    if isinstance(tables.get("days"), int) and not isinstance(tables["days"], bool):
        tables = {**tables, "days": float(tables["days"])}
    try:
        found = ProtocolFile.model_validate(tables)
    except ValidationError as error:
        what = f"the protocol file '{where}'"
        raise refusal(error, what, [ProtocolFile], BadStudy) from error
    found.protocol()
    _check_references(found, where)
    return found


def show(file: ProtocolFile, name: str) -> str:
    """A protocol as text: what it says, its timeline, its sources."""
    protocol = file.protocol(name)
    parts = [
        f"{name}: {file.title}",
        file.meaning,
        "",
        *(f"  {line}" for line in str(protocol).split("; ")),
        "",
        *(f"  {line}" for line in timeline(protocol, file.days)),
        "",
        f"for {file.population}, {file.days:g} days, model {file.model}",
        *_told("source", _sources(file)),
        *_told("assumption", file.assumptions),
        *_told("not simulated", file.not_simulated),
        *(str(one) for one in file.findings()),
    ]
    return "\n".join(parts)


def timeline(protocol: Protocol, days: float, *, width: int = 60) -> list[str]:
    r"""Doses, visits and decisions on repeats over the days, one line of signs each.

    Parameters
    ----------
    protocol
        What is shown.
    days
        How long, [d].
    width
        Signs in a line.

    Examples
    --------
    >>> weekly = Protocol.parse("aldesleukin 1 MIU sc weekly, 4 doses; visit day 27")
    >>> print("\n".join(timeline(weekly, 28.0, width=28)))
    doses  |......|......|......
    visits ...........................|
    days   0                    to 28
    """
    rows = {"doses": [dose.time_h for dose in protocol.whole.doses]}
    rows["visits"] = [visit.time_h for visit in protocol.visits]
    if protocol.repeat is not None:
        step = protocol.repeat.every_h
        rows["repeat?"] = [turn * step for turn in range(1, protocol.courses)]
    head = max(map(len, rows)) + 1
    lines = []
    for name, times in rows.items():
        signs = ["."] * width
        for time in times:
            if time <= 24.0 * days:
                signs[min(width - 1, int(time / (24.0 * days) * width))] = "|"
        if times:
            lines.append(f"{name:{head}}{''.join(signs)}".rstrip("."))
    end = f"to {days:g}"
    return [*lines, f"{'days':{head}}0{end:>{width - 3}}"]


def _told(what: str, lines: list[str]) -> Iterator[str]:
    for line in lines:
        yield f"  {what}: {line}"


def _sources(file: ProtocolFile) -> list[str]:
    from il2sim.evidence import library

    told = [f"{key} {library.measurement(key).source}" for key in file.sources]
    return [*told, *file.citations]


def _check_references(file: ProtocolFile, where: str) -> None:
    """Names in the file must be known."""
    from il2sim.study import populations

    populations.population(file.population, n=1, seed=1)
    for key in file.sources:
        check_evidence(
            key,
            f"the protocol file '{where}'",
            expected="an evidence key, such as 'E250'; others are 'citations'",
        )
