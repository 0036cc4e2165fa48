"""What a virtual population is worth: its targets, its weights, how far it moved."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from il2sim.figures.style import COLORS, FAINT, INK, new_figure, sign, styled
from il2sim.study.subjects import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from il2sim.study.people import People

WEIGHTED, PLAIN = COLORS["memory Treg"], COLORS["CD4 Tconv"]

MOST_TARGETS, MOST_BARS, COLUMNS = 7, 10, 3


def certificate_figure(people: People) -> Figure:
    """Draw targets beside what was achieved, the weights, and the drift.

    Parameters
    ----------
    people
        With a certificate, as `il2sim.study.virtual.build` makes them.
    """
    made: Any = people.made
    quality = made["quality"]
    rows = [one for one in quality["coverage"] if one["column"] in people.measured]
    rows = rows[:MOST_TARGETS]
    with styled():
        figure, panels = new_figure(
            len(rows) + 2,
            title=f"{people.name}: {people.meaning}",
            below=f"{quality['kept']} of {quality['candidates']} candidates kept by "
            f"{made['method']}, worth {quality['effective']:.0f} persons. Share below "
            "each value: blue as weighted, orange without weights, black the target.",
            columns=COLUMNS,
        )
        for axes, row in zip(panels, rows, strict=False):
            _target(axes, row, people.measured[row["column"]], people.stands_for)
        _weights(panels[-2], people.stands_for, quality)
        _drift(panels[-1], quality["drift"][:MOST_BARS])
        sign(figure, f"il2sim {made['version']}, seed {made['seed']}")
    return figure


def _target(axes: Axes, row: dict[str, Any], values: Floats, weights: Floats) -> None:
    """Shares below each value: population, kept persons, target."""
    order = np.argsort(values, kind="stable")
    x = values[order]
    flat = np.arange(1, len(x) + 1) / len(x)
    tilted = np.cumsum(weights[order]) / np.sum(weights)
    axes.step(x, flat, where="post", color=PLAIN, linewidth=1.0)
    axes.step(x, tilted, where="post", color=WEIGHTED, linewidth=1.7)
    if row["edges"]:
        inner = np.array(row["edges"][1:-1])
        axes.plot(inner, np.cumsum(row["wanted"])[:-1], "o", color=INK, markersize=4)
    elif len(row["wanted"]) == 2:
        grid = np.linspace(x[0], x[-1], 200)
        axes.plot(grid, _below(row, grid), color=INK, linewidth=1.0, linestyle="--")
    else:
        axes.axvline(row["wanted"][0], color=INK, linewidth=1.0, linestyle="--")
        axes.axvline(row["found"][0], color=WEIGHTED, linewidth=0.8)
    axes.set_ylim(0, 1)
    held = "\n(held out)" if row["held out"] else ""
    met = "met" if row["met"] else "not met"
    axes.set_xlabel(row["column"].replace(" [1]", ""))
    axes.text(
        *(0.97, 0.05),
        f"{met}{held}",
        transform=axes.transAxes,
        ha="right",
        fontsize=7.5,
        color=INK,
    )
    axes.set_ylabel("share below")


def _below(row: dict[str, Any], grid: Floats) -> Floats:
    mean, sd = row["wanted"]
    if row["shape"] == "normal":
        target = NormalDist(mean, sd)
        return np.array([target.cdf(one) for one in grid])
    variance = math.log1p((sd / mean) ** 2)
    target = NormalDist(math.log(mean) - variance / 2, math.sqrt(variance))
    return np.array([target.cdf(math.log(one)) if one > 0 else 0.0 for one in grid])


def _weights(axes: Axes, weights: Floats, quality: dict[str, Any]) -> None:
    """Part of the weight that the heaviest persons hold."""
    held = np.cumsum(np.sort(weights)[::-1]) / np.sum(weights)
    shares = np.arange(1, len(held) + 1) / len(held)
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.plot([0.0, *shares], [0.0, *held], color=WEIGHTED, linewidth=1.7)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("heaviest persons, share of those kept")
    axes.set_ylabel("part of the weight")
    axes.set_title("weights")
    axes.text(
        *(0.97, 0.05),
        f"Gini {quality['gini']:.2f}\nheaviest {100 * quality['largest']:.1f} %",
        transform=axes.transAxes,
        ha="right",
        fontsize=7.5,
        color=INK,
    )


def _drift(axes: Axes, rows: list[dict[str, Any]]) -> None:
    """How far the traits that moved most are from all candidates."""
    places = np.arange(len(rows))[::-1]
    axes.barh(places, [one["distance"] for one in rows], color=WEIGHTED, height=0.34)
    axes.set_yticks([])
    for place, one in zip(places, rows, strict=True):
        name = one["what"].removeprefix("factor of ")
        axes.text(0.002, place + 0.22, name, fontsize=6, color=INK, va="bottom")
    axes.set_xlim(0, max(0.2, 1.1 * max((one["distance"] for one in rows), default=0)))
    axes.set_ylim(-0.5, len(rows) - 0.1)
    axes.set_xlabel("distance from what was drawn")
    axes.set_title("drift")
