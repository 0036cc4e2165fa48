"""`Comparison`: one endpoint of a run beside what was published.

A published value may be a number, a range, a bound or only a direction; each is
compared for what it is. What is compared is the median over subjects; where 5 to 95 %
of the subjects lie is shown beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from il2sim.engine.trajectories import Trajectories
from il2sim.study.endpoints import Spread, course_of, spread
from il2sim.study.readings import Reading

Endpoint = Literal["peak fold", "end fold", "fold", "peak", "end", "value"]
Direction = Literal["up", "down", "ns"]

UNCHANGED = 0.25
"""A median fold within so much of 1 counts as "not significant".

Trials of 10 to 40 patients with blood counts that vary by 30 % between draws do not see
less; the acceptance bands for CD4 Tconv and CD8 are as wide.
"""


@dataclass(frozen=True)
class Expected:
    """What was published.

    Attributes
    ----------
    name
        A recorded name, or a sum or ratio of two (`course_of`).
    endpoint
        ``"peak fold"``, ``"end fold"`` (at the read-out visit), ``"fold"`` (on `day`),
        or the same without fold: ``"peak"``, ``"end"``, ``"value"``; of a card a
        `Reading`.
    evidence
        Evidence keys.
    low, high
        The range, in `unit`; an open side is None.
    direction
        Where nothing else is known.
    unit
        Of low and high; for folds ``"1"``.
    day
        For ``"fold"`` and ``"value"``.
    note
        What a reader should know.
    """

    name: str
    endpoint: Endpoint | Reading
    evidence: tuple[str, ...]
    low: float | None = None
    high: float | None = None
    direction: Direction | None = None
    unit: str = "1"
    day: float | None = None
    note: str = ""

    def shown(self) -> str:
        """The published side as read by people.

        Examples
        --------
        >>> Expected("Treg", "peak fold", ("E142",), low=5.0).shown()
        '> 5'
        """
        unit = "" if self.unit == "1" else f" {self.unit}"
        if self.low is not None and self.high is not None:
            return f"{self.low:g}–{self.high:g}{unit}"
        if self.low is not None:
            return f"> {self.low:g}{unit}"
        if self.high is not None:
            return f"< {self.high:g}{unit}"
        return self.direction or "ns"


@dataclass(frozen=True)
class Comparison:
    """What was published, and what came out.

    Attributes
    ----------
    expected
        The published side.
    found
        Ours.
    agrees
        Whether our median lies in the range, or goes in the direction; None if nothing
        was solved.
    """

    expected: Expected
    found: Spread
    agrees: bool | None

    def to_dict(self) -> dict[str, Any]:
        """As written in ``summary.json``."""
        one = self.expected
        return {
            "name": one.name,
            "endpoint": one.endpoint,
            "day": one.day,
            "unit": one.unit,
            "published": {
                "low": one.low,
                "high": one.high,
                "direction": one.direction,
                "evidence": list(one.evidence),
            },
            "found": self.found.to_dict(),
            "agrees": self.agrees,
            "note": one.note,
        }


def compare(run: Trajectories, expected: Expected, end_h: float) -> Comparison:
    """Compare one published endpoint with a run.

    Raises
    ------
    UnknownName
        The name was not recorded.
    BadProblem
        Nothing was recorded on the day.
    """
    course = course_of(run, expected.name)
    if "fold" in expected.endpoint:
        course = course.fold()
    elif expected.unit != course.unit:
        course = course.to(expected.unit)
    if expected.endpoint.startswith("peak"):
        values = course.peak
    elif expected.endpoint.startswith("end"):
        values = course.at(end_h)
    else:
        values = course.at(24.0 * (expected.day or 0.0))
    found = spread(values[run.is_done], run.prevalence[run.is_done])
    return Comparison(expected, found, agrees(expected, found.median))


def agrees(expected: Expected, median: float) -> bool | None:
    """Whether a median lies in the published range, or goes in the direction.

    Of a direction the median is a fold over rest, or a ratio of two arms.
    """
    if not math.isfinite(median):
        return None
    if expected.low is not None or expected.high is not None:
        low = -math.inf if expected.low is None else expected.low
        high = math.inf if expected.high is None else expected.high
        return low <= median <= high
    if expected.direction == "up":
        return median > 1.0
    if expected.direction == "down":
        return median < 1.0
    return abs(median - 1.0) <= UNCHANGED
