"""Variance of pSTAT5 among cells, from that of receptors: row 8 of the checks.

The derivative of the mean in the receptors of a cell carries their covariance over, as
in gcSolver.jl: ``Var(y) = J Cov(R) J'``. Nothing is fitted to variances.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.check import Check
from il2sim.inference.fit_file import read_told
from il2sim.inference.likelihood import Likelihood
from il2sim.inference.panel import (
    Plan,
    Seen,
    groups_of,
    point_of,
    problem_of,
    read_plan,
)
from il2sim.inference.panel_checks import read_point
from il2sim.inference.panel_facts import means_of, read_curves
from il2sim.inference.panel_judge import TOLERANCE
from il2sim.inference.receptors import CELL

Floats = NDArray[np.float64]

TABLE = "variance_curves.tsv"

STEP = 1.25
"""Receptors are made more and fewer by this factor to find derivatives."""


@lru_cache(maxsize=1)
def read_relative() -> Mapping[str, Any]:
    """Read the shipped moments of receptors, by cell type."""
    return read_told("variance")


def spread_of(
    plan: Plan, seen: Sequence[Seen], values: Mapping[str, float]
) -> tuple[Floats, Floats]:
    """Mean pSTAT5 and its variance among cells, [%] and [%²], shape of `seen`."""
    cd25, cd122 = f"{CELL}.cd25_at_rest", f"{CELL}.cd122_at_rest"
    mean = _signals(plan, seen, values, {})
    by = {
        name: (
            _signals(plan, seen, values, {name: STEP})
            - _signals(plan, seen, values, {name: 1 / STEP})
        )
        / (2 * np.log(STEP))
        for name in (cd25, cd122)
    }
    told = read_relative()["relative"]
    moments = [told[one.cell] for one in seen]
    one, other, both = (
        np.array([moment[name] for moment in moments])
        for name in ("cd25", "cd122", "both")
    )
    alone = by[cd25] ** 2 * one + by[cd122] ** 2 * other
    return mean, alone + 2 * by[cd25] * by[cd122] * both


def _signals(
    plan: Plan,
    seen: Sequence[Seen],
    values: Mapping[str, float],
    factors: Mapping[str, float],
) -> Floats:
    """Mean pSTAT5 where receptors at rest are multiplied, thresholds as they were."""
    problem = problem_of(plan, plan.chosen, seen)
    [part] = problem.parts
    told = part.plate.values
    moved = {name: np.asarray(told[name]) * size for name, size in factors.items()}
    plate = replace(part.plate, values={**told, **moved})
    changed = replace(problem, parts=(replace(part, plate=plate),))
    point = point_of(plan, plan.chosen, values)
    [found] = Likelihood(changed, tolerance=TOLERANCE).signals(point)
    return found


def scales_of(seen: Sequence[Seen], signals: Floats) -> dict[Any, float]:
    """Fluorescence for each percent of pSTAT5, by cell type, day and time."""
    groups = groups_of(seen)
    values = np.array([one.value for one in seen])
    basis = np.stack([np.ones(len(values)), signals], axis=1)
    made = {}
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        best, *_ = np.linalg.lstsq(basis[rows], values[rows], rcond=None)
        made[seen[rows[0]].group] = float(best[1])
    return made


def correlation(wanted: Floats, found: Floats, scatter: Floats | float = 0.0) -> float:
    """Correlation with what was read, which scatters around `wanted`.

    Examples
    --------
    >>> round(correlation(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])), 9)
    1.0
    """
    spread = np.var(wanted) + np.mean(np.square(scatter))
    shared = np.mean((wanted - wanted.mean()) * (found - found.mean()))
    return float(shared / np.sqrt(spread * np.var(found)))


def check_variance() -> list[Check]:
    """Make the checks of variance among cells: of all cell types, and of each."""
    plan = read_plan()
    means, _ = means_of(plan, read_curves())
    seen, scatter = means_of(plan, read_curves(TABLE))
    mean, variance = spread_of(plan, means, read_point())
    scales = scales_of(means, mean)
    size = np.array([scales[one.group] for one in seen])
    wanted = np.array([one.value for one in seen])
    found, constant = size**2 * variance, (size * mean) ** 2
    cells = np.array([one.cell for one in seen])
    made = []
    for name in ("all cell types", *plan.cells):
        of = cells == name if name in plan.cells else np.ones(len(seen), bool)
        other = correlation(wanted[of], constant[of], scatter[of])
        made.append(
            Check(
                8,
                f"variance of pSTAT5 among cells, from that of receptors: {name}, "
                "correlation",
                correlation(wanted[of], found[of], scatter[of]),
                *(0.7, np.inf),
                f"gcSolver.jl: not tabulated; as the squared mean: {other:.2f}",
                "predicted",
            )
        )
    return made
