"""Components of variance, found again where they are known."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.study.variance import components

SDS = 0.7, 1.3, 0.4
"""Between trials, between subjects, between readings."""


def drawn(n_trials, sizes, seed=1):
    chance = np.random.default_rng(seed)
    trial = np.repeat(np.arange(n_trials), sizes)
    true = chance.normal(0, SDS[0], n_trials)[trial] + chance.normal(
        0, SDS[1], len(trial)
    )
    return *(true + chance.normal(0, SDS[2], len(true)) for _ in range(2)), trial


@pytest.mark.parametrize("sizes", [40, "uneven"])
def test_known_components_are_found(sizes):
    """Linear and normal; within four standard errors of each variance."""
    n_trials = 2000
    each = np.random.default_rng(2).integers(5, 60, n_trials)
    first, second, trial = drawn(n_trials, sizes if sizes == 40 else each)
    found = components(first, second, trial)
    n = len(trial)
    for got, sd, count in (
        (found.parameters, SDS[0], n_trials),
        (found.patients, SDS[1], n),
        (found.readings, SDS[2], n),
    ):
        error = sd**2 * np.sqrt(2 / count) * 1.3  # what is above it adds its own
        assert got == pytest.approx(sd**2, abs=4 * error)
    assert found.total == pytest.approx(np.var(first), rel=0.05)


def test_balanced_components_are_the_textbooks():
    """Two trials of two subjects read twice: mean squares by hand.

    Means of subjects 1, 3 and 6, 8; of trials 2 and 7; all 4.5. Within: 4 squares of 1
    over 2 degrees of freedom, 2; less half the 0.5 between readings, 1.75. Between:
    2 x (2.5² + 2.5²) = 25; less 2, over 2 subjects, 11.5.
    """
    mean = np.array([1.0, 3.0, 6.0, 8.0])
    found = components(mean - 0.5, mean + 0.5, np.array([0, 0, 1, 1]))
    assert (found.parameters, found.patients, found.readings) == (11.5, 1.75, 0.5)


def test_who_lacks_a_reading_is_left_out():
    """And what cannot be told apart is not-a-number or zero, never below it."""
    first = np.array([1.0, np.nan, 2.0, 3.0, 4.0])
    same = components(first, first, np.array([0, 0, 0, 1, 1]))
    assert same.readings == 0.0
    assert same.patients == 0.5
    alone = components(np.array([1.0]), np.array([2.0]), np.array([0]))
    assert np.isnan(alone.patients)
