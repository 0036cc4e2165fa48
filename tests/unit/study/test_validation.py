"""Judging cards against a model whose answer is known in closed form."""

import math
from dataclasses import replace

import numpy as np
import pytest

from il2sim.study.card import Arm, Measured, TrialCard
from il2sim.study.comparison import Expected
from il2sim.study.populations import population
from il2sim.study.readouts import Assay
from il2sim.study.regimen import Regimen
from il2sim.study.validation import between_studies, plan, validate
from tests.unit.study.tiny import VALUES, tiny

RATE, DOSE = VALUES["plasma.k_lose"].value, 5.0  # [1/h], [nmol]
IL2 = Regimen.parse("aldesleukin 5 nmol iv bolus, once")


def published(name, reading, *, window=(0.0, 0.0), low=None, high=None, **more):
    unit = more.pop("unit", "1")
    expected = Expected(name, reading, ("E009",), low=low, high=high, unit=unit)
    return Measured(expected, more.pop("arm", "all"), *window, **more)


def card_of(*measured, role="calibration", **arms):
    return TrialCard(
        name="a trial",
        title="a trial",
        kind="pharmacokinetics",
        role=role,
        model="tiny",
        population="adults",
        arms=arms or {"all": Arm(IL2)},
        n=10,
        visits_h=np.array([0.0, 24.0]),
        measured=measured,
    )


def judged(*cards, n=6):
    return validate(
        cards,
        models={"tiny": tiny()},
        population=lambda name, n: population(name, n=n, seed=1).without_spread(),
        n_subjects=n,
    )


def test_half_life_and_clearance_are_those_of_one_compartment():
    """ln 2/k, and k V: 1.386 h and 0.5 x 40 mL/kg x weight."""
    window = {"window": (0.001, 8.0), "every_h": 0.001}
    half = published("plasma IL-2", "half-life", unit="h", low=1.3, high=1.5, **window)
    clear = published("plasma IL-2", "area", unit="L/h", over="dose", **window)
    found = judged(card_of(half, clear))
    assert found.verdicts[0].value == pytest.approx(math.log(2) / RATE, rel=1e-3)
    assert found.verdicts[0].passes is True
    people = population("adults", n=6, seed=1).without_spread().draw()
    clearance = float(np.median(RATE * 0.04 * people.weight_kg))
    tail = 1 - math.exp(-RATE * 8.0)  # what the window leaves out
    assert found.verdicts[1].value == pytest.approx(clearance / tail, rel=2e-3)
    assert found.verdicts[1].passes is None  # nothing to pass


def test_arms_are_divided_by_each_other_and_windows_by_windows():
    """Twice the dose is twice the level; three hours later it is exp(-3k)."""
    arms = {
        "one": Arm(IL2),
        "two": Arm(Regimen.parse("aldesleukin 10 nmol iv bolus, once")),
    }
    ratio = published(
        "plasma IL-2", "value", window=(2.0, 2.0), arm="two", over="one", low=1.9
    )
    later = replace(ratio, over="two", start_h=5.0, end_h=5.0, over_h=(2.0, 2.0))
    found = judged(card_of(ratio, later, **arms))
    assert found.verdicts[0].value == pytest.approx(2.0, rel=1e-3)
    assert found.verdicts[1].value == pytest.approx(math.exp(-3 * RATE), rel=1e-3)
    assert [one.passes for one in found.verdicts] == [True, False]


def test_activities_need_no_conversion_by_hand():
    """5 nmol are 1.25 MIU of aldesleukin (E296), whatever the volume."""
    mass = published("plasma IL-2", "peak", unit="pM", window=(0.0, 1.0), every_h=0.1)
    active = published(
        "plasma IL-2",
        "peak",
        unit="IU/mL",
        window=(0.0, 1.0),
        every_h=0.1,
        assay=Assay("IU/mL"),
    )
    one, other = judged(card_of(mass, active)).verdicts
    assert one.value / other.value == pytest.approx(3.99, rel=2e-3)


def test_a_treatment_is_simulated_once_for_all_cards():
    level = published("plasma IL-2", "value", unit="pM", window=(2.0, 2.0))
    later = published("amount", "value", unit="nmol", window=(4.0, 4.0))
    runs = plan([card_of(level), replace(card_of(later), name="another")])
    (run,) = runs.values()
    assert {2.0, 4.0} <= set(run.times_h)
    assert run.save == ("plasma IL-2", "amount")
    assert judged(card_of(level), card_of(later)).n_runs == 1


def test_untreated_persons_stay_at_rest():
    rest = published("memory Treg", "rest", unit="cell/uL", low=1.0)
    (one,) = judged(card_of(rest, all=Arm(None))).verdicts
    assert one.passes is True
    assert np.ptp(one.values) < 30


def test_the_part_of_patients_below_a_threshold_is_a_percentage():
    some = published(
        "plasma IL-2", "value", unit="%", window=(2.0, 2.0), below=0.0, low=0.0
    )
    (none,) = judged(card_of(some)).verdicts
    assert none.value == 0.0
    (every,) = judged(card_of(replace(some, below=1e9))).verdicts
    assert every.value == 100.0


def test_a_molecule_whose_binding_is_unknown_is_a_verdict_and_no_crash():
    level = published("plasma IL-2", "value", unit="pM", window=(2.0, 2.0), low=1.0)
    unknown = Arm(Regimen.parse("denileukin diftitox 1 nmol iv bolus, once"))
    found = judged(card_of(level, all=unknown))
    (one,) = found.verdicts
    assert "not known" in one.refused
    assert found.passed() == (0, 1)


def test_the_spread_between_studies_is_what_sampling_does_not_explain():
    """All patients alike: the root mean square of the logarithmic errors."""
    level = published("plasma IL-2", "value", unit="pM", window=(2.0, 2.0))
    (one,) = judged(card_of(level), n=2).verdicts
    twice = replace(one.measured, value=one.value * math.e)
    half = replace(one.measured, value=one.value / math.e)
    same = np.full(400, one.value)
    verdicts = [replace(one, measured=x, sampling=same) for x in (twice, half)]
    found = between_studies(verdicts)
    assert found == {True: 0.0, False: pytest.approx(1.0)}
    low, high = verdicts[0].interval(found)
    assert low == pytest.approx(one.value * math.exp(-1.645), rel=0.15)
    assert high == pytest.approx(one.value * math.exp(1.645), rel=0.15)
