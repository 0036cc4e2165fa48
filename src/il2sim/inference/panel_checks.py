"""The checks of the panel of Fc fusions: row 6 of the list of reproduction checks.

Predictions are made anew from the shipped values, those of each fit that left a
molecule or a cell type out among them; what was read is the shipped curves with their
scatter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.check import Check
from il2sim.inference.facts import shipped
from il2sim.inference.panel import Plan, Seen, point_of, read_plan
from il2sim.inference.panel_facts import means_of, read_curves
from il2sim.inference.panel_judge import (
    POOLED,
    Score,
    blind,
    left_out,
    over_times,
    scaled,
    scores,
    signals_of,
    signals_published,
)

Floats = NDArray[np.float64]

ORCUTT = "Orcutt-Jahns 2023"

LEAST = {POOLED: 0.92, "CD8": 0.75}
"""R² that is wanted of all means, and of those of one cell type."""

PRINTED = {POOLED: 0.888, "CD8": 0.67}
"""R² of the published equilibrium with its constant at its best, a scale for each cell
type and day."""

OTHERS = "panel_left_out.tsv"
"""Values of fits without a molecule or cell type, and of that with fewer scales."""

OVER_TIMES = "one scale over times"
"""Column of the latter."""

WHERE = {POOLED: "all cell types", "CD8": "CD8"}


def read_point(column: str = "value", table: str = "panel.tsv") -> dict[str, float]:
    """Read shipped values of the free numbers, by name, in units of the fit file.

    Parameters
    ----------
    column
        Of the table; of ``"panel_left_out.tsv"`` the name of what was left out.
    table
        Its name.

    Examples
    --------
    >>> 0.01 < read_point()["meet"] < 0.1
    True
    """
    return {row["name"]: float(row[column]) for row in shipped(table)}


def check_panel() -> list[Check]:
    """Make every check of the panel."""
    plan = read_plan()
    seen, scatter = means_of(plan, read_curves())
    inside = partial(point_of, plan, plan.chosen)
    fitted = scaled(seen, signals_of(plan, plan.chosen, seen, inside(read_point())))
    counts = plan.chosen.counts
    theirs = signals_published(plan, seen, counts=counts)
    beside = scores(seen, scaled(seen, theirs), scatter=scatter)
    points = {name: inside(read_point(name, OTHERS)) for name in left_out(plan)}
    unseen = blind(
        plan, seen, lambda name: signals_of(plan, plan.chosen, seen, points[name])
    )
    unseen_beside = blind(plan, seen, lambda name: theirs)
    made = [
        *_rows(scores(seen, fitted, scatter=scatter), beside, "", "fitted"),
        *_rows(
            scores(seen, unseen, scatter=scatter),
            scores(seen, unseen_beside, scatter=scatter),
            ", each molecule left out in turn",
            "held out",
            least=blind_bands(plan),
        ),
    ]
    return [
        *made,
        *_over_times(plan, seen, scatter, inside(read_point(OVER_TIMES, OTHERS))),
        *_cells(plan, seen, scatter, points),
    ]


def _over_times(
    plan: Plan, seen: Sequence[Seen], scatter: Floats, point: Floats
) -> list[Check]:
    """With one background and scale for each cell type and day, fitted so."""
    some = over_times(seen)
    ours = scaled(some, signals_of(plan, plan.chosen, some, point))
    theirs = signals_published(plan, some, counts=plan.chosen.counts)
    return _rows(
        scores(some, ours, scatter=scatter),
        scores(some, scaled(some, theirs), scatter=scatter),
        ", one background and scale over all times",
        "fitted",
    )


def blind_bands(plan: Plan) -> dict[str, float]:
    """R² that is wanted of molecules left out, of all means and of one cell type.

    As of those that are fitted; where the noise of days would not let the truth itself
    have that, as much as a repeat of the experiment on another day has.
    """
    told = plan.told["repeat"]
    return {
        of: least if told[of]["truth"] >= least else told[of]["another_day"]
        for of, least in LEAST.items()
    }


def _rows(
    found: dict[str, Score],
    beside: dict[str, Score],
    said: str,
    how: str,
    *,
    least: Mapping[str, float] = LEAST,
) -> list[Check]:
    """Checks of all means and of CD8; what was held out stands beside what was, too."""
    return [
        Check(
            6,
            f"Fc fusions with one and two arms: pSTAT5 of {WHERE[of]}{said}, R²",
            found[of].r_squared,
            *(least[of], np.inf),
            f"{ORCUTT}: {PRINTED[of]}; with our background and scale "
            f"{beside[of].r_squared:.3f}",
            how,
            published=max(beside[of].r_squared, PRINTED[of] if how == "fitted" else 0),
            beyond=bool(said),
        )
        for of in LEAST
    ]


def _cells(
    plan: Plan, seen: Sequence[Seen], scatter: Floats, points: dict[str, Floats]
) -> list[Check]:
    """Each cell type predicted by the fit that did not see it."""
    made = []
    for cell in plan.cells:
        out = np.array([one.cell == cell for one in seen])
        signals = signals_of(plan, plan.chosen, seen, points[cell])
        predicted = scaled(seen, signals, ~out)
        found = scores(seen, predicted, among=out, scatter=scatter)[cell]
        made.append(
            Check(
                6,
                f"Fc fusions: pSTAT5 of {cell}, fitted without it, R²",
                found.r_squared,
                *(LEAST["CD8"], np.inf, f"{ORCUTT}: not reported"),
                "held out",
                beyond=True,
            )
        )
    return made
