"""The certificate of a population, against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from il2sim.study.quality import certify, drift_of, effective_size, gini, information

GRID = (np.arange(100_000) + 0.5) / 100_000


def test_effective_size_of_two_groups():
    """k persons of weight a and m of weight 1: (ka + m)² / (ka² + m)."""
    weights = np.array([5.0] * 3 + [1.0] * 7)
    assert effective_size(weights) == pytest.approx(22.0**2 / 82.0)
    assert effective_size(np.full(9, 0.1)) == pytest.approx(9.0)


def test_gini_of_linear_weights_is_a_third():
    """Weights that grow linearly from zero: 1/3 (the Lorenz curve is a square)."""
    assert gini(GRID) == pytest.approx(1 / 3, abs=1e-5)
    assert gini(np.ones(7)) == pytest.approx(0.0, abs=1e-15)


def test_information_of_keeping_a_part_is_the_logarithm_of_its_size():
    assert information(np.repeat([1.0, 0.0], [25, 75])) == pytest.approx(math.log(4))


def test_drift_of_a_uniform_quantity_under_linear_weights():
    """Density 2x against 1: distance max(x - x²) = ¼, information ln 2 - ½.

    Tolerance of the information: 20 bins lose about 1/(24·20²) of its curvature.
    """
    found = drift_of("x", GRID, GRID)
    assert found.distance == pytest.approx(0.25, abs=1e-4)
    assert found.information == pytest.approx(math.log(2) - 0.5, abs=2e-3)
    still = drift_of("x", GRID, np.ones(len(GRID)))
    assert still.distance == pytest.approx(0.0, abs=1e-9)
    assert still.information == pytest.approx(0.0, abs=1e-12)


def test_drift_of_two_groups_is_the_change_of_their_share():
    """Ties are one step: 3 of 10 women become half; no distance inside a group."""
    women = np.array([1.0] * 3 + [0.0] * 7)
    found = drift_of("is female", women, np.where(women > 0, 7.0, 3.0))
    assert found.distance == pytest.approx(0.2)
    half = 0.5 * math.log(0.5 / 0.3) + 0.5 * math.log(0.5 / 0.7)
    assert found.information == pytest.approx(half)


def test_a_certificate_says_in_words_what_is_weak():
    weights = np.array([10.0] + [1.0] * 49 + [0.0] * 50)
    ages = np.arange(100.0)
    quality = certify(weights, 90, (), {"age": ages, "all alike": np.ones(100)})
    assert (quality.candidates, quality.plausible, quality.kept) == (100, 90, 50)
    assert quality.largest == pytest.approx(10 / 59)
    told = "\n".join(quality.warnings())
    assert "One person stands for 17 % of the population." in told
    assert "worth 23 persons" in told
    assert "Far from what is drawn: age." in told
    assert [one.what for one in quality.drift] == ["age"]
    assert not list(certify(np.ones(500), 500, (), {}).warnings())
