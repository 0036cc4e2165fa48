"""`solve`: resting state, then the treatment, on one backend; failures stay values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from threading import Event
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from il2sim.engine.backends.raw import Raw
from il2sim.engine.directions import Directions
from il2sim.engine.problem import Floats, Problem
from il2sim.engine.program import Program
from il2sim.engine.resting import Rest
from il2sim.engine.retries import merge, retry, some_of
from il2sim.engine.status import Status
from il2sim.errors import UnknownName, closest

Device = Literal["cpu", "reference"]
Progress = Callable[[int, int], None]


class Backend(Protocol):
    """What a device must do: find resting states, and solve from them."""

    def rest(
        self,
        program: Program,
        parameters: Floats,
        *,
        directions: Directions | None = None,
        workers: int | None = None,
        cancel: Event | None = None,
    ) -> Rest:
        """Find the resting state of every subject."""

    def run(
        self,
        problem: Problem,
        starts: Floats,
        solved: Floats,
        *,
        workers: int | None = None,
        progress: Progress | None = None,
        cancel: Event | None = None,
    ) -> Raw:
        """Solve a problem from given starting states."""


@dataclass(frozen=True, eq=False)
class Solution(Raw):
    """What a solve returns: `Raw`, and the resting state it began with.

    Attributes
    ----------
    rest_states, solved
        States at rest, shape ``(n_subjects, n_states)``, and the parameters found
        there, shape ``(n_subjects, n_solved)``.
    """

    rest_states: Floats
    solved: Floats

    @property
    def steps(self) -> NDArray[np.int64]:
        """Steps accepted, shape ``(n_subjects,)``."""
        return self.attempts - self.rejected


def solve(
    problem: Problem,
    *,
    device: Device = "cpu",
    workers: int | None = None,
    progress: Progress | None = None,
    cancel: Event | None = None,
    rest: Rest | None = None,
) -> Solution:
    """Solve every subject of a problem.

    Parameters
    ----------
    problem
        What to solve.
    device
        ``"reference"`` is slow and arbitrates; ``"cpu"`` agrees with it within ten
        times the tolerance.
    workers
        Threads; default one for each core.
    progress
        Called with the number of subjects finished and of all.
    cancel
        Once it is set no further subject is begun; those begun are finished, and the
        others have the status CANCELLED.
    rest
        What `find_rest` found for the same program, parameters and device; default
        find it.

    Raises
    ------
    UnknownName
        No such device.
    """
    backend = _backend(device)
    if rest is None:
        rest = find_rest(problem, device=device, workers=workers, cancel=cancel)
    good = np.flatnonzero(rest.status == Status.DONE)
    raw = Raw.empty(problem)
    raw.status[:] = rest.status
    if good.size:
        part = replace(
            some_of(problem, good),
            directions=_from_rest(problem.directions, rest, good),
        )
        starts, solved = rest.states[good], rest.solved[good]
        run = partial(backend.run, workers=workers, cancel=cancel)
        got = run(part, starts, solved, progress=progress)
        retry(run, part, starts, solved, got)
        merge(raw, got, good)
    _blank_failures(raw)
    return Solution(**vars(raw), rest_states=rest.states, solved=rest.solved)


def find_rest(
    problem: Problem,
    *,
    device: Device = "cpu",
    workers: int | None = None,
    cancel: Event | None = None,
) -> Rest:
    """Find the resting state of every subject of a problem; doses play no part in it.

    A subject with a parameter that is not finite has the status NOT_FINITE at once.

    Raises
    ------
    UnknownName
        No such device.
    """
    known = np.all(np.isfinite(problem.parameters), axis=1)
    find = partial(_backend(device).rest, problem.program, workers=workers)
    if np.all(known):
        return find(problem.parameters, directions=problem.directions, cancel=cancel)
    rows = np.flatnonzero(known)
    directions = problem.directions
    found = find(
        problem.parameters[rows],
        directions=None if directions is None else directions.some(rows),
        cancel=cancel,
    )
    return found.among(known)


def _backend(device: str) -> Backend:
    if device == "cpu":
        from il2sim.engine.backends import cpu

        return cpu
    if device == "reference":
        from il2sim.engine.backends import reference

        return reference
    raise UnknownName(
        f"there is no device '{device}'.",
        got=f"'{device}'",
        expected=closest(device, get_args(Device)),
    )


def _from_rest(
    directions: Directions | None, rest: Rest, rows: NDArray[np.int64]
) -> Directions | None:
    """Directions of some subjects, with what follows from the resting state."""
    if directions is None:
        return None
    some = directions.some(rows)
    return replace(
        some,
        starts=some.starts + rest.state_tangents[rows],
        solved=some.solved + rest.solved_tangents[rows],
    )


def _blank_failures(raw: Raw) -> None:
    """One not-a-number, always the same, for whatever is not known."""
    known = np.isin(raw.status, (Status.DONE, Status.STOPPED_BY_RULE))
    raw.reduced[~known] = np.nan
    everything = (raw.values, raw.resting, raw.reduced, raw.tangents)
    for values in (*everything, raw.resting_tangents):
        values[np.isnan(values)] = np.nan
