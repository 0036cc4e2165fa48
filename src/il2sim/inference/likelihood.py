"""The log density of points, with exact derivatives: one call of the engine for all.

The wells of all points are subjects of one problem; derivatives are the engine's
tangents, along one direction for each free number. Residuals, priors among them, are
what everything else is made of: half the sum of their squares is the negative log
density up to a constant, and their derivatives give its gradient and the information.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from il2sim.engine.directions import Directions
from il2sim.engine.problem import Problem
from il2sim.engine.solve import solve
from il2sim.engine.status import Status
from il2sim.inference.problem import FitProblem, Part, Scale

Floats = NDArray[np.float64]

TOLERANCE = 1e-5
"""Of one step: gradients of smooth curves over five decades of dose."""

MOST_SUBJECTS = 20_000
"""Wells of one call, so that tangents of many points fit in memory."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Residuals of points, priors last.

    Attributes
    ----------
    residuals
        Shape ``(n_points, n_residuals)``; not-a-number where a well could not be
        solved.
    jacobian
        Shape ``(n_points, n_residuals, n_free)``, or None if not asked for.
    """

    residuals: Floats
    jacobian: Floats | None

    @property
    def log_density(self) -> Floats:
        """Up to a constant, shape ``(n_points,)``; minus infinity where it failed."""
        found = -0.5 * np.sum(self.residuals**2, axis=1)
        return np.asarray(np.where(np.isfinite(found), found, -np.inf), dtype=float)

    @property
    def gradient(self) -> Floats:
        """Of the log density, on the scales of the free numbers."""
        if self.jacobian is None:
            raise ValueError("no derivatives were asked for")
        return np.asarray(-np.einsum("pr,prf->pf", self.residuals, self.jacobian))


class Likelihood:
    """The log density of a `FitProblem`.

    Parameters
    ----------
    problem
        What is fitted.
    tolerance
        Of one step of the engine.
    workers
        Threads; default one for each core.
    """

    def __init__(
        self,
        problem: FitProblem,
        *,
        tolerance: float = TOLERANCE,
        workers: int | None = None,
    ) -> None:
        from il2sim.study.wells import problem_of

        self.problem, self.workers = problem, workers
        self._parts = tuple(
            (
                part,
                problem_of(part.model, part.plate, save=part.save, tolerance=tolerance),
            )
            for part in problem.parts
        )

    @cached_property
    def n_observed(self) -> int:
        """How many residuals are not of priors."""
        return sum(part.observations.n_compared for part in self.problem.parts)

    def __call__(self, points: Floats, *, slopes: bool = True) -> Evaluation:
        """Compare points with the observations and the priors.

        Parameters
        ----------
        points
            Shape ``(n_points, n_free)``, on the scales of the free numbers.
        slopes
            Whether derivatives are wanted.
        """
        points = np.atleast_2d(np.asarray(points, dtype=float))
        n, n_free = points.shape
        residuals = np.empty((n, self.n_observed + n_free))
        jacobian = np.empty((*residuals.shape, n_free)) if slopes else None
        first = 0
        for part, base in self._parts:
            last = first + part.observations.n_compared
            signals, by = self._signals(part, base, points, slopes=slopes)
            for p in range(n):
                some = None if by is None else by[p]
                made, moved = part.observations.residuals(signals[p], some)
                residuals[p, first:last] = made
                if jacobian is not None:
                    jacobian[p, first:last] = moved
            first = last
        widths = np.array([one.width for one in self.problem.free])
        residuals[:, first:] = (points - self.problem.center) / widths
        if jacobian is not None:
            jacobian[:, first:] = np.diag(1 / widths)
        return Evaluation(residuals, jacobian)

    def signals(self, point: Floats) -> list[Floats]:
        """What the model gives for each observation of each part, at one point."""
        return [one[0] for one in self.signals_of(np.atleast_2d(point))]

    def signals_of(self, points: Floats) -> list[Floats]:
        """The same at several points, ``(n_points, n_observed)`` for each part."""
        return [
            self._signals(part, base, points, slopes=False)[0]
            for part, base in self._parts
        ]

    def parameters_of(self, points: Floats) -> list[dict[str, Floats]]:
        """Parameters of every well at several points, for each part.

        Returns
        -------
        list
            By name, in the engine's units, shape ``(n_points, n_wells)`` each.
        """
        made = []
        for part, base in self._parts:
            moved, _ = self._moved(part, base, points)
            shaped = moved.reshape(len(points), base.n_subjects, -1)
            names = base.program.parameters
            made.append({name: shaped[..., i] for i, name in enumerate(names)})
        return made

    def _signals(
        self, part: Part, base: Problem, points: Floats, *, slopes: bool
    ) -> tuple[Floats, Floats | None]:
        """Signals of every point, shape ``(n_points, n_observed)``, and slopes."""
        some = max(1, MOST_SUBJECTS // base.n_subjects)
        pieces = [
            self._solved(part, base, points[i : i + some], slopes=slopes)
            for i in range(0, len(points), some)
        ]
        signals = np.concatenate([one for one, _ in pieces])
        moved = [by for _, by in pieces if by is not None]
        return signals, np.concatenate(moved) if slopes else None

    def _solved(
        self, part: Part, base: Problem, points: Floats, *, slopes: bool
    ) -> tuple[Floats, Floats | None]:
        n, wells = len(points), base.n_subjects
        parameters, seeds = self._moved(part, base, points)
        task = replace(base, parameters=parameters, bases=np.tile(base.bases, (n, 1)))
        if slopes:
            n_free, events = seeds.shape[1], len(base.schedule.times_h)
            along = Directions(
                parameters=seeds,
                starts=np.zeros((1, n_free, len(base.program.states))),
                solved=np.zeros((1, n_free, len(base.program.solved))),
                amounts=np.zeros((n_free, events)),
                times_h=np.zeros((n_free, events)),
            )
            task = replace(task, directions=along)
        found = solve(task, workers=self.workers)
        values = np.where(
            (found.status == Status.DONE)[:, None, None], found.values, np.nan
        )
        values = values.reshape(n, wells, *values.shape[1:])
        signals = _read(part, values[..., None])[..., 0]
        if not slopes:
            return signals, None
        tangents = found.tangents.reshape(n, wells, *found.tangents.shape[1:])
        return signals, _read(part, tangents)

    def _moved(
        self, part: Part, base: Problem, points: Floats
    ) -> tuple[Floats, Floats]:
        """Parameters of every well of every point, and how they move."""
        n, wells = len(points), base.n_subjects
        columns = {name: i for i, name in enumerate(base.program.parameters)}
        made = np.repeat(base.parameters[None], n, axis=0)
        seeds = np.zeros((n, wells, len(self.problem.free), made.shape[2]))
        for k, free in enumerate(self.problem.free):
            far = (points[:, k] - free.inside(free.at))[:, None]
            for name, shared in free.moves.items():
                if name in columns:
                    j = columns[name]
                    power = part.powers.get((free.name, name), np.array([shared]))
                    after, own, chain = _shift(free.scale, made[..., j], power * far)
                    seeds[..., j] *= chain[..., None]
                    seeds[..., k, j] += power * own
                    made[..., j] = after
        return (
            made.reshape(n * wells, -1),
            seeds.reshape(n * wells, len(self.problem.free), -1),
        )


def _shift(scale: Scale, before: Floats, far: Floats) -> tuple[Floats, Floats, Floats]:
    """A parameter moved along a scale; its derivatives by the way and by itself."""
    if scale == "log":
        factor = np.exp(far)
        return before * factor, before * factor, factor
    if scale == "linear":
        after = before + far
        return after, np.ones(after.shape), np.ones(after.shape)
    after = 1 / (1 + np.exp(-np.log(before / (1 - before)) - far))
    slope = after * (1 - after)
    return after, slope, slope / (before * (1 - before))


def _read(part: Part, records: Floats) -> Floats:
    """Sum records into signals.

    Parameters
    ----------
    records
        Shape ``(n_points, n_wells, n_times, n_saved, n_last)``.

    Returns
    -------
    array
        Shape ``(n_points, n_observed, n_last)``.
    """
    how = part.reading
    terms = records[:, how.well, how.time, how.output] * how.weight[:, None]
    made = np.zeros((len(part.observations.values), len(records), records.shape[-1]))
    np.add.at(made, how.observation, terms.swapaxes(0, 1))
    return made.swapaxes(0, 1)
