"""IL-7 and IL-4 on one cell: what each alone does fitted, cross-inhibition predicted.

Both cytokines need gamma-c of the same pool. Each answers by complexes of its own:
IL-7 by pSTAT5, IL-4 by pSTAT6, each a saturating function of what is engaged. Whether
IL-7Rα holds gamma-c before IL-7 has come is a mechanism that is chosen by name.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.fit_file import FitFile, not_there, read_told
from il2sim.inference.observation import Observations
from il2sim.inference.problem import FitProblem, Part, Reading
from il2sim.inference.receptors import FEW_CELLS, free_numbers

if TYPE_CHECKING:
    from il2sim.study.wells import Plate
    from il2sim.symbolic import Component, Expression, Model

Floats = NDArray[np.float64]

CELL = "CD4 Tconv"
LIGANDS = ("il7", "il4")
OTHER = {"il7": "il4", "il4": "il7"}
FILES = {"il4": "Gonnord_S3B.csv", "il7": "Gonnord_S3C.csv"}
CROSS = "Gonnord_S3D.csv"
FOLDERS = ("meyer-lab-gc-cytokines", "ckine/data", ".")
"""Where they are in a folder of several, or in a clone."""

TRAFFIC = {
    "assemble": "membrane.k_assemble",
    "internalize": "endosome.k_internalize",
    "faster": "endosome.k_internalize_more",
    "return": "endosome.k_return",
    "degrade": "endosome.k_degrade",
    "sorted": "endosome.sorted_part",
    "il7_leaves": "il7.k_drop_gamma",
    "il4_leaves": "il4.k_drop_gamma",
    "il7_half": "il7 answer.half_engaged",
    "il4_half": "il4 answer.half_engaged",
}
"""Parameters of the model by their names in the table of the published values."""

APART, PREFORMED = "apart", "preformed"
"""Mechanisms: chains alone until a ligand joins them, or IL-7Rα with gamma-c before."""


@dataclass(frozen=True)
class Seen:
    """Readings of one curve.

    Attributes
    ----------
    ligand
        What answers.
    first
        What cells were pretreated with; empty where only one was given.
    doses_nM
        Of `first`, or of `ligand` where it is alone, [nM].
    values
        The answer over the highest of the curve [1]; with `first` the part of the
        answer that is lost, [%].
    """

    ligand: str
    first: str
    doses_nM: Floats  # noqa: N815 - the unit is written so
    values: Floats


@dataclass(frozen=True)
class Tried:
    """Which curves are fitted, by which mechanism and counts of chains.

    Attributes
    ----------
    name, meaning
        For tables.
    mechanism
        `APART` or `PREFORMED`.
    counts
        Name of the counts.
    first
        First cytokines of the curves that are fitted; empty for one cytokine alone.
    """

    name: str
    meaning: str
    mechanism: str
    counts: str
    first: tuple[str, ...]


@dataclass(frozen=True)
class Cells:
    """Cells of which everything is known.

    Attributes
    ----------
    mechanism
        Of their receptors.
    parameters
        By name, in the engine's units.
    """

    mechanism: str
    parameters: Mapping[str, float]


class Plan(FitFile[Tried]):
    """The fit file, read."""

    def tried(self, told: Mapping[str, Any]) -> Tried:
        """What is tried from its entry in the file."""
        return Tried(**(dict(told) | {"first": tuple(told["first"])}))

    def doses_nM(self, which: str, ligand: str) -> Floats:  # noqa: N802
        """``"alone"``, ``"first"`` or ``"second"`` doses of a cytokine, [nM]."""
        told = np.asarray(self.told[f"{which}_pg_mL"][ligand], dtype=float)
        return np.asarray(told / (1000 * self.told["kDa"][ligand]))

    def names(self, tried: Tried) -> list[str]:
        """Names of what is free in a candidate."""
        return list(self.told["mechanism"][tried.mechanism]["free"])


def read_plan() -> Plan:
    """Read the shipped fit file.

    Examples
    --------
    >>> round(float(read_plan().doses_nM("second", "il7")), 5)
    0.00287
    """
    return Plan(read_told("crosstalk"))


@lru_cache(maxsize=2)
def model(mechanism: str) -> Model:
    """The dish of one cell type with IL-7 and IL-4, and the answer to each."""
    from il2sim.evidence import library
    from il2sim.evidence.parameter import ParameterValue
    from il2sim.models.dish import dish
    from il2sim.models.family import sequential
    from il2sim.models.preformed import preformed
    from il2sim.symbolic import Output, Reference

    told = read_plan().free

    def look_up(name: str) -> ParameterValue:
        half = told.get(f"{name[:3]}_half", {})
        if name not in half.get("moves", {}):
            return library.parameter(name)
        words = (half["source"], "assumption", half["meaning"])
        return ParameterValue(name, half["median"], half["unit"], None, None, *words)

    receptors = {APART: sequential, PREFORMED: preformed}[mechanism](*LIGANDS)
    made = dish((CELL,), receptors.with_signaling(answers), look_up=look_up)
    outputs = {
        name: Output(name, "%", "answer, part of the most", Reference(f"{name}.pstat5"))
        for name in map(answer_of, LIGANDS)
    }
    return replace(made, outputs=outputs)


def answer_of(ligand: str) -> str:
    """Name of the answer to a cytokine."""
    return f"{CELL} {ligand} answer"


def answers(cell: str, engaged: Expression) -> Iterator[Component]:
    """Signaling of the cell as a whole, and of each cytokine by itself."""
    from il2sim.models.mechanisms import steep
    from il2sim.models.signaling import Signaling
    from il2sim.symbolic import Reference

    yield from steep(cell, engaged)
    for ligand in LIGANDS:
        outside = Reference(f"{cell} {ligand}.engaged")
        inside = Reference(f"{cell} {ligand} inside.engaged")
        yield Signaling(
            f"{cell} {ligand} answer", cell=f"{ligand} answer", engaged=outside + inside
        )


def values_of(plan: Plan, tried: Tried) -> dict[str, float]:
    """Parameters that are fixed, in the engine's units."""
    how = plan.told["mechanism"][tried.mechanism]
    rates = {**plan.told["fixed"], **how.get("fixed", {})}
    return {
        **_of_cells(plan, tried.counts),
        **{name: 60 * value for name, value in rates.items()},
        **how.get("kd_nM", {}),
    }


