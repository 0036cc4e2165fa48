"""The figure of YT-1 cells: readings or their curves, our model and the published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from il2sim.figures.style import FAINT, INK, TWO_KINDS, new_figure, sign, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from il2sim.inference.yt1 import Plan, Seen
    from il2sim.inference.yt1_facts import Curve

COLORS = dict(zip(("il2", "il15"), TWO_KINDS, strict=True))
NAMES = {"il2": "IL-2", "il15": "IL-15"}
FULL_NM = 10.0
"""Stains of doses below it are open signs, [nM]."""

PANELS = (
    ("pSTAT5", False, "pSTAT5, cells without CD25"),
    ("pSTAT5", True, "pSTAT5, cells with CD25"),
    ("CD122", False, "CD122, cells without CD25"),
    ("CD122", True, "CD122, cells with CD25"),
    ("CD132", False, "γc, 1 µM IL-2, without CD25"),
)
"""What is read, whether cells have CD25, and a title."""


def line_figure(
    plan: Plan,
    curves: Sequence[Curve],
    values: Mapping[str, float],
    *,
    made: str,
    seen: Sequence[Seen] = (),
) -> Figure:
    """Draw what was read beside our model and the published one.

    Parameters
    ----------
    plan
        The fit.
    curves
        Derived facts of what was read.
    values
        Of the free numbers, in the units of the fit file.
    made
        What produced the figure.
    seen
        The readings themselves; without them the curves stand for them.
    """
    from il2sim.inference.yt1 import problem_of
    from il2sim.inference.yt1_facts import readings_of
    from il2sim.inference.yt1_judge import predict, predict_published

    shown = list(seen) or readings_of(plan, curves)[0]
    point = problem_of(plan, plan.chosen, shown).inside(values)
    ours = predict(plan, plan.chosen, shown, point)
    theirs = predict_published(shown)
    with styled():
        figure, panels = new_figure(
            len(PANELS),
            title="YT-1 cells: what was read, our model and the published one",
            below="Points: readings (or their curves, where the readings are not at "
            "hand); lines: ours; dotted: Farhat 2021. Blue IL-2, red IL-15; stains: "
            "open at 1 nM, full at 500 nM.",
        )
        for axes, (what, has_cd25, title) in zip(panels, PANELS, strict=True):
            rows = [
                i
                for i, one in enumerate(shown)
                if (one.what, one.has_cd25) == (what, has_cd25)
            ]
            for key in dict.fromkeys(shown[i].curve for i in rows):
                some = [i for i in rows if shown[i].curve == key]
                _draw(axes, [shown[i] for i in some], ours[some], theirs[some])
            axes.set_title(title)
            axes.set_ylim(-3, 118)
            axes.set_xlabel("dose [nM]" if what == "pSTAT5" else "time [min]")
        panels[0].set_ylabel("of the most, or of resting cells [%]")
        sign(figure, made)
    return figure


def _draw(
    axes: Axes,
    seen: Sequence[Seen],
    ours: np.ndarray[tuple[int], np.dtype[np.float64]],
    theirs: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    one = seen[0]
    is_dose = one.what == "pSTAT5"
    places = np.array([it.dose_nM if is_dose else it.time_min for it in seen])
    color = COLORS[one.ligand]
    is_open = not is_dose and one.dose_nM < FULL_NM
    axes.plot(
        places,
        [it.value for it in seen],
        "o",
        color=color,
        markersize=4,
        markerfacecolor="none" if is_open else color,
    )
    axes.plot(places, ours, color=color, linewidth=1.2)
    axes.plot(places, theirs, color=color, linewidth=1.0, linestyle=":")
    axes.axhline(100, color=FAINT, linewidth=0.5)
    axes.set_xscale("log" if is_dose else "linear")
    axes.tick_params(colors=INK)


def yt1_figure(*, made: str) -> Figure:
    """Draw the shipped curves and values."""
    from il2sim.inference.yt1 import read_plan
    from il2sim.inference.yt1_checks import read_values
    from il2sim.inference.yt1_facts import read_curves

    return line_figure(read_plan(), read_curves(), read_values(), made=made)
