"""Arms compared: the effect in groups, its power and doubt, exposure and answer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from il2sim.figures.arms import arm_colors, quiet_grid, sheet
from il2sim.figures.persons import name_arms
from il2sim.figures.style import FAINT, INK, sign, styled
from il2sim.study.compared import in_groups
from il2sim.study.effects import wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from il2sim.study.compared import Compared
    from il2sim.study.effects import Effect
    from il2sim.study.findings import Findings
    from il2sim.study.trial_measure import Measure

SOURCES = {
    "parameters": ("#6B4423", "uncertain parameters"),
    "patients": ("#1F78B4", "patients differ"),
    "readings": ("#E0A100", "laboratory"),
}
"""Color and words of each source of doubt."""

ROW = 0.3
"""Height of one row of a forest, [inch]."""

BINS = 8
"""Groups of equal size along the exposure."""

MOST_DOTS = 1500

NARROW, WIDE = 3.0, 30.0
"""Ranges of ratios, below and above which an axis has other ticks."""


def forest(findings: Findings, measure: Measure, arm: int) -> Figure | None:
    """Draw the effect in all subjects and in groups of them, with 95 % intervals.

    None where there are too few subjects for any interval.
    """
    trial = findings.trial
    everybody = np.ones(findings.plan.n, dtype=bool)
    groups = {"all subjects": everybody, **subgroups(findings)}
    found = in_groups(trial, findings.readings, measure, arm, groups)
    rows = [(name, *one) for name, one in found.items() if math.isfinite(one[0].low)]
    if not rows:
        return None
    with styled():
        page = sheet(
            7.6,
            ROW * len(rows) + 1.15,
            title=f"Forest: {measure.name}",
            below=f"Effect of {trial.arms[arm].name} against {trial.control}, all "
            "simulated trials together; 95 % intervals. Groups overlap and come from "
            "one model: they show where it differs, and are no tests.",
        )
        axes = page.panel(2.5, 0.3, 3.1, ROW * len(rows) + 0.05)
        for i, (name, effect, n) in enumerate(rows):
            _forest_row(axes, len(rows) - 1 - i, effect, is_whole=i == 0)
            middle = 1 - (i + 0.5) / len(rows)
            axes.text(
                -0.04, middle, name, transform=axes.transAxes, ha="right", va="center",
                fontweight="bold" if i == 0 else "normal",
            )  # fmt: skip
            axes.text(
                1.04, middle, f"{_told(effect)}   n = {n:,}", va="center",
                transform=axes.transAxes, fontsize=7.8,
            )  # fmt: skip
        _effect_axis(axes, [one for _, one, _ in rows])
        axes.set_ylim(-0.5, len(rows) - 0.5)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        sign(page.figure, "il2sim")
    return page.figure


def subgroups(findings: Findings) -> dict[str, NDArray[np.bool_]]:
    """Groups of subjects: sexes, ages, sizes and counts at rest, halved."""
    people = findings.trial.persons.draw()
    found = {"women": people.is_female, "men": ~people.is_female}
    halved = {
        "age": (people.age_y, "y"),
        "weight": (people.weight_kg, "kg"),
        "memory Treg at rest": (people.counts["memory Treg"], "/µL"),
        "memory CD8 at rest": (people.counts["memory CD8"], "/µL"),
    }
    for what, (values, unit) in halved.items():
        middle = float(np.median(values))
        found[f"{what} < {middle:.3g} {unit}"] = values < middle
        found[f"{what} ≥ {middle:.3g} {unit}"] = values >= middle
    return found


def power(findings: Findings) -> Figure:
    """Draw how many trials find an effect, and where the doubt of one comes from."""
    compared = findings.compared
    trial = findings.trial
    high = ROW * len(compared) + 0.05
    with styled():
        page = sheet(
            9.2,
            high + 1.35,
            title="Power, and where the doubt comes from",
            below=f"Left: share of {trial.n_trials} simulated trials of {trial.size} "
            f"subjects with p < {trial.alpha:g}; lines: 95 % interval by their number; "
            "hollow: already at the first look. Right: variance of the effect that one "
            "such trial finds.",
        )
        left = page.panel(2.9, 0.45, 2.5, high)
        right = page.panel(5.75, 0.45, 3.1, high)
        for i, one in enumerate(compared):
            y = len(compared) - 1 - i
            _power_row(left, y, one, trial.primary)
            _doubt_row(right, y, one)
            name = one.measure + ("" if len(trial.arms) == 2 else f": {one.arm}")
            left.text(
                -0.04, y, name, ha="right", va="center",
                transform=left.get_yaxis_transform(),
                fontweight="bold" if one.measure == trial.primary else "normal",
            )  # fmt: skip
        for axes, label in ((left, "power"), (right, "share of the variance")):
            axes.set_xlim(0, 1)
            axes.set_ylim(-0.5, len(compared) - 0.5)
            axes.set_yticks([])
            axes.set_xlabel(label)
            axes.spines["left"].set_visible(False)
            quiet_grid(axes)
        left.axvline(0.8, color=FAINT, linewidth=0.8, linestyle=(0, (4, 3)))
        _name_sources(right)
        sign(page.figure, "il2sim")
    return page.figure


def exposure_response(findings: Findings, exposure: Measure, answer: Measure) -> Figure:
    """Draw an endpoint against exposure, over all arms."""
    trial, readings = findings.trial, findings.readings
    x = readings.values[:, trial.measures.index(exposure)]
    y = readings.values[:, trial.measures.index(answer)]
    known = np.isfinite(x) & np.isfinite(y) & (x > 0)
    x, y, arms = x[known], y[known], readings.arm[known]
    unit = exposure.unit(findings.plan.units)
    with styled():
        page = sheet(
            6.0,
            3.75,
            title=f"Exposure and {answer.name}",
            below="Dots: subjects of all simulated trials"
            + (", spread upwards to be seen" if answer.is_yes_or_no else "")
            + f". Black: {BINS} groups of equal size along the exposure, with "
            + (
                "95 % intervals." if answer.is_yes_or_no else "median and half of them."
            ),
        )
        axes = page.panel(0.85, 0.25, 4.85, 2.8)
        _dots(axes, (x, y, arms), findings, is_spread=answer.is_yes_or_no)
        for some in np.array_split(np.argsort(x, kind="stable"), BINS):
            if some.size:
                _bin(axes, float(np.median(x[some])), y[some], answer)
        axes.set_xscale("log")
        axes.set_xlabel(f"{exposure.name} [{unit.replace('*', '·')}]")
        if answer.is_yes_or_no:
            axes.set_ylim(-0.07, 1.07)
            axes.set_ylabel(f"share with {answer.name}")
        else:
            axes.set_ylabel(answer.name)
            if answer.scale == "log":
                _log_axis(axes)
        quiet_grid(axes, axis="y")
        name_arms(axes, findings, place="best")
        sign(page.figure, "il2sim")
    return page.figure


def _forest_row(axes: Axes, y: float, effect: Effect, *, is_whole: bool) -> None:
    axes.plot([effect.low, effect.high], [y, y], color=INK, linewidth=1.4)
    axes.plot(
        effect.estimate,
        y,
        "D" if is_whole else "s",
        color="#0B4F8A" if is_whole else INK,
        markersize=7 if is_whole else 4.5,
        zorder=4,
    )


def _effect_axis(axes: Axes, effects: list[Effect]) -> None:
    """A logarithmic axis for ratios; the line of no effect always in sight."""
    from matplotlib.ticker import (
        FixedLocator,
        FuncFormatter,
        LogLocator,
        MaxNLocator,
        NullFormatter,
        NullLocator,
    )

    is_ratio = "ratio" in effects[0].contrast
    edges = [one for effect in effects for one in (effect.low, effect.high)]
    none = 1.0 if is_ratio else 0.0
    low, high = min([*edges, none]), max([*edges, none])
    if is_ratio:
        room = (high / low) ** 0.08
        axes.set_xscale("log")
        axes.set_xlim(low / room, high * room)
        if high / low < NARROW:
            steps = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
            axes.xaxis.set_major_locator(FixedLocator(list(steps)))
            axes.xaxis.set_minor_locator(NullLocator())
        else:
            wide = high / low > WIDE
            axes.xaxis.set_major_locator(
                LogLocator(subs=(1.0,) if wide else (1.0, 1.5, 2.0, 3.0, 5.0))
            )
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        room = 0.08 * (high - low)
        axes.set_xlim(low - room, high + room)
    axes.axvline(none, color=FAINT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    axes.set_xlabel(effects[0].contrast)
    quiet_grid(axes)


def _told(effect: Effect) -> str:
    return f"{effect.estimate:.2f} ({effect.low:.2f} to {effect.high:.2f})"


def _power_row(axes: Axes, y: float, one: Compared, primary: str) -> None:
    color = "#0B4F8A" if one.measure == primary else INK
    axes.plot([one.low, one.high], [y, y], color=color, linewidth=1.5)
    axes.plot(one.power, y, "o", color=color, markersize=5, zorder=4, clip_on=False)
    for found in one.at_looks[:-1]:
        axes.plot(
            found / max(1, one.n_trials), y, "o", mfc="white", mec=color,
            markersize=4.5, zorder=3, clip_on=False,
        )  # fmt: skip


def _doubt_row(axes: Axes, y: float, one: Compared) -> None:
    parts = {name: getattr(one.typical, name) ** 2 for name in SOURCES}
    total = sum(parts.values())
    if not total > 0:
        return
    left = 0.0
    for name, (color, _) in SOURCES.items():
        share = parts[name] / total
        axes.barh(y, share, left=left, height=0.6, color=color, linewidth=0)
        if share > 0.12:
            axes.text(
                left + share / 2, y, f"{100 * share:.0f} %", ha="center", va="center",
                color="white", fontsize=7, fontweight="bold",
            )  # fmt: skip
        left += share


def _name_sources(axes: Axes) -> None:
    from matplotlib.patches import Patch

    boxes = [Patch(color=color, label=told) for color, told in SOURCES.values()]
    axes.legend(
        handles=boxes, loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=3,
        handlelength=0.9, columnspacing=1.0, handletextpad=0.4, fontsize=7.2,
    )  # fmt: skip


def _dots(
    axes: Axes,
    dots: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]],
    findings: Findings,
    *,
    is_spread: bool,
) -> None:
    """Some of the subjects, so that a thousand do not hide each other."""
    x, y, arms = dots
    some = np.unique(np.linspace(0, max(0, len(x) - 1), MOST_DOTS).astype(int))
    some = some[: len(x)]
    for arm, color in enumerate(arm_colors(findings.trial)):
        mine = np.array([i for i in some if arms[i] == arm], dtype=int)
        up = y[mine]
        if is_spread:
            spread = np.modf(np.arange(len(mine)) * 0.6180339887)[0] - 0.5
            up = up + 0.08 * spread
        axes.plot(
            x[mine], up, "o", color=color, markersize=2.4, alpha=0.35, mew=0, zorder=2
        )


def _bin(axes: Axes, x: float, y: NDArray[np.float64], answer: Measure) -> None:
    if answer.is_yes_or_no:
        middle = float(np.mean(y))
        low, high = wilson(float(np.sum(y)), len(y))
    else:
        low, middle, high = (float(v) for v in np.quantile(y, [0.25, 0.5, 0.75]))
    axes.plot([x, x], [low, high], color=INK, linewidth=1.3, zorder=4)
    axes.plot(x, middle, "s", color=INK, markersize=4.5, zorder=5)


def _log_axis(axes: Axes) -> None:
    from matplotlib.ticker import FuncFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
