"""Dose-response of each cell type to molecules, and selectivity over their affinities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from il2sim.figures.style import (
    FAINT,
    INK,
    color_of,
    first_in_rows,
    new_figure,
    sign,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from il2sim.study.screening import Screening

MOST_PANELS = 8
"""Molecules drawn; more are in the table."""

LEVELS = (1, 3, 10, 30, 100, 300, 1000)
"""Selectivity at which a color changes."""

LOW, HIGH = "#F4F1EA", "#0B4F8A"


def responses_figure(
    found: Screening, *, title: str, made: str = "il2sim"
) -> Figure:
    """Draw pSTAT5 against dose, a panel for each of the first molecules.

    Parameters
    ----------
    found
        What was screened.
    title
        The headline.
    made
        What produced it, for the small print.
    """
    shown = found.candidates[:MOST_PANELS]
    below = (
        f"pSTAT5 {found.time_h:g} h after the molecule, median and 5-95 % of "
        f"{found.halves.shape[1]} draws; a tick marks half of the maximum"
    )
    with styled():
        figure, panels = new_figure(
            len(shown), title=title, below=below, share_y=True, columns=4
        )
        for i, (axes, one) in enumerate(zip(panels, shown, strict=True)):
            _curves(axes, found, i)
            axes.set_title(one.name)
            axes.set_xlabel("dose [nM]")
        for axes in first_in_rows(panels):
            axes.set_ylabel("pSTAT5 [%]")
        panels[0].legend(loc="upper left", handlelength=1.2)
        sign(figure, made)
    return figure


def _curves(axes: Axes, found: Screening, i: int) -> None:
    low, middle, high = found.responses[:, i]
    halves = found.spread(found.halves)[i, :, 1]
    for j, cell in enumerate(found.cells):
        color = color_of(cell)
        axes.fill_between(found.doses_nM, low[j], high[j], color=color, alpha=0.18, lw=0)
        axes.plot(found.doses_nM, middle[j], color=color, lw=1.6, label=cell)
        if np.isfinite(halves[j]):
            axes.plot(halves[j], 0, marker="|", ms=9, mew=1.6, color=color, clip_on=False)
    axes.set_xscale("log")
    axes.set_ylim(0, 100)
    axes.set_xticks([1e-4, 1e-2, 1, 1e2])


def selectivity_map(
    grids: Mapping[str, Screening],
    known: Mapping[str, tuple[float, float]],
    *,
    over: str,
    title: str,
    made: str = "il2sim",
) -> Figure:
    """Draw selectivity over the plane of two affinities, with molecules on it.

    Parameters
    ----------
    grids
        By the title of each panel, a screening of a full grid: every affinity for CD25
        with every one for CD122 with gamma-c.
    known
        Molecules by name: their affinities for the two, [nM], on the scale of the
        grid.
    over
        The cell whose half-maximal dose is divided by that of the first.
    title
        The headline.
    made
        What produced it, for the small print.
    """
    first = next(iter(grids.values()))
    below = (
        f"half-maximal dose of {over} over that of {first.cells[0]}, {first.time_h:g} h "
        "after the molecule; molecules by their ratio to the wild type of their assay"
    )
    with styled():
        figure, panels = new_figure(len(grids), title=title, below=below, share_y=True)
        for axes, (name, grid) in zip(panels, grids.items(), strict=True):
            _plane(axes, grid, over)
            _molecules(axes, known)
            axes.set_title(name)
            axes.set_xlabel("KD of CD25 [nM]")
        panels[0].set_ylabel("KD of CD122 with γc [nM]")
        sign(figure, made)
    return figure


def _plane(axes: Axes, grid: Screening, over: str) -> None:
    from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap

    alphas = sorted({one.kd_alpha_nM for one in grid.candidates})
    betas = sorted({one.kd_beta_gamma_nM for one in grid.candidates})
    plane = np.full((len(betas), len(alphas)), np.nan)
    ratios = grid.spread(grid.selectivity)[:, grid.cells.index(over), 1]
    for one, ratio in zip(grid.candidates, ratios, strict=True):
        plane[betas.index(one.kd_beta_gamma_nM), alphas.index(one.kd_alpha_nM)] = ratio
    plane[~np.isfinite(plane)] = np.nan
    colors = LinearSegmentedColormap.from_list("selectivity", [LOW, "#6BAED6", HIGH])
    colors.set_bad("white")
    axes.pcolormesh(
        alphas,
        betas,
        plane,
        cmap=colors,
        norm=BoundaryNorm(LEVELS, colors.N, extend="both"),
        shading="nearest",
        rasterized=True,
    )
    lines = axes.contour(
        alphas, betas, plane, levels=LEVELS, colors=[INK], linewidths=0.6
    )
    axes.clabel(lines, fmt="%g", fontsize=6.5)
    axes.set_xscale("log")
    axes.set_yscale("log")


def _molecules(axes: Axes, known: Mapping[str, tuple[float, float]]) -> None:
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    for name, (alpha, beta) in known.items():
        if left <= alpha <= right and low <= beta <= high:
            axes.plot(alpha, beta, "o", ms=3.5, color=INK, mec="white", mew=0.6)
            axes.annotate(
                name,
                (alpha, beta),
                xytext=(3, 2.5),
                textcoords="offset points",
                fontsize=6,
                color=INK,
            )
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)
    axes.tick_params(which="minor", color=FAINT, length=1.5)
