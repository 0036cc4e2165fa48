"""Draws from the posterior: the ensemble sampler of emcee.

Foreman-Mackey et al. 2013, PASP 125:306. Walkers move along differences of others (ter
Braak 2006, Stat Comput 16:239), sometimes towards one of them (ter Braak and Vrugt
2008, Stat Comput 18:435), so that scales and correlations of the numbers do not matter.
Once enough draws are known, every other step is a jump anywhere: independent proposals
from a Student distribution of the covariance found so far (Tierney 1994, Ann Stat
22:1701), learned at a few set steps and never after. The wells of all walkers are one
call of the engine.

Draws come in blocks; after each the chains can be kept, and a later call goes on with
the same numbers as if it had never stopped. It ends by a rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.diagnostics import effective_size, r_hat
from il2sim.inference.likelihood import Likelihood

Floats = NDArray[np.float64]

LEARNED = (50, 100, 200, 400, 800, 1200)
"""Steps after which jumps are learned from the second half of the steps so far."""

FREEDOM = 8.0
"""Degrees of freedom of the jumps: tails wider than a normal distribution's."""


@dataclass(frozen=True, eq=False)
class Chains:
    """Draws of all walkers.

    Attributes
    ----------
    names
        Of the free numbers.
    points
        Shape ``(n_steps, n_walkers, n_free)``, on their scales.
    log_density
        Shape ``(n_steps, n_walkers)``.
    """

    names: tuple[str, ...]
    points: Floats
    log_density: Floats

    @property
    def kept(self) -> Floats:
        """The second half of the steps, shape ``(n_kept, n_walkers, n_free)``."""
        return np.asarray(self.points[len(self.points) // 2 :])

    @property
    def draws(self) -> Floats:
        """The second half as one table, shape ``(n_draws, n_free)``."""
        return self.kept.reshape(-1, len(self.names))

    @property
    def r_hat(self) -> Floats:
        """Of each number, shape ``(n_free,)``; near 1 when walkers agree."""
        return np.array([r_hat(self.kept[..., k].T) for k in range(len(self.names))])

    @property
    def effective_sizes(self) -> Floats:
        """Independent draws that the kept ones are worth, shape ``(n_free,)``."""
        return np.array(
            [effective_size(self.kept[..., k].T) for k in range(len(self.names))]
        )


@dataclass(frozen=True)
class Stop:
    """When draws are enough.

    Attributes
    ----------
    enough, agreed
        Smallest effective size, and largest R-hat, of any number.
    most
        Steps after which to stop in any case.
    block
        Steps between two looks at the rules.
    """

    enough: float = 400.0
    agreed: float = 1.05
    most: int = 2000
    block: int = 100

    def is_due(self, chains: Chains) -> bool:
        """Whether chains are enough."""
        if len(chains.points) >= self.most:
            return True
        small = float(np.min(chains.effective_sizes))
        return small >= self.enough and float(np.max(chains.r_hat)) <= self.agreed


UNTIL_SURE = Stop()


def sample(
    likelihood: Likelihood,
    around: Floats,
    spread: Floats,
    *,
    walkers: int = 32,
    seed: int = 0,
    stop: Stop = UNTIL_SURE,
    before: Chains | None = None,
    keep: Callable[[Chains], None] | None = None,
) -> Chains:
    """Draw from the posterior until the draws are enough and agree.

    Parameters
    ----------
    likelihood
        Whose density is drawn from, inside the bounds of the free numbers.
    around, spread
        Where walkers begin: a point and a distance on each scale, shape ``(n_free,)``.
    walkers
        How many; at least twice the number of free ones.
    seed
        Of the draws; equal seeds give equal chains.
    stop
        When to stop.
    before
        Chains to go on from.
    keep
        Called with all chains after each block.
    """
    import emcee

    free = likelihood.problem.free
    bounds = np.array([one.bounds for one in free])

    def density(points: Floats) -> Floats:
        inside = np.all((points > bounds[:, 0]) & (points < bounds[:, 1]), axis=1)
        found = np.full(len(points), -np.inf)
        if inside.any():
            found[inside] = likelihood(points[inside], slopes=False).log_density
        return found

    chains = before
    while chains is None or not stop.is_due(chains):
        done = 0 if chains is None else len(chains.points)
        # Each block has its own numbers, so that it does not matter where one stopped.
        state = np.random.RandomState([seed, done])
        if chains is None:
            start = around + spread * state.standard_normal((walkers, len(free)))
            start = np.clip(start, bounds[:, 0] + 1e-9, bounds[:, 1] - 1e-9)
        else:
            start = chains.points[-1]
        moves = [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)]
        jump = None if chains is None else _learned(chains)
        if jump is not None:
            moves = [*((one, part / 2) for one, part in moves)]
            moves.append((emcee.moves.MHMove(jump), 0.5))
        sampler = emcee.EnsembleSampler(
            len(start), len(free), density, moves=moves, vectorize=True
        )
        sampler.random_state = state.get_state()
        sampler.run_mcmc(
            start, min(stop.block, stop.most - done), skip_initial_state_check=True
        )
        chains = _joined(
            chains,
            Chains(
                likelihood.problem.names, sampler.get_chain(), sampler.get_log_prob()
            ),
        )
        if keep is not None:
            keep(chains)
    return chains


@dataclass(frozen=True, eq=False)
class _Jump:
    """Proposals from a Student distribution, wherever a walker is."""

    center: Floats
    root: Floats

    def __call__(
        self, at: Floats, random: np.random.RandomState
    ) -> tuple[Floats, Floats]:
        normal = random.standard_normal(at.shape) @ self.root.T
        wide = np.sqrt(random.chisquare(FREEDOM, len(at)) / FREEDOM)
        new = self.center + normal / wide[:, None]
        return new, self._log(at) - self._log(new)

    def _log(self, at: Floats) -> Floats:
        """Log density up to a constant."""
        off = np.linalg.solve(self.root, (at - self.center).T)
        n = len(self.center)
        return np.asarray(
            -0.5 * (FREEDOM + n) * np.log1p(np.sum(off**2, axis=0) / FREEDOM)
        )


def _learned(chains: Chains) -> _Jump | None:
    """Jumps from the draws known at the last of the set steps; none before it."""
    steps = [one for one in LEARNED if one <= len(chains.points)]
    if not steps:
        return None
    draws = chains.points[steps[-1] // 2 : steps[-1]].reshape(-1, len(chains.names))
    shape = np.atleast_2d(np.cov(draws.T)) * (FREEDOM - 2) / FREEDOM
    root = np.asarray(np.linalg.cholesky(shape), dtype=np.float64)
    return _Jump(np.asarray(draws.mean(axis=0)), root)


def _joined(first: Chains | None, second: Chains) -> Chains:
    if first is None:
        return second
    return Chains(
        second.names,
        np.concatenate([first.points, second.points]),
        np.concatenate([first.log_density, second.log_density]),
    )
