"""Effects, power and doubt of trials whose numbers are drawn here, not solved."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from il2sim.study.compared import compare_arms, each_trial, effect
from il2sim.study.effects import clopper_pearson
from il2sim.study.interim import Interim
from il2sim.study.trial_measure import Measure
from il2sim.study.trial_readings import Readings
from tests.unit.study.trials import small

SIZE, N_TRIALS = 60, 800
PLAIN = Measure("peak", "plasma IL-2", "peak")


def invented(shift=0.0, *, apart=0.0, lab=0.0, again=0):
    """Normal readings: spread 1 between subjects, `apart` between effects of trials."""
    chance = np.random.default_rng(11)
    n = SIZE * N_TRIALS
    arm = np.tile(np.repeat([0, 1], SIZE // 2), N_TRIALS)
    trial = np.repeat(np.arange(N_TRIALS), SIZE)
    effects = shift + apart * chance.standard_normal(N_TRIALS)
    true = chance.standard_normal(n) + np.where(arm == 0, effects[trial], 0.0)
    noise = [lab * chance.standard_normal(n) for _ in range(2)][again]
    return Readings(
        subject=np.arange(n),
        trial=trial,
        arm=arm,
        period=np.zeros(n, int),
        values=(true + noise)[:, None],
        is_event=np.zeros((n, 1), bool),
    )


def planned(**changes):
    return small(SIZE * N_TRIALS, size=SIZE, measures=(PLAIN,), **changes)


def test_the_power_is_that_of_the_textbook():
    """Half a standard deviation, 30 in each arm: Phi(0.5 sqrt(15) - 1.96), 49 %.

    Welch's test with 58 degrees of freedom has 0.6 % less.
    """
    trial, readings = planned(), invented(0.5)
    found = compare_arms(trial, readings, readings, PLAIN, 0)
    expected = NormalDist().cdf(0.5 * np.sqrt(15) - 1.96) - 0.008
    error = np.sqrt(expected * (1 - expected) / N_TRIALS)
    assert found.power == pytest.approx(expected, abs=4 * error)
    assert (found.low, found.high) == clopper_pearson(found.n_found, N_TRIALS)
    assert found.pooled.estimate == pytest.approx(0.5, abs=0.04)


def test_without_an_effect_it_is_the_error_also_with_looks():
    """Five per cent of trials find what is not there, over both looks together."""
    for looks in (None, Interim((0.5, 1.0), "Pocock")):
        trial = planned(interim=looks)
        # Looks take the first subjects enrolled: arms must alternate.
        readings = invented()
        readings = replace(readings, arm=np.arange(len(readings)) % 2)
        found = compare_arms(trial, readings, readings, PLAIN, 0)
        assert found.power == pytest.approx(0.05, abs=4 * np.sqrt(0.0475 / N_TRIALS))
        assert list(found.at_looks) == sorted(found.at_looks)


def test_doubt_is_shared_out_among_its_sources():
    """Linear and normal: 0.4 between trials, 1 between subjects, 0.5 in the lab.

    Half-widths are 1.96 sqrt(0.16), 1.96 sqrt(2/30) and 1.96 sqrt(2 x 0.25 / 30).
    """
    wanted = {"apart": 0.4, "lab": 0.5}
    readings, again = (invented(1.0, **wanted, again=one) for one in (0, 1))
    found = compare_arms(planned(), readings, again, PLAIN, 0).typical
    assert found.parameters == pytest.approx(1.96 * 0.4, rel=0.08)
    assert found.patients == pytest.approx(1.96 * np.sqrt(2 / 30), rel=0.03)
    assert found.readings == pytest.approx(1.96 * np.sqrt(0.5 / 30), rel=0.03)


def test_a_crossover_is_free_of_its_periods():
    """Period two is 3 higher, the arm 0.7; additive, without noise it is exact."""
    trial = small(40, design="crossover", size=40, measures=(PLAIN,))
    chance = np.random.default_rng(5)
    person, order = chance.standard_normal(40), np.arange(40) % 2
    small_noise = 1e-9 * chance.standard_normal((2, 40))
    arms = np.array([order, 1 - order])
    values = person + 0.7 * (arms == 0) + np.array([[0.0], [3.0]]) + small_noise
    readings = Readings(
        subject=np.tile(np.arange(40), 2),
        trial=np.zeros(80, int),
        arm=arms.ravel(),
        period=np.repeat([0, 1], 40),
        values=values.reshape(80, 1),
        is_event=np.zeros((80, 1), bool),
    )
    found = effect(trial, readings, PLAIN, 0, 1)
    assert found.estimate == pytest.approx(0.7, abs=1e-8)
    other = effect(trial, readings, PLAIN, 1, 0)
    assert other.estimate == pytest.approx(-0.7, abs=1e-8)


def test_in_a_crossover_only_what_changes_within_a_person_is_doubt():
    """Persons differ by 5, and by 0.3 from day to day; the laboratory by 0.2.

    Half of the difference between two means of 20 differences of two: the half-widths
    are 1.96 x 0.5 sqrt(2 x (2 x 0.09) / 20) and 1.96 x 0.5 sqrt(2 x (2 x 0.04) / 20).
    """
    n_trials, size = 400, 40
    n = n_trials * size
    trial = small(n, design="crossover", size=size, measures=(PLAIN,))
    chance = np.random.default_rng(6)
    order = np.arange(n) % 2
    arms = np.array([order, 1 - order])
    true = 5 * chance.standard_normal(n) + 0.3 * chance.standard_normal((2, n))
    first, second = (
        Readings(
            subject=np.tile(np.arange(n), 2),
            trial=np.tile(np.arange(n) // size, 2),
            arm=arms.ravel(),
            period=np.repeat([0, 1], n),
            values=(true + 0.2 * chance.standard_normal((2, n))).reshape(-1, 1),
            is_event=np.zeros((2 * n, 1), bool),
        )
        for _ in range(2)
    )
    found = compare_arms(trial, first, second, PLAIN, 0).typical
    assert found.patients == pytest.approx(0.98 * np.sqrt(0.36 / 20), rel=0.03)
    assert found.readings == pytest.approx(0.98 * np.sqrt(0.16 / 20), rel=0.03)
    assert found.parameters < 0.5 * found.readings


def test_only_whole_trials_count():
    """Subjects beyond the last whole trial are in no replicate."""
    trial = replace(planned(), population=planned().population.sized(SIZE * 3 + 5))
    rows = each_trial(trial, invented().rows(slice(0, SIZE * 3 + 5)))
    assert [len(one) for one in rows] == [SIZE] * 3
