"""`Regimen`: what is prescribed, courses one after the other.

A regimen is data: it can be read from one line of text and written as one, joined,
repeated, moved and scaled, each time as a new object. It knows neither a model nor a
subject; `simulate.py` turns it into amounts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from il2sim.errors import BadRegimen
from il2sim.study.course import Course, Dose
from il2sim.study.vocabulary import write_moment


@dataclass(frozen=True)
class Regimen:
    """What is given, by which route and when.

    Attributes
    ----------
    courses
        In the order in which they are prescribed. Two may overlap only if the later
        one is `alongside`.

    Raises
    ------
    BadRegimen
        There is no course, or courses overlap.

    Examples
    --------
    >>> low = Regimen.parse("aldesleukin 1 MIU/m2 sc daily for 12 weeks")
    >>> len(low.doses)
    84
    >>> print(low.repeat(2, every_h=16 * 168.0))
    aldesleukin 1 MIU/m2 sc, daily, for 84 days; again from day 112
    """

    courses: tuple[Course, ...]

    def __post_init__(self) -> None:
        if not self.courses:
            raise BadRegimen("a regimen has no dose.", expected="one course or more")
        if self.courses[0].alongside:
            raise BadRegimen(
                "the first course of a regimen is said to be alongside another.",
                got=str(self.courses[0].product),
                expected="'plus' between two courses",
            )
        self._refuse_overlap()

    @classmethod
    def parse(cls, text: str) -> Regimen:
        """Read a prescription of one line.

        The product comes first, then the dose, the route, how often and how long.
        Courses follow each other with ``then``; ``again from day 14`` begins the last
        one once more, counted from time zero, ``repeat every 8 weeks, 3 courses``
        begins it three times in all, and ``all again`` or ``repeat all`` mean
        everything said so far. ``plus`` begins a course that may overlap. A course
        without ``from day``
        begins when the next dose of the one before would be due; ``rest 9 days`` adds
        to that. Day 0 is a Monday.

        Raises
        ------
        BadRegimen
            A word is not understood, a dose lacks product, unit, route, interval or
            end, a number is negative or not finite, or courses overlap.

        Examples
        --------
        >>> high = Regimen.parse(
        ...     "aldesleukin 600,000 IU/kg iv over 15 min, every 8 h, 14 doses; "
        ...     "again from day 14"
        ... )
        >>> len(high.doses), high.doses[14].time_h
        (28, 336.0)
        """
        from il2sim.study.prescription import read

        return read(text)

    def __str__(self) -> str:
        from il2sim.study.prescription import write

        return write(self)

    @cached_property
    def doses(self) -> tuple[Dose, ...]:
        """Every dose, in order of time."""
        found = (dose for course in self.courses for dose in course.doses())
        return tuple(sorted(found, key=lambda dose: dose.time_h))

    @cached_property
    def products(self) -> tuple[str, ...]:
        """Names of what is given, each once."""
        return tuple(dict.fromkeys(course.product for course in self.courses))

    @property
    def end_h(self) -> float:
        """When the next dose of the last course would be due, [h]."""
        return max(
            start + course.span_h(start)
            for course in self.courses
            for start in course.starts_h
        )

    @property
    def last_moment_h(self) -> float:
        """When the last dose has been given, [h]."""
        return max(
            course.last_moment_h(start)
            for course in self.courses
            for start in course.starts_h
        )

    def shifted(self, by_h: float) -> Regimen:
        """The same, begun later (or earlier) by so many hours."""
        return Regimen(
            tuple(
                replace(course, starts_h=tuple(one + by_h for one in course.starts_h))
                for course in self.courses
            )
        )

    def then(self, other: Regimen, *, rest_h: float = 0.0) -> Regimen:
        """Join this one and another from when its next dose would be due.

        Parameters
        ----------
        other
            Its time zero becomes the end of this one.
        rest_h
            Time without doses in between, [h].
        """
        return Regimen(self.courses + other.shifted(self.end_h + rest_h).courses)

    def alongside(self, other: Regimen) -> Regimen:
        """Both from the same time zero, free to overlap."""
        more = tuple(replace(course, alongside=True) for course in other.courses)
        return Regimen(self.courses + more)

    def repeat(self, times: int, *, every_h: float | None = None) -> Regimen:
        """The whole regimen several times, counted from start to start.

        Parameters
        ----------
        times
            How often in all.
        every_h
            From start to start, [h]. Default: without a rest.
        """
        if times < 1:
            raise BadRegimen(
                "a regimen cannot be repeated so often.",
                got=times,
                expected="1 or more times in all",
            )
        step = self.end_h if every_h is None else every_h
        return Regimen(
            tuple(
                replace(
                    course,
                    starts_h=tuple(
                        sorted(
                            start + turn * step
                            for turn in range(times)
                            for start in course.starts_h
                        )
                    ),
                )
                for course in self.courses
            )
        )

    def scaled(self, factor: float) -> Regimen:
        """Every dose multiplied by a factor."""
        return Regimen(
            tuple(replace(one, amount=one.amount * factor) for one in self.courses)
        )

    def spaced(self, every_h: float) -> Regimen:
        """Every dose repeated at another interval.

        A course that lasts so many doses keeps their number, one that lasts so long
        its length. A single dose and a continuous infusion stay as they are.

        Parameters
        ----------
        every_h
            From dose to dose, [h].

        Raises
        ------
        BadRegimen
            Courses would overlap, or the interval is not above zero.

        Examples
        --------
        >>> print(Regimen.parse("aldesleukin 1 MIU sc daily, 5 doses").spaced(72.0))
        aldesleukin 1 MIU sc, every 3 days, 5 doses
        """
        return Regimen(
            tuple(
                replace(course, every_h=every_h, weekdays=())
                if course.every_h is not None or course.weekdays
                else course
                for course in self.courses
            )
        )

    def _refuse_overlap(self) -> None:
        spans = sorted(
            (times[0], times[-1], course.last_moment_h(start))
            for course in self.courses
            if not course.alongside
            for start in course.starts_h
            for times in [course.times_h(start)]
        )
        for one, other in pairwise(spans):
            begun, last_dose, ended = one
            if other[0] <= last_dose or other[0] < ended:
                raise BadRegimen(
                    "two courses of the regimen overlap.",
                    got=f"one from {write_moment(begun)} to {write_moment(ended)}, "
                    f"another from {write_moment(other[0])}",
                    expected="one after the other, or 'plus' where both are meant",
                )
