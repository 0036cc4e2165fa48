"""The figure of YT-1 cells: readings or their curves, our model and the published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
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

FINE = 41
"""Places along each line."""

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
    along = [
        one
        for key in dict.fromkeys(one.curve for one in shown)
        for one in _along([it for it in shown if it.curve == key])
    ]
    point = problem_of(plan, plan.chosen, along).inside(values)
    ours = predict(plan, plan.chosen, along, point)
    theirs = predict_published(along)
    with styled():
        figure, panels = new_figure(
            len(PANELS),
            title="YT-1 cells: what was read, our model and the published one",
            below="Points: readings (or their curves, where the readings are not at "
            "hand); lines: ours; dotted: Farhat 2021. Blue IL-2, red IL-15; stains: "
            "open at 1 nM, full at 500 nM.",
        )
        for axes, (what, has_cd25, title) in zip(panels, PANELS, strict=True):
            for key in dict.fromkeys(one.curve for one in shown):
                if key[:2] != (what, has_cd25):
                    continue
                some = [i for i, one in enumerate(along) if one.curve == key]
                _draw_read(axes, [one for one in shown if one.curve == key])
                places = [_place(along[i]) for i in some]
                color = COLORS[key[2]]
                axes.plot(places, ours[some], color=color, linewidth=1.2)
                axes.plot(places, theirs[some], ":", color=color, linewidth=1.0)
            axes.axhline(100, color=FAINT, linewidth=0.5)
            axes.set_xscale("log" if what == "pSTAT5" else "linear")
            axes.tick_params(colors=INK)
            axes.set_title(title)
            axes.set_ylim(-3, 118)
            axes.set_xlabel("dose [nM]" if what == "pSTAT5" else "time [min]")
        panels[0].set_ylabel("of the most [%]")
        panels[2].set_ylabel("of resting cells [%]")
        sign(figure, made)
    return figure


def _place(one: Seen) -> float:
    """Where a reading is along its curve: at a dose [nM] or a time [min]."""
    return one.dose_nM if one.what == "pSTAT5" else one.time_min


def _along(curve: Sequence[Seen]) -> list[Seen]:
    """Places along a curve, from its first reading to its last."""
    first, *_, last = sorted(_place(one) for one in curve)
    if curve[0].what == "pSTAT5":
        return [
            replace(curve[0], dose_nM=float(x)) for x in np.geomspace(first, last, FINE)
        ]
    return [
        replace(curve[0], time_min=float(x)) for x in np.linspace(first, last, FINE)
    ]


def _draw_read(axes: Axes, curve: Sequence[Seen]) -> None:
    one = curve[0]
    is_open = one.what != "pSTAT5" and one.dose_nM < FULL_NM
    axes.plot(
        [_place(it) for it in curve],
        [it.value for it in curve],
        "o",
        color=COLORS[one.ligand],
        markersize=4,
        markerfacecolor="none" if is_open else COLORS[one.ligand],
    )


def yt1_figure(*, made: str) -> Figure:
    """Draw the shipped curves and values."""
    from il2sim.inference.yt1 import read_plan
    from il2sim.inference.yt1_checks import read_values
    from il2sim.inference.yt1_facts import read_curves

    return line_figure(read_plan(), read_curves(), read_values(), made=made)
