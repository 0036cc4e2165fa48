"""Diagnostics of chains against processes whose answers are known."""

import numpy as np
import pytest

from il2sim.inference import coverage, effective_size, r_hat


def chains(correlation: float, *, n: int = 4, length: int = 4000) -> np.ndarray:
    """Stationary chains of first-order autocorrelation with unit variance."""
    random = np.random.default_rng(11)
    made = np.empty((n, length))
    made[:, 0] = random.normal(size=n)
    for i in range(1, length):
        noise = random.normal(size=n) * np.sqrt(1 - correlation**2)
        made[:, i] = correlation * made[:, i - 1] + noise
    return made


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_the_effective_size_is_that_of_an_autoregression(correlation):
    """n (1 - rho) / (1 + rho), to a fifth."""
    wanted = 16000 * (1 - correlation) / (1 + correlation)
    assert effective_size(chains(correlation)) == pytest.approx(wanted, rel=0.2)


def test_chains_that_agree_have_an_r_hat_of_one():
    """And those with other means or other widths do not."""
    alike = chains(0.3)
    assert r_hat(alike) == pytest.approx(1, abs=0.01)
    assert r_hat(alike + np.array([[0], [0], [0], [2]])) > 1.2
    assert r_hat(alike * np.array([[1], [1], [1], [6]])) > 1.1


def test_a_chain_that_stands_still_is_worth_nothing():
    """Its effective size is zero."""
    assert effective_size(np.ones((4, 100))) == 0


def test_intervals_of_a_normal_distribution_cover_what_they_say():
    """90 % of new draws lie in the middle 90 % of old ones."""
    random = np.random.default_rng(5)
    draws, seen = random.normal(size=(2000, 2000)), random.normal(size=2000)
    assert coverage(draws, seen, 0.9) == pytest.approx(0.9, abs=0.03)
