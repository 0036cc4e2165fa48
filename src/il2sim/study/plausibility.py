"""Limits on what a person can be, and what to say when nobody keeps them all.

A limit bounds one quantity of a candidate: a trait, a resting state or a response.
Those who keep all limits are plausible; a candidate that could not be solved is not.
Limits that leave nobody are explained exactly: the fewest that must be dropped are
those that some candidate breaks, so the candidate that breaks the fewest names them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import BadPopulation
from il2sim.study.measures import Asked
from il2sim.study.subjects import Floats

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Limit:
    """Between which values a quantity of a person lies.

    Attributes
    ----------
    asked
        The quantity, its unit and its response.
    low, high
        In that unit; infinite for an open side.
    source, is_assumption, note
        As in `Trait`.
    """

    asked: Asked
    low: float
    high: float
    source: str
    is_assumption: bool
    note: str = ""

    def __post_init__(self) -> None:
        open_ = math.isinf(self.low) and math.isinf(self.high)
        if open_ or not self.low < self.high:
            raise BadPopulation(
                f"the limit on '{self.asked.label}' cannot be kept.",
                got=f"{self.low:g} to {self.high:g}",
                expected="low below high, one of them at least",
            )

    def keeps(self, values: Floats) -> Mask:
        """Who keeps it; not those without a number."""
        with np.errstate(invalid="ignore"):
            return np.asarray((values >= self.low) & (values <= self.high))

    def __str__(self) -> str:
        unit = "" if self.asked.unit == "1" else f" {self.asked.unit}"
        if math.isinf(self.low):
            told = f"at most {self.high:g}{unit}"
        elif math.isinf(self.high):
            told = f"at least {self.low:g}{unit}"
        else:
            told = f"{self.low:g} to {self.high:g}{unit}"
        return f"{self.asked.label}: {told}"


@dataclass(frozen=True, eq=False)
class Kept:
    """Who keeps the limits.

    Attributes
    ----------
    by_limit
        Of each limit, who keeps it, shape ``(n,)``.
    """

    by_limit: Mapping[Limit, Mask]
    n: int

    @property
    def all(self) -> Mask:
        """Who keeps every limit, shape ``(n,)``."""
        found = np.ones(self.n, dtype=bool)
        for mask in self.by_limit.values():
            found &= mask
        return found

    def without(self, limits: Sequence[Limit]) -> int:
        """How many would be left if some limits were dropped."""
        left = {one: mask for one, mask in self.by_limit.items() if one not in limits}
        return int(np.count_nonzero(Kept(left, self.n).all))

    def to_drop(self) -> tuple[Limit, ...]:
        """The fewest limits to drop so that somebody is left; the most are left then.

        Examples
        --------
        >>> low = Limit(Asked("age", "y"), 0, 9, "a test", is_assumption=True)
        >>> high = Limit(Asked("age", "y"), 50, 90, "a test", is_assumption=True)
        >>> age = np.array([60.0, 70.0, 8.0])
        >>> both = check([low, high], {low.asked: age}, 3)
        >>> [str(one) for one in both.to_drop()]
        ['age: 0 to 9 y']
        """
        if not self.by_limit or self.all.any():
            return ()
        broken = np.stack([~mask for mask in self.by_limit.values()], axis=1)
        fewest = broken.sum(axis=1).min()
        rows = broken[broken.sum(axis=1) == fewest]
        most, _ = Counter(map(bytes, rows)).most_common(1)[0]
        chosen = np.frombuffer(most, dtype=bool)
        return tuple(
            one for one, drop in zip(self.by_limit, chosen, strict=True) if drop
        )

    def refuse_empty(self, name: str) -> None:
        """Raise if nobody is left, and say which limits are to blame.

        Raises
        ------
        BadPopulation
            Nobody keeps every limit.
        """
        drop = self.to_drop()
        if not drop:
            return
        lines = [
            f"{limit} ({np.count_nonzero(mask)} of {self.n} keep it)"
            for limit, mask in self.by_limit.items()
            if not mask.all()
        ]
        names = " and ".join(f"'{one}'" for one in drop)
        raise BadPopulation(
            f"no candidate of the population '{name}' keeps all limits.",
            got="; ".join(lines),
            expected="limits that somebody keeps",
            try_=f"without {names} {self.without(drop)} of {self.n} would be left",
        )


def check(limits: Sequence[Limit], found: Mapping[Asked, Floats], n: int) -> Kept:
    """Say who keeps which limit.

    Parameters
    ----------
    limits
        What to keep.
    found
        The quantities that they bound, shape ``(n,)`` each.
    n
        How many candidates there are.
    """
    return Kept({one: one.keeps(found[one.asked]) for one in limits}, n)
