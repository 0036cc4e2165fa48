"""Schedules: the events of every subject, as sorted arrays.

A cohort on one regimen shares one schedule; where times or amounts differ between
subjects, each has its own. What can happen is written in `records.py`, and how a record
becomes events in `events.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from il2sim.engine.events import Event, Kind, events_of
from il2sim.engine.records import Record, check_record
from il2sim.errors import BadProblem

Counts = NDArray[np.int64]

_ENDS = (Kind.END, Kind.STOP)


@dataclass(frozen=True, eq=False)
class Schedule:
    """Events of one schedule after the other, each in the order of its events.

    Attributes
    ----------
    times_h
        [h], shape ``(n_events,)``. Ends of infusions come first within one time.
    kinds, targets, basis
        What happens (`Kind`); to which inlet, parameter or rule; scaled by which size.
        Shape ``(n_events,)``.
    amounts
        [nmol] or [nmol/h] for each unit of the basis, or the value of a parameter.
    doses
        Number of the dose within its schedule, which the end of its infusion shares;
        of a check its own number; -1 for what no rule changes. Shape ``(n_events,)``.
    unless
        Marks that bar each dose (`rules.py`), shape ``(n_events,)``.
    first
        Where each schedule begins, and the end of the last; shape
        ``(n_schedules + 1,)``.
    of_subject
        Which schedule each subject follows, shape ``(n_subjects,)``; None if there is
        one for all.
    """

    times_h: NDArray[np.float64]
    kinds: Counts
    targets: Counts
    basis: Counts
    amounts: NDArray[np.float64]
    doses: Counts
    unless: Counts
    first: Counts
    of_subject: Counts | None = None

    def given_by(
        self, times_h: NDArray[np.float64], bases: NDArray[np.float64], target: int
    ) -> NDArray[np.float64]:
        """What one inlet has received, a dose at the very time not yet counted.

        Parameters
        ----------
        times_h
            [h], shape ``(n_times,)``.
        bases
            Sizes of the subjects, shape ``(n_subjects, n_bases)``.
        target
            Number of the inlet.

        Returns
        -------
        numpy.ndarray
            [nmol], shape ``(n_subjects, n_times)``.

        Examples
        --------
        >>> import numpy as np
        >>> from il2sim.engine.records import Given
        >>> infusion = Schedule.of([Given(1.0, 0, 8.0, duration_h=4.0)])
        >>> infusion.given_by(np.array([1.0, 2.0, 9.0]), np.ones((1, 1)), 0).tolist()
        [[0.0, 2.0, 8.0]]
        """
        doses = np.isin(self.kinds, (Kind.ADD, Kind.START, *_ENDS))
        mine = doses & (self.targets == target)
        since = times_h[None, :] - self.times_h[mine, None]
        kinds = self.kinds[mine]
        each = np.where(kinds[:, None] == Kind.ADD, since > 0, np.maximum(since, 0.0))
        signs = np.select(
            [np.isin(kinds, (Kind.ADD, Kind.START)), np.isin(kinds, _ENDS)], [1.0, -1.0]
        )
        sizes = bases[:, self.basis[mine]] * (signs * self.amounts[mine])
        total = np.zeros((len(bases), len(times_h)))
        for size, part in zip(sizes.T, each, strict=True):  # BLAS has no fixed order
            total += size[:, None] * part
        return total

    @classmethod
    def of(cls, records: Iterable[Record]) -> Schedule:
        """One schedule for all subjects.

        Raises
        ------
        BadProblem
            A time, amount or duration is negative or not finite.
        """
        return cls._from([events_of(_checked(records))], None)

    @classmethod
    def for_each(cls, subjects: Iterable[Iterable[Record]]) -> Schedule:
        """A schedule for each subject; equal ones are kept once.

        Raises
        ------
        BadProblem
            A time, amount or duration is negative or not finite.
        """
        known: dict[tuple[Record, ...], int] = {}
        numbers = [
            known.setdefault(_checked(records), len(known)) for records in subjects
        ]
        return cls._from([events_of(records) for records in known], _counts(numbers))

    @classmethod
    def for_some(cls, records: Iterable[Record], kept: NDArray[np.bool_]) -> Schedule:
        """Each subject follows some of the same doses and checks.

        They keep their numbers, so the log of a subject has a place for every check.

        Parameters
        ----------
        records
            Doses without steady states, and checks.
        kept
            Which of them each subject follows, shape ``(n_subjects, n_records)``.

        Raises
        ------
        BadProblem
            A time, amount or duration is negative or not finite, or a record is neither
            a single dose nor a check.

        Examples
        --------
        >>> from il2sim.engine.records import Given
        >>> doses = [Given(0.0, 0, 1.0), Given(24.0, 0, 1.0)]
        >>> second = Schedule.for_some(doses, np.array([[True, True], [False, True]]))
        >>> [second.times_h[second.events_of_subject(one)].tolist() for one in (0, 1)]
        [[0.0, 24.0], [24.0]]
        """
        events = events_of(_checked(records))
        whole = cls._from([events], None)
        rows, of_subject = np.unique(kept, axis=0, return_inverse=True)
        places = [event.dose for event in events if event.dose is not None]
        if len(places) < len(events):
            raise BadProblem(
                "a record that is neither dose nor check cannot be for some only.",
                got=next(event.kind.name for event in events if event.dose is None),
                expected="single doses and checks, where each subject follows some",
            )
        which, place = np.nonzero(rows[:, places])
        counts = np.bincount(which, minlength=len(rows))
        arrays = {
            name: getattr(whole, name)[place]
            for name in ("times_h", "kinds", "targets", "basis", "amounts")
        }
        for array in arrays.values():
            array.setflags(write=False)
        return cls(
            **arrays,
            doses=_counts(whole.doses[place].tolist()),
            unless=_counts(whole.unless[place].tolist()),
            first=_counts([0, *np.cumsum(counts).tolist()]),
            of_subject=_counts(of_subject.ravel().tolist()),
        )

    @classmethod
    def _from(
        cls, schedules: Sequence[Sequence[Event]], of_subject: Counts | None
    ) -> Schedule:
        events = [event for one in schedules for event in one]
        doses = [number for one in schedules for number in _dose_numbers(one)]
        return cls(
            times_h=_numbers([event.time_h for event in events]),
            kinds=_counts([event.kind for event in events]),
            targets=_counts([event.target for event in events]),
            basis=_counts([event.basis for event in events]),
            amounts=_numbers([event.amount for event in events]),
            doses=_counts(doses),
            unless=_counts([event.unless for event in events]),
            first=_counts(np.cumsum([0, *(len(one) for one in schedules)]).tolist()),
            of_subject=of_subject,
        )

    def __len__(self) -> int:
        """How many schedules there are."""
        return len(self.first) - 1

    def of_rows(self, rows: Counts) -> Schedule:
        """The schedules of some subjects."""
        if self.of_subject is None:
            return self
        return replace(self, of_subject=_counts(self.of_subject[rows].tolist()))

    def events_of_subject(self, subject: int) -> slice:
        """Where the events of a subject are."""
        which = 0 if self.of_subject is None else int(self.of_subject[subject])
        return slice(int(self.first[which]), int(self.first[which + 1]))

    @property
    def most_basis(self) -> int:
        """The highest column of sizes in use."""
        return int(self.basis.max(initial=0))

    @property
    def most_doses(self) -> int:
        """How many doses the longest schedule gives."""
        return int(self.doses[self.kinds != Kind.CHECK].max(initial=-1)) + 1

    @property
    def most_checks(self) -> int:
        """How many checks the longest schedule makes."""
        return int(self.doses[self.kinds == Kind.CHECK].max(initial=-1)) + 1


def _checked(records: Iterable[Record]) -> tuple[Record, ...]:
    checked = tuple(records)
    for record in checked:
        check_record(record)
    return checked


def _dose_numbers(events: Sequence[Event]) -> list[int]:
    """Number the doses of one schedule, and its checks, each from zero."""
    places: dict[int, int] = {}
    checks = 0
    numbers = []
    for event in events:
        if event.kind is Kind.CHECK:
            numbers.append(checks)
            checks += 1
        elif event.dose is None:
            numbers.append(-1)
        else:
            numbers.append(places.setdefault(event.dose, len(places)))
    return numbers


def _numbers(values: list[float]) -> NDArray[np.float64]:
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def _counts(values: Sequence[int]) -> Counts:
    array = np.array(values, dtype=np.int64)
    array.setflags(write=False)
    return array
