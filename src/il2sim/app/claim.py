"""The claim across what the trials leave possible: draws of the shipped fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from rich.table import Table

from il2sim.app import tables
from il2sim.study.claim import ACROSS, ACROSS_DOSES, HIGH_DOSE, ClaimMap, map_claim

Progress = Callable[[int, int], None]


def claim_across(
    seed: int, workers: int | None, progress: Progress
) -> tuple[ClaimMap, ClaimMap]:
    """The margin of the claim in every draw: by way and dose, and at high dose.

    It is that of one typical patient with cancer, whose own differences are none.

    Parameters
    ----------
    seed
        Of the patient.
    workers, progress
        As `il2sim.study.claim.map_claim`.

    Raises
    ------
    UnreadableFile
        No draws are shipped.
    """
    from il2sim import models
    from il2sim.inference.body_result import shipped_draws
    from il2sim.study.ensemble import at_points
    from il2sim.study.populations import population

    model = models.body()
    drawn = shipped_draws(model)
    points = {name: drawn.rows[:, i] for i, name in enumerate(drawn.names)}
    typical = population("cancer_patients", n=1, seed=seed).without_spread()
    people, n_steps = at_points(typical, points), len(ACROSS) + 1
    low = map_claim(
        model,
        people,
        ways=ACROSS,
        doses=ACROSS_DOSES,
        workers=workers,
        progress=lambda done, _: progress(done, n_steps),
    )
    high = map_claim(model, people, ways=(HIGH_DOSE,), doses=(1.0,), workers=workers)
    progress(n_steps, n_steps)
    return low, high


def across_table(low: ClaimMap, high: ClaimMap) -> Table:
    """Part of the draws in which the claim holds in blood, and 90 % of the margins."""
    n = low.blood.shape[-1]
    table = tables.plain_table(
        f"Across {n} draws of the calibration: part of them in which the claim holds "
        "in a typical patient, and the margin in blood (5–95 %)"
    )
    table.add_column("given", no_wrap=True)
    for name in ("MIU/m² a day", "holds in", "margin"):
        table.add_column(name, justify="right", no_wrap=True)
    for found in (low, high):
        held, (least, most) = found.holding("blood"), found.between("blood")
        for i, j in np.ndindex(*held.shape):
            table.add_row(
                "" if j else found.ways[i].name,
                "" if found is high else f"{found.doses[j]:g}",
                f"{100 * held[i, j]:.0f} %",
                f"{least[i, j]:.2f}–{most[i, j]:.2f}",
            )
    return table


def across_told(low: ClaimMap, high: ClaimMap) -> list[dict[str, Any]]:
    """The same for machines."""
    return [
        {
            "way": way.name,
            "MIU/m2 a day": None if found is high else float(dose),
            "draws": found.blood.shape[-1],
            "part of draws": float(found.holding("blood")[i, j]),
            "low": float(found.between("blood")[0][i, j]),
            "high": float(found.between("blood")[1][i, j]),
        }
        for found in (low, high)
        for i, way in enumerate(found.ways)
        for j, dose in enumerate(found.doses)
    ]
