"""`Dose` and `Course`: one dose, and doses that follow one rule.

A course is what a clinician says in one breath: how much, by which route, how often,
how long, and on which days it is begun. Courses are joined in `regimen.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from il2sim.errors import BadRegimen, closest
from il2sim.study.vocabulary import DOSE_UNITS, write_length, write_moment

Basis = Literal["flat", "kg", "m2"]
Route = Literal["iv", "sc"]

WEEK_H, DAY_H = 168.0, 24.0

MOST_DOSES = 20_000
"""More than a dose every hour for two years is a slip of the pen."""


@dataclass(frozen=True)
class Dose:
    """One dose, with everything said.

    Attributes
    ----------
    product
        What is in the vial.
    amount, unit, per
        Such as 600, ``"kIU"``, ``"kg"``; `per` is ``"flat"``, ``"kg"`` or ``"m2"``.
    route
        ``"iv"`` or ``"sc"``.
    time_h
        When it begins, [h] after time zero.
    duration_h
        Length of the infusion, [h]; zero for a bolus or an injection.
    """

    product: str
    amount: float
    unit: str
    per: Basis
    route: Route
    time_h: float
    duration_h: float = 0.0


@dataclass(frozen=True)
class Course:
    """Doses that follow one rule, begun once or several times.

    Attributes
    ----------
    product, amount, unit, per, route
        As in `Dose`; for a continuous infusion `amount` is given in each `rate_h`.
    starts_h
        When the course is begun, [h], increasing.
    every_h
        From dose to dose, [h]; None for a single dose and for days of the week.
    weekdays
        Days of the week on which one dose is given; 0 is a Monday, and so is day 0.
    n_doses
        At most so many each time the course is begun.
    length_h
        No dose begins at or after this time from the start, [h].
    over_h
        Length of each infusion, [h]; zero for a bolus or an injection.
    rate_h
        24 or 1 for an infusion without pause, in amounts per day or per hour.
    alongside
        May overlap with the courses before it.
    """

    product: str
    amount: float
    unit: str
    per: Basis
    route: Route
    starts_h: tuple[float, ...] = (0.0,)
    every_h: float | None = None
    weekdays: tuple[int, ...] = ()
    n_doses: int | None = None
    length_h: float | None = None
    over_h: float = 0.0
    rate_h: float | None = None
    alongside: bool = False

    def __post_init__(self) -> None:
        self._check_dose()
        self._check_times()
        self._check_rule()
        self._check_own_overlap()

    def doses(self) -> Iterator[Dose]:
        """Every dose of the course, in order of time."""
        amount, duration = self.amount, self.over_h
        if self.rate_h is not None and self.length_h is not None:
            amount, duration = self.amount * self.length_h / self.rate_h, self.length_h
        for start in self.starts_h:
            for time in self.times_h(start):
                yield Dose(
                    self.product,
                    amount,
                    self.unit,
                    self.per,
                    self.route,
                    time,
                    duration,
                )

    def times_h(self, start_h: float) -> list[float]:
        """Times of the doses of one start, [h]."""
        if self.rate_h is not None or (self.every_h is None and not self.weekdays):
            return [start_h]
        end = math.inf if self.length_h is None else start_h + self.length_h
        most = MOST_DOSES + 1 if self.n_doses is None else self.n_doses
        times: list[float] = []
        for time in self._candidates(start_h):
            if time >= end or len(times) >= most:
                break
            times.append(time)
        return times

    def span_h(self, start_h: float) -> float:
        """From one start to when the next dose would be due, [h]."""
        if self.length_h is not None:
            return self.length_h
        if self.every_h is not None and self.n_doses is not None:
            return self.every_h * self.n_doses
        last = self.times_h(start_h)[-1] - start_h
        return last + max(DAY_H, self.over_h)

    def last_moment_h(self, start_h: float) -> float:
        """When the last dose of one start has been given, [h]."""
        duration = self.length_h if self.rate_h is not None else self.over_h
        return self.times_h(start_h)[-1] + (duration or 0.0)

    def _candidates(self, start_h: float) -> Iterator[float]:
        count = 0
        while True:
            if self.every_h is not None:
                yield start_h + count * self.every_h
            elif int((start_h + count * DAY_H) % WEEK_H // DAY_H) in self.weekdays:
                yield start_h + count * DAY_H
            count += 1

    def _check_dose(self) -> None:
        if not self.product.strip():
            raise BadRegimen(
                "a dose does not say of which product it is.",
                got=f"{self.amount} {self.unit}",
                expected="the product before the dose: IU have a mass only by product",
                try_=f"'aldesleukin {self.amount} {self.unit} {self.route} …'",
            )
        if self.unit not in DOSE_UNITS:
            raise BadRegimen(
                f"the dose of {self.product} has no unit that is known.",
                got=f"'{self.unit}'",
                expected=closest(self.unit, DOSE_UNITS),
            )
        if self.route not in ("iv", "sc") or self.per not in ("flat", "kg", "m2"):
            raise BadRegimen(
                f"the dose of {self.product} has an unknown route or basis.",
                got=f"'{self.route}', '{self.per}'",
                expected="iv or sc; flat, kg or m2",
            )
        self._positive("amount", self.amount)

    def _check_times(self) -> None:
        for name in ("every_h", "length_h", "rate_h"):
            value = getattr(self, name)
            if value is not None:
                self._positive(name, value)
        if not math.isfinite(self.over_h) or self.over_h < 0:
            raise self._bad("over_h", self.over_h, "a finite length, zero or more")
        if self.n_doses is not None and not 0 < self.n_doses <= MOST_DOSES:
            raise self._bad("n_doses", self.n_doses, f"1 to {MOST_DOSES}")
        starts = self.starts_h
        if not starts or not all(math.isfinite(one) and one >= 0 for one in starts):
            raise self._bad("start", starts, "finite times, zero or more")
        if any(b <= a for a, b in pairwise(starts)):
            raise self._bad("starts", starts, "times that increase")
        if len(self.weekdays) != len(set(self.weekdays) & set(range(7))) or (
            list(self.weekdays) != sorted(self.weekdays)
        ):
            raise self._bad("weekdays", self.weekdays, "0 (Monday) to 6, in order")

    def _check_rule(self) -> None:
        if self.rate_h is not None:
            rest = (self.every_h, self.n_doses, self.over_h or None)
            if self.length_h is None or self.weekdays or any(rest):
                raise self._bad(
                    "rule", "continuous", "'continuous, for … days' and nothing else"
                )
            if self.route != "iv":
                raise self._bad("route", self.route, "iv for a continuous infusion")
        elif self.every_h is None and not self.weekdays:
            if self.n_doses != 1 or self.length_h is not None:
                raise self._bad(
                    "rule",
                    "no interval",
                    "how often: 'every 8 h', 'daily', 'on Mon Wed Fri' or 'once'",
                )
        elif self.every_h is not None and self.weekdays:
            raise self._bad("rule", "two intervals", "an interval or days of the week")
        elif self.n_doses is None and self.length_h is None:
            raise self._bad("rule", "no end", "how long: '14 doses' or 'for 12 weeks'")
        if self.over_h and self.route != "iv":
            raise self._bad("route", self.route, "iv for an infusion")

    def _check_own_overlap(self) -> None:
        for start in self.starts_h:
            times = self.times_h(start)
            if not 0 < len(times) <= MOST_DOSES:
                raise self._bad("number of doses", len(times), f"1 to {MOST_DOSES}")
        gap = min(self.every_h or math.inf, DAY_H if self.weekdays else math.inf)
        if self.over_h > gap:
            raise self._bad(
                "infusion", write_length(self.over_h), f"at most {write_length(gap)}"
            )
        for one, other in pairwise(self.starts_h):
            if self.last_moment_h(one) > other or self.times_h(one)[-1] >= other:
                raise BadRegimen(
                    f"two courses of {self.product} overlap.",
                    got=f"one begins on {write_moment(other)}, before the one begun on "
                    f"{write_moment(one)} has ended",
                    expected="courses one after the other, from start to start",
                    try_=f"'again from {write_moment(one + self.span_h(one))}'",
                )

    def _positive(self, name: str, value: float) -> None:
        if not (math.isfinite(value) and value > 0):
            raise self._bad(name, value, "a finite number above zero")

    def _bad(self, what: str, got: object, expected: str) -> BadRegimen:
        return BadRegimen(
            f"the {what} of a dose of {self.product} cannot be used.",
            got=repr(got),
            expected=expected,
        )
