"""A trial and how it is conducted, against what the tiny model must give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from il2sim.errors import BadStudy, UnknownName
from il2sim.molecules import catalog
from il2sim.study.allocation import Stratum
from il2sim.study.conduct import Records, conduct
from il2sim.study.escalation import Escalation
from il2sim.study.portions import portions
from il2sim.study.posterior import Posterior
from il2sim.study.protocol import Protocol
from il2sim.study.trial import Arm, Dropout, Noise, Uncertain
from il2sim.study.trial_measure import Measure
from il2sim.study.trial_readings import left_days, read, read_visits
from tests.unit.study.tiny import tiny
from tests.unit.study.trials import HIGH, LOW, PEAK, small

EXACT = 1e-8
"""Tolerance of the solve; results are compared at a hundred times that."""


def highest(plan, people, million_iu):
    """Highest concentration after the second dose: c (1 + exp(-24 k))."""
    amount = float(catalog.product("aldesleukin").to_nmol(million_iu, "MIU"))
    factors = plan.trial.parameter_factors(np.arange(len(people)))
    loss = 0.5 * factors.get("plasma.k_lose", 1.0)
    return 1000 * amount / (0.04 * people.weight_kg) * (1 + np.exp(-24 * loss))


def test_each_arm_gets_its_own_regimen_and_every_subject_its_own_size():
    """The peak of each subject is the closed form of its arm, to the tolerance."""
    plan = conduct(small(), tiny(), tolerance=EXACT)
    records = plan.solve(range(12))
    people = plan.trial.population.draw()
    dose = np.where(plan.group == 0, 18.0, 9.0)
    expected = highest(plan, people, 1.0) * dose
    assert np.allclose(records.reduced[:, 0], expected, rtol=100 * EXACT)
    assert sorted(np.bincount(plan.group)) == [6, 6]


def test_a_portion_has_the_bits_of_the_whole():
    """Wherever it is cut, and however many subjects there are."""
    trial = small(
        strata=(Stratum("sex"),), uncertain=(Uncertain("plasma.k_lose", 0.3, ""),)
    )
    plan = conduct(trial, tiny(), tolerance=1e-4)
    more = conduct(
        replace(trial, population=trial.population.sized(30)), tiny(), tolerance=1e-4
    )
    whole, part = plan.solve(range(12)), more.solve(range(5, 9))
    for name, array in whole.arrays().items():
        assert array[5:9].tobytes() == part.arrays()[name].tobytes(), name


def test_one_trial_shares_its_uncertain_parameters():
    """Subjects 0 to 5 have one draw, 6 to 11 another; so with rows of a fit."""
    trial = small(uncertain=(Uncertain("plasma.k_lose", 0.5, "a test"),))
    found = trial.parameter_factors(np.arange(12))["plasma.k_lose"]
    assert len(set(found[:6])) == len(set(found[6:])) == 1
    assert found[0] != found[6]
    fit = Posterior.of({"plasma.volume": np.array([0.5, 2.0])}, "a fit")
    fitted = small(60, population=trial.population.sized(60).with_posterior(fit))
    rows = fitted.parameter_factors(np.arange(60))["plasma.volume"].reshape(10, 6)
    assert np.all(rows == rows[:, :1])
    assert set(rows[:, 0]) == {0.5, 2.0}
    plan = conduct(fitted, tiny(), tolerance=EXACT)
    people = fitted.persons.draw()
    dose = np.where(plan.group == 0, 18.0, 9.0)[:12]
    expected = highest(plan, people, 1.0)[:12] * dose / rows.ravel()[:12]
    assert np.allclose(plan.solve(range(12)).reduced[:, 0], expected, rtol=1e-6)


def test_a_crossover_gives_both_in_both_orders():
    """The peak of each period is that of its arm; day 10 begins anew, all is lost."""
    trial = small(design="crossover", washout_days=7.0)
    plan = conduct(trial, tiny(), tolerance=EXACT)
    readings = read(plan, plan.solve(range(12)))
    people = trial.population.draw()
    dose = np.where(readings.arm == 0, 18.0, 9.0)
    expected = highest(plan, people, 1.0)[readings.subject] * dose
    assert np.allclose(readings.values[:, 0], expected, rtol=1e-6)
    assert trial.end_day == 13.0
    assert trial.groups() == ["high then low", "low then high"]
    assert sorted(np.bincount(readings.arm)) == [12, 12]


def test_in_an_escalation_every_subject_stands_for_all_doses():
    """One row for each dose, the same person in all."""
    toxic = Measure("toxic", "plasma IL-2", "peak", at_least=1e9)
    arms = tuple(Arm(name, one) for name, one in (("low", LOW), ("high", HIGH)))
    trial = small(
        design="escalation",
        arms=arms,
        measures=(PEAK, toxic),
        escalation=Escalation("3+3", "toxic"),
    )
    records = conduct(trial, tiny(), tolerance=1e-4).solve(range(6))
    assert records.subject.tolist() == sorted([*range(6), *range(6)])
    low, high = (records.reduced[records.group == arm, 0] for arm in (0, 1))
    assert np.allclose(high, 2 * low, rtol=1e-3)


def test_noise_is_log_normal_and_read_anew():
    """Spread of readings over true values: 20 %, independent the second time."""
    trial = small(3000, noise=(Noise("plasma IL-2", 0.2, "a test"),))
    plan = conduct(trial, tiny(), tolerance=1e-3)
    records = plan.solve(range(3000))
    true = records.reduced[:, 0]
    logs = [
        np.log(read(plan, records, again=one).values[:, 0] / true) for one in (0, 1)
    ]
    for one in logs:
        assert np.std(one) == pytest.approx(np.sqrt(np.log(1.04)), rel=0.05)
        assert abs(np.mean(one)) < 0.015
    assert abs(np.corrcoef(*logs)[0, 1]) < 0.06
    visits = read_visits(plan, records, "plasma IL-2")
    assert visits.shape == (3000, 3)


def test_a_portion_of_who_missed_the_last_dose_is_whole():
    """Checks that nobody makes are missing at the end; who got half is known."""
    text = "aldesleukin 9 MIU iv, every 24 h, 2 doses; skip if amount > 1 nmol"
    rules = Protocol.parse(f"{text}; missed 50 %")
    trial = small(64, arms=(Arm("high", rules), Arm("low", LOW)))
    plan = conduct(trial, tiny(), tolerance=1e-3)
    whole = plan.solve(range(64))
    alone = [plan.solve(range(i, i + 1)) for i in range(64)]
    for name in ("share_given", "missed", "left_day"):
        parts = np.concatenate([getattr(one, name) for one in alone])
        assert np.array_equal(parts, getattr(whole, name)), name
    given = whole.share_given[whole.group == 0]
    assert set(given) <= {0.0, 0.5, 1.0}
    assert 0.2 < given.mean() < 0.8
    assert np.array_equal(whole.missed[whole.group == 0], 2 - 2 * given)


def test_the_log_has_one_order_wherever_subjects_are_cut():
    """Both arms decide; by twos, by fives and all at once it is the same log."""
    rule = "every 24 h, 3 doses; skip if amount > 0.0001 nmol"
    arms = tuple(
        Arm(name, Protocol.parse(f"aldesleukin {dose} MIU iv, {rule}"))
        for name, dose in (("high", 18), ("low", 9))
    )
    plan = conduct(small(12, arms=arms), tiny(), tolerance=1e-3)
    logs = [
        Records.joined([plan.solve(some) for some in portions(12, size)]).decided
        for size in (12, 5, 2)
    ]
    assert len(logs[0]) == 12  # the second dose of everybody
    assert len(np.unique(logs[0][:, 1])) == 2
    assert all(np.array_equal(one, logs[0]) for one in logs)


def test_who_left_is_not_read():
    """A peak needs the whole window; an event is censored when the subject leaves."""
    late = Measure("late", "plasma IL-2", "time to", threshold=1e12)
    trial = small(400, measures=(PEAK, late), dropout=Dropout(0.5, 3.0, "a test"))
    plan = conduct(trial, tiny(), tolerance=1e-3)
    records = plan.solve(range(400))
    readings = read(plan, records)
    left = left_days(records, readings.subject)
    assert np.array_equal(np.isnan(readings.values[:, 0]), np.isfinite(left))
    assert np.array_equal(readings.values[:, 1], np.minimum(left, 3.0))
    assert not readings.is_event.any()
    assert 0.4 < np.isfinite(left).mean() < 0.6


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"control": "lwo"}, UnknownName),
        ({"primary": "pek"}, UnknownName),
        ({"arms": (Arm("one", HIGH), Arm("one", LOW))}, BadStudy),
        ({"arms": (Arm("low", LOW),)}, BadStudy),
        ({"visits": (3.0, 1.0)}, BadStudy),
        ({"visits": (0.0, 9.0)}, BadStudy),
        ({"size": 3}, BadStudy),
        ({"design": "escalation"}, BadStudy),
        ({"escalation": Escalation("BOIN", "peak")}, BadStudy),
        ({"measures": (Measure("peak", "CD8", "fold", day=9.0),)}, BadStudy),
    ],
)
def test_a_trial_that_does_not_fit_together_is_refused(wrong, error):
    """Names nobody has, doses twice, visits that fall."""
    with pytest.raises(error, match="trial"):
        small(**wrong)


def test_a_trial_must_fit_its_model():
    """Quantities and parameters are looked for before anything is solved."""
    with pytest.raises(UnknownName, match="shows no 'CD8'"):
        conduct(
            small(measures=(PEAK, Measure("m", "CD8", "peak"))), tiny(), tolerance=1e-4
        )
    with pytest.raises(UnknownName, match=r"no parameter 'k\.off'"):
        conduct(small(uncertain=(Uncertain("k.off", 0.1, ""),)), tiny(), tolerance=1e-4)
