"""`il2sim fit culture`: what added IL-2 does to the number of T cells in culture."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from il2sim.app import fit

WIDE = 1.645
"""Standard deviations to each side that hold 90 %."""


def fit_culture(data: Path, out: Path) -> None:
    """Find the effect of IL-2, judge it by donors left out, write the facts.

    Parameters
    ----------
    data
        Folder of the counts.
    out
        Folder to fill.
    """
    from il2sim.inference import culture

    wells = culture.read_counts(data)
    out.mkdir(parents=True, exist_ok=True)
    path = out / culture.TABLE
    culture.write_wells(path, wells)
    gain, error = culture.gain_of(wells)
    low, most, high = np.exp(gain + WIDE * error * np.array([-1, 0, 1]))
    fit.tell(
        [path],
        f"Saturating IL-2 over none: {most:.2f} ({low:.2f}-{high:.2f})-fold cells",
        f"R² of means, donors left out: {culture.r_squared(wells):.2f}",
        f"R² that the error of means allows: {culture.reproducible(wells):.2f}",
        f"R² of single wells: {culture.r_squared_of_wells(wells):.2f}",
    )
