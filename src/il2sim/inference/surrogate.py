"""A surrogate of the cards: bent lines in the free numbers, and its best point.

The scores of all rows are a straight line and a bend along each direction around a
center, from true solves. On it a best point, the spreads and draws cost next to
nothing; what is reported is always solved again. Spreads are those at which the
Laplace approximation of their marginal density is highest, so that a fit with many
free numbers does not take the noise for its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.body_plan import BodyPlan
from il2sim.inference.summaries import Rows, judge

Floats = NDArray[np.float64]

FAR = 2.0
"""Distance along a direction at which a bend begins to saturate, [step]."""


@dataclass(frozen=True, eq=False)
class Surrogate:
    """Scores around a center.

    Attributes
    ----------
    center
        Free numbers, shape ``(n_free,)``.
    basis
        Directions, one a column, shape ``(n_free, n_free)``: a point is the center and
        the basis times a place.
    at_center
        Scores there, shape ``(n_rows,)``.
    slope, bend
        Of the scores along each direction, shape ``(n_rows, n_free)``.
    """

    center: Floats
    basis: Floats
    at_center: Floats
    slope: Floats
    bend: Floats

    def points(self, places: Floats) -> Floats:
        """Free numbers of places, ``(n_points, n_free)``."""
        return np.asarray(self.center + places @ self.basis.T)

    def scores(self, places: Floats) -> Floats:
        """Scores of places, ``(n_points, n_rows)``."""
        bent = FAR**2 * np.log1p((places / FAR) ** 2)
        return np.asarray(
            self.at_center + places @ self.slope.T + 0.5 * bent @ self.bend.T
        )

    def slope_at(self, place: Floats) -> Floats:
        """Derivatives of the scores in one place, ``(n_rows, n_free)``."""
        return np.asarray(self.slope + self.bend * (place / (1 + (place / FAR) ** 2)))

    def some(self, rows: NDArray[np.bool_]) -> Surrogate:
        """The same of some rows."""
        return replace(
            self,
            at_center=self.at_center[rows],
            slope=self.slope[rows],
            bend=self.bend[rows],
        )

    def corrected(self, places: Floats, scores: Floats, ridge: float) -> Surrogate:
        """Slopes and bends moved as little as needed to meet true scores elsewhere.

        Parameters
        ----------
        places, scores
            Where and what was solved, ``(n_points, n_free)``, ``(n_points, n_rows)``.
        ridge
            How many points the lines so far are worth, [1].
        """
        bent = 0.5 * FAR**2 * np.log1p((places / FAR) ** 2)
        features = np.hstack([places, bent])
        off = scores - self.scores(places)
        gram = features.T @ features + ridge * np.eye(features.shape[1])
        moved = np.linalg.solve(gram, features.T @ off).T
        n = places.shape[1]
        return replace(
            self, slope=self.slope + moved[:, :n], bend=self.bend + moved[:, n:]
        )


@dataclass(frozen=True, eq=False)
class Best:
    """The best place of a surrogate, and what is around it.

    Attributes
    ----------
    place, point
        In its directions, and as free numbers, shape ``(n_free,)``.
    spreads
        Shape ``(4,)``.
    precision
        Minus the second derivatives of the posterior in the place.
    log_density
        Of the posterior, with the priors of the free numbers, [1].
    evidence
        Logarithm of the marginal density of the spreads, [1].
    """

    place: Floats
    point: Floats
    spreads: Floats
    precision: Floats
    log_density: float
    evidence: float


def climb(
    surrogate: Surrogate,
    rows: Rows,
    plan: BodyPlan,
    spreads: Floats,
    start: Floats | None = None,
) -> Best:
    """The best place for given spreads, by damped Newton steps."""
    place = np.zeros(len(plan.free)) if start is None else start.copy()
    basis, inverse = surrogate.basis, 1.0 / plan.sd**2
    held = (basis.T * inverse) @ basis

    def density(at: Floats) -> float:
        off = (surrogate.points(at[None])[0] - plan.mean) / plan.sd
        said = judge(rows, surrogate.scores(at[None])[0], spreads)
        return said.value - 0.5 * float(off @ off)

    value = density(place)
    precision = held
    for _ in range(50):
        said = judge(rows, surrogate.scores(place[None])[0], spreads)
        slopes = surrogate.slope_at(place)
        pull = (plan.mean - surrogate.points(place[None])[0]) * inverse
        gradient = slopes.T @ said.slope + basis.T @ pull
        precision = slopes.T @ said.curvature @ slopes + held
        step = np.linalg.solve(precision, gradient)
        part = 1.0
        while part > 1e-4 and density(place + part * step) < value:
            part *= 0.5
        gained = density(place + part * step) - value
        if part <= 1e-4 or gained < 1e-6:
            break
        place, value = place + part * step, value + gained
    _, size = np.linalg.slogdet(precision)
    point = surrogate.points(place[None])[0]
    return Best(place, point, spreads, precision, value, value - 0.5 * float(size))


def best_of(
    surrogate: Surrogate,
    rows: Rows,
    plan: BodyPlan,
    *,
    near: float | None = None,
    start: Best | None = None,
) -> Best:
    """The best place and the spreads, found together.

    Parameters
    ----------
    surrogate, rows, plan
        What is known.
    near
        If given, how far the point may be from the center, standard deviations of the
        prior; it is drawn back along its way.
    start
        From where to begin.
    """
    from scipy.optimize import minimize

    median = np.log([one.median for one in plan.spreads])
    factor = np.log([one.factor for one in plan.spreads])
    last = [None if start is None else start.place]

    def worse(logs: Floats) -> float:
        found = climb(surrogate, rows, plan, np.exp(logs), last[0])
        last[0] = found.place
        return -found.evidence + 0.5 * float(np.sum(((logs - median) / factor) ** 2))

    begin = median if start is None else np.log(start.spreads)
    options = {"xatol": 0.02, "fatol": 0.02, "maxfev": 300}
    logs = minimize(worse, begin, method="Nelder-Mead", options=options).x
    found = climb(surrogate, rows, plan, np.exp(logs), last[0])
    if near is None:
        return found
    away = np.abs(found.point - surrogate.center) / plan.sd
    part = min(1.0, near / float(max(np.max(away), 1e-12)))
    place = part * found.place
    point = surrogate.points(place[None])[0]
    return replace(found, place=place, point=point)
