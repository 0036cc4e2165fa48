"""Which mechanism carries how much of the win of Treg, at which dose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from il2sim.figures.style import INK, new_figure, sign, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from il2sim.study.switching import Switched

PANELS = ("naive Treg", "memory Treg")

HOLDS, HINDERS = "#0B4F8A", "#E08A00"
"""A mechanism that carries the win, and one that works against it."""


def switching_figure(switched: Switched, *, title: str, made: str = "il2sim") -> Figure:
    """Draw the part of the win that is lost without each mechanism, dose by dose.

    Parameters
    ----------
    switched
        What was found.
    title
        The headline.
    made
        What produced it, for the small print.
    """
    n = switched.folds.shape[-1]
    below = (
        f"part of the log fold of Treg over CD4 Tconv on day {switched.at_h / 24:g} "
        f"that is lost without the mechanism; {n} subjects, all else equal"
    )
    names = [name for name in PANELS if name in switched.names]
    with styled():
        figure, row = new_figure(len(names) + 1, title=title, below=below)
        words, *rest = row
        for axes, name in zip(rest, names, strict=True):
            _panel(axes, switched, name)
        _words(words, switched)
        sign(figure, made)
    return figure


def _panel(axes: Axes, switched: Switched, name: str) -> None:
    """One square for each mechanism and dose, its color and number the part."""
    from matplotlib.colors import LinearSegmentedColormap

    parts = switched.carried(name)[1:]
    colors = LinearSegmentedColormap.from_list("part", [HINDERS, "#FFFFFF", HOLDS])
    axes.imshow(np.clip(parts, -1, 1), cmap=colors, vmin=-1, vmax=1, aspect="auto")
    for i, j in np.ndindex(*parts.shape):
        part = parts[i, j]
        text = "–" if np.isnan(part) else f"{round(100 * float(part))}"
        color = "white" if part > 0.6 else INK
        axes.text(j, i, text, ha="center", va="center", fontsize=6.5, color=color)
    axes.set_title(f"{name}, % carried")
    axes.set_yticks([])
    axes.set_xticks(
        range(len(switched.labels)),
        [one.replace(" ", "\n").replace("m2", "m²") for one in switched.labels],
        fontsize=6.5,
    )
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _words(axes: Axes, switched: Switched) -> None:
    """Names of the mechanisms, beside the first panel."""
    names = [switch.name for switch in switched.switches[1:]]
    axes.set_ylim(len(names) - 0.5, -0.5)
    for place, name in enumerate(names):
        axes.text(
            1.22,
            place,
            name,
            ha="right",
            va="center",
            fontsize=7.5,
            transform=axes.get_yaxis_transform(),
        )
    axes.set_axis_off()
