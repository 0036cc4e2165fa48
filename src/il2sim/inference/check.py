"""A check: a number of ours, what the best published model scores, and a band.

Most are of the list of reproduction checks: what published models score, and what would
surpass it. Some go beyond it: what a fit did not see where the list asks for the fit,
and harder forms of what it asks. Their bands are those of the list, or wider where
nothing was fitted, and they are counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FARHAT = "Farhat 2021"
"""The published model of IL-2 and IL-15 that most checks stand beside."""


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes
    ----------
    row
        Number in the list of reproduction checks.
    name
        What is compared.
    value
        Ours.
    low, high
        The band; infinite where it is open.
    baseline
        What the published model scores, as text.
    how
        Whether the value was fitted, predicted or taken from the shipped fit.
    spread
        Where 90 % of the draws from the posterior put the value, where they were asked.
    published
        What the published model scores, in the unit of the value; none where it is not
        reported, or where the check is to make that model anew.
    beyond
        Whether it is not on the list of reproduction checks, but a harder form of one
        that is.
    """

    row: int
    name: str
    value: float
    low: float
    high: float
    baseline: str
    how: str
    spread: tuple[float, float] | None = None
    published: float | None = None
    beyond: bool = False

    @property
    def subject(self) -> str:
        """The name without numbers in brackets."""
        return self.name.split(" (")[0]

    @property
    def passes(self) -> bool:
        """Whether the value is in the band."""
        return bool(self.low <= self.value <= self.high)

    @property
    def keeps_up(self) -> bool | None:
        """Whether ours is at least as good as the published model, if it has a score.

        Where the band is open that is a score as high or as low; else it is a ratio to
        the middle of the band no larger than that of the published model.

        Examples
        --------
        >>> Check(5, "a ratio", 61.0, 20.7, 46.5, "9.5", "fitted").keeps_up
        >>> Check(5, "", 61.0, 20.7, 46.5, "", "", published=9.5).keeps_up
        True
        """
        if self.published is None:
            return None
        ours, theirs = (self._far(one) for one in (self.value, self.published))
        return bool(ours <= theirs)

    def _far(self, value: float) -> float:
        """How far a value is from what is wanted; less is better."""
        if np.isinf(self.high):
            return -value
        if not self.low > 0:
            return value
        return abs(float(np.log(value / np.sqrt(self.low * self.high))))

    @property
    def band(self) -> str:
        """The band as text."""
        if np.isinf(self.high):
            return f"at least {self.low:.3g}"
        if not self.low > 0:
            return f"at most {self.high:.3g}"
        return f"{self.low:.3g} to {self.high:.3g}"
