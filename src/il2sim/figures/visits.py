"""What was seen at visits: every subject, bands, and how well one trial fits many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from il2sim.figures.arms import group_colors, quiet_grid, sheet
from il2sim.figures.panels import BANDS
from il2sim.figures.style import FAINT, INK, sign, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from il2sim.study.allocation import Numbers
    from il2sim.study.findings import Findings

Floats = NDArray[np.float64]

MOST_QUANTITIES, MOST_LINES = 4, 25
"""Quantities in a row, and subjects drawn as lines in a panel."""

PERCENTILES = (10, 50, 90)
"""Of a visual predictive check; a small trial has no 5 %."""

WIDE, HIGH, GAP, MARGIN = 2.2, 1.75, 0.42, 0.75
"""Sizes of panels and what is between them, [inch]."""


def followed(findings: Findings) -> list[str]:
    """Quantities that are drawn: of the primary endpoint first, then as watched."""
    trial = findings.trial
    first = trial.measure(trial.primary).quantities
    names = [name for name in first if name in trial.watch]
    names += [name for name in trial.watch if name not in names]
    return names[:MOST_QUANTITIES]


def spaghetti(findings: Findings) -> Figure:
    """Draw every group over time: bands over all subjects, lines for some of them."""
    trial, records = findings.trial, findings.records
    groups, colors = trial.groups(), group_colors(trial)
    names = followed(findings)
    days = findings.plan.tasks[0].times_h / 24.0
    width = MARGIN + len(names) * (WIDE + GAP) + 0.3
    height = 0.35 + len(groups) * (HIGH + 0.32) + 0.45
    with styled():
        page = sheet(
            width,
            height,
            title="Every subject, and the bands over them",
            below=f"Blood and tumor as they are, over rest. Bands: half and 90 % of "
            f"the subjects of all {trial.n_trials or 1} simulated trials; lines: "
            f"{MOST_LINES} of them; thick: median.",
        )
        for column, name in enumerate(names):
            i = trial.watch.index(name)
            folds = records.visits[:, :, i] / records.resting[:, i, None]
            limits = _limits(folds[records.is_done], share=0.004)
            for row, group in enumerate(groups):
                mine = folds[(records.group == row) & records.is_done]
                axes = page.panel(
                    MARGIN + column * (WIDE + GAP),
                    0.35 + row * (HIGH + 0.32),
                    WIDE,
                    HIGH,
                )
                _bands(axes, days, mine, colors[row])
                _fold_axis(axes, *limits)
                _day_axis(axes, trial.end_day, is_last=row == len(groups) - 1)
                if row == 0:
                    axes.set_title(f"{name}, fold")
                if column == 0:
                    axes.set_ylabel(group, color=colors[row], fontweight="bold")
        sign(page.figure, "il2sim")
    return page.figure


def predictive_check(findings: Findings) -> Figure:
    """Draw one trial as measured, inside what all simulated trials would measure.

    For each visit: the 10 %, 50 % and 90 % of the first trial's subjects as lines, and
    bands that hold the same percentile of 90 % of all trials.
    """
    from il2sim.study.trial_readings import read_visits

    trial, records = findings.trial, findings.records
    groups, colors = trial.groups(), group_colors(trial)
    name = followed(findings)[0]
    seen = read_visits(findings.plan, records, name)
    number = trial.trial_of(records.subject)
    days = findings.plan.tasks[0].times_h / 24.0
    width = MARGIN + len(groups) * (2.9 + 0.55) + 0.1
    with styled():
        page = sheet(
            width,
            3.35,
            title=f"Visual predictive check: {name}",
            below="Lines: 10, 50 and 90 % of the subjects of one trial, with the noise "
            f"of its laboratory. Bands: where the same percentile lies in 90 % of "
            f"{trial.n_trials} trials; their width is what so small a trial and "
            "uncertain parameters leave open.",
        )
        every = [
            _percentiles(seen, records.group == i, number) for i in range(len(groups))
        ]
        limits = _limits(np.concatenate([one.ravel() for one in every]), share=0.0)
        for i, group in enumerate(groups):
            axes = page.panel(MARGIN + i * (2.9 + 0.55), 0.4, 2.9, 2.4)
            if len(every[i]):
                _check(axes, days, every[i], colors[i])
            _fold_axis(axes, *limits)
            axes.tick_params(labelleft=i == 0)
            _day_axis(axes, trial.end_day, is_last=True)
            axes.set_title(group, color=colors[i])
            if i == 0:
                axes.set_ylabel(f"{name}, reading over rest")
        sign(page.figure, "il2sim")
    return page.figure


def _bands(axes: Axes, days: Floats, folds: Floats, color: str) -> None:
    if not len(folds):
        return
    for (low, high), strength in zip(BANDS, (0.14, 0.26), strict=True):
        under, over = np.quantile(folds, [low, high], axis=0)
        axes.fill_between(days, under, over, color=color, alpha=strength, linewidth=0)
    some = np.linspace(0, len(folds) - 1, MOST_LINES).astype(int)
    axes.plot(days, folds[some].T, color=color, linewidth=0.5, alpha=0.5)
    axes.plot(days, np.median(folds, axis=0), color=color, linewidth=2.0)


def _percentiles(seen: Floats, mine: NDArray[np.bool_], number: Numbers) -> Floats:
    """Of each trial that was seen at every visit: ``(n_trials, 3, n_visits)``."""
    found = []
    for r in np.unique(number[mine]):
        values = seen[mine & (number == r)]
        if len(values) and np.all(np.any(np.isfinite(values), axis=0)):
            found.append(np.nanpercentile(values, PERCENTILES, axis=0))
    return np.array(found).reshape(len(found), len(PERCENTILES), seen.shape[1])


def _check(axes: Axes, days: Floats, each: Floats, color: str) -> None:
    low, high = np.nanquantile(each, [0.05, 0.95], axis=0)
    for i in range(len(PERCENTILES)):
        tint, strength = (color, 0.42) if PERCENTILES[i] == 50 else (FAINT, 0.24)
        axes.fill_between(
            days, low[i], high[i], color=tint, alpha=strength, linewidth=0
        )
    for i, percentile in enumerate(PERCENTILES):
        dash = "-" if percentile == 50 else (0, (4, 2))
        axes.plot(
            days,
            each[0][i],
            color=INK,
            linewidth=1.2,
            linestyle=dash,
            marker="o",
            markersize=2.6,
        )
        axes.annotate(
            f"{percentile} %",
            (days[-1], each[0][i][-1]),
            xytext=(4, 0),
            textcoords="offset points",
            fontsize=7,
            va="center",
        )


def _limits(folds: Floats, *, share: float) -> tuple[float, float]:
    """Limits that leave out a share of the values on each side."""
    known = folds[np.isfinite(folds) & (folds > 0)]
    if not known.size:
        return 0.5, 2.0
    low, high = np.quantile(known, [share, 1 - share])
    low, high = min(low, 0.8), max(high, 1.3)
    return float(low / 1.15), float(high * 1.15)


def _fold_axis(axes: Axes, low: float, high: float) -> None:
    from il2sim.figures.panels import fold_axis

    fold_axis(axes, low, high)
    quiet_grid(axes, axis="y")


def _day_axis(axes: Axes, end_day: float, *, is_last: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(0, end_day)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 4, 7, 10]))
    if is_last:
        axes.set_xlabel("day")
    else:
        axes.tick_params(labelbottom=False)
    axes.spines["bottom"].set_color(FAINT)
