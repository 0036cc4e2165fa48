"""Rows of trajectories: some of them, and those of several portions as one.

Subjects never influence each other, so trajectories may be cut anywhere between two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from il2sim.engine.decisions import joined as join_logs
from il2sim.errors import BadProblem

if TYPE_CHECKING:
    from il2sim.engine.shelved import Shelved
    from il2sim.engine.trajectories import Trajectories

OVER_TIME = "values"
"""The array that is large: one row for each subject, over times and names."""

ONE_ROW_EACH = (
    *("resting", "peaks", "status", "failed_h"),
    *("failed_state", "steps", "rejected", "retries", "prevalence"),
)
"""The other arrays of `Trajectories` with one row for each subject."""


def rows(run: Trajectories, some: range) -> Trajectories:
    """Some subjects of a run."""
    chosen = slice(some.start, some.stop)
    part = {name: getattr(run, name)[chosen] for name in (OVER_TIME, *ONE_ROW_EACH)}
    log = run.decisions
    return replace(run, **part, decisions=None if log is None else log.rows(some))


def without_values(run: Trajectories) -> Trajectories:
    """The same, with not-a-number for every value over time, which takes no memory."""
    return replace(run, values=np.broadcast_to(np.nan, run.values.shape))


def put_together(
    parts: Sequence[Trajectories], values: Shelved | None = None
) -> Trajectories:
    """Join the trajectories of portions, in the order given.

    Parameters
    ----------
    parts
        Of one study.
    values
        Over time, of all of them, where they lie on disk; default: those of the parts.

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
    joined[OVER_TIME] = (
        np.concatenate([part.values for part in parts]) if values is None else values
    )
    logs = [part.decisions for part in parts if part.decisions is not None]
    if len(logs) == len(parts):
        joined["decisions"] = join_logs(logs, [len(part) for part in parts])
    return replace(first, **joined)
