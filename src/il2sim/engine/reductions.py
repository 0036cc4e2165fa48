"""Reductions: one number for each subject, found while it is solved.

Whoever needs endpoints and no trajectories asks for reductions, so that a million
subjects need no more memory than their endpoints. Between the ends of a step an output
is the cubic through its ends and the two inner Lobatto points of the dense output.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from il2sim.errors import BadProblem


class Reduce(IntEnum):
    """What is made of an output in a window of time.

    VALUE at the begin of the window; PEAK and TROUGH, the highest and lowest value;
    TIME_OF_PEAK [h]; AREA under the curve [its unit times h]; TIME_ABOVE the threshold
    [h]; FIRST_ABOVE and FIRST_BELOW, the first time [h] at which it is at least, or at
    most, the threshold, infinity if it never is.
    """

    VALUE = 0
    PEAK = 1
    TROUGH = 2
    TIME_OF_PEAK = 3
    AREA = 4
    TIME_ABOVE = 5
    FIRST_ABOVE = 6
    FIRST_BELOW = 7


NEEDS_THRESHOLD = (Reduce.TIME_ABOVE, Reduce.FIRST_ABOVE, Reduce.FIRST_BELOW)


@dataclass(frozen=True)
class Reduction:
    """One number to be found.

    Attributes
    ----------
    kind
        What is made of the output.
    output
        Its name.
    start_h, end_h
        The window, [h].
    threshold
        In the unit of the output, or as a fold of the resting value.
    relative
        Whether the output is divided by its resting value.
    since_dose
        Whether the window opens no earlier than the first dose.
    """

    kind: Reduce
    output: str
    start_h: float = 0.0
    end_h: float = math.inf
    threshold: float = math.nan
    relative: bool = False
    since_dose: bool = False

    def __post_init__(self) -> None:
        if self.kind in NEEDS_THRESHOLD and not math.isfinite(self.threshold):
            raise BadProblem(
                f"{self.kind.name} of '{self.output}' needs a threshold.",
                got=self.threshold,
                expected="a number",
            )
        if not (0 <= self.start_h <= self.end_h):
            raise BadProblem(
                f"the window of {self.kind.name} of '{self.output}' is not one.",
                got=f"{self.start_h} to {self.end_h} h",
                expected="a start at zero or later, and an end after it",
            )


def peaks_of(names: Iterable[str]) -> tuple[Reduction, ...]:
    """The highest value of each output after the first dose.

    Examples
    --------
    >>> [one.output for one in peaks_of(["CD8"])]
    ['CD8']
    """
    return tuple(Reduction(Reduce.PEAK, name, since_dose=True) for name in names)
