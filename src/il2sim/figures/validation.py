"""Predicted against published, for all trial cards at once; nothing is left out.

Left, folds of cells on a fold scale: the published number is a tick, the prediction a
point with the interval for another trial of that size, the band a gray bar. Middle,
levels, times and rates in the same way, over the published number. Below, whether
intervals hold as often as they say; right, how many bands pass. Cards used for
calibration are gray, those held out are blue; what misses its band is ringed in red.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from il2sim.figures.style import DPI, FAINT, INK, sign, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    from il2sim.study.validation import Validation, Verdict

ROLES = {"calibration": "#8A94A0", "held out": "#0B4F8A"}
MISSES = "#C1440E"

WIDTH, HEIGHT = 11.6, 7.4
"""Of the page, [inch]."""

LEVELS = np.linspace(0.1, 0.95, 18)
"""Of the intervals whose reliability is drawn."""

SIZE = 5.0
"""Of a point."""


def validation_figure(validation: Validation, *, made: str = "il2sim") -> Figure:
    """Draw every verdict.

    Parameters
    ----------
    validation
        What was judged.
    made
        What produced it, for the small print.
    """
    from matplotlib.figure import Figure

    passed, judged = validation.passed()
    numbers = [one for one in validation.verdicts if one.error is not None]
    with styled():
        figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI)
        head = f"{passed} of {judged} bands pass"
        figure.text(0.012, 0.963, head, fontsize=13, fontweight="bold")
        figure.text(0.012, 0.936, _below(validation), fontsize=8.5, color="#52606D")
        folds = figure.add_axes((0.205, 0.475, 0.19, 0.40))
        some = [one for one in numbers if one.measured.is_fold]
        _rows(folds, validation, some, is_fold=True)
        levels = figure.add_axes((0.625, 0.085, 0.165, 0.79))
        some = [one for one in numbers if not one.measured.is_fold]
        _rows(levels, validation, some, is_fold=False)
        reliability = figure.add_axes((0.06, 0.085, 0.335, 0.275))
        _reliability(reliability, validation)
        _kinds(figure.add_axes((0.845, 0.085, 0.14, 0.79)), validation)
        sign(figure, made)
    return figure


def _below(validation: Validation) -> str:
    parts = []
    for role in ROLES:
        passed, judged = validation.passed(role)
        parts.append(f"{role}: {passed} of {judged}")
    n = len({one.card.name for one in validation.verdicts})
    return (
        f"{n} trial cards, one parameter set, {validation.n_subjects} simulated "
        f"patients in each arm  ·  {'  ·  '.join(parts)}  ·  "
        "tick: published, point: predicted, bar: band, red ring: outside"
    )


def _rows(
    axes: Axes, whole: Validation, some: Sequence[Verdict], *, is_fold: bool
) -> None:
    """One row for each number, on a scale of folds; else over the published number."""
    for row, one in enumerate(some):
        number = one.measured.number or math.nan
        by = 1.0 if is_fold else number
        low, high = (x / by for x in one.interval(whole.between))
        color, expected = ROLES[one.card.role], one.measured.expected
        left = (expected.low or 0.0) / by
        right = 1e3 if expected.high is None else expected.high / by
        axes.barh(row, right - left, left=left, height=0.64, color="#E7EBEF", lw=0)
        axes.plot([low, high], [row, row], color=color, lw=1.0, alpha=0.6)
        axes.plot(number / by, row, "|", ms=8, mew=1.6, color=INK)
        axes.plot(one.value / by, row, "o", ms=SIZE, color=color, mec="white", mew=0.5)
        if one.passes is False:
            at = one.value / by
            axes.plot(at, row, "o", ms=SIZE + 4, mfc="none", mec=MISSES, mew=1.1)
    names = [f"{short(one)}  ·  {one.card.name}" for one in some]
    axes.set_yticks(range(len(some)), names)
    for text, one in zip(axes.get_yticklabels(), some, strict=True):
        text.set_fontsize(6.2)
        text.set_color(MISSES if one.passes is False else INK)
    axes.tick_params(axis="y", length=0)
    ends = (0.012, 60.0) if is_fold else (0.04, 25.0)
    axes.set(xscale="log", xlim=ends, ylim=(len(some) - 0.4, -0.6))
    axes.set_xticks([0.1, 1, 10], ["0.1", "1", "10"])
    axes.minorticks_off()
    axes.axvline(1.0, color=FAINT, lw=0.6, zorder=0)
    axes.set_xlabel("fold" if is_fold else "predicted over published")
    axes.set_title("Folds and ratios" if is_fold else "Levels, times and rates")
    axes.spines["left"].set_visible(False)


def _reliability(axes: Axes, whole: Validation) -> None:
    axes.plot([0, 1], [0, 1], color=FAINT, lw=0.8)
    for role, color in ROLES.items():
        inside, n = whole.reliability(LEVELS, role)
        axes.plot(LEVELS, inside, color=color, lw=1.8, label=f"{role} ({n} numbers)")
        if n:
            at = float(np.interp(0.9, LEVELS, inside))
            axes.plot(0.9, at, "o", ms=4.5, color=color)
            axes.annotate(
                f"{round(100 * at)} %",
                (0.9, at),
                xytext=(5, -2),
                textcoords="offset points",
                fontsize=7,
                color=color,
            )
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.set_xticks([0, 0.5, 0.9], ["0", "50 %", "90 %"])
    axes.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    axes.set_xlabel("intervals of this level …")
    axes.set_ylabel("… hold so many")
    axes.set_title("Do intervals hold what they say?")
    axes.legend(loc="upper left", handlelength=1.4)


def _kinds(axes: Axes, whole: Validation) -> None:
    """Bands that pass and fail, by kind of card."""
    kinds = list(dict.fromkeys(one.card.kind for one in whole.verdicts))
    for row, kind in enumerate(kinds):
        some = [
            one
            for one in whole.verdicts
            if one.card.kind == kind and one.measured.is_judged
        ]
        for place, one in enumerate(sorted(some, key=lambda x: x.passes is not True)):
            color = ROLES[one.card.role] if one.passes else "white"
            edge = ROLES[one.card.role] if one.passes else MISSES
            axes.add_patch(_square(place, row, color, edge))
        axes.text(-0.1, row - 0.52, kind, fontsize=7, va="bottom", ha="left")
    axes.set_xlim(-0.2, 15)
    axes.set_ylim(len(kinds) - 0.3, -1.0)
    axes.set_title("Bands by kind")
    axes.set_axis_off()


def _square(place: int, row: int, color: str, edge: str) -> Rectangle:
    from matplotlib.patches import Rectangle

    line, column = divmod(place, 15)
    return Rectangle(
        (column, row - 0.45 + 0.24 * line),
        0.78,
        0.2,
        facecolor=color,
        edgecolor=edge,
        lw=0.9,
    )


def short(one: Verdict) -> str:
    """A number in few words: quantity, arm, reading.

    Words that every card repeats are left out.
    """
    measured = one.measured
    name = measured.expected.name.replace("plasma IL-2", "IL-2")
    reading = measured.expected.endpoint.replace(" fold", "")
    if measured.over == "dose":
        name, reading = "clearance", ""
    if measured.is_part:
        name, reading = f"patients by {name}", ""
    told = "" if reading in ("", "fold", "value", "rest") else f" {reading}"
    arm = "" if measured.arm == "all" else f", {measured.arm}"
    return f"{name}{told}{arm}"
