"""Growth of T cells in culture: what added IL-2 does to their number, donor by donor.

Each donor has a level of its own, that of wells without added IL-2; the effect of IL-2
is one number for all donors, and is judged on donors that it was not found from.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from il2sim.errors import UnreadableFile
from il2sim.inference.check import Check
from il2sim.inference.facts import shipped
from il2sim.inference.fit_file import read_told

FILE = "il2-sigma-nih-counts.tsv"
FOLDERS = ("hammerlab-t-cell-guide", "analyses/il2-titration", ".")
"""Where it is in a folder of several, or in a clone."""

TABLE = "culture.tsv"
COLUMNS = ("donor", "dose_IU_mL", "log_count", "scatter", "n")


@dataclass(frozen=True)
class Wells:
    """Wells of one donor and dose.

    Attributes
    ----------
    donor
        Of the cells.
    dose
        Of IL-2, [IU/mL].
    mean, scatter
        Of the natural logarithm of live cells per mL: mean, and root mean square
        around it.
    n
        How many there are.
    """

    donor: str
    dose: float
    mean: float
    scatter: float
    n: int


@lru_cache(maxsize=1)
def read_plan() -> dict[str, Any]:
    """Read the shipped fit file."""
    return read_told("culture")


def effect(dose: float) -> float:
    """Part of the most that a dose does, [1].

    Parameters
    ----------
    dose
        [IU/mL].

    Examples
    --------
    >>> effect(0.0), 0.8 < effect(500.0) < 1
    (0.0, True)
    """
    from il2sim.molecules import product

    told = read_plan()
    # IU in a liter are nmol in a liter: nM.
    found = product(told["product"]).to_nmol(1e3 * dose, "IU")
    return float(found / (found + told["half"]["nM"]))


def gain_of(wells: Sequence[Wells]) -> float:
    """Logarithm of the most that IL-2 does, over donors, with its prior."""
    told = read_plan()["gain"]
    levels = levels_of(wells)
    given = [one for one in wells if one.dose > 0]
    noise = noise_of(wells) ** 2
    x = np.array([effect(one.dose) for one in given])
    y = np.array([one.mean - levels[one.donor] for one in given])
    n = np.array([one.n for one in given])
    prior = noise / np.log(told["spread"]) ** 2
    center = prior * np.log(told["median"])
    return float((np.sum(n * x * y) + center) / (np.sum(n * x * x) + prior))


def levels_of(wells: Sequence[Wells]) -> dict[str, float]:
    """Logarithm of the count of each donor without added IL-2."""
    return {one.donor: one.mean for one in wells if one.dose == 0}


def noise_of(wells: Sequence[Wells]) -> float:
    """Standard deviation among wells of one donor and dose."""
    around = sum(one.n * one.scatter**2 for one in wells)
    return float(np.sqrt(around / sum(one.n - 1 for one in wells)))


def r_squared(wells: Sequence[Wells], *, without_effect: bool = False) -> float:
    """How well wells with IL-2 are met, the effect of each donor from the others.

    Parameters
    ----------
    wells
        Of all donors.
    without_effect
        Whether IL-2 is taken to do nothing.
    """
    levels = levels_of(wells)
    given = [one for one in wells if one.dose > 0]
    gains = {
        donor: gain_of([one for one in wells if one.donor != donor]) for donor in levels
    }
    size = 0.0 if without_effect else 1.0
    off = [
        one.mean - levels[one.donor] - size * gains[one.donor] * effect(one.dose)
        for one in given
    ]
    return _share(given, np.array(off))


def reproducible(wells: Sequence[Wells]) -> float:
    """R² that the scatter among replicates allows a model that knows every mean."""
    given = [one for one in wells if one.dose > 0]
    around = sum(one.n for one in given) * noise_of(wells) ** 2
    return 1 - around / _spread(given)


def _share(wells: Sequence[Wells], off: np.ndarray[Any, Any]) -> float:
    n = np.array([one.n for one in wells])
    around = np.array([one.scatter for one in wells]) ** 2
    return float(1 - np.sum(n * (off**2 + around)) / _spread(wells))


def _spread(wells: Sequence[Wells]) -> float:
    n = np.array([one.n for one in wells])
    means = np.array([one.mean for one in wells])
    around = np.array([one.scatter for one in wells]) ** 2
    middle = np.average(means, weights=n)
    return float(np.sum(n * ((means - middle) ** 2 + around)))


def check_culture() -> list[Check]:
    """Make the check of growth in culture: row 20 of the reproduction checks."""
    wells = read_wells()
    nothing = r_squared(wells, without_effect=True)
    return [
        Check(
            20,
            "T cells in culture by added IL-2, each donor left out in turn: log count, "
            f"R² (replicates allow {reproducible(wells):.2f})",
            r_squared(wells),
            *(0.7, np.inf, f"none published; no effect of IL-2: {nothing:.2f}"),
            "held out, but for the donor's level without IL-2",
        )
    ]


def read_counts(folder: Path) -> list[Wells]:
    """Read the counts of a folder, wells of one donor and dose put together.

    Raises
    ------
    UnreadableFile
        The folder lacks the file.
    """
    path = next(
        (folder / one / FILE for one in FOLDERS if (folder / one / FILE).exists()), None
    )
    if path is None:
        raise UnreadableFile(
            f"'{folder}' does not hold the counts of cells in culture.",
            got=f"no {FILE}",
            expected="a clone of https://github.com/hammerlab/t-cell-guide at 3b95f3ab",
            try_="il2sim fit culture --data FOLDER",
        )
    by: dict[tuple[str, float], list[float]] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            key = (row["donor id"], float(row["IL-2 conct"]))
            by.setdefault(key, []).append(np.log(float(row["live count (cells/ml)"])))
    return [
        Wells(*key, float(np.mean(some)), float(np.std(some)), len(some))
        for key, some in by.items()
    ]


def write_wells(path: Path, wells: Sequence[Wells]) -> None:
    """Write wells as a table; its last column is the source."""
    lines = ["\t".join((*COLUMNS, "source"))]
    for one in wells:
        numbers = (f"{one.mean:.4f}", f"{one.scatter:.4f}", str(one.n))
        words = (one.donor, f"{one.dose:g}", *numbers, read_plan()["citation"])
        lines.append("\t".join(words))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_wells() -> list[Wells]:
    """Read the shipped wells.

    Examples
    --------
    >>> len({one.donor for one in read_wells()})
    4
    """
    return [
        Wells(
            row["donor"],
            float(row["dose_IU_mL"]),
            float(row["log_count"]),
            float(row["scatter"]),
            int(row["n"]),
        )
        for row in shipped(TABLE)
    ]
