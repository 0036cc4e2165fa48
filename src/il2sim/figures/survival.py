"""Kaplan-Meier curves: how many are still free of an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from il2sim.figures.arms import arm_colors, quiet_grid, sheet
from il2sim.figures.style import INK, sign, styled
from il2sim.study.effects import Survival, kaplan_meier

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from il2sim.study.findings import Findings
    from il2sim.study.trial_measure import Measure

MOST_CENSORED = 400
"""Marks of censored subjects in one curve; more would be a solid line."""


def survival(findings: Findings, measure: Measure) -> Figure:
    """Draw who is still free of an event, with intervals and the number at risk.

    All simulated trials together; bands are 95 % intervals of the curve.
    """
    trial, readings = findings.trial, findings.readings
    column = trial.measures.index(measure)
    colors = arm_colors(trial)
    rows = 0.19 * len(trial.arms)
    with styled():
        page = sheet(
            6.4,
            4.05 + rows,
            title=f"Free of {measure.name}",
            below=_below(findings, measure),
        )
        axes = page.panel(1.3, 0.3, 4.75, 2.85)
        ticks = _ticks(trial.days)
        for arm, color in enumerate(colors):
            mine = readings.arm == arm
            times = readings.values[mine, column]
            known = np.isfinite(times)
            events = readings.is_event[mine, column][known]
            times = times[known]
            if times.size:
                curve = kaplan_meier(times, events)
                _curve(axes, curve, trial.days, color)
                _at_risk(axes, times, ticks, trial.arms[arm].name, (arm, color))
        axes.set_xlim(0, trial.days)
        axes.set_ylim(0, 1.03)
        axes.set_xticks(ticks)
        axes.set_xlabel("day")
        axes.set_ylabel("share free of it")
        quiet_grid(axes, axis="y")
        _head_of_risk(axes)
        sign(page.figure, "il2sim")
    return page.figure


def _curve(axes: Axes, curve: Survival, days: float, color: str) -> None:
    times = np.r_[curve.times, max(days, curve.times[-1])]
    share, low, high = (
        np.r_[one, one[-1]] for one in (curve.share, curve.low, curve.high)
    )
    axes.fill_between(
        times, low, high, step="post", color=color, alpha=0.18, linewidth=0
    )
    axes.step(times, share, where="post", color=color, linewidth=1.7)
    ticks = curve.censored[curve.censored < days][:MOST_CENSORED]
    axes.plot(
        ticks,
        [curve.at(float(one)) for one in ticks],
        "|",
        color=color,
        markersize=4.5,
        markeredgewidth=0.7,
    )


def _at_risk(
    axes: Axes,
    times: np.ndarray,
    ticks: list[float],
    name: str,
    place: tuple[int, str],
) -> None:
    """How many are still followed without the event, below the axis."""
    row, color = place
    low = -0.29 - 0.068 * row
    turned = axes.get_xaxis_transform()
    axes.text(
        -0.075, low, name, transform=axes.transAxes, ha="right", color=color,
        fontsize=7.5, fontweight="bold",
    )  # fmt: skip
    for tick in ticks:
        n = int(np.count_nonzero(times >= tick))
        axes.text(
            tick, low, f"{n:,}", transform=turned, ha="center", fontsize=7.5, color=INK
        )


def _head_of_risk(axes: Axes) -> None:
    axes.text(
        -0.075, -0.222, "at risk", transform=axes.transAxes, ha="right", fontsize=7.5
    )


def _below(findings: Findings, measure: Measure) -> str:
    told = []
    for one in findings.of(measure.name):
        ratio = one.pooled
        told.append(
            f"{one.arm} against {one.control}: hazard ratio {ratio.estimate:.2f} "
            f"({ratio.low:.2f}–{ratio.high:.2f})."
        )
    what = "falls to" if measure.is_fall else "reaches"
    limit = f"{measure.threshold:g}" + ("-fold of rest" if measure.is_fold else "")
    return " ".join(
        [
            f"The event: {measure.quantity} {what} {limit}. Kaplan-Meier over the "
            "subjects of all simulated trials, 95 % bands; short lines: last seen "
            "without it.",
            *told,
        ]
    )


def _ticks(days: float) -> list[float]:
    steps = (1, 2, 5, 7, 14, 28, 56, 84, 182)
    step = next((one for one in steps if days / one <= 7), max(1.0, days / 6))
    return [float(one) for one in np.arange(0, days + 1e-9, step)]
