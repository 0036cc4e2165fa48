"""Who is treated in which arm: balanced in blocks, and the same however many come."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.errors import BadStudy
from il2sim.study.allocation import Stratum, allocate, combine, rank_within
from il2sim.study.populations import adults


def test_every_block_of_every_stratum_holds_the_ratio():
    """Two to one in blocks of six, in three strata that come in any order."""
    group = np.random.default_rng(1).integers(0, 3, 600)
    arms = allocate(5, group, ratios=[2, 1], repeats=2)
    rank = rank_within(group)
    for one in range(3):
        mine = arms[group == one]
        for block in range(rank[group == one].max() // 6):
            assert np.sum(mine[6 * block : 6 * block + 6] == 0) == 4


def test_who_comes_later_changes_nothing():
    """The first hundred are allocated alike among a hundred and among a thousand."""
    group = np.random.default_rng(2).integers(0, 4, 1000)
    many = allocate(9, group, ratios=[1, 1, 1])
    assert np.array_equal(many[:100], allocate(9, group[:100], ratios=[1, 1, 1]))


def test_all_orders_of_a_block_are_alike():
    """Each of the six orders of two and two comes up about equally often."""
    group = np.arange(6000) // 4
    arms = allocate(3, group, ratios=[1, 1], repeats=2).reshape(-1, 4)
    orders, counts = np.unique(arms, axis=0, return_counts=True)
    assert len(orders) == 6
    expected = 1500 / 6
    chi2 = np.sum((counts - expected) ** 2 / expected)
    assert chi2 < 20.5  # 0.1 % of a chi-squared with 5 degrees of freedom


def test_strata_are_told_apart():
    """Sexes and ages make one number for each combination."""
    people = adults(n=200, seed=4).draw()
    strata = (Stratum("age [y]", (40.0, 60.0)), Stratum("sex"))
    found = combine(strata, people)
    place = np.searchsorted([40.0, 60.0], people.age_y, side="right")
    assert np.array_equal(found, 2 * place + people.is_female)
    assert strata[0].names() == [
        "age below 40 y",
        "age 40 to 60 y",
        "age 60 y or more",
    ]


@pytest.mark.parametrize(
    ("trait", "cuts"), [("height", (1.0,)), ("age [y]", ()), ("age [y]", (2.0, 1.0))]
)
def test_a_stratum_nobody_can_tell_is_refused(trait, cuts):
    """An unknown trait, no cut, cuts that fall."""
    with pytest.raises(BadStudy, match=r"subjects cannot be grouped|cannot be told"):
        Stratum(trait, cuts).groups(adults(n=2).draw())
