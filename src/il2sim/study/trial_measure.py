"""`Measure`: one endpoint of a trial, found while a subject is solved.

A measure is a sentence of a protocol: which quantity, read when, made into what. It is
turned into reductions of the engine, so a trial of a million subjects keeps numbers and
no trajectories. Endpoints read from trajectories are in `endpoints.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from il2sim.engine.reductions import Reduce, Reduction
from il2sim.errors import BadStudy
from il2sim.study.subjects import Floats

Kind = Literal[
    "value",
    "fold",
    "peak",
    "peak fold",
    "lowest",
    "lowest fold",
    "exposure",
    "time above",
    "time to",
]
Scale = Literal["linear", "log"]

DAY_H = 24.0

_REDUCE = {
    "value": Reduce.VALUE,
    "fold": Reduce.VALUE,
    "peak": Reduce.PEAK,
    "peak fold": Reduce.PEAK,
    "lowest": Reduce.TROUGH,
    "lowest fold": Reduce.TROUGH,
    "exposure": Reduce.AREA,
    "time above": Reduce.TIME_ABOVE,
}

AT_A_DAY = ("value", "fold")
"""Kinds that are read at one visit; the others are read in a window."""


@dataclass(frozen=True)
class Measure:
    """One endpoint.

    Attributes
    ----------
    name
        In tables and figures.
    quantity
        Name of an output of the model.
    kind
        ``"value"`` and ``"fold"`` (over rest) at a day; ``"peak"`` and ``"lowest"`` in
        a window, also as folds; ``"exposure"``, the area under the curve [unit·d];
        ``"time above"`` a threshold [d]; ``"time to"`` the first time at or beyond a
        threshold [d], an event that may be censored.
    over
        A second quantity: the measure is the ratio of both.
    also
        More quantities in the same unit: the worst counts, the highest peak or the
        lowest value of all.
    day, from_day, until_day
        When it is read, [d] after time zero; the window is the whole trial unless said.
    threshold
        For ``"time above"`` and ``"time to"``, in the unit of the quantity.
    is_fold, is_fall
        Whether the threshold is over rest; whether the event is a fall to it.
    grades
        Thresholds that make it a grade: falling ones count how deep it fell, rising
        ones how high it rose, as in the grades of CTCAE.
    at_least, at_most
        Makes it a yes or no.
    scale
        ``"log"`` compares geometric means by their ratio, ``"linear"`` means by their
        difference.
    source
        Evidence keys or text: why so.
    """

    name: str
    quantity: str
    kind: Kind
    over: str | None = None
    also: tuple[str, ...] = ()
    day: float | None = None
    from_day: float = 0.0
    until_day: float | None = None
    threshold: float = math.nan
    is_fold: bool = False
    is_fall: bool = False
    grades: tuple[float, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    scale: Scale = "linear"
    source: str = ""

    def __post_init__(self) -> None:
        if (self.kind in AT_A_DAY) != (self.day is not None):
            raise self._bad("day", self.day, "a day for 'value' and 'fold', only there")
        needs = self.kind in ("time above", "time to")
        if needs == math.isnan(self.threshold):
            raise self._bad(
                "threshold", self.threshold, "one for 'time above' and 'to'"
            )
        if self.over is not None and self.kind not in ("value", "fold", "exposure"):
            raise self._bad("ratio", self.kind, "a value, a fold or an exposure")
        if self.also and not self.kind.startswith(("peak", "lowest")):
            raise self._bad("worst", self.kind, "a peak or a lowest value")
        if self.at_least is not None and self.at_most is not None:
            raise self._bad("limits", (self.at_least, self.at_most), "one of both")
        if (self.is_event and (self.is_yes_or_no or self.grades)) or (
            list(self.grades) not in (sorted(self.grades), sorted(self.grades)[::-1])
        ):
            raise self._bad("grades", self.grades, "rising or falling thresholds")
        if self.until_day is not None and self.until_day <= self.from_day:
            raise self._bad("window", (self.from_day, self.until_day), "from < until")

    @property
    def is_event(self) -> bool:
        """Whether it is the time of an event, which may be censored."""
        return self.kind == "time to"

    @property
    def is_yes_or_no(self) -> bool:
        """Whether each subject has it or not."""
        return self.at_least is not None or self.at_most is not None

    @property
    def is_relative(self) -> bool:
        """Whether it is over rest."""
        return self.kind.endswith("fold")

    @property
    def quantities(self) -> tuple[str, ...]:
        """The outputs that it needs."""
        own = (self.quantity, *self.also)
        return own if self.over is None else (*own, self.over)

    def unit(self, units: Mapping[str, str]) -> str:
        """The unit of its values, from those of its quantities."""
        unit = units[self.quantity]
        other = None if self.over is None else units[self.over]
        if self.is_yes_or_no or self.is_relative or self.grades:
            return "1"
        if self.kind.startswith("time"):
            return "d"
        own = "1" if unit == other else unit if other is None else f"({unit})/({other})"
        return f"{own}*d" if self.kind == "exposure" and other is None else own

    def last_day(self, end_day: float) -> float:
        """When it is known, [d]; for an event, when it is censored at the latest."""
        if self.day is not None:
            return self.day
        return end_day if self.until_day is None else min(self.until_day, end_day)

    def reductions(self, start_day: float, end_day: float) -> list[Reduction]:
        """What the engine must find, for a treatment begun at `start_day` [d]."""
        begin = start_day + (self.from_day if self.day is None else self.day)
        until = begin
        if self.day is None:
            last = math.inf if self.until_day is None else start_day + self.until_day
            until = min(last, end_day)
        kind = _REDUCE.get(
            self.kind, Reduce.FIRST_BELOW if self.is_fall else Reduce.FIRST_ABOVE
        )
        return [
            Reduction(
                kind,
                quantity,
                start_h=DAY_H * begin,
                end_h=DAY_H * until,
                threshold=self.threshold,
                relative=self.is_relative or self.is_fold,
                since_dose=kind in (Reduce.PEAK, Reduce.TROUGH) and not start_day,
            )
            for quantity in self.quantities
        ]

    def read(self, reduced: Floats, start_day: float = 0.0) -> Floats:
        """Make the number of each subject, before any limit, shape ``(n_subjects,)``.

        Parameters
        ----------
        reduced
            What the engine found, shape ``(n_subjects, n_reductions)``.
        start_day
            When the treatment began, [d]; events are counted from there.
        """
        found = reduced[:, 0]
        if self.also:
            is_high = self.kind.startswith("peak")
            found = reduced.max(axis=1) if is_high else reduced.min(axis=1)
        elif self.over is not None:
            found = found / reduced[:, 1]
        elif self.kind in ("exposure", "time above"):
            found = found / DAY_H
        elif self.is_event:
            found = found / DAY_H - start_day
        return np.asarray(found, dtype=float)

    def judge(self, values: Floats) -> Floats:
        """Make grades, and yes (1) or no (0), of the numbers; unknown stays unknown.

        Examples
        --------
        >>> low = Measure("g", "lymphocytes", "lowest", grades=(800.0, 500.0, 200.0))
        >>> low.judge(np.array([900.0, 600.0, 100.0])).tolist()
        [0.0, 1.0, 3.0]
        """
        known = np.isfinite(values)
        found = np.asarray(values, dtype=float)
        if self.grades:
            limits = np.array(self.grades)
            is_fall = len(limits) > 1 and limits[0] > limits[-1]
            beyond = (
                found[:, None] < limits if is_fall else found[:, None] >= limits
            ).sum(axis=1)
            found = np.where(known, beyond.astype(float), np.nan)
        if self.at_least is not None:
            found = np.where(known, found >= self.at_least, np.nan)
        elif self.at_most is not None:
            found = np.where(known, found <= self.at_most, np.nan)
        return found

    def _bad(self, what: str, got: object, expected: str) -> BadStudy:
        return BadStudy(
            f"the {what} of the endpoint '{self.name}' cannot be used.",
            got=got,
            expected=expected,
        )
