"""Derived facts of the panel: each dose-response in four numbers and a scatter.

They ship, so that R² of a model can be found on a fresh clone as from the means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.facts import shipped
from il2sim.inference.panel import Plan, Seen
from il2sim.inference.plate import hill_curve

Floats = NDArray[np.float64]

TABLE = "panel_curves.tsv"

COLUMNS = (
    *("molecule", "arms", "cell", "date", "time_h", "low", "high", "half_nM"),
    *("slope", "scatter", "n"),
)


@dataclass(frozen=True)
class Curve:
    """One dose-response.

    Attributes
    ----------
    molecule, arms, cell, date, time_h
        As of `Seen`.
    low, high
        Without ligand and the plateau, which may lie above the highest dose.
    half_nM
        Dose of half the rise in IL-2 units, [nM].
    slope
        Hill exponent.
    scatter
        Root mean square of the means around the curve.
    n
        Doses.
    """

    molecule: str
    arms: int
    cell: str
    date: str
    time_h: float
    low: float
    high: float
    half_nM: float  # noqa: N815 - the unit is written so
    slope: float
    scatter: float
    n: int

    def at(self, doses_nM: Floats) -> Floats:  # noqa: N803
        """The curve at some doses, [nM].

        Examples
        --------
        >>> told = ("WT N-term Fc", 1, "NK", "a day", 1.0)
        >>> float(Curve(*told, 0.0, 10.0, 3.0, 2.0, 0.0, 12).at(np.array(3.0)))
        5.0
        """
        odds = (np.asarray(doses_nM) / self.half_nM) ** self.slope
        return np.asarray(self.low + (self.high - self.low) * odds / (1 + odds))


def curves_of(seen: Sequence[Seen]) -> list[Curve]:
    """Put means into curves; wells of one day and dose are put together."""
    by: dict[tuple[str, int, str, str, float], list[Seen]] = {}
    for one in seen:
        key = (one.molecule, one.arms, one.cell, one.date, one.time_h)
        by.setdefault(key, []).append(one)
    made = []
    for key, means in by.items():
        by_dose: dict[float, list[float]] = {}
        for one in means:
            by_dose.setdefault(one.dose_nM, []).append(one.value)
        doses = np.array(list(by_dose))
        values = np.array([np.mean(some) for some in by_dose.values()])
        four = hill_curve(doses, values)
        numbers = (four.low, four.high, four.half_nM, four.slope)
        curve = Curve(*key, *numbers, 0.0, len(means))
        scatter = float(np.sqrt(np.mean((curve.at(doses) - values) ** 2)))
        made.append(Curve(*key, *numbers, scatter, len(doses)))
    return made


def means_of(plan: Plan, curves: Sequence[Curve]) -> tuple[list[Seen], Floats]:
    """Means that lie on the curves, and the scatter of those that were read."""
    seen, scatter = [], []
    doses = np.array(plan.told["doses_nM"])
    for one in curves:
        key = (one.molecule, one.arms, one.cell, one.date, one.time_h)
        for dose, value in zip(doses, one.at(doses), strict=True):
            seen.append(Seen(*key, float(dose), float(value)))
            scatter.append(one.scatter)
    return seen, np.array(scatter)


def write_curves(path: Path, curves: Sequence[Curve], source: str) -> None:
    """Write curves as a table; its last column is the source."""
    lines = ["\t".join((*COLUMNS, "source"))]
    for one in curves:
        numbers = (one.low, one.high, one.half_nM, one.slope, one.scatter)
        key = (one.molecule, str(one.arms), one.cell, one.date, f"{one.time_h:g}")
        shown = (f"{number:.4g}" for number in numbers)
        lines.append("\t".join((*key, *shown, str(one.n), source)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_curves(table: str = TABLE) -> list[Curve]:
    """Read the shipped curves.

    Parameters
    ----------
    table
        Name of the table.

    Examples
    --------
    >>> sorted({one.arms for one in read_curves()})
    [1, 2]
    """
    return [_curve(row) for row in shipped(table)]


def _curve(row: Mapping[str, str]) -> Curve:
    low, high, half, slope, scatter = (
        float(row[name]) for name in ("low", "high", "half_nM", "slope", "scatter")
    )
    return Curve(
        row["molecule"],
        int(row["arms"]),
        row["cell"],
        row["date"],
        float(row["time_h"]),
        low,
        high,
        half,
        slope,
        scatter,
        int(row["n"]),
    )
