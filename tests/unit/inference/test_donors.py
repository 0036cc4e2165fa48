"""Donors of a mixed model: closed forms, a slow twin, and spreads found again."""

import numpy as np
import pytest

from il2sim.inference.donors import Means, Prior, common_of, predict, spread_of

PRIOR = Prior(effect=1.0, center=0.2, levels=1.0, effects=0.5)


def made(n_donors, levels, effects, error=0.01, seed=1):
    """Donors around a level of 3 and an effect of 0.5."""
    rng = np.random.default_rng(seed)
    x = np.tile([0.0, 0.3, 0.6, 0.9], n_donors)
    donor = np.repeat(np.arange(n_donors), 4)
    level = 3 + levels * rng.standard_normal(n_donors)[donor]
    effect = 0.5 + effects * rng.standard_normal(n_donors)[donor]
    y = level + effect * x + error * rng.standard_normal(len(x))
    return Means(donor, x, y, np.full(len(x), error**2))


def test_a_new_donor_without_wells_is_what_donors_have_in_common():
    """Nothing is known of it, so its mean is level and effect of all."""
    known = made(3, 0.5, 0.1)
    new = Means(np.array([9]), np.array([0.5]), np.zeros(1), np.ones(1))
    both, _ = common_of(known, (0.5, 0.1), PRIOR)
    found = predict(known, new, (0.5, 0.1), PRIOR)
    assert found == pytest.approx([both[0] + 0.5 * both[1]])


def test_a_level_is_shrunk_by_its_error():
    """Balanced donors, level alone: towards the mean by s²/(s² + e²)."""
    y, error, levels = np.array([1.0, 2.0, 6.0]), 0.5, 2.0
    known = Means(np.arange(3), np.zeros(3), y, np.full(3, error**2))
    weight = levels**2 / (levels**2 + error**2)
    found = predict(known, known, (levels, 0.0), PRIOR)
    assert found == pytest.approx(3 + weight * (y - 3))


def test_a_prediction_is_that_of_one_joint_normal():
    """Slow twin: every unknown in one covariance, conditioned on what is known."""
    known, spread, vague = made(3, 0.5, 0.1), (0.4, 0.2), 1e4
    new = Means(np.array([0, 9]), np.array([0.5, 0.5]), np.zeros(2), np.ones(2))
    donor = np.concatenate([known.donor, new.donor])
    x = np.concatenate([known.x, new.x])
    same = donor[:, None] == donor
    joint = vague**2 + PRIOR.effect**2 * np.outer(x, x)
    joint = joint + same * (spread[0] ** 2 + spread[1] ** 2 * np.outer(x, x))
    n = len(known.y)
    inside = joint[:n, :n] + np.diag(known.variance)
    middle = 3 + PRIOR.center * x
    off = np.linalg.solve(inside, known.y - middle[:n])
    twin = middle[n:] + joint[n:, :n] @ off
    assert predict(known, new, spread, PRIOR) == pytest.approx(twin, rel=1e-5)


def test_spreads_among_many_donors_are_found_again():
    """Forty donors: within a third, three times the error of a spread."""
    found = spread_of(made(40, 0.4, 0.2), PRIOR)
    assert found == pytest.approx((0.4, 0.2), rel=1 / 3)


def test_an_effect_that_is_the_same_in_all_has_no_spread():
    """Below the error of its wells."""
    _, effects = spread_of(made(10, 0.4, 0.0, error=0.05), PRIOR)
    assert effects < 0.05
