"""What others measured, as it is drawn beside our own result.

A published value has a name, a moment and its evidence key. It may be a number, a
range, a bound, or only a direction: what is not known is not drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from il2sim.errors import BadStudy

Direction = Literal["up", "down", "ns"]


@dataclass(frozen=True)
class Published:
    """One published result, as fold over the state before treatment.

    Attributes
    ----------
    name
        Of the output it speaks of, such as ``"memory Treg"``.
    key
        The evidence key.
    start_h, end_h
        When it was measured, [h]; the same twice for one moment.
    value
        The number, [1]; None if only a range or a direction is known.
    low, high
        Its range, [1]; an open side is ``-inf`` or ``inf``.
    direction
        ``"up"``, ``"down"`` or ``"ns"`` (not significant), where that is all there is.

    Raises
    ------
    BadStudy
        Times or numbers are in the wrong order, or nothing is said at all.

    Examples
    --------
    >>> Published("Treg", "E142", 0.0, 84 * 24.0, low=5.0, high=float("inf")).is_bound
    True
    """

    name: str
    key: str
    start_h: float
    end_h: float
    value: float | None = None
    low: float = -math.inf
    high: float = math.inf
    direction: Direction | None = None

    def __post_init__(self) -> None:
        numbers = [self.low, *([] if self.value is None else [self.value]), self.high]
        says_something = self.direction or self.value is not None or self.has_range
        in_order = self.start_h <= self.end_h and numbers == sorted(numbers)
        if not (says_something and in_order):
            raise BadStudy(
                f"the published result '{self.key}' for '{self.name}' cannot be drawn.",
                got=f"{numbers} from {self.start_h:g} to {self.end_h:g} h",
                expected="start <= end and low <= value <= high, or a direction",
            )

    @property
    def has_range(self) -> bool:
        """Whether at least one side is known."""
        return math.isfinite(self.low) or math.isfinite(self.high)

    @property
    def is_bound(self) -> bool:
        """Whether exactly one side is known."""
        return math.isfinite(self.low) != math.isfinite(self.high)
