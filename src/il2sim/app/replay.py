"""Replay one subject of an old run, and compare every bit.

The run's folder holds the study as it was carried out; a subject's numbers depend on
nobody else, so one subject alone must come out as it did among all.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from il2sim.app.explain import task_of_run
from il2sim.engine.store import read as read_trajectories
from il2sim.engine.trajectories import Trajectories
from il2sim.errors import BadProblem, UnreadableFile
from il2sim.provenance import VERSION, Provenance
from il2sim.study.simulate import solve_task

COMPARED = ("values", "resting", "peaks")
"""Numbers that are compared bit by bit."""

ALSO = ("status", "failed_state", "steps", "rejected")
"""What else must be the same."""


@dataclass(frozen=True)
class Difference:
    """Where a replay is not the run.

    Attributes
    ----------
    what
        What differs, such as ``"memory Treg"``.
    where
        At what time or in which summary it differs most.
    was, now
        The two values there.
    ulps
        Units in the last place between them, not-a-number if one is none.
    """

    what: str
    where: str
    was: float
    now: float
    ulps: float


@dataclass(frozen=True, eq=False)
class Replay:
    """One subject, again.

    Attributes
    ----------
    subject
        Its number.
    numbers
        How many were compared.
    differences
        One for each name that differs; empty if all bits are equal.
    was_made_by, is_same_work
        Version that made the run, and whether model, values and inputs are the same
        today.
    """

    subject: int
    numbers: int
    differences: tuple[Difference, ...]
    was_made_by: str
    is_same_work: bool

    @property
    def is_equal(self) -> bool:
        """Whether every bit is the same."""
        return not self.differences

    def sentence(self) -> str:
        """What came of it, in words."""
        if self.is_equal:
            return f"Subject {self.subject}: all {self.numbers} numbers are equal."
        first = self.differences[0]
        more = len(self.differences) - 1
        return (
            f"Subject {self.subject}: '{first.what}' differs {first.where} "
            f"({first.was!r} then, {first.now!r} now, {first.ulps:.0f} ulp)"
            + (f", and so do {more} more." if more else ".")
        )


def replay_run(folder: Path, subject: int) -> Replay:
    """Solve one subject of a run again and compare it with what is stored.

    Parameters
    ----------
    folder
        Of the run.
    subject
        Its number, from zero.

    Raises
    ------
    UnreadableFile
        The folder is not one of a run.
    BadProblem
        The run has no such subject.
    """
    _study, task = task_of_run(folder)
    stored = read_trajectories(folder)
    if not 0 <= subject < len(stored):
        raise BadProblem(
            "the run has no such subject.",
            got=subject,
            expected=f"0 to {len(stored) - 1}",
        )
    made = _provenance(folder)
    again = solve_task(task, range(subject, subject + 1), device=made.device)  # type: ignore[arg-type]
    return Replay(
        subject=subject,
        numbers=sum(getattr(again, name).size for name in (*COMPARED, *ALSO)),
        differences=tuple(_differences(stored, again, subject)),
        was_made_by=made.version,
        is_same_work=made.key == task.provenance(made.device).key
        and made.version == VERSION,
    )


def _provenance(folder: Path) -> Provenance:
    path = folder / "provenance.json"
    if not path.is_file():
        raise UnreadableFile(
            f"'{folder}' does not say what produced it.",
            got="no 'provenance.json'",
            expected="the folder of a run",
        )
    return Provenance.read(path)


def _differences(
    stored: Trajectories, again: Trajectories, subject: int
) -> list[Difference]:
    found = []
    for column, name in enumerate(stored.names):
        was = [getattr(stored, one)[subject, ..., column] for one in COMPARED]
        now = [getattr(again, one)[0, ..., column] for one in COMPARED]
        places = [*(f"at {t:g} h" for t in stored.times_h), "at rest", "in its peak"]
        old, new = (
            np.concatenate([np.atleast_1d(one) for one in x]) for x in (was, now)
        )
        if old.tobytes() != new.tobytes():
            ulps = _ulps(old, new)
            worst = int(np.nanargmax(np.where(ulps > 0, ulps, -1.0)))
            found.append(
                Difference(
                    name,
                    places[worst],
                    float(old[worst]),
                    float(new[worst]),
                    float(ulps[worst]),
                )
            )
    for one in ALSO:
        old, new = getattr(stored, one)[subject], getattr(again, one)[0]
        if old != new:
            said = f"from {old} to {new}"
            found.append(Difference(one, said, np.nan, np.nan, np.nan))
    return found


def _ulps(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Doubles between two numbers, infinity where only one is a number."""
    apart = np.abs(old - new) / np.spacing(np.maximum(np.abs(old), np.abs(new)))
    both = np.isnan(old) & np.isnan(new)
    return np.where(both, 0.0, np.where(np.isnan(apart), np.inf, apart))
