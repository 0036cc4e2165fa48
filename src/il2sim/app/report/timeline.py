"""A regimen as a picture: every dose where it falls, visits above the axis.

Only places are found here; the page draws them.
"""

from __future__ import annotations

from dataclasses import dataclass

from il2sim.study.regimen import Regimen

WIDTH, LEFT, RIGHT = 720.0, 14.0, 706.0
"""Of the picture, and between which its axis runs [px]."""

STEPS = (1, 2, 5, 7, 14, 28, 56, 84, 182, 364)
"""Days between the numbers of the axis, [d]."""

MOST_NUMBERS = 8


@dataclass(frozen=True)
class Mark:
    """One dose: where it begins, how wide and how high it is drawn [px]."""

    x: float
    width: float
    height: float


@dataclass(frozen=True)
class Timeline:
    """Where everything is drawn.

    Attributes
    ----------
    marks
        Doses, in order of time; the highest of each product is as high as the picture.
    numbers
        Places and days of the numbers below the axis.
    visit
        Place and day of the read-out visit.
    """

    marks: tuple[Mark, ...]
    numbers: tuple[tuple[float, int], ...]
    visit: tuple[float, float]


def timeline(regimen: Regimen, *, days: float, end_day: float) -> Timeline:
    """Place doses and the read-out visit of a study of so many days.

    Examples
    --------
    >>> drawn = timeline(
    ...     Regimen.parse("aldesleukin 1 MIU sc daily, 3 doses"), days=4, end_day=4
    ... )
    >>> [round(mark.x) for mark in drawn.marks], drawn.visit
    ([14, 187, 360], (706.0, 4))
    """
    scale = (RIGHT - LEFT) / days
    shown = [dose for dose in regimen.doses if dose.time_h < 24 * days]
    most: dict[tuple[str, str], float] = {}  # cells and molecules: no common measure
    for dose in shown:
        kind = (dose.product, dose.unit)
        most[kind] = max(dose.amount, most.get(kind, 0.0))
    marks = tuple(
        Mark(
            x=LEFT + scale * dose.time_h / 24,
            width=max(1.2, scale * min(dose.duration_h, 24 * days - dose.time_h) / 24),
            height=max(0.15, dose.amount / most[dose.product, dose.unit]),
        )
        for dose in shown
    )
    step = next((one for one in STEPS if days / one <= MOST_NUMBERS), int(days))
    numbers = tuple(
        (LEFT + scale * day, day) for day in range(0, int(days) + 1, max(1, step))
    )
    return Timeline(marks, numbers, (LEFT + scale * end_day, end_day))
