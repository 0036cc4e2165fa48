"""`Directions`: along what a solution is differentiated.

A direction says how fast parameters, amounts of doses and starting states move
together; one parameter alone is the direction in which only that parameter moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from il2sim.engine.program import Program
from il2sim.engine.records import Record
from il2sim.engine.schedule import Schedule
from il2sim.errors import BadProblem, UnknownName, closest

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moved:
    """How the events of a schedule move along one direction.

    Attributes
    ----------
    amounts, times_h
        Shape ``(n_events,)``.
    """

    amounts: Floats
    times_h: Floats


def moved(records: Sequence[Record], fields: Iterable[tuple[int, str, float]]) -> Moved:
    """How events move when records do.

    Parameters
    ----------
    records
        Those of the schedule.
    fields
        Number of a record, name of its field (`time_h`, `amount`, `duration_h`,
        `lag_h` or `value`), and how fast it moves.

    Raises
    ------
    BadProblem
        A bolus is to become an infusion.

    Examples
    --------
    >>> from il2sim.engine.records import Given
    >>> dose = Given(1.0, 0, 6.0, duration_h=2.0)
    >>> found = moved([dose], [(0, "duration_h", 1.0)])  # rate: amount over duration
    >>> found.times_h.round(9).tolist(), found.amounts.round(9).tolist()
    ([0.0, 1.0], [-1.5, -1.5])
    """
    base = Schedule.of(records)
    total = Moved(np.zeros(len(base.amounts)), np.zeros(len(base.times_h)))
    for number, name, speed in fields:
        value = getattr(records[number], name)
        if name == "duration_h" and not value:
            raise BadProblem(
                "the duration of a bolus cannot move.",
                got="a duration of zero",
                expected="an infusion",
            )
        length = _SHORT * value if value else _SHORT
        places = (-2, -1, 1, 2) if value else (0, 1)
        weights = (1 / 12, -2 / 3, 2 / 3, -1 / 12) if value else (-1.0, 1.0)
        for place, weight in zip(places, weights, strict=True):
            some = list(records)
            some[number] = replace(some[number], **{name: value + place * length})
            schedule, part = Schedule.of(some), weight * speed / length
            total = Moved(
                total.amounts + part * (schedule.amounts - base.amounts),
                total.times_h + part * (schedule.times_h - base.times_h),
            )
    return Moved(total.amounts, np.round(total.times_h, _DIGITS))


_DIGITS = 8
"""Times move in proportion, so what is beyond are roundings."""

_SHORT = 1e-4
"""Part of a value that it is moved by: four points make the rest of fourth order."""


@dataclass(frozen=True, eq=False)
class Directions:
    """Seeds of tangents, in the engine's units.

    Where the first axis is ``rows`` it has one row for all subjects, or one for each.

    Attributes
    ----------
    parameters
        Shape ``(rows, n_directions, n_parameters)``.
    starts
        How states at time zero move, beyond what follows from the parameters; shape
        ``(rows, n_directions, n_states)``.
    solved
        How solved parameters move; found with the resting state, so zero at first.
        Shape ``(rows, n_directions, n_solved)``.
    amounts, times_h
        How amounts (rates, values) and times of the events of the schedule move, shape
        ``(n_directions, n_events)``.
    lengths
        How far one would go along each direction, shape ``(n_directions,)``: of a
        parameter, its own size. Where they are given, native code chooses its steps so
        that tangents are as exact as the solution; else by the solution alone.
    """

    parameters: Floats
    starts: Floats
    solved: Floats
    amounts: Floats
    times_h: Floats
    lengths: Floats = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        names = ("parameters", "starts", "solved", "amounts", "times_h", "lengths")
        for name in names:
            given = np.ascontiguousarray(getattr(self, name), dtype=float)
            object.__setattr__(self, name, given)

    def __len__(self) -> int:
        return len(self.amounts)

    @classmethod
    def of(
        cls,
        program: Program,
        parameters: Sequence[str] = (),
        *,
        starts: Sequence[str] = (),
        events: Sequence[Moved] = (),
        n_events: int = 0,
    ) -> Directions:
        """One direction for each name, and for each way in which events move.

        Parameters
        ----------
        program
            Whose parameters and states are meant.
        parameters, starts
            Names; of a state, its value at time zero moves.
        events
            How the events of the schedule move (`Moved`).
        n_events
            How many events the schedule has.

        Raises
        ------
        UnknownName
            There is no such parameter or state.

        Examples
        --------
        >>> from il2sim.engine.program import ProgramBuilder
        >>> b = ProgramBuilder(states=("x",), parameters=("k",))
        >>> zero = b.const(0)
        >>> p = b.finish(rates=[zero], starts=[zero], outputs={}, scales=[1.0])
        >>> len(Directions.of(p, ["k"], starts=["x"]))
        2
        """
        n = len(parameters) + len(starts) + len(events)
        by_parameter = np.zeros((1, n, len(program.parameters)))
        by_start = np.zeros((1, n, len(program.states)))
        by_amount, by_time = np.zeros((n, n_events)), np.zeros((n, n_events))
        first = len(parameters)
        for row, column in enumerate(_places(parameters, program.parameters)):
            by_parameter[0, row, column] = 1.0
        for row, column in enumerate(_places(starts, program.states), first):
            by_start[0, row, column] = 1.0
        for row, moved in enumerate(events, first + len(starts)):
            by_amount[row], by_time[row] = moved.amounts, moved.times_h
        return cls(
            parameters=by_parameter,
            starts=by_start,
            solved=np.zeros((1, n, len(program.solved))),
            amounts=by_amount,
            times_h=by_time,
        )

    def some(self, rows: NDArray[np.int64]) -> Directions:
        """The same for some subjects."""
        return replace(
            self,
            **{
                name: getattr(self, name)[rows]
                for name in ("parameters", "starts", "solved")
                if len(getattr(self, name)) > 1
            },
        )

    def check(self, program: Program, n_subjects: int, n_events: int) -> None:
        """See that everything fits.

        Raises
        ------
        BadProblem
            An array has the wrong shape.
        """
        sizes = {
            "parameters": len(program.parameters),
            "starts": len(program.states),
            "solved": len(program.solved),
        }
        for name, size in sizes.items():
            shape = getattr(self, name).shape
            allowed = [(rows, len(self), size) for rows in (1, n_subjects)]
            if shape not in allowed:
                raise _bad(name, shape, allowed[0])
        for name in ("amounts", "times_h"):
            shape = getattr(self, name).shape
            if shape != (len(self), n_events):
                raise _bad(name, shape, (len(self), n_events))
        if self.lengths.shape not in ((0,), (len(self),)):
            raise _bad("lengths", self.lengths.shape, (len(self),))


def _places(names: Iterable[str], known: Sequence[str]) -> list[int]:
    found = []
    for name in names:
        if name not in known:
            raise UnknownName(
                f"there is nothing named '{name}' to differentiate by.",
                got=f"'{name}'",
                expected=closest(name, known),
            )
        found.append(known.index(name))
    return found


def _bad(what: str, got: tuple[int, ...], wanted: tuple[int, ...]) -> BadProblem:
    return BadProblem(
        f"the {what} of directions do not fit the problem.",
        got=f"shape {got}",
        expected=f"shape {wanted}, or one row for each subject",
    )
