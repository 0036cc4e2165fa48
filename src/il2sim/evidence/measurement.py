"""`Measurement`: a value with unit, spread, conditions and source.

One row of a table of evidence, checked when it is read. What a value is used for stands
elsewhere (`parameter`, the catalog of molecules, the study files).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from il2sim.errors import BadEvidence
from il2sim.evidence.rows import Row
from il2sim.evidence.source import Source
from il2sim.evidence.words import DIRECTIONS, HOW, NUMBERS, STATISTICS, TEXTS
from il2sim.units import convert

CONDITIONS = (
    "population",
    "n",
    "product",
    "family",
    "dose",
    "dose_unit",
    "route",
    "schedule",
    "time",
    "assay",
)
"""Columns that say under which conditions a value was found."""

REQUIRED = (
    *("key", "topic", "quantity", "kind", "value", "unit", "low", "high"),
    *("statistic", "source", "place", "how", "note"),
)
"""Columns that every table of measurements has."""

OPTIONAL = (*CONDITIONS, "spread", "spread_kind", "printed_unit")
"""Columns that a table of measurements may have."""

_KINDS = {**NUMBERS, **TEXTS}


@dataclass(frozen=True)
class Measurement:
    """One published number or finding.

    Attributes
    ----------
    key
        The evidence key, such as ``"E009"`` or ``"V001"``.
    topic, quantity, kind
        What it belongs to, what was measured, and which kind of value it is (a word
        of `il2sim.evidence.words`).
    value
        The number in `unit`; None where the source gives words or only a range.
    word
        The finding, where it is a direction, a category or a statement.
    unit
        A unit that `il2sim.units` reads. None for words, and for activities in the
        units of a paper (U), which no known factor turns into IU.
    printed_unit
        The unit as printed, where it differs in kind.
    low, high
        The published range [unit]; None where there is none.
    statistic, spread, spread_kind
        What the value stands for (``"median"``, ``"lower bound"``, …) and how far
        subjects lie from it [unit].
    conditions
        Population, product, dose, route, schedule, time, assay: as published.
    source, place
        The source, and where in it.
    how
        ``"read"``, ``"derived"`` or ``"unverified"``.
    note
        What a user of the value should know.
    """

    key: str
    topic: str
    quantity: str
    kind: str
    value: float | None
    word: str | None
    unit: str | None
    printed_unit: str
    low: float | None
    high: float | None
    statistic: str
    spread: float | None
    spread_kind: str
    conditions: Mapping[str, str]
    source: Source
    place: str
    how: str
    note: str

    @property
    def is_verified(self) -> bool:
        """Read in its source, or derived from numbers read there."""
        return self.how != "unverified"

    def published_range(self, wanted: str | None = None) -> tuple[float, float] | None:
        """Between which two numbers the source puts the value.

        The printed range where there is one; a bound, with infinity on its open side;
        one spread to either side of the value. None for words and for a bare value.

        Parameters
        ----------
        wanted
            The unit of the answer. Default: the unit of the measurement.

        Raises
        ------
        UnitMismatch
            The measurement cannot be given in the unit wanted.
        BadEvidence
            A unit is wanted of a measurement that has none.
        """
        found = self._range()
        if found is None or wanted is None:
            return found
        return self._convert(found[0], wanted), self._convert(found[1], wanted)

    def to(self, wanted: str) -> float:
        """The bare number in the unit wanted.

        Raises
        ------
        BadEvidence
            The measurement is words, a range without a value, or in a unit of its
            paper that no factor turns into IU.
        UnitMismatch
            It measures something else.
        """
        if self.value is None:
            raise BadEvidence(
                f"the measurement '{self.key}' has no single number.",
                got=self.shown,
                expected="a number; its range is in 'low' and 'high'",
            )
        return self._convert(self.value, wanted)

    @property
    def shown(self) -> str:
        """The value as read by people, such as ``"12.9 min"`` or ``"> 5-fold"``."""
        if self.word is not None:
            return self.word
        sign = {"lower bound": "> ", "upper bound": "< ", "about": "about "}
        unit = f" {self.unit or self.printed_unit}" if self.unit != "1" else ""
        unit = "-fold" if self.kind == "fold" else unit
        if self.value is not None:
            return f"{sign.get(self.statistic, '')}{self.value:g}{unit}"
        return f"{self.low:g} to {self.high:g}{unit}"

    def __str__(self) -> str:
        return f"{self.key}  {self.quantity}: {self.shown}  ({self.source}; {self.how})"

    def _range(self) -> tuple[float, float] | None:
        if self.low is not None and self.high is not None:
            return self.low, self.high
        if self.value is None:
            return None
        if self.statistic == "lower bound":
            return self.value, float("inf")
        if self.statistic == "upper bound":
            return float("-inf"), self.value
        if self.spread is not None:
            return self.value - self.spread, self.value + self.spread
        return None

    def _convert(self, value: float, wanted: str) -> float:
        if self.unit is None:
            raise BadEvidence(
                f"the measurement '{self.key}' is not in a unit that can be converted.",
                got=self.shown,
                expected="only its ratio to a value of the same paper",
            )
        return convert(value, self.unit, wanted)


def measurement_of(row: Row, sources: Mapping[str, Source]) -> Measurement:
    """Read one row, and refuse it if it breaks a rule.

    Raises
    ------
    BadEvidence
        A cell breaks a rule; the message names file, line and column.
    """
    kind = row.word("kind", _KINDS)
    is_number = kind in NUMBERS
    low, high, spread = (row.number(name) for name in ("low", "high", "spread"))
    value = row.number("value") if is_number else None
    _check_numbers(row, kind, value, low, high)
    if spread is not None and (spread < 0 or value is None):
        row.refuse("spread", "does not fit the value", expected="a size around a value")
    return Measurement(
        key=row.name,
        topic=row.text("topic", required=True),
        quantity=row.text("quantity", required=True),
        kind=kind,
        value=value,
        word=None if is_number else _word(row, kind),
        unit=_unit(row, kind),
        printed_unit=row.text("printed_unit"),
        low=low,
        high=high,
        statistic=row.word("statistic", STATISTICS),
        spread=spread,
        spread_kind=row.text("spread_kind", required=spread is not None),
        conditions=_conditions(row),
        source=sources[row.word("source", sources)],
        place=row.text("place"),
        how=row.word("how", HOW),
        note=row.text("note"),
    )


def _unit(row: Row, kind: str) -> str | None:
    """Read the unit; words and activities of a paper must not have one."""
    if kind in NUMBERS and kind != "activity":
        return row.unit("unit")
    if row.text("unit"):
        row.refuse("unit", f"does not fit the kind '{kind}'", expected="an empty cell")
    if kind == "activity":
        row.text("printed_unit", required=True)
    return None


def _word(row: Row, kind: str) -> str:
    if kind == "direction":
        return row.word("value", DIRECTIONS)
    return row.text("value", required=True)


def _check_numbers(
    row: Row,
    kind: str,
    value: float | None,
    low: float | None,
    high: float | None,
) -> None:
    if (low is None) != (high is None) and row.text("spread_kind") != "to maximum":
        row.refuse("low", "and 'high' must stand together", expected="both or none")
    if kind in NUMBERS and value is None and low is None:
        row.refuse("value", "is empty, and there is no range", expected="a number")
    if kind in TEXTS and low is not None:
        row.refuse("low", "does not fit words", expected="an empty cell")
    middle = [number for number in (low, value, high) if number is not None]
    if middle != sorted(middle):
        row.refuse(
            "value", "is outside 'low' to 'high'", expected="low <= value <= high"
        )


def _conditions(row: Row) -> Mapping[str, str]:
    n = row.number("n")
    if n is not None and (n < 1 or n != int(n)):
        row.refuse("n", "is not a number of subjects", expected="1, 2, 3, …")
    given = {name: row.text(name) for name in CONDITIONS}
    return MappingProxyType({name: text for name, text in given.items() if text})
