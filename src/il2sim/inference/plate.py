"""The public plate of pSTAT5: its file read, and its dose-responses put into numbers.

The file holds a block for each gate: rows are a ligand and a time, columns are doses
from 84 nM down by thirds, for two replicates side by side.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.fit_file import laid_out_otherwise, not_there

Floats = NDArray[np.float64]

FILES = (
    "meyer-lab-type-I-ckine-model/pSTAT_data_raw.csv",
    "ckine/data/pSTAT_data.csv",
)
"""Where the plate is in a folder of data, or in a clone of the public repository."""

DOSES = 12
FIRST_COLUMNS = (2, 19)
"""Of the two replicates."""

ROWS = tuple(
    (ligand, time_h) for ligand in ("IL2", "IL15") for time_h in (4.0, 2.0, 1.0, 0.5)
)
"""Of a block, in order."""

DISTURBED = {(1, 2.0): 20.0, (1, 4.0): 5.0}
"""Replicate and time [h] whose wells above a dose [nM] fall: toxicity or their place on
the plate; they are left out."""

STEEPEST = 6.0
"""Hill slopes above are not told apart by doses in steps of three."""


@dataclass(frozen=True)
class Well:
    """One reading.

    Attributes
    ----------
    gate, ligand
        As the file writes them.
    time_h
        When, [h].
    dose_nM
        [nM].
    replicate
        1 or 2.
    signal
        Fluorescence.
    """

    gate: str
    ligand: str
    time_h: float
    dose_nM: float  # noqa: N815 - the unit is written so
    replicate: int
    signal: float

    @property
    def is_disturbed(self) -> bool:
        """Whether it is among those left out (`DISTURBED`)."""
        most = DISTURBED.get((self.replicate, self.time_h), np.inf)
        return self.dose_nM > most


@dataclass(frozen=True)
class Curve:
    """A dose-response in four numbers.

    Attributes
    ----------
    low, high
        Without ligand, and the plateau.
    half_nM
        Dose of half the rise, [nM].
    slope
        Hill exponent, at most `STEEPEST`.
    """

    low: float
    high: float
    half_nM: float  # noqa: N815 - the unit is written so
    slope: float


def read_plate(folder: Path, gates: Sequence[str]) -> list[Well]:
    """Read every well of some gates.

    Raises
    ------
    UnreadableFile
        The folder has no such file, or a block is not in it.
    """
    path = next((folder / one for one in FILES if (folder / one).exists()), None)
    if path is None:
        got = "none of " + ", ".join(FILES)
        raise not_there("receptors", folder, "the public plate", got=got)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    blocks = {row[1].strip(): i for i, row in enumerate(rows) if len(row) > 1}
    missing = [gate for gate in gates if gate not in blocks]
    if missing:
        raise laid_out_otherwise(
            "receptors",
            path,
            got=f"no block of {', '.join(missing)}",
            expected="blocks of " + ", ".join(gates),
        )
    return [one for gate in gates for one in _block(rows, blocks[gate], gate)]


def replicate_noise(wells: Sequence[Well]) -> dict[tuple[str, float], float]:
    """How far two replicates of a gate and time are apart, part of the rise.

    Parameters
    ----------
    wells
        Of the plate; those that are disturbed do not count.

    Returns
    -------
    dict
        Standard deviation of one well by gate and time; where there is one replicate
        only, the median of the other gates at that time, or none where there is none.

    Examples
    --------
    >>> rise = {1: (0.0, 100.0), 2: (0.0, 200.0)}
    >>> wells = [
    ...     Well("NK", "IL2", 0.5, dose, replicate, signal)
    ...     for replicate, signals in rise.items()
    ...     for dose, signal in zip((0.1, 10.0), signals, strict=True)
    ... ]
    >>> replicate_noise(wells)  # they differ by background and scale alone
    {('NK', 0.5): 0.0}
    """
    groups: dict[tuple[str, float], dict[int, dict[tuple[str, float], float]]] = {}
    for one in wells:
        if not one.is_disturbed:
            by = groups.setdefault((one.gate, one.time_h), {})
            by.setdefault(one.replicate, {})[one.ligand, one.dose_nM] = one.signal
    found = {key: _apart(list(by.values())) for key, by in groups.items()}
    made = {}
    for key, noise in found.items():
        same = [x for k, x in found.items() if k[1] == key[1] and x is not None]
        usual = float(np.median(same)) if same else 0.0
        made[key] = usual if noise is None else noise
    return made


def _apart(replicates: list[dict[tuple[str, float], float]]) -> float | None:
    if len(replicates) != 2:
        return None
    first, second = (_risen(one) for one in replicates)
    both = first.keys() & second.keys()
    off = [first[key] - second[key] for key in sorted(both)]
    return float(np.sqrt(np.mean(np.square(off)) / 2)) if off else None


def _risen(signals: dict[tuple[str, float], float]) -> dict[tuple[str, float], float]:
    """Signals by ligand and dose, each curve with background and rise of one."""
    made: dict[tuple[str, float], float] = {}
    for ligand in {ligand for ligand, _ in signals}:
        curve = {key: x for key, x in signals.items() if key[0] == ligand}
        low, high = rise(list(curve.values()))
        made |= {key: (x - low) / ((high - low) or 1.0) for key, x in curve.items()}
    return made


def rise(signals: Sequence[float] | Floats) -> tuple[float, float]:
    """Background and plateau of the wells of one curve."""
    low, high = np.quantile(signals, [0.05, 0.95])
    return float(low), float(high)


def _block(rows: list[list[str]], start: int, gate: str) -> list[Well]:
    wells = []
    for replicate, first in enumerate(FIRST_COLUMNS, 1):
        doses = rows[start + 1][FIRST_COLUMNS[0] : FIRST_COLUMNS[0] + DOSES]
        for (ligand, time_h), row in zip(ROWS, rows[start + 3 :], strict=False):
            cells = row[first : first + DOSES]
            for dose, cell in zip(doses, cells, strict=False):
                if re.fullmatch(r"[\d.]+", cell.strip()):
                    wells.append(
                        Well(gate, ligand, time_h, float(dose), replicate, float(cell))
                    )
    return wells


def hill_curve(doses_nM: Floats, signals: Floats) -> Curve:  # noqa: N803
    """Fit low, high, half-maximal dose and slope by least squares.

    Parameters
    ----------
    doses_nM
        [nM], shape ``(n_doses,)``, at least five.
    signals
        The same shape.

    Examples
    --------
    >>> doses = np.logspace(-2, 2, 12)
    >>> found = hill_curve(doses, 3 + 10 * doses**2 / (doses**2 + 0.25))
    >>> round(found.half_nM, 4), round(found.slope, 4)
    (0.5, 2.0)
    """
    from scipy.optimize import least_squares

    x = np.log(doses_nM)
    size = float(np.ptp(signals)) or 1.0
    y = (signals - np.min(signals)) / size

    def off(p: Floats) -> Floats:
        return np.asarray(p[0] + p[1] / (1 + np.exp(-p[3] * (x - p[2]))) - y)

    bounds = ([-0.5, 0.1, x.min() - 1, 0.3], [0.5, 3.0, x.max() + 1, STEEPEST])
    order = np.argsort(x)
    risen = order[np.flatnonzero(y[order] >= 0.5)[0]]
    tries = [
        least_squares(off, [0.0, 1.0, x[risen], slope], bounds=bounds)
        for slope in (1.0, 3.0)
    ]
    low, rise, middle, slope = min(tries, key=lambda one: one.cost).x
    least = float(np.min(signals))
    return Curve(
        low=least + size * low,
        high=least + size * (low + rise),
        half_nM=float(np.exp(middle)),
        slope=float(slope),
    )
