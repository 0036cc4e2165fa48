"""The fit of the body to its cards: best point, posterior, and each card left out.

Points are solved as one ensemble with the patients of `il2sim validate`: a few patients
for differences between points, more for the prediction from which they are taken. The
best point is found by Gauss-Newton steps that are solved before they are believed.
Around it a surrogate along the directions of the posterior is made from central
differences; `body_draws.py` draws with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.body_plan import BodyPlan
from il2sim.inference.summaries import Rows, log_likelihood, rows_of, scores_of
from il2sim.inference.surrogate import Best, Surrogate, best_of
from il2sim.study.card import TrialCard

Floats = NDArray[np.float64]

NEAR = 1.0
"""How far one round may go, standard deviations of the prior."""

PARTS = (1.0, 0.5, 0.2)
"""Of a step, all solved at once."""

ENOUGH = 0.2
"""Rounds end when one gains less than this, logarithm of the density."""


class Solver(Protocol):
    """Whatever solves cards at points; it may remember."""

    def __call__(
        self, cards: Sequence[TrialCard], points: Floats, n_subjects: int
    ) -> Mapping[str, Floats]:
        """Readings by row, shape ``(n_points, n_subjects)``."""
        ...


@dataclass(frozen=True, eq=False)
class BodyFit:
    """What a fit found.

    Attributes
    ----------
    rows
        What was fitted.
    start, best
        Log posterior density at the values of the tables and at the best point, with
        the spreads of the best point, [1].
    at_start, at_best
        Scores there, of many patients, shape ``(n_rows,)``.
    surrogate
        Along the directions of the posterior, around the best point.
    found
        The best place of the surrogate: the point, the spreads and the precision.
    rounds
        How many Gauss-Newton rounds were made.
    """

    rows: Rows
    start: float
    best: float
    at_start: Floats
    at_best: Floats
    surrogate: Surrogate
    found: Best
    rounds: int


def fit_body(plan: BodyPlan, cards: Sequence[TrialCard], solver: Solver) -> BodyFit:
    """Find the best point of the calibration, from the values of the tables.

    Parameters
    ----------
    plan
        What is free.
    cards
        Those of calibration.
    solver
        Solves them.
    """
    n, work = len(plan.free), Work(plan, cards, solver)
    point = np.zeros(n)
    first = solver(cards, point[None], plan.told["patients"])
    rows = rows_of(cards, plan, first)
    at_start = here = scores_of(rows, first)[0]
    found = None
    rounds = 0
    while rounds < plan.told["rounds"]:
        rounds += 1
        steps = np.diag(plan.told["step"] * plan.sd)
        lines = _forward(work, rows, point, steps)
        surrogate = Surrogate(point, np.eye(n), here, lines, np.zeros_like(lines))
        found = best_of(surrogate, rows, plan, near=NEAR, start=found)
        tried = point + np.outer(PARTS, found.point - point)
        at = np.vstack([here[None], work.many(rows, tried)])
        density = density_of(
            plan, rows, np.vstack([point[None], tried]), at, found.spreads
        )
        chosen = int(np.argmax(density))
        point, here = np.vstack([point[None], tried])[chosen], at[chosen]
        if density[chosen] - density[0] < ENOUGH:
            break
    surrogate = _around(work, rows, point, here, found)
    found = best_of(surrogate, rows, plan)
    at = work.many(rows, found.point[None])[0]
    density = density_of(
        plan,
        rows,
        np.vstack([np.zeros(n), point, found.point]),
        np.vstack([at_start, here, at]),
        found.spreads,
    )
    if (
        density[2] < density[1]
    ):  # the surrogate was too hopeful: stay at what was solved
        place = np.linalg.solve(surrogate.basis, point - surrogate.center)
        found = replace(found, point=point, place=np.asarray(place))
        at = here
    return BodyFit(
        rows, density[0], max(density[1:]), at_start, at, surrogate, found, rounds
    )


def density_of(
    plan: BodyPlan, rows: Rows, points: Floats, scores: Floats, spreads: Floats
) -> Floats:
    """Log posterior density of points, shape ``(n_points,)``, for given spreads.

    Parameters
    ----------
    plan, rows
        Priors and what was published.
    points, scores
        Shapes ``(n_points, n_free)`` and ``(n_points, n_rows)``.
    spreads
        Shape ``(4,)`` or ``(n_points, 4)``; with their priors if they differ.
    """
    off = (points - plan.mean) / plan.sd
    each = np.broadcast_to(spreads, (len(points), len(plan.spreads)))
    found = log_likelihood(rows, scores, each) - 0.5 * np.sum(off**2, axis=1)
    if spreads.ndim == 2:
        median = np.log([one.median for one in plan.spreads])
        factor = np.log([one.factor for one in plan.spreads])
        found -= 0.5 * np.sum(((np.log(spreads) - median) / factor) ** 2, axis=1)
    return np.asarray(found)


def _forward(work: Work, rows: Rows, point: Floats, steps: Floats) -> Floats:
    """Slopes of the scores along single free numbers, ``(n_rows, n_free)``."""
    points = np.vstack([point[None], point + steps])
    scores = work.few(rows, points)
    return np.asarray((scores[1:] - scores[0]).T / np.diag(steps))


def _around(
    work: Work, rows: Rows, point: Floats, here: Floats, found: Best | None
) -> Surrogate:
    """Central differences along the directions of the posterior, one SD each way."""
    plan = work.plan
    n = len(plan.free)
    precision = np.diag(1.0 / plan.sd**2) if found is None else found.precision
    sizes, directions = np.linalg.eigh(precision)
    basis = directions / np.sqrt(sizes)
    scores = work.few(rows, np.vstack([point[None], point + basis.T, point - basis.T]))
    middle, up, down = scores[0], scores[1 : n + 1], scores[n + 1 :]
    slope, bend = 0.5 * (up - down).T, (up + down - 2 * middle).T
    return Surrogate(point, basis, here, slope, bend)


@dataclass(frozen=True, eq=False)
class Work:
    """A plan, its cards, and who solves them.

    Attributes
    ----------
    plan, cards, solver
        As in `fit_body`.
    """

    plan: BodyPlan
    cards: Sequence[TrialCard]
    solver: Solver

    def few(self, rows: Rows, points: Floats) -> Floats:
        """Scores of few patients, ``(n_points, n_rows)``."""
        n = self.plan.told["patients_of_differences"]
        return scores_of(rows, self.solver(self.cards, points, n))

    def many(self, rows: Rows, points: Floats) -> Floats:
        """Scores of many patients, ``(n_points, n_rows)``."""
        return scores_of(
            rows, self.solver(self.cards, points, self.plan.told["patients"])
        )


@dataclass(frozen=True, eq=False)
class LeftOut:
    """A card predicted by a fit that did not see it.

    Attributes
    ----------
    card
        Its name.
    point
        Of the fit without it, shape ``(n_free,)``.
    values
        Predictions at that point by row, in the unit of the card.
    """

    card: str
    point: Floats
    values: Mapping[str, float]


def leave_one_out(
    plan: BodyPlan,
    cards: Sequence[TrialCard],
    solver: Solver,
    fit: BodyFit,
    value_of: Callable[[str, Floats], float],
) -> list[LeftOut]:
    """Fit without each card in turn, and predict it there by a true solve.

    The surrogate of the whole fit gives a first point for each; all cards are solved at
    these points, each surrogate is moved to what was solved, and gives a second point,
    at which the card left out is solved with many patients.

    Parameters
    ----------
    plan, cards, solver, fit
        As `fit_body`.
    value_of
        From the key of a row and readings of patients to the prediction.
    """
    work, surrogate = Work(plan, cards, solver), fit.surrogate
    seen = [fit.rows.without(card.name) for card in cards]
    firsts = [
        best_of(surrogate.some(one), fit.rows.some(one), plan, start=fit.found)
        for one in seen
    ]
    points = np.vstack([surrogate.center[None], *(one.point[None] for one in firsts)])
    scores = work.few(fit.rows, points)
    moved = scores[1:] - scores[0] + surrogate.at_center
    found = []
    for card, rows, first, true in zip(cards, seen, firsts, moved, strict=True):
        off = true - surrogate.scores(first.place[None])[0]
        local = replace(surrogate, at_center=surrogate.at_center + off).some(rows)
        second = best_of(local, fit.rows.some(rows), plan, start=first)
        got = solver([card], second.point[None], plan.told["patients"])
        values = {key: value_of(key, one[0]) for key, one in got.items()}
        found.append(LeftOut(card.name, second.point, values))
    return found


def unidentified(plan: BodyPlan, found: Best, surrogate: Surrogate) -> Floats:
    """How much of the prior is left of each free number, SD over SD, ``(n_free,)``."""
    covariance = covariance_of(found, surrogate)
    return np.asarray(np.sqrt(np.diag(covariance)) / plan.sd)


def covariance_of(found: Best, surrogate: Surrogate) -> Floats:
    """Laplace covariance of the free numbers, shape ``(n_free, n_free)``."""
    basis = surrogate.basis
    return np.asarray(basis @ np.linalg.inv(found.precision) @ basis.T)


def directions_of(plan: BodyPlan, found: Best, surrogate: Surrogate) -> Any:
    """Directions by what the data say: part of the prior left, and their loadings.

    Returns
    -------
    tuple
        Posterior over prior SD along each direction, the least known first, shape
        ``(n_free,)``; and directions in standard deviations of the prior, one a row.
    """
    scaled = covariance_of(found, surrogate) / np.outer(plan.sd, plan.sd)
    sizes, vectors = np.linalg.eigh(scaled)
    order = np.argsort(sizes)[::-1]
    return np.sqrt(np.maximum(sizes[order], 0.0)), vectors[:, order].T
