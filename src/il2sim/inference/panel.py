"""Fc fusions with one and two arms: pSTAT5 of four cell types, from affinities.

All cell types are wells of one whose receptors are data, and so is the molecule: its
affinities and rates as a sensor measured them, and its arms. One compiled model serves
them all. CD25 varies from cell to cell of a type; the mean is a quadrature over wells.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.fit_file import FitFile, laid_out_otherwise, not_there, read_told
from il2sim.inference.observation import Observations
from il2sim.inference.problem import FitProblem, Part, Reading
from il2sim.inference.receptors import (
    CELL,
    FEW_CELLS,
    MANY_CD122,
    TIMES_H,
    Candidate,
    free_numbers,
    reading_of,
)
from il2sim.units import unit

if TYPE_CHECKING:
    from il2sim.symbolic import Model

Floats = NDArray[np.float64]

FILES = ("WTDimericMutSingleCellData.csv", "MonomericMutSingleCellData.csv")
"""Of the panel: two arms, and one arm."""

FOLDERS = ("meyer-lab-gcSolver.jl", "data", ".")
"""Where they are in a folder of several, or in a clone."""

COLUMNS = ("Ligand", "Bivalent", "Cell", "Date", "Time", "Dose", "Mean")

EDGES = (5, 95)
"""Percentiles of the means of one cell type, day and time; their rise is between."""

KON_LIKE = "WT N-term Fc"
"""Its rate stands for those not measured."""

NODES = 5
"""Of the quadrature over CD25 among cells of a type, which answer shallowly."""


@dataclass(frozen=True)
class Seen:
    """One mean over the cells of a well.

    Attributes
    ----------
    molecule
        Its name in the catalog, but for its arms.
    arms
        One or two.
    cell
        Its name here.
    date
        When it was measured, as the file writes it.
    time_h, dose_nM
        When it was read [h]; IL-2 units in the medium, [nM]: arms times molecules.
    value
        Fluorescence.
    is_over_times
        Whether one background and scale serve all times of a cell type and day.
    """

    molecule: str
    arms: int
    cell: str
    date: str
    time_h: float
    dose_nM: float  # noqa: N815 - the unit is written so
    value: float
    is_over_times: bool = False

    @property
    def group(self) -> tuple[str, str, float]:
        """What shares a background and a scale."""
        return self.cell, self.date, -1.0 if self.is_over_times else self.time_h

    @property
    def condition(self) -> tuple[str, int, str, float, float]:
        """What is the same on every day."""
        return self.molecule, self.arms, self.cell, self.time_h, self.dose_nM


@dataclass(frozen=True)
class Cell:
    """A cell type: its name here and in the files, and CD25 and CD122 per cell.

    `counts` are by the name of the quantitation.
    """

    name: str
    file: str
    counts: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Tried(Candidate):
    """A mechanism with one of the quantitations of receptors."""

    counts: str


class Plan(FitFile[Tried]):
    """The fit file, read."""

    def tried(self, told: Mapping[str, Any]) -> Tried:
        """A mechanism from its entry in the file."""
        return Tried(**({"fixed": {}} | dict(told) | {"free": tuple(told["free"])}))

    @cached_property
    def cells(self) -> dict[str, Cell]:
        """Cell types, by name."""
        return {
            one["name"]: Cell(
                one["name"],
                one["file"],
                {name: (found[0], found[1]) for name, found in one["counts"].items()},
            )
            for one in self.told["cell"]
        }

    @property
    def molecules(self) -> Mapping[str, str]:
        """Names in the catalog, by those of the files."""
        found: Mapping[str, str] = self.told["molecules"]
        return found


def read_plan() -> Plan:
    """Read the shipped fit file.

    Examples
    --------
    >>> read_plan().cells["Treg"].counts["single cells"]
    (3646.0, 2350.0)
    """
    return Plan(read_told("panel"))


def model_of(candidate: Candidate) -> Model:
    """The dish of one cell type with a candidate's mechanism."""
    from il2sim.models.dish import dish
    from il2sim.models.lasting import LASTING_ARMS
    from il2sim.models.mechanisms import MULTIVALENT, steep
    from il2sim.models.stat5 import threshold, titrated

    receptors = {"lasting arms": LASTING_ARMS, "multivalent": MULTIVALENT}
    ways = {"threshold": threshold, "steep": steep, "titrated": titrated}
    chosen = receptors[candidate.mechanism]
    return dish((CELL,), chosen.with_signaling(ways[candidate.signaling]))


Place = tuple[str, int, str, float]


def places_of(seen: Sequence[Seen]) -> list[Place]:
    """Molecule, arms, cell type and dose of each well, in order, each once."""
    return sorted({(one.molecule, one.arms, one.cell, one.dose_nM) for one in seen})


def problem_of(plan: Plan, candidate: Tried, seen: Sequence[Seen]) -> FitProblem:
    """Make the problem of some means."""
    places = places_of(seen)
    number = {place: i for i, place in enumerate(places)}
    at = np.array(
        [number[one.molecule, one.arms, one.cell, one.dose_nM] for one in seen]
    )
    time = np.array([TIMES_H.index(one.time_h) for one in seen])
    seen_of = observations_of(seen, plan.told["noise"])
    part = part_of(plan, candidate, places, reading_of(at, time, nodes()[1]), seen_of)
    return FitProblem(free_numbers(plan.free, candidate.free, part.model), (part,))


