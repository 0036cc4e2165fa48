"""The claim across what the trials leave possible: draws of the shipped fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.table import Table

from il2sim.app import tables
from il2sim.study.claim import ACROSS, ACROSS_DOSES, HIGH_DOSE, ClaimMap, map_claim

PERSONS = 10
"""Simulated at every draw; what is told is the median of them."""

Progress = Callable[[int, int], None]


def claim_across(
    seed: int, workers: int | None, progress: Progress
) -> tuple[ClaimMap, ClaimMap]:
    """The margin of the claim in every draw: by way and dose, and at high dose.

    Parameters
    ----------
    seed
        Of the persons.
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
    people = at_points(population("cancer_patients", n=PERSONS, seed=seed), points)
    n_draws, n_steps = len(drawn.rows), len(ACROSS) + 1
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
    return low.of_draws(n_draws), high.of_draws(n_draws)


def across_table(low: ClaimMap, high: ClaimMap) -> Table:
    """Part of the draws in which the claim holds in blood, and 90 % of the margins."""
    n = low.blood.shape[-1]
    table = tables.plain_table(
        f"Across {n} draws of the calibration: part of them in which the claim holds "
        f"in the median of {PERSONS} persons, and margin in blood (5–95 %)"
    )
    table.add_column("MIU/m² a day", no_wrap=True)
    for dose in low.doses:
        table.add_column(f"{dose:g}", justify="right", no_wrap=True)
    for i, way in enumerate(low.ways):
        table.add_row(way.name, *_cells(low, i))
    table.add_row(HIGH_DOSE.name, *_cells(high, 0))
    return table


def _cells(found: ClaimMap, i: int) -> list[str]:
    held = found.holding("blood")[i]
    low, high = (one[i] for one in found.between("blood"))
    return [
        f"{100 * part:.0f} % ({a:.2f}–{b:.2f})"
        for part, a, b in zip(held, low, high, strict=True)
    ]


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
