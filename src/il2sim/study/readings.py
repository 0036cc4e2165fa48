"""One number of each subject, read from a time course: level, fold, area, half-life.

`endpoints.py` says what every run sums up; here is what one published number needs,
over a window of recorded times. Nothing is interpolated but areas and moments, which
take straight lines between the records.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from il2sim.engine.trajectories import SAME_TIME_H, TimeCourse
from il2sim.errors import BadProblem, closest
from il2sim.study.subjects import Floats

Reading = Literal[
    "rest",
    "value",
    "fold",
    "rise",
    "peak",
    "peak fold",
    "peak rise",
    "trough",
    "trough fold",
    "mean rise",
    "area",
    "time to peak",
    "half-life",
]
"""What can be read.

At one time: the value, its fold over rest and its rise above rest. In a window: the
highest and lowest record, the mean rise over time, the area above rest [unit times h],
the time from the start of the window to the first record within 10 % of the highest
[h], and the half-life of what is above rest [h].
"""

FOLDS = ("fold", "peak fold", "trough fold")
"""Readings in [1]."""

NEAR_PEAK = 0.9
"""Part of the highest record at which a flat peak has begun."""


def read_off(
    course: TimeCourse, reading: Reading, *, start_h: float = 0.0, end_h: float = np.inf
) -> Floats:
    """Read one number of each subject.

    Parameters
    ----------
    course
        Over time, with its resting value.
    reading
        One of `Reading`.
    start_h, end_h
        The window, [h]; a reading at one time is at its end.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_subjects,)``; in [1] for folds, [h] for times, the unit of the
        course times h for an area, else the unit of the course.

    Raises
    ------
    BadProblem
        Nothing was recorded then, or there is no such reading.

    Examples
    --------
    >>> from il2sim.engine.trajectories import TimeCourse
    >>> flat = np.array([[2.0, 4.0, 2.0]])
    >>> course = TimeCourse(
    ...     "a", "pM", np.array([0.0, 1.0, 2.0]), flat, flat[:, 0], flat[:, 1]
    ... )
    >>> read_off(course, "area").tolist(), read_off(course, "peak fold").tolist()
    ([2.0], [2.0])
    """
    if reading not in get_args(Reading):
        raise BadProblem(
            "there is no such reading.",
            got=f"'{reading}'",
            expected=closest(reading, get_args(Reading)),
        )
    if reading == "rest":
        return course.resting
    if reading in ("value", "fold", "rise"):
        return _above(course, course.at(end_h), reading)
    times, values = _window(course, start_h, end_h)
    found: Floats
    if reading.startswith(("peak", "trough")):
        of_window = np.max if reading.startswith("peak") else np.min
        return _above(course, of_window(values, axis=1), reading)
    added = values - course.resting[:, None]
    if reading == "area":
        found = np.asarray(np.trapezoid(added, times, axis=1))
    elif reading == "mean rise":
        found = np.asarray(np.trapezoid(added, times, axis=1)) / np.ptp(times)
    elif reading == "time to peak":
        near = values >= NEAR_PEAK * np.max(values, axis=1, keepdims=True)
        found = times[np.argmax(near, axis=1)] - times[0]
    else:
        found = _half_life(times, added)
    return found


def _above(course: TimeCourse, values: Floats, reading: str) -> Floats:
    if reading in FOLDS:
        rest = np.where(course.resting == 0, np.nan, course.resting)
        return np.asarray(values / rest)
    return values - course.resting if reading.endswith("rise") else values


def _window(course: TimeCourse, start_h: float, end_h: float) -> tuple[Floats, Floats]:
    times = course.times_h
    inside = (times >= start_h - SAME_TIME_H) & (times <= end_h + SAME_TIME_H)
    if not np.any(inside):
        raise BadProblem(
            f"'{course.name}' was not recorded in the window asked for.",
            got=f"{start_h:g} to {end_h:g} h",
            expected=f"times within {times[0]:g} to {times[-1]:g} h",
        )
    return times[inside], course.values[:, inside]


def _half_life(times: Floats, added: Floats) -> Floats:
    """Of the straight line through the logarithms; not-a-number where it rises."""
    logs = np.log(np.where(added > 0, added, np.nan))
    off = times - times.mean()
    slopes = (logs * off).sum(axis=1) / (off * off).sum()
    return np.where(slopes < 0, -np.log(2) / np.where(slopes < 0, slopes, -1.0), np.nan)
