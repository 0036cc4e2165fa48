"""Weights: draws from one normal distribution for another, whose moments are known."""

import numpy as np
import pytest

from il2sim.inference.importance import TRUSTED, weigh


def test_weights_give_the_moments_of_the_wanted_density():
    """N(0, 1) drawn, N(0.5, 0.8) wanted; 4000 draws, so means are good to 0.05."""
    draws = np.random.default_rng(1).standard_normal(4000)
    found = weigh(-0.5 * ((draws - 0.5) / 0.8) ** 2 + 0.5 * draws**2)
    assert found.pareto_k < TRUSTED
    assert found.weights @ draws == pytest.approx(0.5, abs=0.05)
    assert found.weights @ (draws - 0.5) ** 2 == pytest.approx(0.64, abs=0.06)


def test_draws_that_miss_the_density_are_not_trusted():
    """Wanted is ten times as wide: the weights have no variance."""
    draws = np.random.default_rng(2).standard_normal(4000)
    assert weigh(0.5 * draws**2 - 0.005 * draws**2).pareto_k > TRUSTED
