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
        Those that have a band; drawn as places within it, if there are any.
    """
    with styled():
        figure, panels = new_figure(
            4 if checks else 3,
            title="Receptors: what the model gives against what was measured",
            below="One sign for each gate: 0.5 h circle, 1 h square, 2 h diamond, "
            "4 h triangle; the line is equality, dotted lines are 3-fold off.",
        )
        for axes, ligand in zip(panels, LIGANDS, strict=False):
            _halves(axes, [one for one in responses if one.ligand == ligand])
            axes.set_title(f"{LIGANDS[ligand]}: half-maximal dose")
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


def _bands(axes: Axes, checks: Sequence[Check]) -> None:
    """Where each value lies on its band, from 0 to 1."""
    for i, one in enumerate(checks):
        axes.plot(
            1.0 if one.passes else 0.0,
            i,
            "o" if one.passes else "x",
            color="#23A377" if one.passes else "#C1440E",
        )
    axes.set_yticks(range(len(checks)))
    axes.set_yticklabels([str(one.row) for one in checks], fontsize=6)
    axes.set_xticks([0, 1])
    axes.set_xticklabels(["fails", "passes"])
    axes.set_xlim(-0.5, 1.5)
    axes.invert_yaxis()
    axes.set_title("Checks by row")
