"""Candidates judged by what they did not see: whole gates and whole ligands in turn.

What is left out is predicted with the parameters that the rest gave; only background
and scale of its own plate, which are units of the cytometer, are taken from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.likelihood import Likelihood
from il2sim.inference.observation import Observations
from il2sim.inference.optimize import Fit, fit
from il2sim.inference.plate import Well, rise
from il2sim.inference.receptors import Candidate, Plan, problem_of_plate

Floats = NDArray[np.float64]

MOST = 150
"""Evaluations of a start: a number at its bound makes the last steps short."""


@dataclass(frozen=True)
class Score:
    """How well observations are met.

    Attributes
    ----------
    log_likelihood
        Up to a constant that all candidates share.
    r_squared
        Of signals scaled so that each plate's rise is one.
    n
        Observations.
    """

    log_likelihood: float
    r_squared: float
    n: int


@dataclass(frozen=True)
class Judged:
    """One candidate.

    Attributes
    ----------
    name
        Of it.
    seen
        Of what it was fitted to.
    held_out
        Of each gate or ligand, fitted without it.
    unseen
        Of the gates that no fit uses.
    """

    name: str
    seen: Score
    held_out: dict[str, Score]
    unseen: Score

    @property
    def held_out_total(self) -> float:
        """Log likelihood of all gates, each predicted from the others."""
        return sum(one.log_likelihood for one in self.held_out.values())


def fit_plate(
    plan: Plan,
    candidate: Candidate,
    wells: Sequence[Well],
    *,
    gates: Sequence[str] | None = None,
    ligands: Sequence[str] = ("IL2", "IL15"),
    starts: int = 3,
    first: Floats | None = None,
) -> Fit:
    """Fit a candidate to some gates and ligands."""
    problem, _ = problem_of_plate(plan, candidate, wells, gates=gates, ligands=ligands)
    return fit(Likelihood(problem), starts=starts, seed=1, first=first, most=MOST)


def score(
    plan: Plan,
    candidate: Candidate,
    wells: Sequence[Well],
    point: Floats,
    *,
    gates: Sequence[str],
    ligands: Sequence[str] = ("IL2", "IL15"),
) -> Score:
    """Compare a point with some gates and ligands, whether they were fitted or not."""
    problem, _ = problem_of_plate(plan, candidate, wells, gates=gates, ligands=ligands)
    likelihood = Likelihood(problem)
    residuals = likelihood(point[None], slopes=False).residuals[0]
    off = residuals[: likelihood.n_observed]
    observations = problem.parts[0].observations
    share = explained(observations, likelihood.signals(point)[0])
    return Score(float(-0.5 * off @ off), share, len(observations.values))


def explained(seen: Observations, signals: Floats) -> float:
    """R² of signals scaled so that the rise of each group is one."""
    wanted, size = risen(seen)
    off = (seen.fitted(signals) - seen.values) / size
    return float(1 - np.sum(off**2) / np.sum((wanted - wanted.mean()) ** 2))


def risen(seen: Observations) -> tuple[Floats, Floats]:
    """Values scaled so that the rise of each group is one, and that rise."""
    made, size = np.empty(len(seen.values)), np.empty(len(seen.values))
    for group in np.unique(seen.groups):
        rows = seen.groups == group
        low, high = rise(seen.values[rows])
        made[rows], size[rows] = (seen.values[rows] - low) / (high - low), high - low
    return made, size


def judge(
    plan: Plan,
    candidate: Candidate,
    wells: Sequence[Well],
    *,
    starts: int = 3,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Judged, Fit]:
    """Fit a candidate to all, and to all but each gate in turn."""
    fitted = plan.fitted
    told = progress or (lambda done, of: None)
    whole = fit_plate(plan, candidate, wells, starts=starts)
    told(1, len(fitted) + 1)
    held_out = {}
    for i, gate in enumerate(fitted):
        rest = [one for one in fitted if one != gate]
        without = fit_plate(
            plan, candidate, wells, gates=rest, starts=1, first=whole.best
        )
        held_out[gate] = score(plan, candidate, wells, without.best, gates=[gate])
        told(i + 2, len(fitted) + 1)
    others = [one.name for one in plan.gates if one.name not in fitted]
    judged = Judged(
        candidate.name,
        score(plan, candidate, wells, whole.best, gates=fitted),
        held_out,
        score(plan, candidate, wells, whole.best, gates=others),
    )
    return judged, whole


def judge_otherwise(
    plan: Plan, candidate: Candidate, wells: Sequence[Well], best: Floats
) -> dict[str, Score]:
    """Leave each ligand out in turn, and try the second quantitation of receptors.

    Parameters
    ----------
    plan, candidate, wells
        Of the fit.
    best
        Point at which each fit begins.

    Returns
    -------
    dict
        Scores by what was done.
    """
    made = {}
    for out, left in (("IL15", "IL2"), ("IL2", "IL15")):
        found = fit_plate(plan, candidate, wells, ligands=(left,), starts=1, first=best)
        made[f"{out}, fitted without it"] = score(
            plan, candidate, wells, found.best, gates=plan.fitted, ligands=(out,)
        )
    other = plan.with_other_counts()
    found = fit_plate(other, candidate, wells, starts=1, first=best)
    made["all, fitted with the second quantitation of receptors"] = score(
        other, candidate, wells, found.best, gates=plan.fitted
    )
    return made