def _of_cells(plan: Plan, counts: str) -> dict[str, float]:
    chains = plan.told["counts"][counts]
    return {
        **{f"{CELL}.{name}_at_rest": value for name, value in chains.items()},
        f"{CELL}.seeded": FEW_CELLS,
        "signaling.steepness": 1.0,
    }


def problem_of(plan: Plan, tried: Tried, seen: Sequence[Seen]) -> FitProblem:
    """Make the problem of those curves that a candidate is fitted to.

    Of a curve with a first cytokine only its shape counts: it has a background and a
    scale of its own, as each of one cytokine alone has.
    """
    parts = tuple(
        _part(plan, tried, [one for one in seen if one.first == first])
        for first in tried.first
    )
    free = free_numbers(plan.free, plan.names(tried), model(tried.mechanism))
    return FitProblem(free, parts)


def _part(plan: Plan, tried: Tried, seen: Sequence[Seen]) -> Part:
    sizes = [len(one.values) for one in seen]
    n = sum(sizes)
    which = np.array([LIGANDS.index(one.ligand) for one in seen])
    size = 100.0 if seen[0].first else 1.0
    return Part(
        name=f"{tried.counts} {seen[0].first}",
        model=model(tried.mechanism),
        plate=_plate(plan, values_of(plan, tried), seen),
        save=tuple(map(answer_of, LIGANDS)),
        reading=Reading(
            observation=np.arange(n),
            well=np.arange(n),
            time=np.zeros(n, dtype=np.int64),
            output=np.repeat(which, sizes),
            weight=np.ones(n),
        ),
        observations=Observations.of(
            np.concatenate([one.values for one in seen]),
            size * plan.told["noise"],
            groups=np.repeat(np.arange(len(seen)), sizes),
        ),
    )


