"""Derived facts of readings of YT-1 cells: each curve in four numbers and a scatter.

A dose-response is a Hill curve, a stain in time an exponential from what is left at
once to a plateau. With the scatter of the readings around them they give R² and errors
of a model as the readings themselves do, so these can be judged on a fresh clone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.facts import shipped
from il2sim.inference.plate import hill_curve
from il2sim.inference.yt1 import Plan, Seen

Floats = NDArray[np.float64]

TABLE = "yt1_curves.tsv"

COLUMNS = (
    *("what", "cells", "ligand", "dose_nM", "first", "last", "place", "slope"),
    *("scatter", "n"),
)

SLOWEST_MIN = 600.0
"""Time constant of a stain at most, [min]: ten times what was followed."""


@dataclass(frozen=True)
class Curve:
    """One curve.

    Attributes
    ----------
    what, has_cd25, ligand, dose_nM
        As of `Seen`; a dose-response has a dose of zero.
    first, last
        Without ligand and the plateau; or what is left at once and in the end, [%].
    place
        Half-maximal dose, [nM]; or the time constant, [min].
    slope
        Hill exponent; zero for a curve in time.
    scatter
        Root mean square of the readings around the curve, [%].
    n
        Readings.
    """

    what: str
    has_cd25: bool
    ligand: str
    dose_nM: float  # noqa: N815 - the unit is written so
    first: float
    last: float
    place: float
    slope: float
    scatter: float
    n: int

    def at(self, places: Floats) -> Floats:
        """The curve at doses [nM] or times [min].

        Examples
        --------
        >>> one = Curve("CD132", False, "il2", 1e3, 90.0, 50.0, 60.0, 0.0, 2.0, 11)
        >>> float(one.at(np.zeros(1))[0])
        90.0
        """
        if self.slope:
            part = places**self.slope / (places**self.slope + self.place**self.slope)
        else:
            part = 1 - np.exp(-places / self.place)
        return np.asarray(self.first + (self.last - self.first) * part)


def curves_of(seen: Sequence[Seen]) -> list[Curve]:
    """Put readings into curves."""
    by: dict[tuple[str, bool, str, float], list[Seen]] = {}
    for one in seen:
        by.setdefault(one.curve, []).append(one)
    made = []
    for key, readings in by.items():
        is_dose = key[0] == "pSTAT5"
        places = np.array(
            [one.dose_nM if is_dose else one.time_min for one in readings]
        )
        values = np.array([one.value for one in readings])
        four = _hill(places, values) if is_dose else _decay(places, values)
        curve = Curve(*key, *four, 0.0, len(values))
        scatter = float(np.sqrt(np.mean((curve.at(places) - values) ** 2)))
        made.append(Curve(*key, *four, scatter, len(values)))
    return made


def _hill(doses: Floats, values: Floats) -> tuple[float, float, float, float]:
    found = hill_curve(doses, values)
    return found.low, found.high, found.half_nM, found.slope


def _decay(times: Floats, values: Floats) -> tuple[float, float, float, float]:
    """Least squares over the time constant, with the best two levels for each."""
    from scipy.optimize import minimize_scalar, nnls

    def levels(log_minutes: float) -> tuple[Floats, float]:
        part = 1 - np.exp(-times / np.exp(log_minutes))
        basis = np.stack([1 - part, part], axis=1)
        best, off = nnls(basis, values)
        return best, float(off**2)

    grid = np.linspace(0.0, np.log(SLOWEST_MIN), 60)
    start = int(np.argmin([levels(one)[1] for one in grid]))
    bounds = grid[max(start - 1, 0)], grid[min(start + 1, len(grid) - 1)]
    found = minimize_scalar(lambda one: levels(one)[1], bounds=bounds, method="bounded")
    (first, last), _ = levels(found.x)
    return float(first), float(last), float(np.exp(found.x)), 0.0


def readings_of(plan: Plan, curves: Sequence[Curve]) -> tuple[list[Seen], Floats]:
    """Readings that lie on the curves, and the scatter of those that were read, [%]."""
    seen, scatter = [], []
    for one in curves:
        for place in places_of(plan, one.what):
            dose, time_min = (
                (place, plan.told["pstat5_min"])
                if one.what == "pSTAT5"
                else (one.dose_nM, place)
            )
            value = float(one.at(np.array([place]))[0])
            seen.append(Seen(one.what, one.has_cd25, one.ligand, dose, time_min, value))
            scatter.append(one.scatter)
    return seen, np.array(scatter)


def places_of(plan: Plan, what: str) -> list[float]:
    """Doses [nM] or times [min] at which something was read."""
    if what == "pSTAT5":
        return [float(10**one) for one in plan.told["log_doses"]]
    return [float(one) for one in plan.told[f"{what.lower()}_min"]]


def write_curves(path: Path, curves: Sequence[Curve], source: str) -> None:
    """Write curves as a table, the source in each row."""
    lines = ["\t".join((*COLUMNS, "source"))]
    for one in curves:
        numbers = (one.dose_nM, one.first, one.last, one.place, one.slope, one.scatter)
        shown = [f"{x:.4g}" for x in numbers]
        words = (one.what, "CD25+" if one.has_cd25 else "CD25-", one.ligand, *shown)
        lines.append("\t".join((*words, str(one.n), source)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_curves() -> list[Curve]:
    """Read the shipped curves.

    Examples
    --------
    >>> len(read_curves())
    13
    """
    return [_curve(row) for row in shipped(TABLE)]


def _curve(row: Mapping[str, str]) -> Curve:
    told: dict[str, Any] = {
        name: float(row[name])
        for name in ("dose_nM", "first", "last", "place", "slope", "scatter")
    }
    told |= {"what": row["what"], "ligand": row["ligand"], "n": int(row["n"])}
    return Curve(has_cd25=row["cells"] == "CD25+", **told)
