"""Dose escalation against its papers: boundaries, eliminations, 3+3 in closed form."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from il2sim.errors import BadStudy
from il2sim.study.escalation import (
    Escalation,
    boundaries,
    escalate,
    is_too_toxic,
    isotonic,
)

PRINTED = {
    0.15: (0.118, 0.179),
    0.20: (0.157, 0.238),
    0.25: (0.197, 0.298),
    0.30: (0.236, 0.358),
    0.35: (0.276, 0.419),
    0.40: (0.316, 0.479),
}
"""Liu & Yuan (2015), table 1: rates of escalation and de-escalation by target."""


@pytest.mark.parametrize(("target", "printed"), PRINTED.items())
def test_boundaries_are_the_printed_ones(target, printed):
    """To the third decimal, which the paper cuts off."""
    assert boundaries(target) == pytest.approx(printed, abs=1.001e-3)


@pytest.mark.parametrize(
    ("treated", "up", "down", "out"),
    [(3, 0, 2, 3), (6, 1, 3, 4), (9, 2, 4, 5), (12, 2, 5, 7), (15, 3, 6, 8)],
)
def test_counts_of_a_target_of_30_per_cent_are_the_printed_ones(treated, up, down, out):
    """Escalate at most, de-escalate at least, give up at least so many toxicities."""
    low, high = boundaries(0.3)
    rates = np.arange(treated + 1) / treated
    assert int(np.flatnonzero(rates <= low)[-1]) == up
    assert int(np.flatnonzero(rates >= high)[0]) == down
    given_up = [is_too_toxic(toxic, treated, 0.3) for toxic in range(treated + 1)]
    assert given_up.index(True) == out


def test_giving_up_is_a_tail_of_the_beta_distribution():
    """The binomial sum is SciPy's beta distribution."""
    from scipy.stats import beta

    for toxic, treated in product(range(7), (6, 9)):
        tail = beta.sf(0.25, 1 + toxic, 1 + treated - toxic)
        assert is_too_toxic(toxic, treated, 0.25) == (tail > 0.95)


def test_isotonic_rates_are_the_nearest_that_rise():
    """Compared with the least of all ways to pool four doses."""
    toxic, treated = np.array([1.0, 0.0, 3.0, 2.0]), np.array([3.0, 6.0, 6.0, 6.0])
    found = isotonic(toxic, treated)
    raw, weight = (toxic + 0.05) / (treated + 0.1), treated + 0.1
    best = np.inf
    for cuts in product([False, True], repeat=3):
        block = np.concatenate([[0], np.cumsum(cuts)])
        mean = np.array(
            [np.average(raw[block == b], weights=weight[block == b]) for b in block]
        )
        if np.all(np.diff(mean) >= -1e-12):
            best = min(best, float(np.sum(weight * (raw - mean) ** 2)))
    assert np.all(np.diff(found) >= 0)
    assert float(np.sum(weight * (raw - found) ** 2)) == pytest.approx(best)


def test_doses_nobody_had_have_no_rate():
    """They are not chosen either."""
    rates = isotonic(np.array([0.0, 1.0, 0.0]), np.array([3.0, 3.0, 0.0]))
    assert np.isnan(rates[2])
    assert not np.any(np.isnan(rates[:2]))


def test_three_by_three_goes_up_as_often_as_it_should():
    """From the first of two doses: (1-p)^3 + 3 p (1-p)^2 (1-p)^3."""
    p, n = 0.25, 4000
    toxic = np.random.default_rng(7).random((n, 24, 2)) < [p, 0.0]
    rule = Escalation("3+3", "toxicity")
    went_up = np.mean([1 in escalate(rule, one).doses for one in toxic])
    expected = (1 - p) ** 3 + 3 * p * (1 - p) ** 2 * (1 - p) ** 3
    assert went_up == pytest.approx(
        expected, abs=4 * np.sqrt(expected * (1 - expected) / n)
    )


@pytest.mark.parametrize(
    ("toxicities", "doses", "chosen"),
    [
        ([0, 1, 0, 2], [0, 1, 1, 2], 1),
        ([0, 0, 2, 0], [0, 1, 2, 1], 1),
        ([0, 0, 2, 1], [0, 1, 2, 1], 1),
        ([0, 0, 2, 2, 0], [0, 1, 2, 1, 0], 0),
        ([2], [0], -1),
        ([0, 0, 0, 0], [0, 1, 2, 2], 2),
        ([0, 2, 2], [0, 1, 0], -1),
    ],
)
def test_three_by_three_goes_as_it_is_written(toxicities, doses, chosen):
    """Cohort after cohort, each with so many toxicities whatever its dose."""
    table = np.zeros((30, 3), dtype=bool)
    for cohort, count in enumerate(toxicities):
        table[3 * cohort : 3 * cohort + count] = True
    found = escalate(Escalation("3+3", "toxicity"), table)
    assert list(found.doses) == doses
    assert list(found.toxic) == toxicities
    assert found.chosen == chosen


def test_boin_finds_the_dose_of_the_target():
    """Of five doses the third has the target rate; it is chosen most often."""
    rates = [0.05, 0.12, 0.30, 0.50, 0.65]
    rule = Escalation("BOIN", "toxicity", target=0.3, most=36)
    toxic = np.random.default_rng(3).random((1000, 36, 5)) < rates
    chosen = np.array([escalate(rule, one).chosen for one in toxic])
    shares = np.bincount(chosen + 1, minlength=6)[1:] / 1000
    assert shares.argmax() == 2
    assert shares[2] > 0.5
    assert shares[4] < 0.02


def test_an_escalation_that_makes_no_sense_is_refused():
    """A target of one, a cohort larger than the trial, four in a 3+3."""
    for wrong in (
        {"design": "BOIN", "target": 1.0},
        {"design": "BOIN", "cohort": 9, "most": 6},
        {"design": "3+3", "cohort": 4},
    ):
        with pytest.raises(BadStudy, match="of a dose escalation cannot be used"):
            Escalation(toxicity="t", **wrong)
