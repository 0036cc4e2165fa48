"""Time courses with bands over a population.

`beyer_figure` is our version of Figure 1 of Beyer (OncoImmunology 2012,
doi:10.4161/onci.20639): who expands under IL-2, and how much. Blood counts are shown as
drawn before a dose, plasma IL-2 over the first doses at every recorded moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from il2sim.engine.trajectories import SAME_TIME_H, TimeCourse, Trajectories
from il2sim.errors import UnknownName
from il2sim.figures import panels
from il2sim.figures.published import Published
from il2sim.figures.style import (
    FAINT,
    color_of,
    first_in_rows,
    new_figure,
    sign,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BEYER_PANELS = {
    "naive Treg": "Naive Treg (thymic)",
    "memory Treg": "Memory Treg",
    "CD4 Tconv": "CD4 Tconv (effectors)",
    "CD8": "CD8 (effectors)",
}
"""Output and heading of each panel."""

CLAIM = "Who expands under IL-2, and how much"

ABSOLUTE = {
    "plasma IL-2": "IL-2 in plasma",
    "lymphocytes": "Lymphocytes in blood",
    "NK dim": "NK, CD56dim",
    "NK bright": "NK, CD56bright",
    "TREC per naive Treg": "TREC per naive Treg",
    "TREC of naive Treg": "TREC of naive Treg in blood",
    "emigrants of naive Treg": "Recent thymic emigrants",
    "tumor": "Tumor volume",
    "CD8 in tumor": "CD8 in the tumor",
    "Treg in tumor": "Treg in the tumor",
    "systolic pressure": "Systolic pressure",
    "albumin": "Albumin in plasma",
    "weight gain": "Weight gain",
    "leak grade": "Capillary leak, grade",
}
"""Heading of a panel by its output."""

Moments = Literal["before doses", "all"]
BEFORE_DOSES: Moments = "before doses"

BLOOD = ("plasma IL-2", "lymphocytes", "NK dim", "NK bright")
THYMUS = ("emigrants of naive Treg", "TREC per naive Treg", "TREC of naive Treg")
TUMOR = ("tumor", "Treg in tumor", "CD8 in tumor")
TOXICITY = ("systolic pressure", "albumin", "weight gain", "leak grade")

FULL_SCALE = {"leak grade": 4.0}
"""Where an axis ends whatever is drawn."""

INTERVALS_SHOWN = 3
"""Dose intervals of plasma IL-2 that are shown; more would be a solid block."""

COARSER = 1.5
"""Steps of a record that are longer than the first by so much miss peaks."""

FEWEST_SHOWN = 12
"""Moments that a course of plasma IL-2 needs to be seen as one."""

LOWEST_SHARE = 1e-4
"""Of the highest concentration shown; below, an axis shows only elimination's tail."""


def beyer_figure(
    trajectories: Trajectories,
    *,
    published: Iterable[Published] = (),
    title: str = CLAIM,
    moments: Moments = BEFORE_DOSES,
    columns: int | None = None,
) -> Figure:
    """Draw the fold change of naive and memory Treg, CD4 Tconv and CD8 over time.

    Each subject is compared with its own resting state. Bands hold half and 90 % of
    the subjects that were solved; short lines at the bottom are doses; black marks are
    published results with their evidence keys.

    Parameters
    ----------
    trajectories
        With the four populations among its names.
    published
        What others measured; names that have no panel are left out.
    title
        The headline.
    moments
        ``"before doses"``: as blood is drawn in a trial; ``"all"``: every recorded one.
    columns
        Most panels in a row; all in one unless it is said.

    Raises
    ------
    UnknownName
        One of the four populations was not recorded.

    Examples
    --------
    >>> from il2sim.figures.invented import invented
    >>> len(beyer_figure(invented()).axes)
    4
    """
    folds = [trajectories[name].fold() for name in BEYER_PANELS]
    if moments == BEFORE_DOSES:
        folds = [_as_drawn(fold, trajectories) for fold in folds]
    results = [result for result in published if result.name in BEYER_PANELS]
    edges = [edge for r in results for edge in (r.low, r.high, r.value or 1.0)]
    low, high = panels.fold_limits(folds, edges)
    with styled():
        figure, row = new_figure(
            len(folds),
            title=title,
            below=_below(trajectories, moments),
            share_y=True,
            columns=columns,
        )
        for axes, course in zip(row, folds, strict=True):
            day = panels.time_axis(axes, float(trajectories.times_h[-1]))
            panels.fold_axis(axes, low, high)
            panels.band(axes, course, color_of(course.name), day=day)
            panels.mark_doses(axes, _doses(trajectories), day=day)
            panels.show_published(
                axes, [r for r in results if r.name == course.name], day=day
            )
            axes.set_title(BEYER_PANELS[course.name], color=color_of(course.name))
            _say_last(axes, course, day)
        for axes in first_in_rows(row):
            axes.set_ylabel("count in blood over resting count")
        sign(figure, _made_by(trajectories))
    return figure


