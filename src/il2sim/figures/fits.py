"""Figures of fits: what was measured against what the model gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from il2sim.figures.style import FAINT, INK, color_of, new_figure, sign, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from il2sim.inference.check import Check
    from il2sim.inference.facts import Response

LIGANDS = {"IL2": "IL-2", "IL15": "IL-15"}
SHAPES = {0.5: "o", 1.0: "s", 2.0: "D", 4.0: "^"}
"""A sign for each time, [h]."""

NAMED = ("Treg", "naive Treg", "memory Treg", "CD4 Tconv", "CD8", "NK")
"""Gates whose colors are told; naive and memory of others have those of the whole."""

ROWS = {
    1: "YT-1: pSTAT5",
    2: "YT-1: stains",
    3: "half-maximal IL-2",
    4: "half-maximal IL-15",
    5: "blood cells: curves",
    6: "Fc fusions",
    8: "variance",
    9: "inverse to CD25",
    10: "IL-7 and IL-4",
    11: "Fallon 2000",
    19: "uptake",
    20: "culture",
}
"""What the rows of checks are about."""

AHEAD = 0.54
"""Room for that ahead of the signs of checks, part of the panel."""


def responses_figure(
    responses: Sequence[Response],
    *,
    made: str,
    checks: Sequence[Check] = (),
) -> Figure:
    """Draw half-maximal doses and slopes, measured against modeled.

    Parameters
    ----------
    responses
        Measured ones beside the model's.
    made
        What produced the figure.
    checks
        Those that have a band; a square for each, if there are any, and a circle for
        each that goes beyond the list of reproduction checks.
    """
    with styled():
        figure, panels = new_figure(
            4 if checks else 3,
            title="Receptors: what the model gives against what was measured",
            below="One sign for each gate: 0.5 h circle, 1 h square, 2 h diamond, "
            "4 h triangle; the line is equality, dotted lines are 3-fold off."
            + (
                " Checks: squares of the list, circles beyond it, full in band."
                if checks
                else ""
            ),
        )
        for axes, ligand in zip(panels, LIGANDS, strict=False):
            _halves(axes, [one for one in responses if one.ligand == ligand])
            axes.set_title(f"{LIGANDS[ligand]}: half-maximal dose")
        _name_gates(panels[0], {one.gate for one in responses})
        _slopes(panels[2], responses)
        if checks:
            _bands(panels[3], checks)
        sign(figure, made)
    return figure


def _halves(axes: Axes, responses: Sequence[Response]) -> None:
    for one in responses:
        axes.loglog(
            one.half,
            one.model.half_nM,
            SHAPES[one.time_h],
            color=color_of(one.gate),
            markersize=4,
            markeredgewidth=0.4,
            markeredgecolor="white",
        )
    low, high = 2e-3, 30.0
    axes.plot([low, high], [low, high], color=INK, linewidth=0.8)
    for factor in (1 / 3, 3):
        axes.plot(
            [low, high],
            [factor * low, factor * high],
            color=FAINT,
            linewidth=0.6,
            linestyle=":",
        )
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    axes.set_xlabel("measured [nM]")
    axes.set_ylabel("model [nM]")


def _slopes(axes: Axes, responses: Sequence[Response]) -> None:
    for one in responses:
        axes.plot(
            one.slope,
            one.model.slope,
            SHAPES[one.time_h],
            color=color_of(one.gate),
            markersize=4,
            markerfacecolor="none" if one.ligand == "IL15" else None,
        )
    axes.plot([0.5, 6], [0.5, 6], color=INK, linewidth=0.8)
    axes.set_xlabel("measured")
    axes.set_ylabel("model")
    axes.set_title("Hill slope (IL-15 open)")


def _name_gates(axes: Axes, gates: set[str]) -> None:
    for name in NAMED:
        if name in gates:
            axes.plot([], [], "o", color=color_of(name), markersize=4, label=name)
    axes.legend(loc="upper left", fontsize=7, handletextpad=0.2)


def _bands(axes: Axes, checks: Sequence[Check]) -> None:
    """A line for each row, a sign for each of its checks: full where it passes."""
    rows = sorted({one.row for one in checks})
    most = max(sum(one.row == row for one in checks) for row in rows)
    first = -most * AHEAD / (1 - AHEAD)
    for i, row in enumerate(rows):
        of = [one for one in checks if one.row == row]
        for place, one in enumerate(
            sorted(of, key=lambda one: (one.beyond, not one.passes))
        ):
            color = "#23A377" if one.passes else "#C1440E"
            marker = "o" if one.beyond else "s"
            axes.plot(
                place,
                i,
                marker,
                color=color,
                markerfacecolor=color if one.passes else "none",
                markersize=2.9,
            )
        axes.text(first, i, f"{row}  {ROWS.get(row, '')}", va="center", fontsize=8)
    axes.set_xlim(first, most)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.axis("off")
    axes.set_title("Checks by row")
