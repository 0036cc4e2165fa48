"""Growth of T cells in culture: what added IL-2 does to their number, donor by donor.

Donors differ in level and in what IL-2 does to them (`donors.py`). A donor that is left
out is predicted from its wells without IL-2 and from the other donors. What is judged
is the mean of the wells of one donor and dose: what one well is off by, no model tells.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.check import Check
from il2sim.inference.donors import Means, Prior, common_of, predict, spread_of
from il2sim.inference.facts import shipped
from il2sim.inference.fit_file import not_there, read_told

Floats = NDArray[np.float64]

FILE = "il2-sigma-nih-counts.tsv"
FOLDERS = ("hammerlab-t-cell-guide", "analyses/il2-titration", ".")
"""Where it is in a folder of several, or in a clone."""

NEARLY_NOTHING = 1e-6
"""Standard deviation of what is held at nothing."""

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


def means_of(wells: Sequence[Wells]) -> Means:
    """Means over wells, with the error that the scatter among wells leaves them."""
    noise = noise_of(wells)
    return Means(
        np.array([one.donor for one in wells]),
        np.array([effect(one.dose) for one in wells]),
        np.array([one.mean for one in wells]),
        np.array([noise**2 / one.n for one in wells]),
    )


def prior_of(*, without_effect: bool = False) -> Prior:
    """Priors of the fit file; without an effect it is held at none for all donors."""
    told = read_plan()
    if without_effect:
        return Prior(NEARLY_NOTHING, 0.0, told["donors"]["levels"], NEARLY_NOTHING)
    return Prior(
        float(np.log(told["gain"]["spread"])),
        float(np.log(told["gain"]["median"])),
        told["donors"]["levels"],
        told["donors"]["effects"],
    )


def gain_of(wells: Sequence[Wells]) -> tuple[float, float]:
    """Logarithm of the most that IL-2 does, common to donors, and its error."""
    means, prior = means_of(wells), prior_of()
    both, covariance = common_of(means, spread_of(means, prior), prior)
    return float(both[1]), float(np.sqrt(covariance[1, 1]))


def noise_of(wells: Sequence[Wells]) -> float:
    """Standard deviation among wells of one donor and dose."""
    around = sum(one.n * one.scatter**2 for one in wells)
    return float(np.sqrt(around / sum(one.n - 1 for one in wells)))


def left_out(wells: Sequence[Wells], *, without_effect: bool = False) -> Floats:
    """Means with IL-2 of each donor, from its wells without and the other donors.

    Parameters
    ----------
    wells
        Of all donors; every mean with IL-2 is predicted, in their order.
    without_effect
        Whether IL-2 is taken to do nothing.
    """
    means, prior = means_of(wells), prior_of(without_effect=without_effect)
    found = np.zeros(len(wells))
    for donor in np.unique(means.donor):
        own, given = means.donor == donor, means.x > 0
        spread = spread_of(means.where(~own), prior)
        known, wanted = means.where(~(own & given)), means.where(own & given)
        found[own & given] = predict(known, wanted, spread, prior)
    return found[means.x > 0]


def r_squared(wells: Sequence[Wells], *, without_effect: bool = False) -> float:
    """How well means with IL-2 are met, each donor left out in turn."""
    given = [one for one in wells if one.dose > 0]
    off = left_out(wells, without_effect=without_effect)
    off = off - [one.mean for one in given]
    n = np.array([one.n for one in given])
    return float(1 - np.sum(n * off**2) / _spread(given))


def r_squared_of_wells(wells: Sequence[Wells]) -> float:
    """The same over single wells, which scatter around their means."""
    given = [one for one in wells if one.dose > 0]
    around = sum(one.n * one.scatter**2 for one in given)
    whole = _spread(given) + around
    return float(1 - ((1 - r_squared(wells)) * _spread(given) + around) / whole)


def reproducible(wells: Sequence[Wells]) -> float:
    """R² of means that their own error allows a model that knows the truth."""
    given = [one for one in wells if one.dose > 0]
    return float(1 - len(given) * noise_of(wells) ** 2 / _spread(given))


def _spread(wells: Sequence[Wells]) -> float:
    n = np.array([one.n for one in wells])
    means = np.array([one.mean for one in wells])
    middle = np.average(means, weights=n)
    return float(np.sum(n * (means - middle) ** 2))


def check_culture() -> list[Check]:
    """Make the check of growth in culture: row 20 of the reproduction checks."""
    wells = read_wells()
    nothing = r_squared(wells, without_effect=True)
    return [
        Check(
            20,
            "T cells in culture by added IL-2, each donor left out in turn: mean log "
            "count of a donor and dose, R² "
            f"(their error allows {reproducible(wells):.2f})",
            r_squared(wells),
            *(0.7, np.inf, f"none published; no effect of IL-2: {nothing:.2f}"),
            "held out, but for the donor's wells without IL-2",
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
        what = "the counts of cells in culture"
        raise not_there("culture", folder, what, got=f"no {FILE}")
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
