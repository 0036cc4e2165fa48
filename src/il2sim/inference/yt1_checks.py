"""The checks of YT-1 cells: rows 1 and 2 of the list of reproduction checks.

Predictions are made anew from the shipped values, those of each fit that left
something out among them; what was read is the shipped curves with their scatter.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.check import FARHAT, Check
from il2sim.inference.facts import shipped
from il2sim.inference.yt1 import Plan, Seen, problem_of, read_plan
from il2sim.inference.yt1_facts import read_curves, readings_of
from il2sim.inference.yt1_judge import LEFT_OUT, Score, predict, score

Floats = NDArray[np.float64]

LEAST_LEFT_OUT = 0.9
"""R² of whole kinds that were left out, as for the gates of blood cells."""

GAMMA_C = {"gamma-c": "", "gamma-c later": " after its first reading"}
"""What is left out of the stain of gamma-c, for texts."""


def read_values(table: str = "yt1.tsv", column: str = "value") -> dict[str, float]:
    """Read shipped values of the free numbers, by name, in units of the fit file.

    Parameters
    ----------
    table
        ``"yt1.tsv"``, or ``"yt1_left_out.tsv"`` with a column for each fit.
    column
        Of it.

    Examples
    --------
    >>> 0.03 < read_values()["internalize"] < 0.15  # 1/min, as measured
    True
    """
    return {row["name"]: float(row[column]) for row in shipped(table)}


def check_yt1() -> list[Check]:
    """Make every check of the line."""
    plan = read_plan()
    seen, scatter = readings_of(plan, read_curves())
    best = read_values()
    pstat5 = scored(plan, best, seen, scatter, "pSTAT5")
    cd122 = scored(plan, best, seen, scatter, "CD122")
    cd132 = scored(plan, best, seen, scatter, "CD132")
    made = [
        Check(
            1,
            "YT-1 cells with and without CD25: pSTAT5 by IL-2 and IL-15, R²",
            pstat5.r_squared,
            *(0.97, np.inf, f"{FARHAT}: 0.960"),
            "fitted",
            published=0.960,
        ),
        Check(
            2,
            "YT-1 cells: stain of CD122 in time, R²",
            cd122.r_squared,
            *(0.953, np.inf, f"{FARHAT}: 0.953"),
            "fitted",
            published=0.953,
        ),
        Check(
            2,
            "YT-1 cells: stain of γc in time, RMSE",
            cd132.rmse,
            *(0.0, 0.08, f"{FARHAT}: 0.137, predicted"),
            "fitted",
        ),
    ]
    return made + _left_out(plan, seen, scatter)


def _left_out(plan: Plan, seen: list[Seen], scatter: Floats) -> list[Check]:
    """Each kind predicted by the fit that did not see it."""
    made = []
    for name, is_out in LEFT_OUT.items():
        rows = [i for i, one in enumerate(seen) if is_out(one)]
        some, around = [seen[i] for i in rows], scatter[rows]
        values = read_values("yt1_left_out.tsv", name)
        if name in GAMMA_C:
            found = scored(plan, values, some, around, "CD132").rmse
            band = (0.0, 0.08, f"{FARHAT}: 0.137")
            words = f"YT-1 cells: stain of γc{GAMMA_C[name]}, RMSE"
            made.append(
                Check(
                    2,
                    words,
                    found,
                    *band,
                    "held out",
                    published=0.137,
                    beyond=True,
                )
            )
            continue
        for row, what in ((1, "pSTAT5"), (2, "CD122")):
            made.append(
                Check(
                    row,
                    f"YT-1 cells: {what} of {name}, fitted without it, R²",
                    scored(plan, values, some, around, what).r_squared,
                    *(LEAST_LEFT_OUT, np.inf, f"{FARHAT}: not reported"),
                    "held out",
                    beyond=True,
                )
            )
    return made


def scored(
    plan: Plan,
    values: Mapping[str, float],
    seen: list[Seen],
    scatter: Floats,
    what: str,
) -> Score:
    """Score the shipped mechanism at some values."""
    point = problem_of(plan, plan.chosen, seen).inside(values)
    return score(seen, predict(plan, plan.chosen, seen, point), what, scatter)
