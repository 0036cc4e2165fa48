"""One panel: bands over subjects, dose marks, published ranges, an axis of time.

Each function draws one thing into axes that it is given.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from il2sim.engine.trajectories import SAME_TIME_H, TimeCourse
from il2sim.figures.published import Published
from il2sim.figures.style import FAINT, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BANDS = ((0.05, 0.95), (0.25, 0.75))
"""Quantiles of the wide and of the narrow band: 90 % and half of the subjects."""

FINE_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
COARSE_TICKS = tuple(10.0**power for power in range(-9, 10))

HOURS_A_DAY, HOURS_A_WEEK = 24.0, 168.0

SETTLED_H, COURSE_ENDS_H = 48.0, HOURS_A_WEEK
"""Cells that a dose moved out of blood are back by then, [h]; a dose that none follows
for longer than this is the last of a course, [h]."""

SYMBOLS = {"up": "▲ up", "down": "▼ down", "ns": "≈ not significant"}


def band(axes: Axes, course: TimeCourse, color: str, *, day: float = 24.0) -> None:
    """Draw the median over subjects, with half and 90 % of them around it."""
    x = course.times_h / day
    for (low, high), strength in zip(BANDS, (0.16, 0.30), strict=True):
        under, over = course.quantile([low, high])
        axes.fill_between(x, under, over, color=color, alpha=strength, linewidth=0)
    axes.plot(x, course.median(), color=color, linewidth=1.7)


def pick_times(course: TimeCourse, chosen: NDArray[np.bool_]) -> TimeCourse:
    """Keep some of the recorded times."""
    return replace(
        course, times_h=course.times_h[chosen], values=course.values[:, chosen]
    )


def before_doses(
    times_h: NDArray[np.float64], doses_h: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Find the moments at which blood is drawn in a trial.

    At the time of a dose (the record is taken before it), and after the last dose of a
    course from the moment when the next one would be due (`SETTLED_H` later, if it was
    the only one): in between, cells that left blood for some hours would show as a fall
    of their number.

    Examples
    --------
    >>> before_doses(np.array([0.0, 6.0, 24.0, 30.0, 72.0]), np.array([0.0, 24.0]))
    array([ True, False,  True, False,  True])
    """
    if not doses_h.size:
        return np.ones(times_h.shape, dtype=bool)
    places = np.searchsorted(doses_h, times_h, side="left")
    last = np.where(places > 0, doses_h[places - 1], -np.inf)
    following = np.append(doses_h, np.inf)[places]
    at_dose = np.isclose(times_h[:, None], doses_h[None, :], rtol=0, atol=SAME_TIME_H)
    is_between = following - last > COURSE_ENDS_H
    interval = np.diff(doses_h, prepend=-np.inf)
    due = np.where(interval <= COURSE_ENDS_H, interval, SETTLED_H)
    is_settled = times_h - last >= due[places - 1] - SAME_TIME_H
    return np.asarray(at_dose.any(axis=1) | (is_between & is_settled))


def mark_doses(axes: Axes, doses_h: NDArray[np.float64], *, day: float = 24.0) -> None:
    """Mark the beginning of each dose by a short line above the time axis."""
    axes.plot(
        doses_h / day,
        np.full(len(doses_h), 0.018),
        transform=axes.get_xaxis_transform(),
        linestyle="none",
        marker="|",
        markersize=5,
        markeredgewidth=max(0.35, min(0.9, 40 / max(len(doses_h), 1))),
        color=INK,
        alpha=0.75,
        zorder=4,
        clip_on=False,
    )


def show_published(
    axes: Axes, results: Iterable[Published], *, day: float = 24.0
) -> None:
    """Draw published numbers and ranges with their evidence keys; list directions."""
    directions: dict[str, list[str]] = {}
    for result in results:
        if result.direction is not None:
            directions.setdefault(result.direction, []).append(result.key)
        else:
            _range(axes, result, day)
    lines = [
        f"published: {SYMBOLS[said]}  ({', '.join(keys)})"
        for said, keys in directions.items()
    ]
    if lines:
        axes.text(
            *(0.04, 0.975),
            "\n".join(lines),
            transform=axes.transAxes,
            va="top",
            fontsize=7,
            color=INK,
        )


