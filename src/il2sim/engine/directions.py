"""`Directions`: along what a solution is differentiated.

A direction says how fast parameters, amounts of doses and starting states move
together; one parameter alone is the direction in which only that parameter moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from il2sim.engine.program import Program
from il2sim.errors import BadProblem, UnknownName, closest

Floats = NDArray[np.float64]


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
    amounts
        How amounts (or rates) of the events of the schedule move, shape
        ``(n_directions, n_events)``.
    """

    parameters: Floats
    starts: Floats
    solved: Floats
    amounts: Floats

    def __post_init__(self) -> None:
        for name in ("parameters", "starts", "solved", "amounts"):
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
        amounts: Sequence[Sequence[float]] = (),
        n_events: int = 0,
    ) -> Directions:
        """One direction for each name, and for each row of amounts.

        Parameters
        ----------
        program
            Whose parameters and states are meant.
        parameters, starts
            Names; of a state, its value at time zero moves.
        amounts
            For each such direction, how the events of the schedule move.
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
        n = len(parameters) + len(starts) + len(amounts)
        by_parameter = np.zeros((1, n, len(program.parameters)))
        by_start = np.zeros((1, n, len(program.states)))
        by_amount = np.zeros((n, n_events))
        first = len(parameters)
        for row, column in enumerate(_places(parameters, program.parameters)):
            by_parameter[0, row, column] = 1.0
        for row, column in enumerate(_places(starts, program.states), first):
            by_start[0, row, column] = 1.0
        for row, moved in enumerate(amounts, first + len(starts)):
            by_amount[row] = moved
        solved = np.zeros((1, n, len(program.solved)))
        return cls(by_parameter, by_start, solved, by_amount)

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
        if self.amounts.shape != (len(self), n_events):
            raise _bad("amounts", self.amounts.shape, (len(self), n_events))


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
