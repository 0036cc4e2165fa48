"""The posterior of the fit of receptors as draws: told, thinned, shipped, read back.

A best point with normal errors says little where a number is at its bound or two trade
off; draws hold what the data leave open, and what follows from them has their spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.check import Check
from il2sim.inference.checks import checks_of_curves
from il2sim.inference.diagnostics import coverage
from il2sim.inference.facts import (
    all_curves,
    beside,
    measured_facts,
    shipped,
)
from il2sim.inference.heldout import explained, risen
from il2sim.inference.likelihood import Likelihood
from il2sim.inference.plate import Well, replicate_noise
from il2sim.inference.problem import FitProblem
from il2sim.inference.receptors import Plan, problem_of_plate
from il2sim.inference.sample import Chains

Floats = NDArray[np.float64]

DRAWS = "receptor_draws.tsv"
INTERVALS = "receptor_intervals.tsv"
PREDICTED = "receptor_predicted.tsv"

SHIPPED = 128
"""Draws that ship."""

PREDICTIVE = 32
"""Draws that predictions are made of."""

MIDDLE = (0.05, 0.95)
"""Ends of 90 % of the draws."""


@dataclass(frozen=True, eq=False)
class Spread:
    """What draws say of each number, on the scales of a problem, ``(n_free,)`` each.

    Attributes
    ----------
    low, median, high
        Of 90 % of the draws.
    learned
        One minus the variance of the draws over that of the prior.
    correlations
        Shape ``(n_free, n_free)``.
    effective, r_hat
        Of the chains.
    """

    low: Floats
    median: Floats
    high: Floats
    learned: Floats
    correlations: Floats
    effective: Floats
    r_hat: Floats


def spread_of(problem: FitProblem, chains: Chains) -> Spread:
    """Put the kept half of chains into numbers."""
    draws = chains.draws
    low, median, high = np.quantile(draws, (MIDDLE[0], 0.5, MIDDLE[1]), axis=0)
    widths = np.array([one.width for one in problem.free])
    return Spread(
        low=low,
        median=median,
        high=high,
        learned=1 - draws.var(axis=0) / widths**2,
        correlations=np.atleast_2d(np.corrcoef(draws.T)),
        effective=chains.effective_sizes,
        r_hat=chains.r_hat,
    )


def thinned(chains: Chains, n: int = SHIPPED) -> Floats:
    """Some of the kept draws, evenly taken, ``(n, n_free)``, on the scales."""
    draws = chains.draws
    return np.asarray(draws[np.linspace(0, len(draws) - 1, n).astype(int)])


def write_draws(path: Path, problem: FitProblem, draws: Floats) -> Path:
    """Write draws, one a row, in the units of the fit file."""
    lines = ["\t".join(problem.names)]
    for draw in draws:
        values = problem.outside(draw).values()
        lines.append("\t".join(f"{value:.5g}" for value in values))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read_draws() -> list[dict[str, float]]:
    """Read the shipped draws: values by name, in the units of the fit file.

    Examples
    --------
    >>> len(read_draws())
    128
    """
    return [
        {name: float(value) for name, value in row.items()} for row in shipped(DRAWS)
    ]


def check_intervals(
    plan: Plan, wells: Sequence[Well], draws: Floats
) -> list[tuple[Check, float, float]]:
    """Make the checks of dose-responses for each draw, and find where 90 % lie.

    Parameters
    ----------
    plan, wells
        Of the fit.
    draws
        Shape ``(n_draws, n_free)``, on the scales.

    Returns
    -------
    list
        A check of the first draw, and ends of 90 % of the values of all.
    """
    measured = measured_facts(plan, wells)
    made = [
        checks_of_curves(plan, beside(measured, curves))
        for curves in all_curves(plan, plan.chosen, draws)
    ]
    values = np.array([[one.value for one in checks] for checks in made])
    low, high = np.quantile(values, MIDDLE, axis=0)
    return [(one, float(low[i]), float(high[i])) for i, one in enumerate(made[0])]


def write_intervals(path: Path, found: Sequence[tuple[Check, float, float]]) -> Path:
    """Write where 90 % of the draws put each check."""
    lines = ["row\tcheck\tlow\thigh"]
    lines += [
        f"{one.row}\t{one.subject}\t{low:.4g}\t{high:.4g}" for one, low, high in found
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_predicted(
    path: Path, plan: Plan, wells: Sequence[Well], draws: Floats, seed: int = 1
) -> Path:
    """Write how predictions with their noise hold what was read, gate by gate.

    The last column is the R² that a model without error would reach, as far as the two
    replicates of the plate agree.
    """
    random = np.random.default_rng(seed)
    noise = replicate_noise(wells)
    lines = ["gate\tused\twells\tin 50 %\tin 90 %\tR2\tR2 by replicates"]
    for gate in plan.gates:
        problem, seen = problem_of_plate(plan, plan.chosen, wells, gates=[gate.name])
        observations = problem.parts[0].observations
        signals = Likelihood(problem).signals_of(draws)[0]
        meant = np.array([observations.fitted(one) for one in signals])
        drawn = meant + observations.spreads * random.standard_normal(meant.shape)
        inside = [coverage(drawn, observations.values, part) for part in (0.5, 0.9)]
        shares = [explained(observations, one) for one in signals]
        own = np.array([noise[one.gate, one.time_h] for one in seen])
        ceiling = 1 - float(np.mean(own**2)) / float(np.var(risen(observations)[0]))
        words = (
            gate.name,
            "fitted" if gate.name in plan.fitted else "predicted",
            str(len(seen)),
            *(f"{part:.2f}" for part in inside),
            f"{np.median(shares):.3f}",
            f"{ceiling:.3f}",
        )
        lines.append("\t".join(words))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
