"""Effects against textbooks and SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest

from il2sim.study.effects import (
    clopper_pearson,
    difference,
    hazard_ratio,
    kaplan_meier,
    risk_difference,
    wilson,
)

MERCAPTOPURINE = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"
"""Weeks of remission of 42 children; + marks who was still in it (Freireich 1963)."""


def times_of(text):
    words = text.split()
    times = np.array([float(word.rstrip("+")) for word in words])
    return times, np.array([not word.endswith("+") for word in words])


def test_kaplan_meier_is_the_one_done_by_hand():
    """Kleinbaum & Klein, Survival Analysis, chapter 2: the children on 6-MP."""
    found = kaplan_meier(*times_of(MERCAPTOPURINE))
    by_hand = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902}
    by_hand |= {16: 0.6275, 22: 0.5378, 23: 0.4482}
    assert found.times.tolist() == [0.0, *by_hand]
    for time, share in by_hand.items():
        assert found.at(time) == pytest.approx(share, abs=6e-5)
    assert found.median == 23.0
    assert len(found.censored) == 12


def test_its_interval_is_greenwoods_on_the_log_log_scale():
    """At 10 weeks: log(-log S) plus or minus 1.96 standard errors."""
    found = kaplan_meier(*times_of(MERCAPTOPURINE))
    share, greenwood = 0.752941, 3 / (21 * 18) + 1 / (17 * 16) + 1 / (15 * 14)
    reach = 1.959964 * math.sqrt(greenwood) / abs(math.log(share))
    inner = math.log(-math.log(share))
    at = list(found.times).index(10.0)
    assert found.low[at] == pytest.approx(math.exp(-math.exp(inner + reach)), abs=1e-6)
    assert found.high[at] == pytest.approx(math.exp(-math.exp(inner - reach)), abs=1e-6)


def test_the_log_rank_test_is_the_printed_one():
    """Chi-squared of 16.79, 9 events against 19.25 expected (Kleinbaum & Klein)."""
    (one, seen), (other, all_seen) = times_of(MERCAPTOPURINE), times_of(PLACEBO)
    found = hazard_ratio(
        np.r_[one, other],
        np.r_[seen, all_seen],
        np.r_[np.ones(21, bool), np.zeros(21, bool)],
    )
    assert found.z**2 == pytest.approx(16.793, abs=1e-3)
    variance = 1 / found.error**2
    assert found.inner * variance == pytest.approx(9 - 19.2505, abs=1e-3)
    assert found.estimate == pytest.approx(math.exp(found.inner))
    assert found.low < found.estimate < found.high < 1


def test_means_are_compared_as_scipy_does():
    """Welch's test, its degrees of freedom and its interval."""
    from scipy.stats import ttest_ind

    chance = np.random.default_rng(1)
    one, other = chance.normal(1, 2, 17), chance.normal(0, 1, 11)
    found, theirs = difference(one, other), ttest_ind(one, other, equal_var=False)
    assert found.p == pytest.approx(theirs.pvalue)
    low, high = theirs.confidence_interval()
    assert (found.low, found.high) == pytest.approx((low, high))
    ratio = difference(np.exp(one), np.exp(other), is_log=True)
    assert ratio.estimate == pytest.approx(math.exp(found.estimate))
    assert ratio.high == pytest.approx(math.exp(high))
    assert ratio.z == pytest.approx(found.z)


def test_shares_are_compared_as_printed():
    """Newcombe (1998), table II: 56/70 against 48/80, method 10."""
    yes = np.r_[np.ones(56), np.zeros(14)]
    found = risk_difference(yes, np.r_[np.ones(48), np.zeros(32)])
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    nobody = risk_difference(np.zeros(10), np.zeros(20))
    assert (nobody.low, nobody.high) == pytest.approx((-0.1611, 0.2775), abs=5e-5)
    assert nobody.p == 1.0


def test_intervals_of_one_share_are_as_printed():
    """Newcombe (1998), Stat Med 17, 857: score and exact intervals of 81 in 263."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert clopper_pearson(81, 263) == pytest.approx((0.2527, 0.3676), abs=5e-5)
    assert clopper_pearson(10, 10)[1] == 1.0


def test_too_few_say_nothing():
    """One subject has no spread, and without events there is no hazard."""
    assert math.isnan(difference(np.ones(1), np.ones(5)).estimate)
    assert math.isnan(difference(np.ones(4), np.ones(5)).estimate)
    alone = hazard_ratio(np.ones(4), np.zeros(4, bool), np.array([True, False] * 2))
    assert math.isnan(alone.estimate)
    assert alone.p == 1.0
