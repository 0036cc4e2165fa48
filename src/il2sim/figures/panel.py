"""The figure of the panel: means over days, our model and the published equilibrium."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from il2sim.figures.style import FAINT, TWO_KINDS, new_figure, sign, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from il2sim.inference.panel import Plan, Seen


def panel_figure(
    plan: Plan,
    seen: Sequence[Seen],
    values: Mapping[str, float],
    *,
    made: str,
    scatter: NDArray[np.float64] | None = None,
) -> Figure:
    """Draw predicted against measured means of each cell type.

    Parameters
    ----------
    plan
        The fit.
    seen
        Means, or those that lie on the shipped curves.
    values
        Of the free numbers, in the units of the fit file.
    made
        What produced the figure.
    scatter
        Of the means that `seen` stands for, if it lies on curves.
    """
    from il2sim.inference.panel import point_of
    from il2sim.inference.panel_judge import (
        scaled,
        scores,
        signals_of,
        signals_published,
    )

    point = point_of(plan, plan.chosen, values)
    ours = scaled(seen, signals_of(plan, plan.chosen, seen, point))
    theirs = scaled(seen, signals_published(plan, seen, counts=plan.chosen.counts))
    told, other = (scores(seen, one, scatter=scatter) for one in (ours, theirs))
    with styled():
        figure, panels = new_figure(
            len(plan.cells),
            title="Fc fusions with one and two arms: pSTAT5 predicted and measured",
            below="Each point is one dose, time, molecule and day (on "
            "its curve, where the means are not at hand). Blue one arm, red "
            "two; gray: the published equilibrium. Background and scale of each cell "
            "type, day and time are fitted for both; in brackets R² of the published.",
        )
        for axes, cell in zip(panels, plan.cells, strict=True):
            of = np.array([one.cell == cell for one in seen])
            arms = np.array([one.arms for one in seen])
            values_of = np.array([one.value for one in seen]) / 1000
            axes.plot(theirs[of] / 1000, values_of[of], ".", color=FAINT, markersize=3)
            for n, color in enumerate(TWO_KINDS, start=1):
                some: NDArray[np.bool_] = of & (arms == n)
                axes.plot(
                    ours[some] / 1000, values_of[some], ".", color=color, markersize=3
                )
            most = float(values_of[of].max())
            axes.plot([0, most], [0, most], color=FAINT, linewidth=0.8)
            axes.set_title(
                f"{cell}: R² {told[cell].r_squared:.2f} ({other[cell].r_squared:.2f})"
            )
            axes.set_xlabel("predicted [1000 units]")
        panels[0].set_ylabel("measured [1000 units]")
        sign(figure, made)
    return figure


def shipped_figure(*, made: str) -> Figure:
    """Draw the shipped curves and values."""
    from il2sim.inference.panel import read_plan
    from il2sim.inference.panel_checks import read_point
    from il2sim.inference.panel_facts import means_of, read_curves

    plan = read_plan()
    seen, scatter = means_of(plan, read_curves())
    return panel_figure(plan, seen, read_point(), made=made, scatter=scatter)
