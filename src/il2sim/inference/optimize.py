"""The best fit from many starts, all of which share each call of the engine.

Each start is followed by the trust-region least squares of SciPy on residuals with
exact derivatives, in a thread of its own; whenever all that are still under way have
asked for a point, the points are evaluated together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition, Thread

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.likelihood import Evaluation, Likelihood

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

FAR = 1e4
"""Residual of a point that could not be solved: a step there is taken back."""

ENOUGH = 1e-8
"""Relative change of cost or point at which a start is finished."""


@dataclass(frozen=True, eq=False)
class Fit:
    """Where each start ended, the best first.

    Attributes
    ----------
    names
        Of the free numbers.
    points
        Shape ``(n_starts, n_free)``, on their scales.
    log_density
        Up to a constant, shape ``(n_starts,)``.
    evaluations
        Rounds of the engine.
    """

    names: tuple[str, ...]
    points: Floats
    log_density: Floats
    evaluations: int

    @property
    def best(self) -> Floats:
        """The best point, shape ``(n_free,)``."""
        return np.asarray(self.points[0])


def fit(
    likelihood: Likelihood,
    *,
    starts: int = 4,
    seed: int = 0,
    first: Floats | None = None,
    fixed: NDArray[np.bool_] | None = None,
    most: int = 100,
    progress: Progress | None = None,
) -> Fit:
    """Find the points of highest density.

    Parameters
    ----------
    likelihood
        What is made large.
    starts
        How many; the first begins at `first`, the others are drawn from the prior at
        half its width.
    seed
        Of the draws.
    first
        Shape ``(n_free,)`` or, for all starts, ``(starts, n_free)``; default the
        medians of the priors.
    fixed
        Which of the free numbers stay where they start, shape ``(n_free,)``.
    most
        Evaluations of a start at most.
    progress
        Called with the number of starts finished and of all.

    Notes
    -----
    Trust-region reflective (Branch, Coleman and Li 1999, SIAM J Sci Comput 21:1).
    """
    problem = likelihood.problem
    points = _starts(likelihood, starts, seed, first)
    moving = np.ones(len(problem.free), bool) if fixed is None else ~fixed
    gathering = _Gathering(likelihood, len(points))
    ends = points.copy()
    values = np.full(len(points), -np.inf)

    def follow(i: int) -> None:
        try:
            ends[i], values[i] = _descend(gathering, points[i], moving, most)
        finally:
            gathering.leave()
            if progress is not None:
                progress(len(points) - gathering.under_way, len(points))

    threads = [Thread(target=follow, args=(i,)) for i in range(len(points))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gathering.check()
    order = np.argsort(-values, kind="stable")
    return Fit(problem.names, ends[order], values[order], gathering.rounds)


def _starts(
    likelihood: Likelihood, starts: int, seed: int, first: Floats | None
) -> Floats:
    problem = likelihood.problem
    bounds = np.array([one.bounds for one in problem.free])
    widths = np.array([one.width for one in problem.free])
    drawn = np.random.default_rng(seed).standard_normal((starts, len(widths)))
    points = problem.center + 0.5 * widths * drawn
    if first is not None and np.ndim(first) == 2:
        points = np.array(first, dtype=float)
    else:
        points[0] = problem.center if first is None else first
    inset = 1e-6 * (bounds[:, 1] - bounds[:, 0])
    return np.clip(points, bounds[:, 0] + inset, bounds[:, 1] - inset)


def _descend(
    gathering: _Gathering, start: Floats, moving: NDArray[np.bool_], most: int
) -> tuple[Floats, float]:
    """Follow one start to its end."""
    from scipy.optimize import least_squares

    free = gathering.likelihood.problem.free
    bounds = np.array([one.bounds for one in free])[moving]
    seen: dict[bytes, tuple[Floats, Floats]] = {}

    def at(part: Floats) -> tuple[Floats, Floats]:
        key = part.tobytes()
        if key not in seen:
            seen.clear()
            point = start.copy()
            point[moving] = part
            seen[key] = gathering.ask(point)
        return seen[key]

    if not moving.any():
        residuals, _ = gathering.ask(start)
        return start, float(-0.5 * residuals @ residuals)
    found = least_squares(
        lambda part: at(part)[0],
        start[moving],
        jac=lambda part: at(part)[1][:, moving],
        bounds=(bounds[:, 0], bounds[:, 1]),
        x_scale=np.array([one.width for one in free])[moving],
        max_nfev=most,
        ftol=ENOUGH,
        xtol=ENOUGH,
        gtol=ENOUGH,
    )
    end = start.copy()
    end[moving] = found.x
    return end, float(-found.cost)


class _Gathering:
    """Points asked for by several threads, evaluated when all of them wait."""

    def __init__(self, likelihood: Likelihood, under_way: int) -> None:
        self.likelihood, self.under_way, self.rounds = likelihood, under_way, 0
        self._turn = Condition()
        self._asked: list[tuple[Floats, list[tuple[Floats, Floats]]]] = []
        self._error: BaseException | None = None

    def ask(self, point: Floats) -> tuple[Floats, Floats]:
        """Residuals and derivatives at one point; waits for the others to ask too."""
        answer: list[tuple[Floats, Floats]] = []
        with self._turn:
            self._asked.append((point, answer))
            self._evaluate_if_all_wait()
            while not answer and self._error is None:
                self._turn.wait()
        self.check()
        return answer[0]

    def leave(self) -> None:
        """A thread has nothing more to ask."""
        with self._turn:
            self.under_way -= 1
            self._evaluate_if_all_wait()

    def check(self) -> None:
        """Raise in each thread what stopped an evaluation."""
        if self._error is not None:
            raise self._error

    def _evaluate_if_all_wait(self) -> None:
        if not self._asked or len(self._asked) < self.under_way:
            return
        asked, self._asked = self._asked, []
        try:
            found = self.likelihood(np.stack([point for point, _ in asked]))
        except BaseException as error:  # noqa: BLE001 - raised again by every thread
            self._error = error
        else:
            self.rounds += 1
            for i, (_, answer) in enumerate(asked):
                answer.append(_usable(found, i))
        self._turn.notify_all()


def _usable(found: Evaluation, i: int) -> tuple[Floats, Floats]:
    residuals = found.residuals[i]
    jacobian = found.jacobian
    assert jacobian is not None  # noqa: S101 - asked for with slopes
    if np.all(np.isfinite(residuals)) and np.all(np.isfinite(jacobian[i])):
        return residuals, jacobian[i]
    return np.full(residuals.shape, FAR), np.zeros(jacobian[i].shape)
