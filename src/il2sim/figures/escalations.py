"""Dose escalation: what each dose does, which is chosen, and how one trial went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from il2sim.figures.arms import quiet_grid, sheet
from il2sim.figures.style import FAINT, INK, sign, styled
from il2sim.study.effects import wilson
from il2sim.study.findings import chosen_doses

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from il2sim.study.escalation import Escalated
    from il2sim.study.findings import Findings

TOXIC, FREE = "#C1440E", "#0B4F8A"


def escalation(findings: Findings) -> Figure:
    """Draw toxicity by dose, how often each dose is recommended, and one trial."""
    trial, rule = findings.trial, findings.trial.escalation
    if rule is None or not findings.escalations:
        raise ValueError("a trial without escalation has no such figure")
    names = [arm.name for arm in trial.arms]
    with styled():
        page = sheet(
            9.6,
            3.6,
            title=f"Dose escalation by {rule.design}",
            below=f"Left: subjects with '{rule.toxicity}' at each dose. "
            f"Middle: how often {len(findings.escalations)} trials recommend each. "
            "Right: the first of them, cohort by cohort; a filled mark is a toxicity.",
        )
        each = [page.panel(0.75 + 3.1 * i, 0.3, 2.45, 2.4) for i in range(3)]
        _toxicity(each[0], findings)
        _recommended(each[1], findings)
        _path(each[2], findings.escalations[0], names)
        for axes in each[:2]:
            axes.set_xticks(range(len(names)), names, rotation=35, ha="right")
            quiet_grid(axes, axis="y")
        sign(page.figure, "il2sim")
    return page.figure


def _toxicity(axes: Axes, findings: Findings) -> None:
    trial, rule = findings.trial, findings.trial.escalation
    assert rule is not None  # noqa: S101 - asked before
    column = trial.measure_names.index(rule.toxicity)
    for arm in range(len(trial.arms)):
        values = findings.readings.values[findings.readings.arm == arm, column]
        values = values[np.isfinite(values)]
        low, high = wilson(float(np.sum(values)), len(values))
        axes.plot([arm, arm], [low, high], color=TOXIC, linewidth=1.5)
        mean = np.mean(values) if values.size else np.nan
        axes.plot(arm, mean, "o", color=TOXIC, clip_on=False, zorder=4)
    if rule.design == "BOIN":
        axes.axhline(rule.target, color=FAINT, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.text(0, rule.target, " target", va="bottom", fontsize=7, color=FAINT)
    axes.set_ylim(0, 1)
    axes.set_title("toxicity")
    axes.set_ylabel("share of subjects")


def _recommended(axes: Axes, findings: Findings) -> None:
    told = chosen_doses(findings.trial, findings.escalations)
    for i, one in enumerate(told["doses"].values()):
        axes.bar(i, one["recommended"], color=FREE, alpha=0.6, width=0.7)
        axes.plot([i, i], [one["low"], one["high"]], color=INK, linewidth=1.2)
    axes.set_ylim(0, 1)
    axes.set_title("recommended")
    axes.set_ylabel("share of trials")


def _path(axes: Axes, one: Escalated, names: list[str]) -> None:
    x = 0
    for dose, toxic, size in zip(one.doses, one.toxic, one.sizes, strict=True):
        for i in range(size):
            is_toxic = i >= size - toxic
            axes.plot(
                x + i,
                dose,
                "o",
                mfc=TOXIC if is_toxic else "white",
                mec=TOXIC if is_toxic else FREE,
                markersize=5,
            )
        x += size
    if one.chosen >= 0:
        axes.axhline(one.chosen, color=FREE, linewidth=6, alpha=0.14, zorder=0)
    axes.set_title(
        f"one trial: {names[one.chosen]}" if one.chosen >= 0 else "one trial: none"
    )
    axes.set_xlabel("subject, in order of enrollment")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(-0.6, len(names) - 0.4)
    quiet_grid(axes, axis="y")
