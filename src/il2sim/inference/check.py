"""A check: a number of ours, what the best published model scores, and a band."""

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
    """

    row: int
    name: str
    value: float
    low: float
    high: float
    baseline: str
    how: str
    spread: tuple[float, float] | None = None

    @property
    def subject(self) -> str:
        """The name without numbers in brackets."""
        return self.name.split(" (")[0]

    @property
    def passes(self) -> bool:
        """Whether the value is in the band."""
        return bool(self.low <= self.value <= self.high)

    @property
    def band(self) -> str:
        """The band as text."""
        if np.isinf(self.high):
            return f"at least {self.low:g}"
        if not self.low > 0:
            return f"at most {self.high:g}"
        return f"{self.low:.3g} to {self.high:.3g}"
