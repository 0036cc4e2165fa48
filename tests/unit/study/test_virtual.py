"""Building a population: methods, limits, targets, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from il2sim.errors import BadPopulation, UnknownName
from il2sim.models import body
from il2sim.study.measures import Asked, Response, measure
from il2sim.study.people import People
from il2sim.study.plausibility import Limit
from il2sim.study.populations import adults
from il2sim.study.targets import Target
from il2sim.study.virtual import Plan, build, compare_methods, predict_each, weigh

AGE, CD4 = Asked("age", "y"), Asked("CD4", "cell/uL")
OLD = Target(AGE, mean=55.0, sd=9.0, shape="normal", source="a test")
FEW_CD4 = Target(CD4, mean=700.0, sd=220.0, source="a test")
WOMEN = Target(
    Asked("is female", "1"), edges=(-np.inf, 0.5, np.inf), shares=(0.3, 0.7), source="t"
)
BASE = adults(n=1500, seed=7)


def plan(**kw) -> Plan:
    return Plan("p", "persons of a test", BASE, **kw)


def limit(asked: Asked, low: float = -np.inf, high: float = np.inf) -> Limit:
    return Limit(asked, low, high, "a test", is_assumption=True)


def moments(people: People, values: np.ndarray) -> tuple[float, float]:
    w = people.prevalence() / people.n
    mean = float(w @ values)
    return mean, float(w @ (values - mean) ** 2) ** 0.5


@pytest.mark.parametrize(
    ("method", "off"),
    [("maximum entropy", 1e-6), ("raking", 0.5), ("bins", 0.5), ("rejection", 1.6)],
)
def test_every_method_meets_mean_and_spread(method, off):
    """Exactly by maximum entropy; by bins within part of their width, a tenth."""
    made = build(plan(targets=(OLD, FEW_CD4), method=method), body())
    mean, sd = moments(made.people, made.people.draw().age_y)
    assert mean == pytest.approx(55.0, abs=off)
    assert sd == pytest.approx(9.0, abs=max(off, 1e-6) * 1.2)
    assert all(one.is_met for one in made.quality.coverage)
    assert made.weights.sum() == pytest.approx(1.0)


def test_a_share_is_met_and_a_held_out_target_is_only_told():
    held = replace(FEW_CD4, is_held_out=True)
    made = build(plan(targets=(WOMEN, held)), body())
    women = made.people.draw().is_female
    assert np.average(women, weights=made.people.prevalence()) == pytest.approx(0.7)
    met, told = made.quality.coverage
    assert met.is_met
    assert not told.is_met
    assert any("held-out target" in line for line in made.quality.warnings())


def test_without_targets_the_plausible_stand_for_one_each():
    made = build(plan(limits=(limit(AGE, low=40.0),)), body())
    ages = made.people.draw().age_y
    drawn = BASE.draw().age_y
    assert ages.tolist() == drawn[drawn >= 40.0].tolist()
    assert set(made.people.prevalence()) == {1.0}


def test_persons_are_drawn_by_their_weights():
    made = build(plan(targets=(OLD,), persons=3000), body())
    assert made.people.n == 3000
    assert np.mean(made.people.draw().age_y) == pytest.approx(55.0, abs=0.1)


def test_limits_and_targets_look_at_rest_and_at_responses():
    """Treg at rest are the counts that were drawn; a fold is over them."""
    low = Response("low", "aldesleukin 1 MIU/m2 sc daily for 2 days", 2.0)
    rest = Asked("Treg at rest", "cell/uL")
    fold, end = (
        Asked(f"Treg {what}", u, "low")
        for what, u in (("end fold", "1"), ("end", "cell/uL"))
    )
    base = adults(n=5, seed=1)
    found = measure(
        [rest, fold, end, Asked("Treg", "cell/mm^3")], base, body(), {"low": low}
    )
    assert found[rest] == pytest.approx(found[Asked("Treg", "cell/mm^3")], rel=1e-6)
    assert found[end] / found[rest] == pytest.approx(found[fold])
    only = measure([rest], base, body(), {})
    assert only[rest] == pytest.approx(found[rest], rel=1e-12)


def test_the_limit_that_empties_a_population_is_named():
    """Each of the others leaves somebody; only the impossible one must go."""
    limits = (limit(AGE, low=30.0), limit(CD4, high=2.0), limit(AGE, high=70.0))
    with pytest.raises(BadPopulation, match="keeps all limits") as raised:
        build(plan(limits=limits), body())
    told = str(raised.value)
    assert "CD4: at most 2 cell/uL (0 of 1500 keep it)" in told
    drawn = BASE.draw().age_y
    left = np.count_nonzero((drawn >= 30) & (drawn <= 70))
    assert f"without 'CD4: at most 2 cell/uL' {left} of 1500 would be left" in told


def test_limits_that_only_contradict_each_other_are_named_too():
    """Each alone leaves many; the fewest to drop is one of two, the one losing more."""
    limits = (limit(AGE, low=60.0), limit(AGE, high=50.0))
    with pytest.raises(BadPopulation) as raised:
        build(plan(limits=limits), body())
    drawn = BASE.draw().age_y
    young = np.count_nonzero(drawn <= 50)
    assert young > np.count_nonzero(drawn >= 60)
    assert f"without 'age: at least 60 y' {young} of 1500" in str(raised.value)


def test_a_target_out_of_reach_is_named_with_what_is_reached():
    ages = BASE.draw().age_y
    with pytest.raises(BadPopulation, match="meet all targets") as raised:
        build(plan(targets=(FEW_CD4, replace(OLD, mean=99.0))), body())
    told = str(raised.value)
    assert "alone out of reach: 'age: 99 ± 9 y'" in told
    assert f"reach {ages.min():.4g} to {ages.max():.4g}" in told
    assert "without 'age: 99 ± 9 y'" in told


def test_targets_that_contradict_each_other_are_named():
    young = Target(AGE, mean=35.0, source="t")
    with pytest.raises(BadPopulation, match="meet all targets") as raised:
        build(plan(targets=(young, replace(young, mean=60.0), WOMEN)), body())
    told = str(raised.value)
    assert "each can be met alone, not all together" in told
    assert "without 'age: 35 y' or 'age: 60 y'" in told


def test_weights_that_collapse_are_refused_with_the_target_to_blame():
    far = Target(AGE, mean=76.0, source="t")
    with pytest.raises(BadPopulation, match="collapse onto few persons") as raised:
        build(plan(targets=(far, WOMEN)), body())
    told = str(raised.value)
    assert "1500 plausible candidates worth" in told
    assert "without 'age: 76 y' it would be worth" in told
    made = build(replace(plan(targets=(far, WOMEN)), least_effective=1.0), body())
    assert any("worth" in line for line in made.quality.warnings())


def test_methods_can_be_compared_on_the_same_candidates():
    targets = (OLD, WOMEN)
    found = measure(plan(targets=targets).asked, BASE, body(), {})
    made = compare_methods(
        plan(targets=targets), found, ["maximum entropy", "rejection", "none"]
    )
    assert isinstance(made["rejection"], BadPopulation), "a share has no density"
    even = made["none"]
    assert not isinstance(even, BadPopulation)
    assert even.quality.effective == pytest.approx(1500)
    assert weigh(plan(targets=targets), found).quality.effective < 1500


def test_each_target_is_predicted_from_the_others():
    """One mean said twice predicts itself; an unrelated share is not met."""
    older, oldest = (replace(OLD, sd=None, note=note) for note in ("one", "other"))
    targets = (older, oldest, WOMEN)
    whole = plan(targets=targets)
    found = measure(whole.asked, BASE, body(), {})
    told = predict_each(whole, found)
    assert [told[one].is_met for one in targets] == [True, True, False]
    assert told[older].found[0] == pytest.approx(55.0, abs=1e-6)
    far = replace(OLD, mean=99.0)
    told = predict_each(plan(targets=(far, WOMEN)), found)
    assert isinstance(told[WOMEN], BadPopulation), "the other one is out of reach"


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (lambda: plan(method="magic"), UnknownName),
        (
            lambda: build(plan(limits=(limit(Asked("ages", "y"), 0.0),)), body()),
            UnknownName,
        ),
        (
            lambda: build(plan(limits=(limit(Asked("Treg end", "1"), 0.0),)), body()),
            BadPopulation,
        ),
        (lambda: limit(AGE, 5.0, 5.0), BadPopulation),
        (lambda: limit(AGE), BadPopulation),
        (lambda: Target(AGE), BadPopulation),
        (lambda: Target(AGE, mean=-1.0, sd=1.0), BadPopulation),
        (lambda: Target(AGE, edges=(0.0, 1.0), shares=(0.4,)), BadPopulation),
    ],
)
def test_what_cannot_be_meant_is_refused(wrong, kind):
    with pytest.raises(kind):
        wrong()