def _range(axes: Axes, result: Published, day: float) -> None:
    """One range: its sides over the time it speaks of, an open side as an arrow."""
    start, end = result.start_h / day, result.end_h / day
    middle = (start + end) / 2
    known = [side for side in (result.low, result.high) if math.isfinite(side)]
    for side in known:
        axes.plot([start, end], [side, side], color=INK, linewidth=1.1, zorder=5)
    if result.is_bound:
        factor = 1.35 if math.isinf(result.high) else 1 / 1.35
        axes.annotate(
            "",
            xy=(middle, known[0] * factor),
            xytext=(middle, known[0]),
            arrowprops={"arrowstyle": "-|>", "color": INK, "shrinkA": 0},
            zorder=5,
        )
    elif known:
        axes.plot([middle, middle], known, "_-", color=INK, linewidth=1.1, zorder=5)
    if result.value is not None:
        axes.plot(
            middle, result.value, "o", color=INK, mfc="white", markersize=4, zorder=6
        )
    top = max([*known, result.value or 0.0])
    _key(axes, result.key, middle, top, above=not result.is_bound)


def _key(axes: Axes, key: str, x: float, y: float, *, above: bool) -> None:
    """Write an evidence key so that it can be read over a band."""
    from matplotlib.patheffects import withStroke

    text = axes.annotate(
        key,
        xy=(x, y),
        xytext=(0, 3) if above else (6, 5),
        textcoords="offset points",
        ha="center" if above else "left",
        fontsize=6.5,
        color=INK,
        zorder=7,
    )
    text.set_path_effects([withStroke(linewidth=2, foreground="white")])


def fold_axis(axes: Axes, low: float, high: float) -> None:
    """Make the upright axis one of folds: equal steps for equal factors."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    axes.set_yscale("log")
    axes.set_ylim(low, high)
    axes.axhline(1.0, color=FAINT, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    decades = math.log10(high / low)
    ticks: Sequence[float] = FINE_TICKS if decades < 3 else COARSE_TICKS
    if decades < 0.8:
        ticks = (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 3, 4, 5)
    axes.yaxis.set_major_locator(FixedLocator([t for t in ticks if low <= t <= high]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}×"))


def fold_limits(courses: Iterable[TimeCourse], extra: Iterable[float]) -> list[float]:
    """Find limits, [1], that hold every band and every number in `extra`."""
    seen = [value for value in extra if math.isfinite(value) and value > 0]
    for course in courses:
        bands = course.quantile([BANDS[0][0], BANDS[0][1]])
        seen += [float(v) for v in bands[np.isfinite(bands) & (bands > 0)]]
    low, high = min([*seen, 0.8]), max([*seen, 1.4])
    space = (high / low) ** 0.07
    return [low / space**1.6, high * space]


def plain_axis(axes: Axes, highest: float) -> None:
    """Begin the upright axis at zero and write its numbers out."""
    from matplotlib.ticker import FuncFormatter

    axes.set_ylim(0, 1.12 * highest or 1.0)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: _written_out(y)))


def _written_out(number: float) -> str:
    """With commas, or as a power of ten where there are too many digits for an axis."""
    if abs(number) < 1e6:
        return f"{number:,.10g}"
    figures, power = f"{number:.3e}".split("e")
    return f"{float(figures):g}e{int(power)}"


def time_axis(axes: Axes, end_h: float) -> float:
    """Name the axis of time and choose its unit; the answer is that unit in hours."""
    from matplotlib.ticker import MaxNLocator

    if end_h > 42 * HOURS_A_DAY:
        unit, label = HOURS_A_WEEK, "week"
    elif end_h > 3 * HOURS_A_DAY:
        unit, label = HOURS_A_DAY, "day"
    else:
        unit, label = 1.0, "hour"
    axes.set_xlim(0, end_h / unit)
    axes.set_xlabel(f"{label} of treatment")
    steps = [1, 1.2, 2, 2.4, 4, 6, 8, 10] if label == "hour" else [1, 2, 4, 5, 7, 10]
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=steps))
    return unit
