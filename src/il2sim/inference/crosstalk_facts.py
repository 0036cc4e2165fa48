"""Derived facts of cross-inhibition: each curve in four numbers and a scatter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.crosstalk import LIGANDS, Cells, Plan, Seen, lost_of
from il2sim.inference.facts import shipped
from il2sim.inference.plate import Curve, hill_curve

Floats = NDArray[np.float64]

TABLE = "crosstalk_curves.tsv"

COLUMNS = ("ligand", "first", "low", "high", "half_nM", "slope", "scatter")


def write_curves(path: Path, seen: Sequence[Seen], source: str) -> None:
    """Write curves as a table; its last column is the source."""
    lines = ["\t".join((*COLUMNS, "source"))]
    for one in seen:
        found = _curve(one)
        at = _at(one.doses_nM, found.low, found.high, found.half_nM, found.slope)
        scatter = float(np.sqrt(np.mean((at - one.values) ** 2)))
        numbers = (found.low, found.high, found.half_nM, found.slope, scatter)
        words = (one.ligand, one.first, *(f"{number:.4g}" for number in numbers))
        lines.append("\t".join((*words, source)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_curves(plan: Plan) -> tuple[list[Seen], list[float]]:
    """Curves that lie on the shipped numbers, and the scatter of what was read.

    Examples
    --------
    >>> from il2sim.inference.crosstalk import read_plan
    >>> len(read_curves(read_plan())[0])
    10
    """
    seen, scatter = [], []
    for row in shipped(TABLE):
        ligand, first = row["ligand"], row["first"]
        which = ("first", first) if first else ("alone", ligand)
        doses = plan.doses_nM(*which)
        numbers = [float(row[name]) for name in ("low", "high", "half_nM", "slope")]
        seen.append(Seen(ligand, first, doses, _at(doses, *numbers)))
        scatter.append(float(row["scatter"]))
    return seen, scatter


def _curve(one: Seen) -> Curve:
    if not np.ptp(one.values):
        flat = float(one.values[0])
        return Curve(low=flat, high=flat, half_nM=float(one.doses_nM[0]), slope=1.0)
    return hill_curve(one.doses_nM, one.values)


def _at(doses: Floats, low: float, high: float, half: float, slope: float) -> Floats:
    odds = (doses / half) ** slope
    return np.asarray(low + (high - low) * odds / (1 + odds))


def lost_by(plan: Plan, cells: Cells) -> dict[str, Floats]:
    """Part of the other answer that each cytokine takes at the doses read, [%]."""
    return {
        first: lost_of(plan, cells, first, plan.doses_nM("first", first))
        for first in LIGANDS
    }


def r_squared(
    seen: Sequence[Seen],
    lost: Mapping[str, Floats],
    scatter: Sequence[float] | None = None,
) -> float:
    """How well the inhibitions are met, in both directions together.

    Parameters
    ----------
    seen
        Curves; those of one cytokine alone do not count.
    lost
        Of `lost_by`.
    scatter
        Of each curve, if it stands for readings.

    Examples
    --------
    >>> curve = Seen("il4", "il7", np.ones(2), np.array([1.0, 3.0]))
    >>> r_squared([curve], {"il7": np.array([1.0, 3.0])})
    1.0
    """
    told = scatter or [0.0] * len(seen)
    crossed = [(one, size) for one, size in zip(seen, told, strict=True) if one.first]
    values = np.concatenate([one.values for one, _ in crossed])
    off = np.concatenate([lost[one.first] - one.values for one, _ in crossed])
    around = sum(size**2 * len(one.values) for one, size in crossed)
    whole = np.sum((values - values.mean()) ** 2) + around
    return float(1 - (np.sum(off**2) + around) / whole)
