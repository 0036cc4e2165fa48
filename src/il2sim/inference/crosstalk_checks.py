"""The checks of shared gamma-c: row 10 of the list of reproduction checks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.check import FARHAT, Check
from il2sim.inference.crosstalk import (
    CELL,
    Plan,
    cells_of,
    published_of,
    read_plan,
)
from il2sim.inference.crosstalk_facts import lost_by, r_squared, read_curves
from il2sim.inference.facts import shipped
from il2sim.inference.plate import hill_curve

Floats = NDArray[np.float64]

BLIND = "preformed"
"""Candidate that is fitted to each cytokine alone and predicts all of the rest."""

CD25 = (3e2, 3e3, 3e4)
"""CD25 of a cell that answers to another cytokine, [molecule/cell]."""

CD122, IL15RA = 158.0, 10.0
"""Of the same, [molecule/cell]: as stained on helper cells of blood (E314); IL-15Rα is
below the background of its stain."""

DOSES_NM = {
    "il2": np.logspace(-5, 3, 17),
    "il15": np.logspace(-4, 4, 17),
    "il7": np.logspace(-5, 2, 15),
    "il4": np.logspace(-5, 2, 15),
}
"""Doses that half-maximal ones are found by, [nM]."""

REST_H, READ_H = 1.0, 1 / 6
"""Chains meet before the cytokine comes, and when its answer is read after, [h]."""


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
    rows = shipped("crosstalk_fits.tsv")
    return {row["name"]: float(row[name]) for row in rows if row[name]}


def lost_in(plan: Plan, name: str) -> dict[str, Floats]:
    """What each cytokine takes in one of the shipped fits, or in the published, [%]."""
    if name == FARHAT:
        return lost_by(plan, published_of(plan))
    return lost_by(plan, cells_of(plan, plan.candidates[name], read_values(name)))


def check_crosstalk() -> list[Check]:
    """Make every check of IL-7 and IL-4, and of CD25 beside IL-7."""
    plan = read_plan()
    seen, scatter = read_curves(plan)
    ours, theirs, alone = (lost_in(plan, name) for name in ("shape", FARHAT, BLIND))
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
            beyond=True,
        ),
        *(_cd25(plan, ligand) for ligand in ("il7", "il15")),
    ]


def _cd25(plan: Plan, ligand: str) -> Check:
    halves = halves_by_cd25(plan, ligand)
    return Check(
        10,
        f"half-maximal {ligand.replace('il', 'IL-')} where CD25 is a hundredfold, fold",
        float(halves[-1] / halves[0]),
        *(1.05, np.inf, "Cotari 2013: higher"),
        "predicted, affinity of CD25 for γc assumed",
    )


def halves_by_cd25(plan: Plan, ligand: str, *, weaker: float = 1.0) -> Floats:
    """Half-maximal dose of a cytokine on cells with more and more CD25, [nM].

    Cells are those of the fit to each cytokine alone; CD25 holds gamma-c, too.

    Parameters
    ----------
    plan
        The fit.
    ligand
        Of `DOSES_NM`; no other is there.
    weaker
        How much faster CD25 lets go of gamma-c than the tables say.
    """
    from il2sim.models.dish import dish
    from il2sim.models.preformed import preformed
    from il2sim.study.wells import Plate, incubate

    values = read_values(BLIND)
    cells = cells_of(plan, plan.candidates[BLIND], values)
    model = dish((CELL,), preformed(*DOSES_NM, chains=("il7ra", "cd25")))
    told = {name: one.engine_value for name, one in model.parameters.items()}
    known = {name: one for name, one in cells.parameters.items() if name in told}
    # Affinities on the membrane stay where chains meet faster.
    faster = known["membrane.k_assemble"] / told["membrane.k_assemble"]
    drops = ("il2.k_drop", "il15.k_drop", "cd25 pair")
    known |= {n: faster * one for n, one in told.items() if n.startswith(drops)}
    known["cd25 pair.k_part"] *= weaker
    doses = DOSES_NM[ligand]
    own: dict[str, Any] = {
        "cd25_at_rest": np.repeat(CD25, len(doses)),
        "cd122_at_rest": CD122,
        "il15ra_at_rest": IL15RA,
        "half_engaged": values.get(f"{ligand}_half", values["il7_half"]),
        "cd25_induction": 0.0,
    }
    given = {one: np.tile(doses, len(CD25)) * (one == ligand) for one in DOSES_NM}
    plate = Plate(
        given,
        [REST_H + READ_H],
        {**known, **{f"{CELL}.{name}": one for name, one in own.items()}},
        given_h=dict.fromkeys(DOSES_NM, REST_H),
    )
    name = f"pSTAT5 of {CELL}"
    curves = incubate(model, plate, save=[name])[name][:, 0].reshape(len(CD25), -1)
    return np.array([hill_curve(doses, one).half_nM for one in curves])
