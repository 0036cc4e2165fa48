"""Variance of pSTAT5 among cells, from that of receptors: row 8 of the checks.

Cells of a type are log-normal in CD25, CD122 and the inhibitor over their CD122, and
each answers as the fitted mean says of a cell with its receptors; the variance is a
quadrature over cells. Where every receptor is taken cells go on differing, in STAT5 and
in its stain: that part is measured on unfused IL-2 and IL-15, which no check here sees.
Nothing is fitted to variances.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.check import Check
from il2sim.inference.fit_file import read_told
from il2sim.inference.likelihood import Likelihood
from il2sim.inference.observation import Observations
from il2sim.inference.panel import (
    NODES,
    Plan,
    Seen,
    groups_of,
    nodes,
    places_of,
    point_of,
    problem_of,
    read_plan,
)
from il2sim.inference.panel_checks import read_point
from il2sim.inference.panel_facts import means_of, read_curves
from il2sim.inference.panel_judge import TOLERANCE
from il2sim.inference.problem import FitProblem
from il2sim.inference.receptors import CELL
from il2sim.models.stat5 import kinds_of_cells

Floats = NDArray[np.float64]

TABLE = "variance_curves.tsv"

CD122 = f"{CELL}.cd122_at_rest"

INHIBITOR, INHIBITOR_APART = "titrated.per_cd122", "titrated.apart"
"""Inhibitor of a cell over its CD122, and how far cells are apart in it."""


@lru_cache(maxsize=1)
def read_relative() -> Mapping[str, Any]:
    """Read the shipped moments of receptors, by cell type."""
    return read_told("variance")


def spread_of(
    plan: Plan, seen: Sequence[Seen], values: Mapping[str, float]
) -> tuple[Floats, Floats]:
    """Mean pSTAT5 and its variance among cells, [%] and [%²], shape of `seen`.

    Each cell answers by what its receptors do times what it has of STAT5 and stain,
    which are independent: ``Var = (1 + s²) E[g²] - E[g]²``.
    """
    mean, square = _moments(plan, seen, values)
    plateau = read_relative()["plateau"]
    beside = np.array([plateau[one.cell] for one in seen])
    return mean, (1 + beside) * square - mean**2


def _moments(
    plan: Plan, seen: Sequence[Seen], values: Mapping[str, float]
) -> tuple[Floats, Floats]:
    """Mean over cells of pSTAT5 and of its square, shape of `seen`."""
    problem = problem_of(plan, plan.chosen, seen)
    [part] = problem.parts
    known = {name: one.engine_value for name, one in part.model.parameters.items()}
    cells = [cell for _, _, cell, _ in places_of(seen)]
    _, weights = nodes()
    first, second = np.zeros(len(seen)), np.zeros(len(seen))
    for size, weight in zip(_sizes(cells, values["spread"]), weights, strict=True):
        for place, share in kinds_of_cells():
            wells = dict(part.plate.values)
            wells[CD122] = np.asarray(wells[CD122]) * size
            wells[INHIBITOR] = np.full(
                len(size), known[INHIBITOR] * np.exp(known[INHIBITOR_APART] * place)
            )
            wells[INHIBITOR_APART] = 0.0  # the model's own mean is then of equals
            one = replace(part, plate=replace(part.plate, values=wells))
            signals = _signals(plan, replace(problem, parts=(one,)), values)
            first += weight * share * signals @ weights
            second += weight * share * signals**2 @ weights
    return first, second


def _signals(plan: Plan, problem: FitProblem, values: Mapping[str, float]) -> Floats:
    """pSTAT5 of one kind of cell, by its CD25, ``(n_seen, n_cd25)``."""
    [part] = problem.parts
    n = len(part.reading.observation)
    each = replace(
        part,
        reading=replace(part.reading, observation=np.arange(n), weight=np.ones(n)),
        observations=Observations.of(np.zeros(n), np.ones(n), groups=np.zeros(n, int)),
    )
    likelihood = Likelihood(replace(problem, parts=(each,)), tolerance=TOLERANCE)
    [signals] = likelihood.signals(point_of(plan, plan.chosen, values))
    return signals.reshape(-1, NODES)


def _sizes(cells: Sequence[str], spread: float) -> list[Floats]:
    """CD122 over its mean, in each well; one array for each kind of cell.

    Parameters
    ----------
    cells
        Types, one for each place; each is `NODES` wells that differ in CD25.
    spread
        Geometric standard deviation of CD25 among cells.
    """
    normal, _ = nodes()
    told = read_relative()["relative"]
    width = np.sqrt([np.log1p(told[cell]["cd122"]) for cell in cells])[:, None]
    both = np.log1p([told[cell]["both"] for cell in cells])[:, None]
    along = both / np.log(spread)
    across = np.sqrt(width**2 - along**2)
    return [
        np.exp(along * normal + across * one - width**2 / 2).ravel() for one in normal
    ]


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


@dataclass(frozen=True, eq=False)
class Compared:
    """Variances that were read, on their curves, and what is predicted.

    Attributes
    ----------
    cells
        Type of each, shape ``(n,)``.
    wanted, scatter
        What was read, and how it scatters around its curve, [fluorescence²].
    found, constant
        Predicted, and the square of the predicted mean, [fluorescence²].
    """

    cells: NDArray[np.str_]
    wanted: Floats
    scatter: Floats
    found: Floats
    constant: Floats


def compared(plan: Plan) -> Compared:
    """Predict the variances of the shipped curves."""
    means, _ = means_of(plan, read_curves())
    seen, scatter = means_of(plan, read_curves(TABLE))
    mean, variance = spread_of(plan, means, read_point())
    scales = scales_of(means, mean)
    size = np.array([scales[one.group] for one in seen])
    return Compared(
        np.array([one.cell for one in seen]),
        np.array([one.value for one in seen]),
        scatter,
        size**2 * variance,
        (size * mean) ** 2,
    )


def check_variance() -> list[Check]:
    """Make the checks of variance among cells: of all cell types, and of each.

    NK are not judged alone: what one day says of them tells nothing of another.
    """
    plan = read_plan()
    both, told = compared(plan), read_relative()
    wanted, scatter, found = both.wanted, both.scatter, both.found
    made = []
    for name in ("all cell types", *told["judged"]):
        of = (both.cells == name) | (name not in plan.cells)
        other = correlation(wanted[of], both.constant[of], scatter[of])
        made.append(
            Check(
                8,
                f"variance of pSTAT5 among cells, from that of receptors: {name}, "
                f"correlation (another day has {told['other_day'][name]:.2f})",
                correlation(wanted[of], found[of], scatter[of]),
                *(0.7, np.inf),
                f"gcSolver.jl: not tabulated; as the squared mean: {other:.2f}",
                "predicted",
                beyond=name in plan.cells,
            )
        )
    return made


def another_day(
    seen: Sequence[Seen], scales: Mapping[Any, float], cells: Sequence[str]
) -> float:
    """Correlation of variances of one day with those of another, scaled as means.

    It is what a repeat of the experiment tells; its root is the most that any
    prediction that knows no day can reach.

    Parameters
    ----------
    seen
        Variances.
    scales
        Of `scales_of`.
    cells
        Which count.
    """
    by: dict[tuple[Any, ...], dict[str, list[float]]] = {}
    for one in seen:
        if one.cell in cells:
            days = by.setdefault(one.condition, {})
            days.setdefault(one.date, []).append(one.value / scales[one.group] ** 2)
    pairs = []
    for (_, _, cell, time_h, _), days in by.items():
        for day, values in days.items():
            size = scales[cell, day, time_h] ** 2
            pairs += [
                (size * np.mean(values), size * np.mean(others))
                for other, others in days.items()
                if other != day
            ]
    return float(np.corrcoef(np.array(pairs).T)[0, 1])
