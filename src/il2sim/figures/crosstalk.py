"""The figure of IL-7 and IL-4: each alone, and what one takes of the other's answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from il2sim.figures.style import FAINT, INK, TWO_KINDS, new_figure, sign, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from il2sim.inference.crosstalk import Plan, Seen

NAMES = {"il7": "IL-7", "il4": "IL-4"}
COLORS = dict(zip(("shape", "preformed"), TWO_KINDS, strict=True))


def crosstalk_figure(
    plan: Plan,
    seen: Sequence[Seen],
    values: Mapping[str, Mapping[str, float]],
    *,
    made: str,
) -> Figure:
    """Draw curves that were read beside ours and the published model's.

    Parameters
    ----------
    plan
        The fit.
    seen
        Curves, or those that lie on the shipped numbers.
    values
        Of the free numbers of each candidate, in the units of the fit file.
    made
        What produced the figure.
    """
    from il2sim.inference.crosstalk import (
        OTHER,
        alone_of,
        cells_of,
        lost_of,
        published_of,
    )

    drawn = [
        (cells_of(plan, plan.candidates[name], values[name]), color, "-")
        for name, color in COLORS.items()
    ]
    drawn.append((published_of(plan), FAINT, ":"))
    panels_of = [(one, "") for one in NAMES] + [(OTHER[one], one) for one in NAMES]
    with styled():
        figure, panels = new_figure(
            len(panels_of),
            title="IL-7 and IL-4 share γc: each alone, and what one takes of the other",
            below="Points: what was read, or its curves. Blue: fitted to each alone "
            "and to the shape of the third panel; red: to each alone, if IL-7Rα holds "
            "γc before. Dotted: Farhat 2021.",
        )
        for axes, (ligand, first) in zip(panels, panels_of, strict=True):
            some = [one for one in seen if (one.ligand, one.first) == (ligand, first)]
            doses = some[0].doses_nM
            for one in some:
                axes.plot(1000 * doses, one.values, "o", color=INK, markersize=3)
            fine = np.geomspace(doses[0], doses[-1], 40)
            for cells, color, line in drawn:
                if first:
                    shown = lost_of(plan, cells, first, fine)
                else:
                    whole = alone_of(plan, cells, ligand, fine)
                    shown = whole / whole[-1]
                axes.plot(1000 * fine, shown, line, color=color)
            axes.set_xscale("log")
            axes.set_xlabel(f"{NAMES[first or ligand]} [pM]")
            axes.set_title(
                f"lost to {NAMES[first]}: answer to {NAMES[ligand]} [%]"
                if first
                else f"{NAMES[ligand]} alone [of the most]"
            )
            if first:
                axes.set_ylim(-5, 105)
        sign(figure, made)
    return figure


def shipped_figure(*, made: str) -> Figure:
    """Draw the shipped curves and values."""
    from il2sim.inference.crosstalk import read_plan
    from il2sim.inference.crosstalk_checks import read_values
    from il2sim.inference.crosstalk_facts import read_curves

    plan = read_plan()
    seen, _ = read_curves(plan)
    return crosstalk_figure(
        plan, seen, {name: read_values(name) for name in COLORS}, made=made
    )
