"""Allocation: who is treated in which arm.

Subjects are allocated by permuted blocks within strata. The order within a block comes
from a counter-based stream that is named by trial, stratum and block, so a subject's
arm depends on who was enrolled before it and never on how many come after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import BadStudy, closest
from il2sim.study import subjects as draws
from il2sim.study.subjects import Subjects

Numbers = NDArray[np.int64]

TRAITS = ("age [y]", "weight [kg]", "surface [m^2]", "sex")

BLOCKS_A_STRATUM = np.uint64(2**24)
"""More blocks than any stratum has."""


@dataclass(frozen=True)
class Stratum:
    """A trait by which subjects are grouped before they are allocated.

    Attributes
    ----------
    trait
        One of `TRAITS`, or a population of cells, whose count at rest [cell/uL] counts.
    cuts
        Where groups meet, increasing; none for sex.
    """

    trait: str
    cuts: tuple[float, ...] = ()

    def groups(self, people: Subjects) -> Numbers:
        """The group of each person, from 0, shape ``(n_subjects,)``.

        Raises
        ------
        BadStudy
            No person has such a trait, or a cut is missing.
        """
        if self.trait == "sex":
            return people.is_female.astype(np.int64)
        if not self.cuts or list(self.cuts) != sorted(set(self.cuts)):
            raise BadStudy(
                f"the groups of '{self.trait}' cannot be told apart.",
                got=f"cuts = {list(self.cuts)}",
                expected="one number or more, increasing",
            )
        return np.searchsorted(self.cuts, self._values(people), side="right")

    def names(self) -> list[str]:
        """A name for each group.

        Examples
        --------
        >>> Stratum("age [y]", (65.0,)).names()
        ['age below 65 y', 'age 65 y or more']
        """
        if self.trait == "sex":
            return ["men", "women"]
        what, _, unit = self.trait.partition(" [")
        unit = f" {unit.rstrip(']')}" if unit else "/µL"
        if len(self.cuts) == 1:
            cut = self.cuts[0]
            return [f"{what} below {cut:g}{unit}", f"{what} {cut:g}{unit} or more"]
        edges = zip(self.cuts[:-1], self.cuts[1:], strict=True)
        return [
            f"{what} below {self.cuts[0]:g}{unit}",
            *(f"{what} {low:g} to {high:g}{unit}" for low, high in edges),
            f"{what} {self.cuts[-1]:g}{unit} or more",
        ]

    def _values(self, people: Subjects) -> NDArray[np.float64]:
        known = {
            "age [y]": people.age_y,
            "weight [kg]": people.weight_kg,
            "surface [m^2]": people.surface_m2,
            **people.counts,
        }
        if self.trait not in known:
            raise BadStudy(
                "subjects cannot be grouped by what they do not have.",
                got=f"'{self.trait}'",
                expected=closest(self.trait, [*known, "sex"]),
            )
        return known[self.trait]


def combine(strata: Sequence[Stratum], people: Subjects) -> Numbers:
    """One number for each combination of groups, shape ``(n_subjects,)``."""
    found = np.zeros(len(people), dtype=np.int64)
    for one in strata:
        found = found * (len(one.cuts) + 1 if one.cuts else 2) + one.groups(people)
    return found


def allocate(
    seed: int,
    group: Numbers,
    *,
    ratios: Sequence[int],
    repeats: int = 2,
) -> Numbers:
    """Allocate subjects to arms by permuted blocks.

    Parameters
    ----------
    seed
        Of the trial.
    group
        Trial and stratum of each subject, in order of enrollment; shape
        ``(n_subjects,)``.
    ratios
        How many subjects of each arm are in a block.
    repeats
        How many times the ratio in one block: blocks have ``repeats * sum(ratios)``.

    Returns
    -------
    numpy.ndarray
        Number of the arm, shape ``(n_subjects,)``.

    Examples
    --------
    >>> one_stratum = np.zeros(8, dtype=np.int64)
    >>> arms = allocate(1, one_stratum, ratios=[1, 1], repeats=2)
    >>> int(arms[:4].sum()), int(arms[4:].sum())
    (2, 2)
    """
    labels = np.repeat(np.arange(len(ratios)), np.asarray(ratios) * repeats)
    rank = rank_within(group)
    block, slot = np.divmod(rank, len(labels))
    stream = group.astype(np.uint64) * BLOCKS_A_STRATUM + block.astype(np.uint64)
    lots = np.stack(
        [draws.uniform(seed, stream, f"allocation {j}") for j in range(len(labels))],
        axis=1,
    )
    order = np.argsort(lots, axis=1, kind="stable")
    return np.asarray(labels[order[np.arange(len(rank)), slot]], dtype=np.int64)


def rank_within(group: Numbers) -> Numbers:
    """How many of the same group come before each.

    Examples
    --------
    >>> rank_within(np.array([5, 7, 5, 5, 7])).tolist()
    [0, 0, 1, 2, 1]
    """
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    is_first = np.r_[True, ordered[1:] != ordered[:-1]][: len(group)]
    first = np.maximum.accumulate(np.where(is_first, np.arange(len(group)), 0))
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - first
    return rank