def _plate(plan: Plan, values: Mapping[str, float], seen: Sequence[Seen]) -> Plate:
    """Wells of curves that have the same first cytokine, in order."""
    from il2sim.study.wells import Plate

    first = seen[0].first
    doses: dict[str, list[Floats]] = {ligand: [] for ligand in LIGANDS}
    for one in seen:
        other = OTHER[one.ligand]
        second = np.full(len(one.doses_nM), plan.doses_nM("second", one.ligand))
        doses[one.ligand].append(second if first else one.doses_nM)
        doses[other].append(one.doses_nM if first else 0 * one.doses_nM)
    given = dict.fromkeys(LIGANDS, plan.told["rest_min"] / 60)
    if first:
        given[OTHER[first]] += plan.told["pretreated_min"] / 60
    return Plate(
        {ligand: np.concatenate(found) for ligand, found in doses.items()},
        [max(given.values()) + plan.told["read_min"] / 60],
        values,
        given_h=given,
    )


def cells_of(plan: Plan, tried: Tried, values: Mapping[str, float]) -> Cells:
    """What a candidate says of cells, at values in the units of the fit file."""
    found = model(tried.mechanism)
    made = values_of(plan, tried)
    for one in free_numbers(plan.free, plan.names(tried), found):
        for name, power in one.moves.items():
            start = made.get(name, found.parameters[name].engine_value)
            made[name] = start * (values[one.name] / one.at) ** power
    return Cells(tried.mechanism, made)


def published_of(plan: Plan) -> Cells:
    """Cells at the medians of the published posterior."""
    hourly = dict.fromkeys(TRAFFIC, 60.0)
    hourly |= dict.fromkeys(("sorted", "il7_half", "il4_half"), 1.0)
    told = plan.told["published"]
    moved = {TRAFFIC[name]: hourly[name] * value for name, value in told.items()}
    return Cells(APART, _of_cells(plan, plan.chosen.counts) | moved)


def alone_of(
    plan: Plan,
    cells: Cells,
    ligand: str,
    doses_nM: Floats,  # noqa: N803
) -> Floats:
    """The answer to one cytokine alone, [%], shape of the doses."""
    return _answer(plan, cells, Seen(ligand, "", doses_nM, doses_nM))


def lost_of(
    plan: Plan,
    cells: Cells,
    first: str,
    doses_nM: Floats,  # noqa: N803
) -> Floats:
    """Part of the answer to one cytokine that another takes, [%].

    Parameters
    ----------
    plan
        The fit.
    cells
        Of the wells.
    first
        The cytokine given first; it stays.
    doses_nM
        Of it, [nM].
    """
    doses = np.concatenate([[0.0], doses_nM])
    found = _answer(plan, cells, Seen(OTHER[first], first, doses, doses))
    return np.asarray(100 * (1 - found[1:] / found[0]))


def _answer(plan: Plan, cells: Cells, one: Seen) -> Floats:
    from il2sim.study.wells import incubate

    name = answer_of(one.ligand)
    plate = _plate(plan, cells.parameters, [one])
    return incubate(model(cells.mechanism), plate, save=[name])[name][:, 0]


def read_curves(plan: Plan, folder: Path) -> list[Seen]:
    """Read the digitized curves.

    Raises
    ------
    UnreadableFile
        The folder lacks a file.
    """
    found = next(
        (folder / one for one in FOLDERS if (folder / one / CROSS).exists()), folder
    )
    missing = [one for one in (*FILES.values(), CROSS) if not (found / one).exists()]
    if missing:
        got = "no " + ", ".join(missing)
        raise not_there("crosstalk", folder, "the curves of IL-7 and IL-4", got=got)
    made = []
    for ligand, name in FILES.items():
        rows = _numbers(found / name)
        for column in (1, 2):
            values = rows[:, column] / rows[:, column].max()
            doses = plan.doses_nM("alone", ligand)
            made.append(Seen(ligand, "", doses, values))
    rows = _numbers(found / CROSS)
    for first, start in (("il7", 1), ("il4", 6)):
        for column in range(start, start + 3):
            doses = plan.doses_nM("first", first)
            made.append(Seen(OTHER[first], first, doses, rows[:, column]))
    return made


def _numbers(path: Path) -> Floats:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return np.array([[float(one or "nan") for one in row] for row in rows])
