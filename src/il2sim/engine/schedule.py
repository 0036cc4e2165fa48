"""Doses as sorted arrays.

A schedule knows targets, times and amounts in nmol; it knows neither molecules nor IU.
An infusion is two events. When the last of those that overlap ends, the rate is set to
exactly zero, so no rounding error is left running.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import BadProblem

ADD, CHANGE_RATE, STOP = 0, 1, 2
"""What an event does: add an amount, change a rate, set a rate to zero."""

KINDS = 3
"""How many kinds of events there are."""


@dataclass(frozen=True)
class Given:
    """One dose.

    Attributes
    ----------
    time_h
        When it begins, [h].
    target
        Number of the inlet that receives it.
    amount
        [nmol] for each unit of the basis.
    basis
        Column of the subject's sizes that the amount is multiplied by.
    duration_h
        Zero for a bolus, else the length of the infusion, [h].
    """

    time_h: float
    target: int
    amount: float
    basis: int = 0
    duration_h: float = 0.0


@dataclass(frozen=True, eq=False)
class Schedule:
    """Events sorted by time; within one time ends of infusions come first.

    Attributes
    ----------
    times_h
        [h], shape ``(n_events,)``.
    kinds, targets, basis
        What happens, to which inlet, scaled by which size; shape ``(n_events,)``.
    amounts
        [nmol] or [nmol/h] for each unit of the basis.
    """

    times_h: NDArray[np.float64]
    kinds: NDArray[np.int64]
    targets: NDArray[np.int64]
    basis: NDArray[np.int64]
    amounts: NDArray[np.float64]

    @property
    def most_basis(self) -> int:
        """The highest column of sizes in use."""
        return int(self.basis.max(initial=0))

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
        >>> infusion = Schedule.of([Given(1.0, 0, 8.0, duration_h=4.0)])
        >>> infusion.given_by(np.array([1.0, 2.0, 9.0]), np.ones((1, 1)), 0).tolist()
        [[0.0, 2.0, 8.0]]
        """
        mine = self.targets == target
        since = times_h[None, :] - self.times_h[mine, None]
        is_amount = self.kinds[mine, None] == ADD
        each = np.where(is_amount, since > 0, np.maximum(since, 0.0))
        sizes = bases[:, self.basis[mine]] * self.amounts[mine]
        return np.asarray(sizes @ each)

    @classmethod
    def of(cls, doses: Iterable[Given]) -> Schedule:
        """Sort doses into events.

        Raises
        ------
        BadProblem
            A time, amount or duration is negative or not finite.
        """
        given = list(doses)
        events: list[tuple[float, int, int, int, int, float]] = []
        for order, dose in enumerate(given):
            _check(dose)
            head = (dose.time_h, 1, order)
            if dose.duration_h == 0:
                events.append((*head, ADD, dose.basis, dose.amount))
            else:
                rate = dose.amount / dose.duration_h
                end = (dose.time_h + dose.duration_h, 0, order)
                events.append((*head, CHANGE_RATE, dose.basis, rate))
                events.append((*end, CHANGE_RATE, dose.basis, -rate))
        return cls._from_events(sorted(events), [dose.target for dose in given])

    @classmethod
    def _from_events(
        cls, events: list[tuple[float, int, int, int, int, float]], targets: list[int]
    ) -> Schedule:
        running = dict.fromkeys(targets, 0)
        kinds = []
        for _, starts, order, kind, _, _ in events:
            if kind == CHANGE_RATE:
                running[targets[order]] += 1 if starts else -1
            over = kind == CHANGE_RATE and not running[targets[order]]
            kinds.append(STOP if over else kind)
        return cls(
            times_h=_numbers([event[0] for event in events]),
            kinds=_counts(kinds),
            targets=_counts([targets[event[2]] for event in events]),
            basis=_counts([event[4] for event in events]),
            amounts=_numbers([event[5] for event in events]),
        )


def _numbers(values: list[float]) -> NDArray[np.float64]:
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def _counts(values: list[int]) -> NDArray[np.int64]:
    array = np.array(values, dtype=np.int64)
    array.setflags(write=False)
    return array


def _check(dose: Given) -> None:
    for what in ("time_h", "amount", "duration_h"):
        value = getattr(dose, what)
        if not np.isfinite(value) or value < 0:
            raise BadProblem(
                f"a dose has no usable {what}.", got=value, expected="zero or more"
            )
