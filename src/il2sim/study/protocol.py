"""`Protocol`: a regimen with what else a study protocol says.

Rules on doses, visits and their windows, courses that are repeated on response, a
rescue, doses that are missed and subjects who drop out. A protocol is data, read from
text and written so that it reads back the same; `simulate` takes it wherever it takes a
regimen. What it means for each subject is worked out in `plan.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from il2sim.errors import BadRegimen
from il2sim.study.holds import Condition, DoseRule
from il2sim.study.regimen import Regimen
from il2sim.study.vocabulary import write_length, write_moment, write_number

MOST_COURSES = 20
"""A regimen is not repeated more often than this on response."""


@dataclass(frozen=True)
class Visit:
    """When subjects are seen, and how many whole days earlier or later they may come.

    Attributes
    ----------
    time_h
        As planned, [h] after time zero.
    within_h
        Each subject comes on a day of its own, at most so long before or after, [h];
        whole days.
    """

    time_h: float
    within_h: float = 0.0

    def __post_init__(self) -> None:
        days = self.within_h / 24.0
        usable = math.isfinite(self.time_h) and math.isfinite(self.within_h)
        if not usable or days < 0 or days != round(days):
            raise BadRegimen(
                "the window of a visit is no number of whole days.",
                got=f"{self.within_h} h",
                expected="0, 24, 48 … h",
            )
        if self.time_h < self.within_h:
            raise BadRegimen(
                "a visit can come before time zero.",
                got=str(self),
                expected="a window that does not reach below day 0",
            )

    @property
    def days_h(self) -> tuple[float, ...]:
        """Every time at which it can be, [h], the earliest first."""
        reach = round(self.within_h / 24.0)
        return tuple(self.time_h + 24.0 * day for day in range(-reach, reach + 1))

    def __str__(self) -> str:
        within = f" within {write_length(self.within_h)}" if self.within_h else ""
        return f"visit {write_moment(self.time_h)}{within}"


@dataclass(frozen=True)
class Repeat:
    """The whole regimen again, while subjects respond.

    Attributes
    ----------
    every_h
        From begin to begin, [h].
    condition
        Looked at when a course would begin; who does not meet it gets no more.
    most_courses
        In all, with the first.
    """

    every_h: float
    condition: Condition
    most_courses: int = 2

    def __post_init__(self) -> None:
        if not (math.isfinite(self.every_h) and self.every_h > 0):
            raise BadRegimen(
                "a regimen cannot be repeated so soon.",
                got=f"{self.every_h} h",
                expected="a finite time above zero from begin to begin",
            )
        if not 2 <= self.most_courses <= MOST_COURSES:
            raise BadRegimen(
                "a regimen cannot be repeated so often.",
                got=f"at most {self.most_courses} courses",
                expected=f"2 to {MOST_COURSES} courses in all",
            )

    def __str__(self) -> str:
        return (
            f"repeat from {write_moment(self.every_h)} if {self.condition}, "
            f"at most {self.most_courses} courses"
        )


@dataclass(frozen=True)
class Rescue:
    """Another regimen in place of the first, from the visit at which it is called for.

    Attributes
    ----------
    condition
        Looked at on every visit, once met for good.
    regimen
        Its time zero is that visit.
    """

    condition: Condition
    regimen: Regimen

    def __str__(self) -> str:
        return f"rescue if {self.condition}: {self.regimen}"


@dataclass(frozen=True)
class Dropout:
    """Subjects who leave: no more doses, and no visits.

    Attributes
    ----------
    percent
        Of those still there, [%].
    each_h
        In so long a time, [h], at a constant hazard; None for at each visit.
    """

    percent: float
    each_h: float | None = None

    def __post_init__(self) -> None:
        _check_percent("dropout", self.percent)
        if self.each_h is not None and not (
            math.isfinite(self.each_h) and self.each_h > 0
        ):
            raise BadRegimen(
                "dropout is per no time.",
                got=f"{self.each_h} h",
                expected="a share per day or week, or at visits",
            )

    def __str__(self) -> str:
        number = write_number(self.percent)
        if self.each_h is None:
            return f"dropout {number} % at visits"
        return f"dropout {number} %/{_PER.get(self.each_h, write_length(self.each_h))}"


_PER = {24.0: "day", 168.0: "week"}


@dataclass(frozen=True)
class Protocol:
    """A regimen with its rules, visits, repeats, rescue, missed doses and dropout.

    Attributes
    ----------
    regimen
        What is given unless something below says otherwise.
    name
        For lists and logs.
    rules
        In the order in which they are looked at.
    visits
        In order of time.
    repeat
        The regimen again on response.
    rescue
        Another regimen once it is called for.
    missed_percent
        Chance of each dose to be missed, [%].
    dropout
        How subjects leave.

    Raises
    ------
    BadRegimen
        The parts do not fit together.

    Examples
    --------
    >>> high = Protocol.parse(
    ...     "aldesleukin 600 kIU/kg iv over 15 min, every 8 h, 14 doses; "
    ...     "skip if lymphocytes < 50 cell/uL; visit day 28 within 3 days; missed 3 %"
    ... )
    >>> str(high.rules[0]), high.visits[0].days_h[0], high.missed_percent
    ('skip if lymphocytes < 50 cell/uL', 600.0, 3.0)
    """

    regimen: Regimen
    name: str = "protocol"
    rules: tuple[DoseRule, ...] = ()
    visits: tuple[Visit, ...] = ()
    repeat: Repeat | None = None
    rescue: Rescue | None = None
    missed_percent: float = 0.0
    dropout: Dropout | None = None

    def __post_init__(self) -> None:
        _check_percent("share of missed doses", self.missed_percent)
        times = [visit.time_h for visit in self.visits]
        if times != sorted(set(times)):
            raise BadRegimen(
                f"the visits of '{self.name}' are not in order.",
                got=", ".join(str(visit) for visit in self.visits),
                expected="each time once, the earliest first",
            )
        repeat = self.repeat
        if repeat is not None and repeat.every_h < self.regimen.last_moment_h:
            raise BadRegimen(
                f"a course of '{self.name}' begins before the one before has ended.",
                got=str(repeat),
                expected="'repeat from "
                f"{write_moment(math.ceil(self.regimen.end_h / 24) * 24.0)}' or later",
            )
        if self.rescue is not None and not self.visits:
            raise BadRegimen(
                f"the rescue of '{self.name}' is never looked at.",
                got=str(self.rescue),
                expected="visits: 'visit day 28'",
            )

    @classmethod
    def parse(cls, text: str, *, name: str = "protocol") -> Protocol:
        """Read a protocol: a prescription (`Regimen.parse`) and what else it says.

        Clauses stand between semicolons, or each on a line. Those on courses come
        first and are read by `Regimen.parse`; the others begin with ``skip``, ``hold``,
        ``reduce``, ``stop``, ``withdraw``, ``visit``, ``repeat from``, ``rescue``,
        ``missed`` or ``dropout``.

        Raises
        ------
        BadRegimen
            A word is not understood, or the parts do not fit together.
        """
        from il2sim.study.clauses import read

        return read(text, name)

    def __str__(self) -> str:
        from il2sim.study.clauses import write

        return write(self)

    @property
    def is_plain(self) -> bool:
        """Whether it says nothing beyond its regimen."""
        return self == Protocol(self.regimen, name=self.name)

    @property
    def courses(self) -> int:
        """How often the regimen is given at most."""
        return 1 if self.repeat is None else self.repeat.most_courses

    @cached_property
    def products(self) -> tuple[str, ...]:
        """Names of what may be given, each once."""
        rescue = () if self.rescue is None else self.rescue.regimen.products
        return tuple(dict.fromkeys((*self.regimen.products, *rescue)))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Everything that is looked at, in the order of the text."""
        found = [
            one
            for rule in self.rules
            for one in (rule.condition, rule.until)
            if one is not None
        ]
        found += [one.condition for one in (self.repeat, self.rescue) if one]
        return tuple(found)

    @cached_property
    def whole(self) -> Regimen:
        """Every dose that a subject without any decision can get, as one regimen."""
        if self.repeat is None:
            return self.regimen
        return self.regimen.repeat(self.courses, every_h=self.repeat.every_h)


def as_protocol(given: Protocol | Regimen) -> Protocol:
    """A regimen as a protocol that says nothing else."""
    return given if isinstance(given, Protocol) else Protocol(given, name="regimen")


def _check_percent(what: str, percent: float) -> None:
    if not 0 <= percent < 100:
        raise BadRegimen(
            f"the {what} cannot be used.",
            got=f"{percent} %",
            expected="0 to below 100 %",
        )
