"""The library of evidence: look up by key; every table is checked when it is loaded.

The tables of this package are read once, when the first number is asked for. A user's
own folder of tables is read with `read_library`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from il2sim.errors import BadEvidence, UnknownName, closest
from il2sim.evidence.bibliography import read_sources
from il2sim.evidence.measurement import (
    OPTIONAL,
    REQUIRED,
    Measurement,
    measurement_of,
)
from il2sim.evidence.parameter import (
    COLUMNS,
    ParameterValue,
    parameter_of,
)
from il2sim.evidence.rows import Row, read_rows
from il2sim.evidence.source import Source

_TABLES = Path(__file__).parent / "tables"
_PARAMETERS = "parameters*.tsv"
_Thing = TypeVar("_Thing", Measurement, ParameterValue, Source)


@dataclass(frozen=True)
class Library:
    """Measurements, parameters and sources, each by its key.

    Examples
    --------
    >>> shipped = read_library()
    >>> shipped.measurement("E009").shown
    '120 mL/min'
    """

    measurements: Mapping[str, Measurement]
    parameters: Mapping[str, ParameterValue]
    sources: Mapping[str, Source]

    def measurement(self, key: str) -> Measurement:
        """Look a measurement up by its evidence key, in any case.

        Raises
        ------
        UnknownName
            No table has the key; the closest known ones are named.
        """
        return _find(key.upper(), self.measurements, "evidence key", given=key)

    def parameter(self, name: str) -> ParameterValue:
        """Look the value of a parameter up by its name.

        Raises
        ------
        UnknownName
            The table of parameters has no such name.
        """
        return _find(name, self.parameters, "parameter")

    def source(self, key: str) -> Source:
        """Look a source up by its key or by an identifier such as ``"pmid:2317789"``.

        Raises
        ------
        UnknownName
            The bibliography has no such source.
        """
        for source in self.sources.values():
            if key.lower() in map(str.lower, source.identifiers):
                return source
        return _find(key, self.sources, "source")

    def on(self, topic: str) -> tuple[Measurement, ...]:
        """Every measurement on one topic, in the order of the tables.

        Raises
        ------
        UnknownName
            No measurement is on this topic.
        """
        found = [row for row in self.measurements.values() if row.topic == topic]
        if not found:
            raise UnknownName(
                f"no measurement is on the topic '{topic}'.",
                got=repr(topic),
                expected=closest(topic, self.topics()),
            )
        return tuple(found)

    def topics(self) -> tuple[str, ...]:
        """Every topic, in the order of the tables."""
        return tuple(dict.fromkeys(row.topic for row in self.measurements.values()))

    def search(self, text: str) -> tuple[Measurement, ...]:
        """Every measurement whose row has all the words, in any case and order."""
        words = text.lower().split()
        return tuple(
            row
            for row in self.measurements.values()
            if all(word in _searched(row) for word in words)
        )


def read_library(folder: Path | None = None) -> Library:
    """Read every table of a folder and check every row.

    Parameters
    ----------
    folder
        With ``sources.bib``, tables of measurements (``*.tsv``) and, if there is one,
        tables of parameters (``parameters*.tsv``). Default: those of this package.

    Raises
    ------
    UnreadableFile
        A file is missing or is not text.
    BadEvidence
        A row breaks a rule; the message names file, line and column.

    Examples
    --------
    >>> read_library().measurement("E207").shown
    '8 d'
    """
    folder = _TABLES if folder is None else folder
    sources = read_sources(folder / "sources.bib")
    rows = _rows_of(folder)
    measurements = _by_name((row, measurement_of(row, sources)) for row in rows)
    identifiers = frozenset(
        identifier.lower() for one in sources.values() for identifier in one.identifiers
    )
    given = (
        row
        for table in sorted(folder.glob(_PARAMETERS))
        for row in read_rows(table, required=COLUMNS)
    )
    parameters = _by_name(
        (row, parameter_of(row, measurements, identifiers)) for row in given
    )
    return Library(
        MappingProxyType(measurements),
        MappingProxyType(parameters),
        MappingProxyType(sources),
    )


def measurement(key: str) -> Measurement:
    """Look a measurement up by its evidence key.

    Raises
    ------
    UnknownName
        No table has the key.

    Examples
    --------
    >>> print(measurement("E009"))
    E009  clearance: 120 mL/min  (Konrad 1990, Cancer Res 50:2009, pmid:2317789; read)
    """
    return _shipped().measurement(key)


def measurements(topic: str | None = None) -> tuple[Measurement, ...]:
    """Every measurement, or those on one topic.

    Raises
    ------
    UnknownName
        No measurement is on the topic.

    Examples
    --------
    >>> [row.quantity for row in measurements("tumor")][:1]
    ['intratumoral FOXP3+ cells']
    """
    if topic is None:
        return tuple(_shipped().measurements.values())
    return _shipped().on(topic)


def search(text: str) -> tuple[Measurement, ...]:
    """Every measurement whose row has all the words.

    Examples
    --------
    >>> [row.key for row in search("half-life alpha konrad")]
    ['E006']
    """
    return _shipped().search(text)


def topics() -> tuple[str, ...]:
    """Every topic that measurements are on."""
    return _shipped().topics()


def source(key: str) -> Source:
    """Look a source up by its key or identifier.

    Raises
    ------
    UnknownName
        The bibliography has no such source.

    Examples
    --------
    >>> source("pmid:2317789").citation
    'Konrad 1990, Cancer Res 50:2009'
    """
    return _shipped().source(key)


def sources() -> tuple[Source, ...]:
    """Every source, by the order of their keys."""
    return tuple(_shipped().sources.values())


def parameter(name: str) -> ParameterValue:
    """Look up the value that a parameter of a model starts from.

    Raises
    ------
    UnknownName
        The table of parameters has no such name.

    Examples
    --------
    >>> parameter("circulation.plasma_volume").unit
    'L'
    """
    return _shipped().parameter(name)


def parameters() -> tuple[ParameterValue, ...]:
    """The value of every parameter, in the order of the table."""
    return tuple(_shipped().parameters.values())


@lru_cache(maxsize=1)
def _shipped() -> Library:
    return read_library()


def _rows_of(folder: Path) -> Iterable[Row]:
    for path in sorted(folder.glob("*.tsv")):
        if not path.match(_PARAMETERS):
            yield from read_rows(path, required=REQUIRED, optional=OPTIONAL)


def _by_name(pairs: Iterable[tuple[Row, _Thing]]) -> dict[str, _Thing]:
    """Gather things by the name of their row, each name once."""
    owners: dict[str, Row] = {}
    things: dict[str, _Thing] = {}
    for row, thing in pairs:
        if row.name in owners:
            first = owners[row.name]
            raise BadEvidence(
                f"{row.file}, line {row.line} names '{row.name}' again.",
                got=repr(row.name),
                expected=f"a name of its own; {first.file}, line {first.line} has it",
            )
        owners[row.name] = row
        things[row.name] = thing
    return things


def _find(
    key: str, known: Mapping[str, _Thing], what: str, *, given: str | None = None
) -> _Thing:
    if key in known:
        return known[key]
    raise UnknownName(
        f"no {what} is named '{given or key}'.",
        got=repr(given or key),
        expected=closest(key, known),
    )


def _searched(row: Measurement) -> str:
    parts = (
        *(row.key, row.topic, row.quantity, row.word or "", row.note),
        *row.conditions.values(),
        str(row.source),
    )
    return " ".join(parts).lower()
