"""Dose-response of each cell type, and selectivity over the plane of affinities."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from il2sim.figures.style import (
    FAINT,
    INK,
    color_of,
    first_in_rows,
    new_figure,
    sign,
    styled,
)
from il2sim.study.screening import MOST_HALF_NM

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from il2sim.study.screening import Screening

MOST_PANELS = 8
"""Molecules drawn; more are in the table."""

LEVELS = (1, 3, 10, 30, 100, 300, 1000)
"""Selectivity at which a color changes."""

MARK = {"boxstyle": "circle,pad=0.15", "fc": "white", "ec": INK, "lw": 0.6}
"""Around the number of a molecule."""

SHADES = (
    *("#F3E3CF", "#F7F4EE", "#DCE9F2", "#B9D6EA"),
    *("#8FBFE0", "#5BA1D0", "#2C7BB6", "#0B4F8A"),
)
"""One more than the levels; below one is warm."""


def responses_figure(found: Screening, *, title: str, made: str = "il2sim") -> Figure:
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
    highest = max(120.0, 1.05 * float(np.nanmax(found.responses[:, : len(shown)])))
    band = f" and 5-95 % of {found.n_draws} draws" if found.n_draws else ""
    below = (
        f"pSTAT5 {found.time_h:g} h after the molecule over the most by the wild type, "
        f"as fitted{band}; ticks mark the half-maximal doses"
    )
    with styled():
        figure, panels = new_figure(
            len(shown), title=title, below=below, share_y=True, columns=4
        )
        for i, (axes, one) in enumerate(zip(panels, shown, strict=True)):
            _curves(axes, found, i)
            axes.set_ylim(0, highest)
            axes.set_title(one.name)
            axes.set_xlabel("dose [nM]")
        for axes in first_in_rows(panels):
            axes.set_ylabel("pSTAT5 of the most [%]")
        panels[0].legend(loc="upper left", handlelength=1.2)
        sign(figure, made)
    return figure


def _curves(axes: Axes, found: Screening, i: int) -> None:
    low, middle, high = found.responses[:, i]
    halves = found.spread(found.halves)[i, :, 1]
    for j, cell in enumerate(found.cells):
        color = color_of(cell)
        axes.fill_between(
            found.doses_nM, low[j], high[j], color=color, alpha=0.18, lw=0
        )
        axes.plot(found.doses_nM, middle[j], color=color, lw=1.6, label=cell)
        if np.isfinite(halves[j]):
            axes.plot(
                halves[j], 0, marker="|", ms=9, mew=1.6, color=color, clip_on=False
            )
    axes.set_xscale("log")
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
        f"half-maximal dose of {over} over that of {first.cells[0]} after "
        f"{first.time_h:g} h; dots: at least, as {over} have none below "
        f"{MOST_HALF_NM:g} nM; molecules by their ratio to wild type"
    )
    with styled():
        figure, panels = new_figure(len(grids) + 1, title=title, below=below)
        *planes, words = panels
        for axes, (name, grid) in zip(planes, grids.items(), strict=True):
            _plane(axes, grid, over)
            _molecules(axes, known)
            axes.set_title(name)
            axes.set_xlabel("KD of CD25 [nM]")
        planes[0].set_ylabel("KD of CD122 with γc [nM]")
        _words(words, known)
        sign(figure, made)
    return figure


def _plane(axes: Axes, grid: Screening, over: str) -> None:
    from matplotlib.colors import BoundaryNorm, ListedColormap

    alphas = sorted({one.kd_alpha_nM for one in grid.candidates})
    betas = sorted({one.kd_beta_gamma_nM for one in grid.candidates})
    plane = np.full((len(betas), len(alphas)), np.nan)
    first, others = grid.halves[:, 0, 0], grid.halves[:, 0, grid.cells.index(over)]
    ratios = np.fmin(others, MOST_HALF_NM) / first
    for one, ratio in zip(grid.candidates, ratios, strict=True):
        place = betas.index(one.kd_beta_gamma_nM), alphas.index(one.kd_alpha_nM)
        plane[place] = ratio if ratio > 0 else np.nan
    colors = ListedColormap(SHADES)
    axes.pcolormesh(
        _edges(alphas),
        _edges(betas),
        plane,
        cmap=colors,
        norm=BoundaryNorm((0, *LEVELS, np.inf), len(SHADES)),
        rasterized=True,
    )
    bounds = [
        (one.kd_alpha_nM, one.kd_beta_gamma_nM)
        for one, half, ratio in zip(grid.candidates, others, ratios, strict=True)
        if np.isinf(half) and ratio > 0
    ]
    axes.plot(*np.reshape(bounds, (-1, 2)).T, ".", color=INK, ms=1.2)
    axes.set_xscale("log")
    axes.set_yscale("log")


def _edges(centers: list[float]) -> NDArray[np.float64]:
    """Borders of squares around numbers that lie evenly in logarithms."""
    logs = np.log(centers)
    half = (logs[1] - logs[0]) / 2
    found: NDArray[np.float64] = np.exp(np.append(logs - half, logs[-1] + half))
    return found


def _molecules(axes: Axes, known: Mapping[str, tuple[float, float]]) -> None:
    """A numbered mark for each molecule that lies on the plane."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    for number, (alpha, beta) in enumerate(known.values(), 1):
        if left <= alpha <= right and low <= beta <= high:
            axes.text(
                alpha,
                beta,
                str(number),
                fontsize=6,
                ha="center",
                va="center",
                bbox={
                    "boxstyle": "circle,pad=0.15",
                    "fc": "white",
                    "ec": INK,
                    "lw": 0.6,
                },
            )
    axes.tick_params(which="minor", color=FAINT, length=1.5)


def _words(axes: Axes, known: Mapping[str, tuple[float, float]]) -> None:
    """What numbers and colors mean."""
    from matplotlib.patches import Patch

    ends = ["", *(f"{one:g}" for one in LEVELS), ""]
    bands = [
        f"below {high}" if not low else f"above {low}" if not high else f"{low}-{high}"
        for low, high in itertools.pairwise(ends)
    ]
    axes.legend(
        handles=[
            Patch(fc=shade, ec=FAINT, lw=0.4, label=band)
            for shade, band in zip(SHADES, bands, strict=True)
        ],
        title="ratio",
        loc="upper left",
        bbox_to_anchor=(-0.12, 1.04),
        fontsize=6.5,
        title_fontsize=7,
        handlelength=1.0,
    )
    for place, name in enumerate(known):
        axes.text(
            0.38, 0.98 - 0.064 * place, f"{place + 1}  {name}", fontsize=6.5, va="top"
        )
    axes.set_axis_off()
