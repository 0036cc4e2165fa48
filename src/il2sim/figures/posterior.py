"""What a fit learned: the draws of each number beside its prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from il2sim.figures.style import FAINT, INK, new_figure, sign, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from il2sim.inference.problem import Free

LEARNED = "#2E6DA4"
COLUMNS = 4
REACH = 3.0
"""Shown of a prior, [standard deviation]."""

LETTERS = 42
"""On a line below a panel."""

FEW_DECADES = 50.0
"""Ratio of the ends of an axis up to which twos and fives are written, too."""


def posterior_figure(
    free: Sequence[Free],
    draws: Sequence[Mapping[str, float]],
    told: Mapping[str, Mapping[str, str]],
    *,
    made: str,
) -> Figure:
    """Draw each number: where its draws lie, and its prior as a line.

    Parameters
    ----------
    free
        What was fitted.
    draws
        Values by name.
    told
        By name, what the fit file says of it: its ``"meaning"`` and ``"unit"``.
    made
        What produced the figure.
    """
    with styled():
        figure, panels = new_figure(
            len(free),
            title="Receptors: what the plate says of each number",
            below="Bars are draws from the posterior, the line is the prior; where "
            "they are alike the data said nothing.",
            columns=COLUMNS,
        )
        for axes, one in zip(panels, free, strict=True):
            values = np.array([one.inside(draw[one.name]) for draw in draws])
            far = REACH * one.width
            low = min(one.center - far, values.min())
            high = max(one.center + far, values.max())
            places = np.linspace(low, high, 200)
            prior = np.exp(-0.5 * ((places - one.center) / one.width) ** 2)
            prior /= one.width * np.sqrt(2 * np.pi)
            edges = np.linspace(values.min(), values.max(), 13)
            shown = [one.outside(place) for place in places]
            axes.hist(
                [one.outside(value) for value in values],
                bins=[one.outside(edge) for edge in edges],
                weights=np.full(len(values), 1 / (len(values) * np.diff(edges)[0])),
                color=LEARNED,
            )
            axes.plot(shown, prior, color=INK, linewidth=0.9)
            axes.axvline(one.median, color=FAINT, linewidth=0.6, linestyle=":")
            if one.scale == "log":
                _log_axis(axes, shown[-1] / shown[0])
            axes.set_title(one.name)
            axes.set_xlabel(_words(told[one.name]), fontsize=8)
            axes.set_yticks([])
        sign(figure, made)
    return figure


def _words(told: Mapping[str, str]) -> str:
    """What a number is, on two lines, and its unit if it has one."""
    unit = "" if told["unit"] == "1" else f" [{told['unit']}]"
    return fill(told["meaning"] + unit, LETTERS)


def _log_axis(axes: Axes, span: float) -> None:
    """A logarithmic axis whose numbers do not touch; each decade if it spans many."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    if span < FEW_DECADES:
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
