"""Cards at many points: the same persons, and the numbers that single runs give."""

from dataclasses import replace

import numpy as np
import pytest

from il2sim.errors import BadPopulation, UnknownName
from il2sim.study.ensemble import at_points, key_of, readings_at
from il2sim.study.populations import adults, population
from il2sim.study.validation import validate
from tests.unit.study.test_validation import card_of, published
from tests.unit.study.tiny import tiny

HALF = published(
    "plasma IL-2", "half-life", unit="h", low=1.0, high=2.0, window=(0.001, 8.0)
)


def solved(cards, points, n=4):
    return readings_at(
        cards,
        points,
        models={"tiny": tiny()},
        population=lambda name, n: population(name, n=n).without_spread(),
        n_subjects=n,
        tolerance=1e-8,
    )


def test_persons_are_the_same_at_each_point():
    once = adults(n=3, seed=1)
    people = at_points(once, {"a": np.array([1.0, 2.0])}).draw()
    assert np.array_equal(people.weight_kg, np.tile(once.draw().weight_kg, 2))
    assert people.factors["a"].tolist() == [1.0] * 3 + [2.0] * 3


def test_half_lives_go_with_one_over_the_rate():
    """ln 2 / k of one compartment; the tolerance is that of the solver."""
    card = card_of(replace(HALF, every_h=0.5))
    found = solved([card], {"plasma.k_lose": np.array([1.0, 2.0, 4.0])})
    half = found[key_of(card, 0)]
    assert half.shape == (3, 4)
    assert half[0] / half[1] == pytest.approx(2.0, rel=1e-5)
    assert half[0] / half[2] == pytest.approx(4.0, rel=1e-5)


def test_the_point_one_is_what_validate_reads():
    card = card_of(replace(HALF, every_h=0.5))
    judged = validate(
        [card],
        models={"tiny": tiny()},
        population=lambda name, n: population(name, n=n).without_spread(),
        n_subjects=4,
    )
    found = solved([card], {"plasma.k_lose": np.array([1.0])})
    assert found[key_of(card, 0)][0] == pytest.approx(
        judged.verdicts[0].values, rel=1e-3
    )


def test_what_cannot_be_moved_is_refused():
    with pytest.raises(UnknownName, match=r"no model of the cards has the parameter"):
        solved([card_of(HALF)], {"plasma.k_loose": np.array([1.0])})
    with pytest.raises(BadPopulation, match=r"persons cannot be taken"):
        at_points(adults(n=1), {"a": np.ones(2), "b": np.ones(3)})
