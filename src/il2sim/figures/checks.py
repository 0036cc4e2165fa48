"""The figure of checks that have none of their own: rows 8, 9, 11, 19 and 20."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from il2sim.figures.style import FAINT, TWO_KINDS, color_of, new_figure, sign, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from il2sim.inference.variance import Compared

Floats = NDArray[np.float64]

BLUE, RED = TWO_KINDS


def checks_figure(made: str) -> Figure:
    """Draw what is shipped beside what was measured or published."""
    from il2sim.inference import checks, culture, panel, receptors, variance

    plan = receptors.read_plan()
    wells = culture.read_wells()
    given = [one for one in wells if one.dose > 0]
    published = [*checks.FALLON_MEDIUM.values(), *checks.FALLON_GROWTH.values()]
    with styled():
        figure, panels = new_figure(
            5,
            title="Receptors: variance, inverse CD25, Fallon 2000, uptake, culture",
            below="Numbers are rows of the checks. Lines are equality, or what the "
            "closed form says; the gray span is the band. Row 8: curves of the panel. "
            "Row 20: each donor predicted from its wells without IL-2.",
        )
        draw_variance(panels[0], variance.compared(panel.read_plan()))
        ways = (checks.SETTLES, checks.IN_PLATE)
        draw_inverse(
            panels[1],
            checks.CD25_OF_TREG,
            {how: checks.halves_of_treg(plan, how) for how in ways},
        )
        _equal(panels[2], published, np.concatenate(checks.fallon_found()), BLUE)
        panels[2].set_title("11  Fallon 2000")
        panels[2].set_xlabel("published [pM, or fold]")
        panels[2].set_ylabel("in our language")
        draw_uptake(panels[3], checks.uptake(plan), checks.AUDIT)
        counts = np.exp([one.mean for one in given])
        _equal(panels[4], counts, np.exp(culture.left_out(wells)), BLUE)
        panels[4].set_title("20  T cells in culture")
        panels[4].set_xlabel("measured [cell/mL]")
        panels[4].set_ylabel("predicted")
        sign(figure, made)
    return figure


def draw_variance(axes: Axes, both: Compared) -> None:
    """Variance of pSTAT5 among cells, by cell type."""
    for cell in dict.fromkeys(both.cells):
        of = (both.cells == cell) & (both.wanted > 0) & (both.found > 0)
        axes.plot(
            both.wanted[of], both.found[of], ".", color=color_of(cell), markersize=2.5
        )
        axes.plot([], [], "o", color=color_of(cell), markersize=4, label=cell)
    seen = both.wanted[both.wanted > 0]
    ends = np.quantile(seen, [0.01, 1])
    axes.plot(ends, ends, color=FAINT, linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(ends[0], 1.5 * ends[1])
    axes.set_ylim(ends[0], 1.5 * ends[1])
    axes.legend(loc="upper left", fontsize=7, handletextpad=0.2)
    axes.set_title("8  variance among cells")
    axes.set_xlabel("measured [units²]")
    axes.set_ylabel("predicted")


def draw_inverse(
    axes: Axes, cd25: Sequence[float], halves: Mapping[str, Sequence[float]]
) -> None:
    """Half-maximal IL-2 of Treg over CD25, and its inverse from the first on."""
    for color, (how, found) in zip(TWO_KINDS, halves.items(), strict=True):
        axes.plot(cd25, found, "o", color=color, markersize=4, label=how)
        inverse = found[0] * cd25[0] / np.array(cd25)
        axes.plot(cd25, inverse, color=color, linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.legend(loc="lower left", fontsize=7, handletextpad=0.2)
    axes.set_title("9  inverse to CD25")
    axes.set_xlabel("CD25 of Treg [molecule/cell]")
    axes.set_ylabel("half-maximal IL-2 [nM]")


def draw_uptake(
    axes: Axes, taken: Mapping[str, tuple[float, float]], band: tuple[float, float]
) -> None:
    """What resting cells take of a saturated medium, at first and for good."""
    places = np.arange(len(taken))
    axes.axhspan(*band, color=FAINT, alpha=0.25, linewidth=0)
    for when, values, color in zip(
        ("at first", "for good"),
        zip(*taken.values(), strict=True),
        TWO_KINDS,
        strict=True,
    ):
        axes.plot(places, values, "o", color=color, markersize=5, label=when)
    axes.set_yscale("log")
    axes.set_ylim(0.3 * band[0], 8 * band[1])
    axes.set_xticks(places, list(taken), fontsize=8)
    axes.set_xlim(-0.5, len(taken) - 0.5)
    axes.legend(loc="upper left", fontsize=7, handletextpad=0.2)
    axes.set_title("19  uptake at rest")
    axes.set_ylabel("[molecule/s per cell]")


def _equal(
    axes: Axes, wanted: Sequence[float] | Floats, found: Floats, color: str
) -> None:
    axes.plot(wanted, found, "o", color=color, markersize=4)
    ends = [0.8 * np.min(wanted), 1.25 * np.max(wanted)]
    axes.plot(ends, ends, color=FAINT, linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yscale("log")
