"""Derived facts of the plate: half-maximal doses, slopes and plateaus, with a citation.

They ship with the package, so that predictions can be judged without the raw files. The
model's own dose-responses are put into the same numbers in the same way.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.likelihood import Likelihood
from il2sim.inference.observation import Observations
from il2sim.inference.plate import DOSES, Curve, Well, hill_curve
from il2sim.inference.problem import FitProblem
from il2sim.inference.receptors import (
    TIMES_H,
    Candidate,
    Gate,
    Layout,
    Plan,
    free_of,
    nodes,
    part_of,
    reading_of,
)

Floats = NDArray[np.float64]
Key = tuple[str, str, float]

LIGANDS = ("IL2", "IL15")
HIGHEST_NM = 84.0
"""First dose of the plate, [nM]; the next are thirds."""

FOLDER = "evidence/tables/fitted"
"""Where fitted values and derived facts ship."""

COLUMNS = ("gate", "ligand", "time_h", "replicate", "half_nM", "slope", "low", "high")


@dataclass(frozen=True)
class Response:
    """A measured dose-response, in numbers, beside the model's.

    Attributes
    ----------
    gate, ligand, time_h
        What was given to whom, and when it was read [h].
    measured
        By replicate.
    model
        In the same numbers.
    """

    gate: str
    ligand: str
    time_h: float
    measured: tuple[Curve, ...]
    model: Curve

    @property
    def half(self) -> float:
        """Half-maximal dose, geometric mean over replicates, [nM]."""
        halves = [one.half_nM for one in self.measured]
        return float(np.exp(np.mean(np.log(halves))))

    @property
    def slope(self) -> float:
        """Hill slope, mean over replicates."""
        return float(np.mean([one.slope for one in self.measured]))

    @property
    def off(self) -> float:
        """Decades by which the model's half-maximal dose is too high."""
        return float(np.log10(self.model.half_nM / self.half))


def doses_nM() -> Floats:  # noqa: N802 - the unit is written so
    """Doses of the plate, increasing, [nM], shape ``(12,)``."""
    return np.asarray(HIGHEST_NM / 3.0 ** np.arange(DOSES - 1, -1, -1), dtype=float)


def model_curves(
    plan: Plan, candidate: Candidate, point: Mapping[str, float]
) -> dict[Key, Floats]:
    """pSTAT5 of every gate at the doses of the plate, [%].

    Parameters
    ----------
    plan, candidate
        Of the fit.
    point
        Values by name, in the units of the fit file.

    Returns
    -------
    dict
        By gate, ligand and time; shape ``(12,)`` each.
    """
    problem = curves_problem(plan, candidate)
    signals = Likelihood(problem).signals(problem.inside(point))[0]
    return _by_key(plan, signals)


def all_curves(
    plan: Plan, candidate: Candidate, points: Floats
) -> list[dict[Key, Floats]]:
    """The same for points on the scales of the free numbers, ``(n_points, n_free)``."""
    likelihood = Likelihood(curves_problem(plan, candidate))
    return [_by_key(plan, one) for one in likelihood.signals_of(points)[0]]


def _places(plan: Plan) -> list[tuple[Gate, str]]:
    return [(gate, ligand) for gate in plan.gates for ligand in LIGANDS]


def _by_key(plan: Plan, signals: Floats) -> dict[Key, Floats]:
    keys = _places(plan)
    table = signals.reshape(len(keys), DOSES, len(TIMES_H))
    return {
        (gate.name, ligand, time_h): table[i, :, t]
        for i, (gate, ligand) in enumerate(keys)
        for t, time_h in enumerate(TIMES_H)
    }


def curves_problem(plan: Plan, candidate: Candidate) -> FitProblem:
    """Every gate at every dose and time of the plate, with nothing seen."""
    keys = _places(plan)
    layout = Layout(
        gate=tuple(gate for gate, _ in keys for _ in range(DOSES)),
        ligand=tuple(ligand for _, ligand in keys for _ in range(DOSES)),
        dose_nM=np.tile(doses_nM(), len(keys)),
    )
    n = len(layout.gate)
    place, time = np.divmod(np.arange(n * len(TIMES_H)), len(TIMES_H))
    reading = reading_of(place, time, nodes()[1])
    blank = Observations.of(np.zeros(len(place)), 1.0)
    part = part_of(plan, candidate, layout, reading, blank)
    return FitProblem(free_of(plan, candidate), (part,))


def measured_facts(plan: Plan, wells: Sequence[Well]) -> dict[Key, tuple[Curve, ...]]:
    """Put every measured dose-response into numbers, by replicate."""
    names = {one.file: one.name for one in plan.gates}
    curves: dict[Key, dict[int, list[tuple[float, float]]]] = {}
    for one in wells:
        if not one.is_disturbed:
            key = (names[one.gate], one.ligand, one.time_h)
            by = curves.setdefault(key, {})
            by.setdefault(one.replicate, []).append((one.dose_nM, one.signal))
    return {
        key: tuple(hill_curve(*np.array(rows).T) for rows in by.values())
        for key, by in curves.items()
    }


def beside(
    measured: Mapping[Key, tuple[Curve, ...]], curves: Mapping[Key, Floats]
) -> list[Response]:
    """Put the model's dose-responses beside the measured ones."""
    return [
        Response(*key, found, hill_curve(doses_nM(), curves[key]))
        for key, found in measured.items()
    ]


def write_facts(path: Path, facts: Mapping[Key, Iterable[Curve]], source: str) -> None:
    """Write derived facts as a table, the source in each row."""
    lines = ["\t".join((*COLUMNS, "source"))]
    for key, curves in facts.items():
        for replicate, one in enumerate(curves, 1):
            numbers = (one.half_nM, one.slope, one.low, one.high)
            words = (*map(str, key), str(replicate), *(f"{x:.4g}" for x in numbers))
            lines.append("\t".join((*words, source)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_facts() -> dict[Key, tuple[Curve, ...]]:
    """Read the shipped facts.

    Examples
    --------
    >>> len(read_facts()["Treg", "IL2", 0.5])
    2
    """
    made: dict[Key, list[Curve]] = {}
    for row in shipped("receptor_responses.tsv"):
        key = (row["gate"], row["ligand"], float(row["time_h"]))
        numbers = {
            name: float(row[name]) for name in ("low", "high", "half_nM", "slope")
        }
        made.setdefault(key, []).append(Curve(**numbers))
    return {key: tuple(curves) for key, curves in made.items()}


def read_fitted() -> dict[str, float]:
    """Read the shipped values of the fit, by name, in the units of the fit file.

    Examples
    --------
    >>> 0.02 < read_fitted()["internalize"] < 0.15  # 1/min
    True
    """
    return {row["name"]: float(row["value"]) for row in shipped("receptors.tsv")}


def shipped(name: str) -> list[dict[str, str]]:
    """Rows of one of the shipped tables."""
    path = resources.files("il2sim").joinpath(FOLDER, name)
    return list(csv.DictReader(path.read_text("utf-8").splitlines(), delimiter="\t"))
