"""`il2sim fit culture`: what added IL-2 does to the number of T cells in culture."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from il2sim.app import fit


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
    gain = np.exp(culture.gain_of(wells))
    fit.tell(
        [path],
        f"Saturating IL-2 over none: {gain:.2f}-fold cells",
        f"R² of donors left out: {culture.r_squared(wells):.2f}",
        f"R² that replicates allow: {culture.reproducible(wells):.2f}",
    )
