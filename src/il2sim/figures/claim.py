"""Where the claim holds: a map over dose, route and interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from il2sim.figures.style import DPI, INK, sign, styled
from il2sim.figures.switching import HINDERS, HOLDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from il2sim.study.claim import ClaimMap

TITLES = {"blood": "in blood", "pools": "in the body, wherever the cells are"}

MOST = 3.0
"""Margin, and its inverse, at which colors end."""

NEARLY_ALL = 0.9
"""Part of the persons below which a cell of the map is marked."""


def claim_figure(claim: ClaimMap, *, made: str = "il2sim") -> Figure:
    """Draw the median margin of the claim for each dose and way, in blood and body.

    Parameters
    ----------
    claim
        What was found.
    made
        What produced it, for the small print.
    """
    from matplotlib.figure import Figure

    n = claim.blood.shape[-1]
    below = (
        "the lesser fold of naive and memory Treg over the largest of 1, CD4 Tconv and "
        f"CD8, least of weeks 4 to 12\nmedian of {n} persons; a dot where it is above "
        "1 in fewer than 90 % of them"
    )
    with styled():
        height = 1.7 + 0.33 * len(claim.ways)
        figure = Figure(figsize=(10.4, height), dpi=DPI)
        title = "Where naive and memory Treg win over effectors"
        top = 1 - 0.27 / height
        figure.text(0.013, top, title, fontsize=12, fontweight="bold")
        figure.text(
            0.013, top - 0.13 / height, below, fontsize=8.3, va="top", color="#52606D"
        )
        for column, of in enumerate(TITLES):
            place = (
                *(0.125 + 0.445 * column, 0.62 / height),
                *(0.42, (height - 1.65) / height),
            )
            axes = figure.add_axes(place)
            _panel(axes, claim, of)
            if column:
                axes.set_yticks([])
        sign(figure, made)
    return figure


def _panel(axes: Axes, claim: ClaimMap, of: str) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    margin, holding = claim.median(of), claim.holding(of)
    colors = LinearSegmentedColormap.from_list("margin", [HINDERS, "#FFFFFF", HOLDS])
    shades = np.clip(np.log(margin) / np.log(MOST), -1, 1)
    axes.imshow(shades, cmap=colors, vmin=-1, vmax=1, aspect="auto")
    for i, j in np.ndindex(*margin.shape):
        ink = "white" if shades[i, j] > 0.62 else INK
        axes.text(
            j, i, f"{margin[i, j]:.2f}", ha="center", va="center", fontsize=7, color=ink
        )
        if holding[i, j] < NEARLY_ALL:
            axes.plot(j + 0.36, i - 0.3, "o", ms=2.2, color=ink)
    axes.set_title(TITLES[of])
    axes.set_xticks(range(len(claim.doses)), [f"{dose:g}" for dose in claim.doses])
    axes.set_yticks(range(len(claim.ways)), [way.name for way in claim.ways])
    axes.set_xlabel("MIU/m² a day, on average")
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
