"""One trial, subject by subject: who gained most, and who stayed how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from il2sim.figures.arms import arm_colors, quiet_grid, sheet
from il2sim.figures.style import INK, sign, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from il2sim.study.findings import Findings
    from il2sim.study.trial_measure import Measure
    from il2sim.study.trial_readings import Readings

RESPONSE, PROGRESSION = 0.343, 1.728
"""Volumes of RECIST 1.1's limits of the diameter, 70 and 120 %, over the first one."""

TUMOR = "tumor"


def first_trial(findings: Findings) -> Readings:
    """The readings of the first simulated trial."""
    return findings.readings.rows(findings.readings.trial == 0)


def falling(findings: Findings) -> Measure | None:
    """The endpoint of a waterfall: a fold of the tumor, else the primary."""
    trial = findings.trial
    folds = [one for one in trial.measures if one.is_relative and not one.is_yes_or_no]
    tumors = [one for one in folds if one.quantity == TUMOR]
    primary = [one for one in folds if one.name == trial.primary]
    return next(iter([*tumors, *primary]), None)


def waterfall(findings: Findings, measure: Measure) -> Figure:
    """Draw the change of every subject of one trial, the largest gain first."""
    trial, readings = findings.trial, first_trial(findings)
    colors = arm_colors(trial)
    values = readings.values[:, trial.measures.index(measure)]
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(-values[known], kind="stable")]
    change = 100 * (values[order] - 1)
    with styled():
        page = sheet(
            max(6.2, 0.11 * len(order) + 1.4),
            3.55,
            title=f"Waterfall: {measure.name}",
            below="Change from the first reading in one simulated trial, with the "
            "noise of its laboratory. "
            + (
                "Dotted: response (−66 % of the volume, 70 % of the diameter) and "
                "progression (+73 %)."
                if measure.quantity == TUMOR
                else ""
            ),
        )
        axes = page.panel(0.75, 0.5, page.width - 1.0, 2.75)
        tints = [colors[arm] for arm in readings.arm[order]]
        shown = np.minimum(change, _tallest(change))
        axes.bar(np.arange(len(order)), shown, color=tints, width=0.82)
        for i in np.flatnonzero(change > shown):
            axes.annotate(
                f"{change[i]:+.0f}",
                (i, shown[i]),
                xytext=(0, 2),
                textcoords="offset points",
                ha="center",
                fontsize=5.5,
                rotation=90,
            )
        if measure.quantity == TUMOR:
            for limit in (RESPONSE, PROGRESSION):
                axes.axhline(100 * (limit - 1), color=INK, linewidth=0.8, linestyle=":")
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.set_ylabel("change, %")
        axes.set_xlim(-0.8, len(order) - 0.2)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        quiet_grid(axes, axis="y")
        name_arms(axes, findings, place="upper right")
        sign(page.figure, f"il2sim · {len(order)} of {len(values)} readings were made")
    return page.figure


def swimmer(findings: Findings) -> Figure:
    """Draw how long each subject of one trial was followed, and what happened."""
    from il2sim.study.trial_readings import left_days

    trial, readings = findings.trial, first_trial(findings)
    colors = arm_colors(trial)
    left = np.minimum(left_days(findings.records, readings.subject), trial.days)
    order = np.lexsort((left, readings.arm))
    events = [(i, one) for i, one in enumerate(trial.measures) if one.is_event]
    answers = [
        (i, one)
        for i, one in enumerate(trial.measures)
        if one.is_yes_or_no and one.quantity == TUMOR
    ]
    with styled():
        page = sheet(
            7.4,
            0.085 * len(order) + 1.45,
            title="Swimmers: who was followed how long",
            below="Every subject of one simulated trial; each bar ends with its last "
            "visit.",
        )
        axes = page.panel(0.75, 0.35, 6.35, 0.085 * len(order) + 0.3)
        axes.barh(
            np.arange(len(order)),
            left[order],
            height=0.72,
            color=[colors[arm] for arm in readings.arm[order]],
            alpha=0.55,
            linewidth=0,
        )
        marks = [("left", left < trial.days, left, "x", INK)]
        for i, one in events:
            seen = readings.is_event[:, i]
            marks.append((one.name, seen, readings.values[:, i], "D", "#C1440E"))
        for i, one in answers:
            yes = readings.values[:, i] == 1
            marks.append((one.name, yes, np.full(len(yes), trial.days), "*", "#0B8A5A"))
        for name, some, when, symbol, color in marks:
            places = np.flatnonzero(some[order])
            axes.plot(
                when[order][places],
                places,
                symbol,
                color=color,
                markersize=5.5 if symbol == "*" else 3.2,
                label=f"{name} ({len(places)})",
                clip_on=False,
                zorder=4,
            )
        axes.set_xlim(0, trial.days)
        axes.set_ylim(-0.8, len(order) - 0.2)
        axes.set_yticks([])
        axes.set_xlabel("day")
        axes.spines["left"].set_visible(False)
        quiet_grid(axes)
        _name_blocks(axes, findings, readings.arm[order])
        axes.legend(
            loc="upper left",
            bbox_to_anchor=(0, -0.38 / (0.085 * len(order) + 0.3)),
            ncols=4,
            handletextpad=0.2,
        )
        sign(page.figure, "il2sim")
    return page.figure


def name_arms(
    axes: Axes, findings: Findings, *, place: Literal["upper right", "best"]
) -> None:
    """Write the arms in their colors."""
    from matplotlib.patches import Patch

    trial = findings.trial
    boxes = [
        Patch(color=color, label=arm.name)
        for arm, color in zip(trial.arms, arm_colors(trial), strict=True)
    ]
    axes.legend(handles=boxes, loc=place, handlelength=1.0)


def _name_blocks(axes: Axes, findings: Findings, arms: np.ndarray) -> None:
    trial = findings.trial
    for arm, color in enumerate(arm_colors(trial)):
        places = np.flatnonzero(arms == arm)
        if places.size:
            axes.text(
                -0.012,
                float(np.mean(places)),
                trial.arms[arm].name,
                transform=axes.get_yaxis_transform(),
                rotation=90,
                ha="right",
                va="center",
                color=color,
                fontweight="bold",
            )


def _tallest(change: np.ndarray) -> float:
    """Where bars are cut, so that one outlier does not flatten all others."""
    if not change.size:
        return 1.0
    return float(max(100.0, 1.6 * np.quantile(change, 0.9)))
