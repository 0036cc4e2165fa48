"""Shares of a change: stacked over time, and at one moment with their spread.

What raises is stacked upwards from zero and what lowers downwards; the line is their
sum, the change itself. Shares are means over subjects, because means of shares sum to
the mean of the change and medians do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import BadProblem
from il2sim.figures import panels
from il2sim.figures.style import FAINT, INK, color_of, new_figure, sign, styled
from il2sim.study.attribution import SUM, Attribution

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PROCESSES = {
    "division": "#0B4F8A",
    "death": "#C1440E",
    "export": "#23A377",
    "conversion": "#E08A00",
    "margination": "#8A94A0",
    "kidney": "#6B7684",
    "destroyed": "#A9B2BC",
    "doses": INK,
}
"""One color for each process, in every figure of shares."""

OTHERS = "all others"

MOST_SHOWN = 8
"""Shares with a name of their own; the smallest are drawn as one."""

LEAST_SHOWN = 2e-3
"""Of the largest; a smaller share is one of the others."""

WORDS = {"1": "part of the resting value", "%": "% of what was given"}
"""What an axis of shares says for a unit."""


def shares_figure(shares: Attribution, *, at_h: float, title: str) -> Figure:
    """Draw shares over time, and at one moment with 5 to 95 % of the subjects.

    Parameters
    ----------
    shares
        Of one quantity.
    at_h
        The moment, [h]; one of the recorded times.
    title
        The headline.

    Raises
    ------
    BadProblem
        Nothing was recorded then, or no subject was solved.
    """
    if not shares.is_done.any():
        raise BadProblem(
            f"there is nothing to draw of '{shares.quantity}'.",
            got="no subject that was solved",
            expected="one or more",
        )
    rows = {row["share"]: row for row in shares.table(at_h) if row["share"] != SUM}
    kept = _largest({name: abs(row["mean"]) for name, row in rows.items()})
    with styled():
        figure, (course, bars) = new_figure(2, title=title, below=_below(shares))
        day = panels.time_axis(course, float(shares.times_h[-1]))
        _stack(course, shares, kept, day)
        panels.mark_doses(course, shares.doses_h, day=day)
        course.set_title("over time")
        course.set_ylabel(WORDS.get(shares.unit, f"[{shares.unit}]"))
        _bars(bars, [rows[name] for name in kept])
        bars.set_title(f"on day {at_h / 24:g}")
        made = shares.provenance
        sign(figure, f"il2sim {made.version} · run {made.key}" if made else "il2sim")
    return figure


def color_of_share(name: str) -> str:
    """Find the color of a share by its process, else by its population.

    Examples
    --------
    >>> color_of_share("memory Treg: division") == PROCESSES["division"]
    True
    """
    found = [color for word, color in PROCESSES.items() if word in name]
    plain = found[0] if found else color_of(name)
    if name == OTHERS:
        plain = "#C9CFD6"
    return _lighter(plain) if name.startswith("naive") else plain


def _lighter(color: str) -> str:
    """Half way to white, for the naive part of a population."""
    parts = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{(one + 255) // 2:02x}" for one in parts)


def _largest(sizes: dict[str, float]) -> list[str]:
    """Names of the shares shown, the largest first."""
    most = max(sizes.values(), default=0.0)
    ranked = sorted(sizes, key=lambda name: -sizes[name])
    return [name for name in ranked if sizes[name] > LEAST_SHOWN * most][:MOST_SHOWN]


def _below(shares: Attribution) -> str:
    solved = int(shares.is_done.sum())
    words = f"means of {solved:,} simulated subjects"
    if shares.by == "cause":
        words += "; what a cell does at its resting rate counts for what brought it"
    return words


def _stack(
    axes: Axes,
    shares: Attribution,
    kept: Sequence[str],
    day: float,
) -> None:
    chosen = panels.before_doses(shares.times_h, shares.doses_h)
    if chosen.sum() < 4:
        chosen = np.ones(len(shares.times_h), dtype=bool)
    x, mean = shares.times_h[chosen] / day, shares.mean()[chosen]
    columns: dict[str, NDArray[np.float64]] = {name: np.zeros(len(x)) for name in kept}
    for name, values in zip(shares.parts, mean.T, strict=True):
        place = name if name in columns else OTHERS
        columns[place] = columns.get(place, 0.0) + values
    over, under = np.zeros(len(x)), np.zeros(len(x))
    for name, values in columns.items():
        color = color_of_share(name)
        top, low = over + np.maximum(values, 0), under + np.minimum(values, 0)
        for one, other in ((over, top), (under, low)):
            axes.fill_between(x, one, other, color=color, linewidth=0, alpha=0.85)
        over, under = top, low
    axes.plot(x, sum(columns.values()), color=INK, linewidth=1.6)
    axes.axhline(0.0, color=FAINT, linewidth=0.7)


def _bars(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    """One bar for each share with its name above, the largest on top."""
    from matplotlib.patheffects import withStroke

    axes.axvline(0.0, color=FAINT, linewidth=0.7)
    for place, row in enumerate(rows):
        name, mean = row["share"], row["mean"]
        color = color_of_share(name)
        axes.barh(-place, mean, height=0.38, color=color, alpha=0.85)
        axes.plot([row["q05"], row["q95"]], [-place, -place], color=INK, linewidth=0.9)
        number = f"{mean:.1f} %" if row["unit"] == "%" else f"{mean:+.2f}"
        text = axes.annotate(
            f"{name}  {number}",
            xy=(0, -place + 0.24),
            xycoords=("axes fraction", "data"),
            va="bottom",
            fontsize=7,
        )
        text.set_path_effects([withStroke(linewidth=2, foreground="white")])
    axes.set_ylim(-len(rows) + 0.5, 0.75)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
