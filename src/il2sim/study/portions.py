"""A population in portions: solved one after the other, kept as they come.

Subjects never influence each other, so a population may be cut anywhere: the bits of a
subject do not depend on the portion in which it is solved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from il2sim.engine.decisions import joined as join_logs
from il2sim.engine.trajectories import Trajectories
from il2sim.errors import BadProblem

ONE_ROW_EACH = (
    *("values", "resting", "peaks", "status", "failed_h"),
    *("failed_state", "steps", "rejected", "retries", "prevalence"),
)
"""Arrays of `Trajectories` with one row for each subject."""


def portions(n: int, size: int) -> Iterator[range]:
    """Cut subjects 0 to n - 1 into runs of at most `size`.

    Examples
    --------
    >>> list(portions(5, 2))
    [range(0, 2), range(2, 4), range(4, 5)]
    """
    for first in range(0, n, size):
        yield range(first, min(first + size, n))


def rows(run: Trajectories, some: range) -> Trajectories:
    """Some subjects of a run."""
    chosen = slice(some.start, some.stop)
    part = {name: getattr(run, name)[chosen] for name in ONE_ROW_EACH}
    log = run.decisions
    return replace(run, **part, decisions=None if log is None else log.rows(some))


def next_size(solved: int, took_s: float, *, aim_s: float, most: int) -> int:
    """How many subjects to solve next, so that it takes about `aim_s`.

    Parameters
    ----------
    solved, took_s
        Size of the last portion, and how long it took, [s].
    aim_s, most
        How long the next one should take, [s], and its largest size. It is at most four
        times the last: the first ones include work that is done once.

    Examples
    --------
    >>> next_size(16, 0.02, aim_s=1.0, most=250)
    64
    >>> next_size(16, 32.0, aim_s=1.0, most=250)
    1
    """
    fair = int(solved * aim_s / max(took_s, 1e-9))
    return max(1, min(fair, 4 * solved, most))


def put_together(parts: Sequence[Trajectories]) -> Trajectories:
    """Join the trajectories of portions, in the order given.

    Raises
    ------
    BadProblem
        There is none, or they did not record the same.
    """
    if not parts:
        raise BadProblem("there is nothing to put together.", expected="one portion")
    first = parts[0]
    for part in parts[1:]:
        same = part.names == first.names and part.units == first.units
        if not (same and np.array_equal(part.times_h, first.times_h)):
            raise BadProblem(
                "portions of different studies cannot be put together.",
                got=f"{part.names}, {part.n_times} times",
                expected=f"{first.names}, {first.n_times} times",
            )
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ONE_ROW_EACH
    }
    logs = [part.decisions for part in parts if part.decisions is not None]
    if len(logs) == len(parts):
        joined["decisions"] = join_logs(logs, [len(part) for part in parts])
    return replace(first, **joined)
