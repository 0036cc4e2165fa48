"""`Raw`: what a backend returns, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il2sim.engine.problem import Floats, Problem
from il2sim.engine.status import Status


@dataclass(frozen=True, eq=False)
class Raw:
    """Results of a solve before they are named.

    Attributes
    ----------
    values
        Outputs saved, shape ``(n_subjects, n_times, n_saved)``.
    resting
        The same before any dose, shape ``(n_subjects, n_saved)``.
    status
        Codes of `Status`, shape ``(n_subjects,)``.
    failed_h, failed_state
        Where a failed subject ended, [h], and the number of the state to blame.
    attempts, rejected
        Steps attempted, and those of them that were rejected.
    tangents, resting_tangents
        Derivatives of `values` and `resting` along the directions, which are the last
        axis; empty if there are none.
    reduced
        What was asked for as reductions, shape ``(n_subjects, n_reductions)``.
    decisions
        For each check 0 not made, 1 not met, 2 met; shape ``(n_subjects, n_checks)``.
    looked_at
        The value that each check compared, as it is or over its resting value; shape
        ``(n_subjects, n_checks)``, not-a-number where it was not made.
    retries
        How often a subject was solved again, shape ``(n_subjects,)``.
    """

    values: Floats
    resting: Floats
    status: NDArray[np.int64]
    failed_h: Floats
    failed_state: NDArray[np.int64]
    attempts: NDArray[np.int64]
    rejected: NDArray[np.int64]
    tangents: Floats
    resting_tangents: Floats
    reduced: Floats
    decisions: NDArray[np.int8]
    looked_at: Floats
    retries: NDArray[np.int64]

    @classmethod
    def empty(cls, problem: Problem) -> Raw:
        """Nothing solved yet: not-a-number everywhere, every subject cancelled."""
        along = 0 if problem.directions is None else len(problem.directions)
        n, times, saved = problem.n_subjects, len(problem.sample_h), len(problem.save)
        checks = problem.schedule.most_checks
        return cls(
            values=np.full((n, times, saved), np.nan),
            resting=np.full((n, saved), np.nan),
            status=np.full(n, int(Status.CANCELLED)),
            failed_h=np.full(n, np.nan),
            failed_state=np.full(n, -1),
            attempts=np.zeros(n, dtype=np.int64),
            rejected=np.zeros(n, dtype=np.int64),
            tangents=np.full((n, times, saved, along), np.nan),
            resting_tangents=np.full((n, saved, along), np.nan),
            reduced=np.full((n, len(problem.reductions)), np.nan),
            decisions=np.zeros((n, checks), dtype=np.int8),
            looked_at=np.full((n, checks), np.nan),
            retries=np.zeros(n, dtype=np.int64),
        )
