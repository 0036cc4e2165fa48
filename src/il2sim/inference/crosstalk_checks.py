"""The checks of shared gamma-c: row 10 of the list of reproduction checks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.check import FARHAT, Check
from il2sim.inference.crosstalk import Plan, parameters_of, read_plan
from il2sim.inference.crosstalk_facts import lost_by, r_squared, read_curves
from il2sim.inference.facts import shipped
from il2sim.inference.plate import hill_curve

Floats = NDArray[np.float64]

CD25 = (3e2, 3e3, 3e4)
"""CD25 of a cell that answers to IL-7, [molecule/cell]."""

IL7_NM = np.logspace(-4, 1, 11)
"""Doses of IL-7 that its half-maximal one is found by, [nM]."""


def read_values(name: str) -> dict[str, float]:
    """Read the shipped values of a fit, in the units of the fit file.

    Parameters
    ----------
    name
        Of the candidate.

    Examples
    --------
    >>> sorted(read_values("shape"))[:2]
    ['assemble', 'il4_half']
    """
    return {row["name"]: float(row[name]) for row in shipped("crosstalk_fits.tsv")}


def lost_in(plan: Plan, name: str) -> dict[str, Floats]:
    """What each cytokine takes in one of the shipped fits, or in the published, [%]."""
    if name == FARHAT:
        values, counts = plan.told["published"], plan.chosen.counts
    else:
        values, counts = read_values(name), plan.candidates[name].counts
    return lost_by(plan, parameters_of(plan, counts, values))


def check_crosstalk() -> list[Check]:
    """Make every check of IL-7 and IL-4, and of CD25 beside IL-7."""
    plan = read_plan()
    seen, scatter = read_curves(plan)
    ours, theirs, alone = (lost_in(plan, name) for name in ("shape", FARHAT, "alone"))
    most = [one.values[-1] for one in seen if one.first == "il4"]
    least = [one.values[-1] for one in seen if one.first == "il7"]
    fitted_all = f"{FARHAT}, fitted to all, scale assumed"
    return [
        Check(
            10,
            "IL-7 takes of the answer to IL-4, at its highest dose, %",
            float(ours["il7"][-1]),
            *(0.85 * min(least), 100.0),
            f"{fitted_all}: {theirs['il7'][-1]:.0f}; measured {np.mean(least):.0f}",
            "shape fitted, size predicted",
            published=float(theirs["il7"][-1]),
        ),
        Check(
            10,
            "IL-4 takes of the answer to IL-7, at its highest dose, %",
            float(ours["il4"][-1]),
            *(0.0, max(most)),
            f"{fitted_all}: {theirs['il4'][-1]:.0f}; measured {np.mean(most):.0f}",
            "predicted",
            published=float(theirs["il4"][-1]),
        ),
        Check(
            10,
            "cross-inhibition of IL-7 and IL-4 in both directions, R²",
            r_squared(seen, ours, scatter),
            *(0.9, np.inf),
            f"{fitted_all}: {r_squared(seen, theirs, scatter):.2f}",
            "shape of one direction fitted, the rest predicted",
            published=r_squared(seen, theirs, scatter),
        ),
        Check(
            10,
            "the same from dose-responses to each alone, R²",
            r_squared(seen, alone, scatter),
            *(0.7, np.inf, f"{FARHAT}: not reported"),
            "held out",
        ),
        _cd25(),
    ]


def _cd25() -> Check:
    from il2sim.models.dish import dish
    from il2sim.models.family import sequential
    from il2sim.study.wells import Plate, incubate

    cell = "CD4 Tconv"
    n = len(IL7_NM)
    plate = Plate(
        {"il7": np.tile(IL7_NM, len(CD25)), "il2": 0.0},
        [1 / 6],
        {f"{cell}.cd25_at_rest": np.repeat(CD25, n)},
    )
    name = f"pSTAT5 of {cell}"
    seen = incubate(dish((cell,), sequential("il2", "il7")), plate, save=[name])
    curves = seen[name][:, 0].reshape(len(CD25), n)
    halves = [hill_curve(IL7_NM, one).half_nM for one in curves]
    return Check(
        10,
        "half-maximal IL-7 where CD25 is a hundredfold, fold",
        halves[-1] / halves[0],
        *(1.05, np.inf, "Cotari 2013: higher"),
        "predicted",
    )
