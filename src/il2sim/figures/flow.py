"""Who took part: the flow of subjects from enrollment to analysis, and table 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from il2sim.engine.status import Status
from il2sim.figures.arms import bare, group_colors, sheet
from il2sim.figures.style import FAINT, INK, sign, styled
from il2sim.study.baseline import TableOne

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from il2sim.study.findings import Findings

BOX = 2.75
"""Width of a box, [inch]."""

HEIGHT = 4.3
"""Of all boxes, [inch]."""


def flow(findings: Findings) -> Figure:
    """Draw how many were enrolled, allocated, lost on the way and analyzed."""
    trial, records = findings.trial, findings.records
    groups, colors = trial.groups(), group_colors(trial)
    n = len(np.unique(records.subject))
    width = max(6.6, 0.5 + len(groups) * (BOX + 0.35))
    with styled():
        page = sheet(
            width,
            HEIGHT + 0.3,
            title="Flow of subjects",
            below=f"{trial.n_trials} simulated trials of {trial.size} subjects, all "
            "counted together. Failures are subjects that the model could not solve.",
        )
        axes = page.panel(0, 0.1, width, HEIGHT)
        bare(axes)
        start = _box(axes, (0.5, 0.93), [f"enrolled, n = {n:,}"], width, INK)
        for i, name in enumerate(groups):
            x = (i + 0.5) / len(groups)
            mine = int(np.sum(records.group == i))
            lost, seen = _lost(findings, i)
            word = "simulated" if trial.design == "escalation" else "allocated"
            boxes = [
                (0.70, [name, f"{word}, n = {mine:,}"], colors[i]),
                (0.41, lost, FAINT),
                (0.10, ["analyzed for", trial.primary, f"n = {seen:,}"], colors[i]),
            ]
            above = (0.5, start[0])
            for y, lines, color in boxes:
                low, high = _box(axes, (x, y), lines, width, color)
                _link(axes, above, (x, high))
                above = (x, low)
        sign(page.figure, "il2sim")
    return page.figure


def table_figure(table: TableOne) -> Figure:
    """Draw table 1."""
    rows, columns = table.rows, table.names
    step = 0.235
    width = 2.15 + 2.0 * len(columns) + 1.0
    with styled():
        page = sheet(
            width,
            step * (len(rows) + 2) + 0.45,
            title="Table 1: subjects before treatment",
            below="Median (5–95 %) of the subjects of all simulated trials; apart: the "
            "largest difference between means of groups, in standard deviations.",
        )
        axes = page.panel(0, 0.05, width, step * (len(rows) + 2))
        bare(axes)
        axes.set_xlim(0, width)
        axes.set_ylim(0, len(rows) + 2)
        places = [2.15 + 2.0 * i + 0.95 for i in range(len(columns))]
        y = len(rows) + 1.15
        for x, name, size in zip(places, columns, table.sizes, strict=True):
            axes.text(x, y + 0.3, name, ha="center", fontweight="bold")
            axes.text(x, y - 0.45, f"n = {size:,}", ha="center", fontsize=7.8)
        is_compared = len(columns) > 1
        if is_compared:
            axes.text(width - 0.55, y + 0.3, "apart", ha="center", fontweight="bold")
        axes.plot([0.14, width - 0.14], [y - 0.72] * 2, color=INK, linewidth=0.9)
        for i, row in enumerate(rows):
            low = len(rows) - i - 0.85
            if i % 2:
                axes.axhspan(low - 0.28, low + 0.72, color=FAINT, alpha=0.09, lw=0)
            axes.text(0.16, low, f"{row.what}, {row.unit}")
            for x, group in zip(places, range(len(columns)), strict=True):
                axes.text(x, low, row.shown(group), ha="center")
            if is_compared:
                axes.text(width - 0.55, low, f"{row.difference:.2f}", ha="center")
        sign(page.figure, "il2sim")
    return page.figure


def _lost(findings: Findings, group: int) -> tuple[list[str], int]:
    """Words on who was lost in a group, and how many were analyzed."""
    trial, records = findings.trial, findings.records
    mine = records.group == group
    who = records.subject[mine]
    failed = mine & ~records.is_done
    left = np.isfinite(records.left_day[mine]) & (records.status[mine] == Status.DONE)
    withdrawn = int(np.sum(records.status[mine] == Status.STOPPED_BY_RULE))
    column = trial.measure_names.index(trial.primary)
    seen = np.isin(findings.readings.subject, who) & np.isfinite(
        findings.readings.values[:, column]
    )
    if trial.design == "escalation":
        seen &= findings.readings.arm == group
    told = [f"left early: {int(left.sum()):,}", f"withdrawn by a rule: {withdrawn:,}"]
    told.append(f"not solved: {int(failed.sum()):,}")
    for code in np.unique(records.status[failed]):
        count = int(np.sum(records.status[failed] == code))
        told.append(f"  {Status(int(code)).name.lower().replace('_', ' ')}: {count}")
    return told, len(np.unique(findings.readings.subject[seen]))


def _box(
    axes: Axes, middle: tuple[float, float], lines: list[str], width: float, color: str
) -> tuple[float, float]:
    """Draw a box around lines; where its lower and upper side are."""
    from matplotlib.patches import FancyBboxPatch

    wide, high = BOX / width, (0.2 + 0.17 * len(lines)) / HEIGHT
    x, y = middle
    axes.add_patch(
        FancyBboxPatch(
            (x - wide / 2, y - high / 2),
            wide,
            high,
            boxstyle="round,pad=0,rounding_size=0.012",
            facecolor="white",
            edgecolor=color,
            linewidth=1.4,
        )
    )
    axes.text(x, y, "\n".join(lines), ha="center", va="center", linespacing=1.3)
    return y - high / 2, y + high / 2


def _link(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={"arrowstyle": "-|>", "color": FAINT, "shrinkA": 0, "shrinkB": 0},
    )
