"""Matched controls against what can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from il2sim.errors import BadPopulation, UnknownName
from il2sim.study.matching import match
from il2sim.study.populations import adults, elderly_cancer_patients
from il2sim.study.subjects import Subjects

PEOPLE = adults(n=400, seed=2).draw()


def aged(ages, female=None) -> Subjects:
    rows = PEOPLE.rows(np.arange(len(ages)))
    sexes = np.zeros(len(ages), bool) if female is None else np.array(female)
    return replace(rows, age_y=np.array(ages, float), is_female=sexes)


def test_the_closest_pair_is_made_first():
    """Ages 50 and 52 against 51.1 and 47: 52 takes 51.1 (0.9 away), 50 is left 47."""
    found = match(aged([50, 52]), aged([51.1, 47]), {"age": 9.0})
    assert dict(zip(found.cases, found.controls[:, 0], strict=True)) == {0: 1, 1: 0}


def test_a_caliper_leaves_out_who_has_nobody_alike():
    """The four ages have a standard deviation of 10: half of it is 5 years."""
    cases, controls = aged([40, 60]), aged([44, 68])
    size = np.std([40, 60, 44, 68])
    found = match(cases, controls, {"age": 4.5 / size})
    assert found.cases.tolist() == [0]
    assert found.controls.tolist() == [[0]]
    assert found.unmatched.tolist() == [1]
    assert found.after["age"] == pytest.approx(-4.0 / size)
    assert found.before["age"] == pytest.approx(-6.0 / size)


def test_a_caliper_of_zero_asks_for_equality():
    found = match(
        aged([50, 50], [True, False]),
        aged([50, 55], [False, True]),
        {"age": 9.0, "is female": 0.0},
    )
    assert found.controls.tolist() == [[1], [0]]


def test_everybody_gets_a_first_before_anybody_gets_a_second():
    """Ages 50 and 60: the controls 50.1 and 50.2 do not both go to the first."""
    found = match(aged([50, 51]), aged([50.1, 50.2, 90, 91]), {"age": 9.0}, each=2)
    firsts = found.controls[:, 0]
    assert sorted(firsts) == [0, 1]
    assert sorted(found.controls[:, 1]) == [2, 3]


def test_the_same_persons_find_themselves():
    """Distance zero beats every other; the order of the controls does not matter."""
    order = np.random.default_rng(3).permutation(len(PEOPLE))
    cases = PEOPLE.rows(np.arange(50))
    found = match(cases, PEOPLE.rows(order), {"age": 1.0, "CD4": 1.0, "weight": 1.0})
    assert order[found.controls[:, 0]].tolist() == list(range(50))


def test_matching_balances_groups_that_differ():
    """Within calipers of 0.2 SD the means cannot differ by more."""
    old = elderly_cancer_patients(n=100, seed=1).draw()
    many = adults(n=4000, seed=5).draw()
    found = match(old, many, {"age": 0.2, "CD4": 0.2, "is female": 0.0})
    assert abs(found.before["age"]) > 1.0
    assert len(found.cases) > 20
    assert all(abs(one) <= 0.2 for one in found.after.values())
    assert len(set(found.controls.ravel())) == found.controls.size


@pytest.mark.parametrize(
    ("calipers", "kind", "said"),
    [
        ({"ages": 0.2}, UnknownName, "'age'"),
        ({"age": -1.0}, BadPopulation, "caliper of 'age'"),
        ({}, BadPopulation, "cannot be matched"),
        ({"age": 0.01, "CD4": 9.0}, BadPopulation, "wider caliper for 'age'"),
    ],
)
def test_what_cannot_be_matched(calipers, kind, said):
    with pytest.raises(kind) as raised:
        match(aged([30, 31]), aged([80, 81]), calipers)
    assert said in str(raised.value)
