"""YT-1 cells with and without CD25: pSTAT5, and the stain of CD122 and gamma-c in time.

One compiled model of one cell type serves all wells; whether a well's cells have CD25
is data. Nothing is scaled: pSTAT5 is a part of the most, stains are parts of what
resting cells show, as published. What is left out is therefore predicted blind.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.fit_file import FitFile, laid_out_otherwise, not_there, read_told
from il2sim.inference.observation import Observations, growing_noise
from il2sim.inference.problem import FitProblem, Part, Reading
from il2sim.inference.receptors import Candidate, free_numbers

if TYPE_CHECKING:
    from il2sim.symbolic import Model

Floats = NDArray[np.float64]

CELL = "YT-1"
"""The cell type of the one model; CD25 is that of each well."""

READ = ("pSTAT5", "CD122", "CD132")
"""What is read of wells."""

LIGANDS = ("il2", "il15")

FOLDERS = ("ckine/data", "meyer-lab-gc-cytokines", ".")
"""Where the files are in a clone, or in a folder of several."""

PSTAT5_FILE = "IL2_IL15_extracted_data.csv"
CD122_FILES = {
    True: "IL2Ra+_surface_IL2RB_datasets.csv",
    False: "IL2Ra-_surface_IL2RB_datasets.csv",
}
CD132_FILE = "mitra_surface_gc_depletion.csv"
UNTREATED = 10.0
"""Of CD122, in the units of its files."""


@dataclass(frozen=True)
class Seen:
    """One number that was read.

    Attributes
    ----------
    what
        Of `READ`.
    has_cd25
        Whether the cells have CD25.
    ligand, dose_nM
        What was in the medium.
    time_min
        When it was read.
    value
        Part of the most, or of resting cells, [%].
    """

    what: str
    has_cd25: bool
    ligand: str
    dose_nM: float  # noqa: N815 - the unit is written so
    time_min: float
    value: float

    @property
    def curve(self) -> tuple[str, bool, str, float]:
        """What is the same along a curve: over doses for pSTAT5, else over time."""
        dose = 0.0 if self.what == "pSTAT5" else self.dose_nM
        return self.what, self.has_cd25, self.ligand, dose


class Plan(FitFile[Candidate]):
    """The fit file, read."""

    def tried(self, told: Mapping[str, Any]) -> Candidate:
        """A mechanism from its entry in the file."""
        return Candidate(**({"fixed": {}} | dict(told) | {"free": tuple(told["free"])}))


def read_plan() -> Plan:
    """Read the shipped fit file.

    Examples
    --------
    >>> read_plan().chosen.signaling
    'steep'
    """
    return Plan(read_told("yt1"))


def model_of(candidate: Candidate) -> Model:
    """The dish of the line with a candidate's signaling, for IL-2 and IL-15."""
    from il2sim.models.dish import dish
    from il2sim.models.mechanisms import steep
    from il2sim.models.stain import stained
    from il2sim.models.stat5 import titrated

    ways = {"steep": steep, "titrated": titrated}
    mechanism = stained(*LIGANDS).with_signaling(ways[candidate.signaling])
    return dish((CELL,), mechanism)