def part_of(
    plan: Plan,
    candidate: Tried,
    places: Sequence[Place],
    reading: Reading,
    observations: Observations,
) -> Part:
    """Join wells with what was seen of them; each place is `NODES` wells."""
    values, columns = _wells(plan, candidate, places)
    powers = {
        (name, parameter): power * columns[plan.free[name]["wells"]]
        for name in candidate.free
        if "wells" in plan.free[name]
        for parameter, power in plan.free[name]["moves"].items()
    }
    return Part(
        name=candidate.name,
        model=model_of(candidate),
        plate=_plate(places, values),
        save=(f"pSTAT5 of {CELL}",),
        reading=reading,
        observations=observations,
        powers=powers,
    )


def point_of(plan: Plan, candidate: Tried, values: Mapping[str, float]) -> Floats:
    """The point of values by name; the median of its prior where none is given."""
    free = free_numbers(plan.free, candidate.free, model_of(candidate))
    return np.array([one.inside(values.get(one.name, one.median)) for one in free])


def _plate(places: Sequence[Place], values: Mapping[str, Any]) -> Any:
    from il2sim.study.wells import Plate

    molecules_nM = [dose / arms for _, arms, _, dose in places]  # noqa: N806
    return Plate({"il2": np.repeat(molecules_nM, NODES)}, TIMES_H, values)


def _wells(
    plan: Plan, candidate: Tried, places: Sequence[Place]
) -> tuple[dict[str, Any], dict[str, Floats]]:
    """Parameters of each well in the engine's units, and what free numbers ask of it.

    Each place is `NODES` wells.
    """
    from il2sim.evidence import library

    counts = np.array(
        [plan.cells[one].counts[candidate.counts] for _, _, one, _ in places]
    )
    decades = np.log10(counts[:, 1] / MANY_CD122)
    bindings = np.array([_binding(one) for one, _, _, _ in places])
    each = {
        f"{CELL}.cd25_at_rest": counts[:, 0],
        f"{CELL}.cd122_at_rest": counts[:, 1],
        "il2.arms": np.array([float(arms) for _, arms, _, _ in places]),
        "il2.kd_alpha": bindings[:, 0],
        "il2.kd_beta_gamma": bindings[:, 1],
        "il2.kon_beta_gamma": bindings[:, 2],
    }
    if "share" in candidate.free:
        each[f"{CELL}.half_engaged"] = counts[:, 1]
    values: dict[str, Any] = {k: np.repeat(v, NODES) for k, v in each.items()}
    values[f"{CELL}.seeded"] = FEW_CELLS
    values["il2.reach"] = library.parameter("fc_fusion.reach").value
    columns = {
        "cd122_decades": np.repeat(decades, NODES),
        "cd25_normal": np.tile(nodes()[0], len(places)),
    }
    return values | dict(candidate.fixed), columns


def _binding(molecule: str) -> tuple[float, float, float]:
    """Affinities of one arm [nM] and its rate to the dimer, in the engine's units."""
    from il2sim.molecules import variant

    numbers = variant(molecule).numbers
    alpha, beta = numbers["kd_alpha"], numbers["kd_beta_gamma"]
    kon = {**variant(KON_LIKE).numbers, **numbers}["kon_beta_gamma"]
    return alpha.value, beta.value, kon.value * unit(kon.unit).factor


def nodes() -> tuple[Floats, Floats]:
    """Places and weights of the quadrature over a standard normal distribution."""
    places, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return places, weights / weights.sum()


def groups_of(seen: Sequence[Seen]) -> NDArray[np.int64]:
    """Number of the background and scale of each mean."""
    known = {key: i for i, key in enumerate(dict.fromkeys(one.group for one in seen))}
    return np.array([known[one.group] for one in seen])


def observations_of(seen: Sequence[Seen], noise: float) -> Observations:
    """Means with their noise: a part of the rise of their cell type, day and time."""
    groups = groups_of(seen)
    values = np.array([one.value for one in seen])
    spreads = np.empty(len(values))
    for group in np.unique(groups):
        rows = groups == group
        low, high = np.percentile(values[rows], EDGES)
        spreads[rows] = noise * (high - low)
    return Observations.of(values, spreads, groups=groups)


def read_panel(plan: Plan, folder: Path, what: str = "Mean") -> list[Seen]:
    """Read the means of the panel; molecules without an affinity are left out.

    Parameters
    ----------
    plan
        The fit.
    folder
        That holds the files, or a clone.
    what
        Column that is read; ``"Variance"`` is that among the cells of a well.

    Raises
    ------
    UnreadableFile
        The folder lacks a file, or a column is not in it.
    """
    found = next(
        (folder / one for one in FOLDERS if (folder / one / FILES[0]).exists()), folder
    )
    missing = [one for one in FILES if not (found / one).exists()]
    if missing:
        got = "no " + ", ".join(missing)
        raise not_there(_read_by(what), folder, "the panel of Fc fusions", got=got)
    return [one for name in FILES for one in _means(plan, found / name, what)]


def _read_by(what: str) -> str:
    """Which fit reads a column."""
    return "variance" if what == "Variance" else "panel"


def _means(plan: Plan, path: Path, what: str) -> list[Seen]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or set(COLUMNS) - set(rows[0]):
        raise laid_out_otherwise(
            _read_by(what),
            path,
            got=", ".join(rows[0]) if rows else "no row",
            expected="columns " + ", ".join(COLUMNS),
        )
    cells = {one.file: one.name for one in plan.cells.values()}
    return [
        Seen(
            plan.molecules[row["Ligand"]],
            1 + int(float(row["Bivalent"])),
            cells[row["Cell"]],
            row["Date"],
            float(row["Time"]),
            float(row["Dose"]),
            float(row[what]),
        )
        for row in rows
        if row["Ligand"] in plan.molecules and row["Mean"]
    ]