def blood_figure(
    trajectories: Trajectories, *, title: str = "Blood", columns: int | None = None
) -> Figure:
    """Draw plasma IL-2 over the first doses, lymphocytes and NK cells over all time.

    Raises
    ------
    UnknownName
        None of these was recorded.
    """
    return _absolute(trajectories, BLOOD, title, columns)


def thymus_figure(
    trajectories: Trajectories,
    *,
    title: str = "Thymic export of naive Treg",
    columns: int | None = None,
) -> Figure:
    """Draw recent emigrants and TREC of naive Treg: what tells export from division.

    TREC per cell falls when cells divide and rises only with export.

    Raises
    ------
    UnknownName
        None of these was recorded.
    """
    return _absolute(trajectories, THYMUS, title, columns)


def tumor_figure(
    trajectories: Trajectories, *, title: str = "Tumor", columns: int | None = None
) -> Figure:
    """Draw the tumor's volume and the cells inside.

    Raises
    ------
    UnknownName
        None of these was recorded.
    """
    return _absolute(trajectories, TUMOR, title, columns)


def toxicity_figure(
    trajectories: Trajectories, *, title: str = "Toxicity", columns: int | None = None
) -> Figure:
    """Draw what limits the dose, at every recorded moment.

    Raises
    ------
    UnknownName
        None of these was recorded.
    """
    return _absolute(trajectories, TOXICITY, title, columns, moments="all")


def transfer_figure(
    trajectories: Trajectories,
    *,
    title: str = "Given cells",
    columns: int | None = None,
) -> Figure:
    """Draw the cells that were given, and what part of their population they are.

    Raises
    ------
    UnknownName
        No cells were given, or none of these was recorded.
    """
    names = given_names(trajectories)
    return _absolute(trajectories, names, title, columns, moments="all")


def given_names(trajectories: Trajectories) -> list[str]:
    """Names of given cells that there were, of `body_with_cells` and its like."""
    found = [name for name in trajectories.names if name.startswith("given ")]
    return [name for name in found if np.any(trajectories[name].values > 0)]


def draw_all(
    trajectories: Trajectories,
    *,
    published: Iterable[Published] = (),
    title: str | None = None,
    columns: int | None = None,
) -> Mapping[str, Figure]:
    """Draw every figure for which something was recorded, by the name of its file.

    `columns` is the most panels in a row; all are in one unless it is said.
    """
    drawn: dict[str, Figure] = {}
    if all(name in trajectories for name in BEYER_PANELS):
        drawn["populations"] = beyer_figure(
            trajectories, published=published, title=title or CLAIM, columns=columns
        )
    others: Mapping[str, tuple[Sequence[str], Callable[..., Figure]]] = {
        "blood": (BLOOD, blood_figure),
        "thymus": (THYMUS, thymus_figure),
        "tumor": (TUMOR, tumor_figure),
        "toxicity": (TOXICITY, toxicity_figure),
        "transfer": (given_names(trajectories), transfer_figure),
    }
    for file, (names, draw) in others.items():
        if any(name in trajectories for name in names):
            drawn[file] = draw(trajectories, columns=columns)
    return drawn


def _absolute(
    trajectories: Trajectories,
    names: Sequence[str],
    title: str,
    columns: int | None,
    *,
    moments: Moments = BEFORE_DOSES,
) -> Figure:
    """Panels in the units of the results."""
    courses = [trajectories[name] for name in names if name in trajectories]
    if not courses:
        raise UnknownName(
            f"there is nothing to draw for the figure '{title}'.",
            got=", ".join(f"'{name}'" for name in trajectories.names),
            expected="one or more of " + ", ".join(f"'{name}'" for name in names),
            try_="add them to 'save' of simulate",
        )
    with styled():
        figure, row = new_figure(
            len(courses),
            title=title,
            below=_below(trajectories, moments),
            columns=columns,
        )
        for axes, course in zip(row, courses, strict=True):
            _panel(axes, course, trajectories, moments)
        sign(figure, _made_by(trajectories))
    return figure