@dataclass(frozen=True)
class Layout:
    """Wells and times that some readings need, and where each reading is in them."""

    seen: Sequence[Seen]

    @cached_property
    def wells(self) -> list[tuple[bool, str, float]]:
        """Whether cells have CD25, ligand and dose of each well."""
        return sorted({(one.has_cd25, one.ligand, one.dose_nM) for one in self.seen})

    @cached_property
    def times_h(self) -> Floats:
        """When wells are looked at, [h]."""
        return np.array(sorted({one.time_min for one in self.seen})) / 60

    @cached_property
    def has_cd25(self) -> Floats:
        """One where a well's cells have CD25, else zero, shape ``(n_wells,)``."""
        return np.array([float(has) for has, _, _ in self.wells])

    def doses_nM(self, ligand: str) -> Floats:  # noqa: N802 - the unit is written so
        """What each well has of one ligand, [nM], shape ``(n_wells,)``."""
        return np.array([dose * (of == ligand) for _, of, dose in self.wells])

    @cached_property
    def place(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Number of the well and of the time of each reading."""
        wells = {one: i for i, one in enumerate(self.wells)}
        times = {t: i for i, t in enumerate(sorted({s.time_min for s in self.seen}))}
        well = [wells[one.has_cd25, one.ligand, one.dose_nM] for one in self.seen]
        return np.array(well), np.array([times[one.time_min] for one in self.seen])


def problem_of(plan: Plan, candidate: Candidate, seen: Sequence[Seen]) -> FitProblem:
    """Make the problem of some readings; its signals are in [%]."""
    from il2sim.study.wells import Plate

    model, layout = model_of(candidate), Layout(seen)
    with_cd25 = plan.free["cd25"]["median"]
    without = model.parameters[f"{CELL}.cd25_at_rest"].engine_value
    cd25 = np.where(layout.has_cd25 > 0, with_cd25, without)
    well, time = layout.place
    n = len(seen)
    noise = plan.told["noise"]
    values = np.array([one.value for one in seen])
    part = Part(
        name=candidate.name,
        model=model,
        plate=Plate(
            {ligand: layout.doses_nM(ligand) for ligand in LIGANDS},
            times_h=layout.times_h,
            values={f"{CELL}.cd25_at_rest": cd25, **candidate.fixed},
        ),
        save=tuple(_output(what) for what in READ),
        reading=Reading(
            observation=np.arange(n),
            well=well,
            time=time,
            output=np.array([READ.index(one.what) for one in seen]),
            weight=np.ones(n),
        ),
        observations=Observations.of(
            values, growing_noise(values, noise["floor"], noise["share"])
        ),
        powers={("cd25", f"{CELL}.cd25_at_rest"): layout.has_cd25},
    )
    return FitProblem(free_numbers(plan.free, candidate.free, model), (part,))


def _output(what: str) -> str:
    return f"pSTAT5 of {CELL}" if what == "pSTAT5" else f"stained {what} of {CELL}"


def read_line(folder: Path, *, pstat5_min: float, cd132_nM: float) -> list[Seen]:  # noqa: N803
    """Read the files of the line.

    Parameters
    ----------
    folder
        A clone, or its folder of data.
    pstat5_min
        When pSTAT5 was read, [min]; the file does not say.
    cd132_nM
        IL-2 on the cells whose gamma-c was stained, [nM]; the file does not say.

    Raises
    ------
    UnreadableFile
        The folder lacks a file, or a column is not in it.
    """
    files = (PSTAT5_FILE, *CD122_FILES.values(), CD132_FILE)
    found = next(
        (folder / one for one in FOLDERS if (folder / one / PSTAT5_FILE).exists()),
        folder,
    )
    missing = [one for one in files if not (found / one).exists()]
    if missing:
        got = "no " + ", ".join(missing)
        raise not_there("yt1", folder, "the readings of YT-1 cells", got=got)
    return [
        *_pstat5(found / PSTAT5_FILE, pstat5_min),
        *(
            one
            for has, name in CD122_FILES.items()
            for one in _cd122(found / name, has_cd25=has)
        ),
        *_cd132(found / CD132_FILE, cd132_nM),
    ]


def _rows(path: Path, told: Callable[[str], Any]) -> list[tuple[float, Any, float]]:
    """Number of the first column, what a header tells, and the number below it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        head, *rows = [row for row in csv.reader(file) if row]
    columns = [(i, told(name)) for i, name in enumerate(head)]
    known = [(i, one) for i, one in columns if one is not None]
    if not known:
        raise laid_out_otherwise(
            "yt1",
            path,
            got=", ".join(head),
            expected="columns of IL-2 and IL-15",
        )
    return [(float(row[0]), one, float(row[i])) for row in rows for i, one in known]


NAMES = {"IL2": "il2", "IL15": "il15"}
"""Ligands as files write them; others are not read."""


def _pstat5(path: Path, time_min: float) -> list[Seen]:
    def told(head: str) -> tuple[str, bool] | None:
        words = head.replace("##", "").split()
        if not words or words[0] not in NAMES:
            return None
        return NAMES[words[0]], "IL2Ra+" in words

    return [
        Seen("pSTAT5", has, ligand, float(10**log_dose), time_min, value)
        for log_dose, (ligand, has), value in _rows(path, told)
    ]


def _cd122(path: Path, *, has_cd25: bool) -> list[Seen]:
    def told(head: str) -> tuple[str, float] | None:
        name, _, dose = (part.strip() for part in head.partition("-"))
        return (NAMES[name], float(dose.removesuffix("nM"))) if name in NAMES else None

    return [
        Seen("CD122", has_cd25, ligand, dose, time_min, 100 * value / UNTREATED)
        for time_min, (ligand, dose), value in _rows(path, told)
        if time_min > 0
    ]


def _cd132(path: Path, dose_nM: float) -> list[Seen]:  # noqa: N803
    rows = _rows(path, lambda head: head if head == "gc" else None)
    has_cd25 = False
    return [
        Seen("CD132", has_cd25, "il2", dose_nM, time_min, value)
        for time_min, _, value in rows
        if time_min > 0
    ]
