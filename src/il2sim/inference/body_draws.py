"""Draws from the posterior of the body: proposed on the surrogate, decided by solves.

Delayed acceptance (Christen and Fox 2005, J Comput Graph Stat 14:795): each walker goes
some steps of a random walk on the surrogate, is solved where it ended, and stays there
with the probability that corrects what the surrogate was off. So the density drawn from
is that of true solves, at one solve of a walker for many steps. How good the surrogate
was alone is said by the weights of its first draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.body import BodyFit, Solver, Work, density_of
from il2sim.inference.body_plan import BodyPlan
from il2sim.inference.importance import Weighted, weigh
from il2sim.inference.surrogate import Surrogate
from il2sim.study.card import TrialCard

Floats = NDArray[np.float64]

WALKERS, SWEEPS = 64, 4
"""Walkers, and how often all of them are solved after their start; the second half of
the sweeps is kept."""

INNER = 60
"""Steps on the surrogate between two solves."""

CHAINS, STEPS = 48, 8000
"""Of the sampler on the surrogate; the first half of the steps is not used."""

RIDGE = 50.0
"""What the lines of a surrogate are worth beside its solved first draws, [point]."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A posterior as draws, all of one weight.

    Attributes
    ----------
    points, spreads
        Shapes ``(n_draws, n_free)`` and ``(n_draws, 4)``.
    accepted
        Part of the walkers that moved in each sweep, [1].
    density
        Mean log density of the walkers at their start and after each sweep, [1].
    first
        Weights of the start for the true density: how good the surrogate was alone.
    r_hat, effective
        Of the chains on the surrogate, worst of all numbers, [1].
    off
        Root mean square of the error of the surrogate, median over rows.
    """

    points: Floats
    spreads: Floats
    accepted: tuple[float, ...]
    density: tuple[float, ...]
    first: Weighted
    r_hat: float
    effective: float
    off: float

    def some(self, n: int) -> NDArray[np.int64]:
        """Numbers of n draws, evenly taken."""
        return np.linspace(0, len(self.points) - 1, n).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Target:
    """Densities of rows of places and logarithms of spreads, ``(n, n_free + 4)``."""

    fit: BodyFit
    surrogate: Surrogate
    work: Work
    shift: Floats

    @property
    def plan(self) -> BodyPlan:
        return self.work.plan

    def points(self, at: Floats) -> Floats:
        return self.surrogate.points(at[:, : len(self.plan.free)])

    def meant(self, at: Floats) -> Floats:
        """By the surrogate."""
        places = at[:, : len(self.plan.free)]
        return self._density(at, self.surrogate.scores(places))

    def solved(self, at: Floats) -> tuple[Floats, Floats]:
        """By true solves; and their scores."""
        scores = self.work.few(self.fit.rows, self.points(at)) + self.shift
        return self._density(at, scores), scores

    def _density(self, at: Floats, scores: Floats) -> Floats:
        spreads = np.exp(at[:, len(self.plan.free) :])
        points = self.points(at)
        found = density_of(self.plan, self.fit.rows, points, scores, spreads)
        return np.where(np.isfinite(found), found, -np.inf)


def draw_body(
    plan: BodyPlan,
    cards: Sequence[TrialCard],
    solver: Solver,
    fit: BodyFit,
    *,
    seed: int = 1,
) -> tuple[Drawn, BodyFit]:
    """Draw from the posterior; also the fit with the surrogate that the draws improved.

    Parameters
    ----------
    plan, cards, solver, fit
        As `il2sim.inference.body.fit_body`, and what it found.
    seed
        Of the draws.
    """
    work, random = Work(plan, cards, solver), np.random.default_rng(seed)
    # Few patients give the differences from the best point, many the point itself.
    middle = work.few(fit.rows, fit.surrogate.center[None])[0]
    shift = fit.surrogate.at_center - middle
    target = _Target(fit, fit.surrogate, work, shift)
    chains, wide = _chains(target, random)
    flat = chains.reshape(-1, chains.shape[2])
    at = flat[np.linspace(0, len(flat) - 1, WALKERS).astype(int)]
    true, scores = target.solved(at)
    first = weigh(true - target.meant(at))
    places = at[:, : len(plan.free)]
    off = np.sqrt(np.mean((scores - fit.surrogate.scores(places)) ** 2, axis=0))
    better = fit.surrogate.corrected(places, scores, RIDGE)
    target = replace(target, surrogate=better)
    kept, accepted, density = [], [], [float(np.mean(true))]
    for sweep in range(SWEEPS):
        at, true, moved = _sweep(target, at, true, wide, random)
        accepted.append(moved)
        density.append(float(np.mean(true)))
        if sweep >= SWEEPS // 2:
            kept.append(at)
    drawn = np.concatenate(kept)
    found = Drawn(
        points=target.points(drawn),
        spreads=np.exp(drawn[:, len(plan.free) :]),
        accepted=tuple(accepted),
        density=tuple(density),
        first=first,
        r_hat=_worst_r_hat(chains),
        effective=_least_size(chains),
        off=float(np.median(off)),
    )
    return found, replace(fit, surrogate=better)


def _sweep(
    target: _Target,
    at: Floats,
    true: Floats,
    wide: Floats,
    random: np.random.Generator,
) -> tuple[Floats, Floats, float]:
    """Move every walker on the surrogate, solve it there, and accept or stay."""
    *_, tried = _walk(target.meant, at, wide, INNER, random)
    solved, _ = target.solved(tried)
    gained = solved - true - (target.meant(tried) - target.meant(at))
    taken = np.log(random.random(len(at))) < gained
    at = np.where(taken[:, None], tried, at)
    return at, np.where(taken, solved, true), float(np.mean(taken))


def _walk(
    density: Callable[[Floats], Floats],
    at: Floats,
    wide: Floats,
    steps: int,
    random: np.random.Generator,
) -> Iterator[Floats]:
    """Random-walk Metropolis of all rows at once; gives them after every step.

    Steps as in Roberts, Gelman and Gilks 1997, Ann Appl Probab 7:110.
    """
    value = density(at)
    for _ in range(steps):
        moved = random.standard_normal(at.shape) @ wide.T
        tried = at + 2.38 / np.sqrt(at.shape[1]) * moved
        new = density(tried)
        taken = np.log(random.random(len(at))) < new - value
        at, value = np.where(taken[:, None], tried, at), np.where(taken, new, value)
        yield at


def _chains(target: _Target, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Chains on the surrogate, ``(n_chains, n_kept, n)``, and the shape of a step.

    The shape is learned once, from the second eighth of the steps (Haario et al. 2001,
    Bernoulli 7:223).
    """
    plan, found = target.plan, target.fit.found
    factors = np.log([one.factor for one in plan.spreads])
    wide = np.diag(np.concatenate([np.ones(len(plan.free)), 0.7 * factors]))
    here = np.concatenate([found.place, np.log(found.spreads)])
    at = here + 0.5 * random.standard_normal((CHAINS, len(here))) @ wide.T
    early = list(_walk(target.meant, at, wide, STEPS // 4, random))
    some = np.concatenate(early[len(early) // 2 :])
    wide = np.asarray(np.linalg.cholesky(np.cov(some.T)), dtype=np.float64)
    late = list(_walk(target.meant, early[-1], wide, 3 * STEPS // 4, random))
    kept = np.array(late[STEPS // 4 :: 5])
    return np.asarray(kept.transpose(1, 0, 2)), wide


def _worst_r_hat(chains: Floats) -> float:
    from il2sim.inference.diagnostics import r_hat

    return max(r_hat(chains[:, :, k]) for k in range(chains.shape[2]))


def _least_size(chains: Floats) -> float:
    from il2sim.inference.diagnostics import effective_size

    return min(effective_size(chains[:, :, k]) for k in range(chains.shape[2]))