def _panel(
    axes: Axes, course: TimeCourse, trajectories: Trajectories, moments: Moments
) -> None:
    is_il2 = course.name == "plasma IL-2"
    if is_il2:
        course = _first_doses(course, _doses(trajectories))
    elif moments == BEFORE_DOSES:
        course = _as_drawn(course, trajectories)
    end_h = float((course if is_il2 else trajectories).times_h[-1])
    day = panels.time_axis(axes, end_h)
    panels.band(axes, course, color_of(course.name), day=day)
    doses = _doses(trajectories)
    panels.mark_doses(axes, doses[doses <= end_h], day=day)
    if is_il2:
        _from_tail(axes, course)
    else:
        _from_zero(axes, course)
        rest = float(np.nanmedian(course.resting))
        axes.axhline(rest, color=FAINT, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.set_title(ABSOLUTE.get(course.name, course.name), color=color_of(course.name))
    axes.set_ylabel("" if course.unit == "1" else f"[{_pretty(course.unit)}]")


def _from_tail(axes: Axes, course: TimeCourse) -> None:
    """Equal steps for equal factors, down to the resting value or a small share."""
    highest = float(np.nanmax(course.quantile(0.95), initial=1e-12))
    lowest = float(np.nanmin(course.quantile(0.05), initial=highest))
    axes.set_yscale("log")
    axes.set_ylim(max(highest * LOWEST_SHARE, lowest * 0.4), highest * 2.5)


def _from_zero(axes: Axes, course: TimeCourse) -> None:
    highest = max(
        float(np.nanmax(course.quantile(0.95), initial=0.0)),
        float(np.nanmedian(course.resting)),
        FULL_SCALE.get(course.name, 0.0),
    )
    panels.plain_axis(axes, highest)


def _first_doses(course: TimeCourse, doses_h: NDArray[np.float64]) -> TimeCourse:
    """The time up to the fourth dose, if that is enough to see a course.

    Not beyond the fine steps of the record, between which peaks would be missed.
    """
    if len(doses_h) <= INTERVALS_SHOWN or len(course.times_h) <= FEWEST_SHOWN:
        return course
    steps = np.diff(course.times_h)
    coarser = np.flatnonzero(steps > COARSER * steps[0])
    finely = course.times_h[coarser[0]] if coarser.size else np.inf
    until = min(doses_h[INTERVALS_SHOWN], finely)
    until = max(until, course.times_h[FEWEST_SHOWN])
    return panels.pick_times(course, course.times_h <= until + SAME_TIME_H)


def _as_drawn(course: TimeCourse, trajectories: Trajectories) -> TimeCourse:
    chosen = panels.before_doses(course.times_h, _doses(trajectories))
    return panels.pick_times(course, chosen) if chosen.sum() >= 4 else course


def _say_last(axes: Axes, course: TimeCourse, day: float) -> None:
    """Write the last median beside its end."""
    last = float(course.median()[-1])
    if np.isfinite(last):
        axes.annotate(
            f"{last:#.2g}×" if last < 9.95 else f"{last:.0f}×",
            xy=(course.times_h[-1] / day, last),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            fontweight="bold",
            color=color_of(course.name),
            annotation_clip=False,
        )


def _doses(trajectories: Trajectories) -> NDArray[np.float64]:
    return trajectories.doses_h


def _below(trajectories: Trajectories, moments: Moments) -> str:
    solved = len(trajectories) - trajectories.n_failed
    parts = [f"median, half and 90 % of {solved:,} simulated subjects"]
    if trajectories.n_failed:
        parts.append(f"{trajectories.n_failed:,} could not be solved")
    if _doses(trajectories).size:
        parts.append("marks at the bottom: doses")
        if moments == BEFORE_DOSES:
            parts.append("cells counted before a dose")
    return "; ".join(parts)


def _made_by(trajectories: Trajectories) -> str:
    made = trajectories.provenance
    if made is None:
        return "il2sim"
    seed = "" if made.seed is None else f" · seed {made.seed}"
    return f"il2sim {made.version} · {made.model} · run {made.key}{seed}"


def _pretty(unit: str) -> str:
    return unit.replace("uL", "µL").replace("^2", "²").replace("^3", "³")
