"""Ways of weighting against closed forms and against each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.optimize import nnls

from il2sim.study.subjects import normal, uniform
from il2sim.study.weighting import (
    Margin,
    accept,
    distance,
    fit_bins,
    maximum_entropy,
    rake,
    resample,
)

NUMBERS = np.arange(4000, dtype=np.uint64)
X = normal(uniform(1, NUMBERS, "x"))
Y = normal(uniform(1, NUMBERS, "y"))


def margins(seed: int = 0, n: int = 400) -> list[Margin]:
    rng = np.random.default_rng(seed)
    return [
        Margin(rng.integers(0, 3, n), np.array([0.5, 0.2, 0.3])),
        Margin(rng.integers(0, 4, n), np.array([0.1, 0.2, 0.3, 0.4])),
    ]


def indicators(of: list[Margin]) -> np.ndarray:
    return np.vstack([np.arange(len(s))[:, None] == b for b, s in of]).astype(float)


def test_moving_the_mean_of_a_normal_tilts_it_exponentially():
    """The closest distribution to N(0, 1) with mean m has the density ratio exp(mx).

    The sample's own cumulants replace those of the normal; with 4,000 draws the slope
    is m within 0.05.
    """
    weights = maximum_entropy(X[:, None], np.array([0.5])).weights
    assert weights @ X == pytest.approx(0.5, abs=1e-8)
    slope, _ = np.polyfit(X, np.log(weights), 1)
    straight = slope * X + np.log(weights).mean() - slope * X.mean()
    assert np.log(weights) == pytest.approx(straight, abs=1e-9)
    assert slope == pytest.approx(0.5, abs=0.05)


def test_two_groups_are_weighted_as_in_post_stratification():
    is_female = np.array([1.0] * 30 + [0.0] * 70)
    weights = maximum_entropy(is_female[:, None], np.array([0.6])).weights
    assert weights[:30] == pytest.approx(0.6 / 30)
    assert weights[30:] == pytest.approx(0.4 / 70)


def test_a_mean_that_nobody_reaches_is_named():
    both = np.column_stack([X, Y])
    assert 1 in maximum_entropy(both, np.array([0.0, 9.0])).unmet
    assert maximum_entropy(both, np.array([0.3, 0.2])).unmet == ()


def test_raking_is_maximum_entropy_on_the_bins():
    """Both minimize the same divergence under the same constraints (Csiszár 1975)."""
    fitted = margins()
    raked = rake(fitted).weights
    rows = indicators(fitted)
    free = [0, 1, 3, 4, 5]  # the last bin of each margin follows from the others
    wanted = np.concatenate([one.shares for one in fitted])
    other = maximum_entropy(rows[free].T, wanted[free]).weights
    assert raked == pytest.approx(other, abs=1e-8)
    assert rows @ raked == pytest.approx(wanted, abs=1e-8)


def test_independent_margins_of_a_full_table_give_products_of_shares():
    """One person in each cell of a table: raking gives the outer product."""
    a, b = (one.ravel() for one in np.meshgrid(range(3), range(2), indexing="ij"))
    rows, columns = np.array([0.5, 0.3, 0.2]), np.array([0.25, 0.75])
    raked = rake([Margin(a, rows), Margin(b, columns)]).weights
    assert raked.reshape(3, 2) == pytest.approx(np.outer(rows, columns))


def test_raking_names_the_margin_with_an_empty_bin():
    nobody = Margin(np.zeros(400, int), np.array([0.5, 0.5]))
    assert rake([*margins(), nobody]).unmet == (2,)


@pytest.mark.parametrize("evenness", [1e-6, 1e-3, 0.3])
def test_bins_agree_with_the_active_set_method(evenness):
    """SciPy's Lawson-Hanson solves the same least squares, ridge written as rows."""
    fitted = margins(seed=2, n=200)
    fitted[1] = Margin(fitted[1].bins, np.array([0.0, 0.0, 0.0, 1.0]))
    n, size = 200, math.sqrt(evenness * 200)
    design = np.vstack([indicators(fitted), size * np.eye(n)])
    wanted = np.concatenate([*(one.shares for one in fitted), np.full(n, size / n)])
    slow, _ = nnls(design, wanted)
    assert fit_bins(fitted, evenness=evenness) == pytest.approx(
        slow / slow.sum(), abs=1e-9
    )


def test_accepted_candidates_follow_the_target():
    """Candidates N(0, 1.5²) to N(0.5, 0.7²): what is left has the mean and SD wanted.

    Tolerance: three standard errors of 400 persons, and the neighbors' density.
    """
    wide = 1.5 * np.column_stack([X, Y])
    points = np.column_stack([(wide[:, 0] - 0.5) / 0.7, wide[:, 1]])
    below = [
        np.vectorize(lambda z: (1 + math.erf(z / 2**0.5)) / 2)(p) for p in points.T
    ]
    kept = accept(
        points, -0.5 * np.sum(points**2, axis=1), uniform(3, NUMBERS, "keep"), below
    )
    assert np.count_nonzero(kept) > 400
    assert wide[kept].mean(axis=0) == pytest.approx([0.5, 0.0], abs=0.15)
    assert wide[kept].std(axis=0) == pytest.approx([0.7, 1.0], abs=0.15)


def test_the_distance_of_a_sample_from_its_target_is_that_of_kolmogorov():
    """The grid (i + ½)/n is ½/n away from the uniform distribution; a corner is 1."""
    n = 50
    assert distance((np.arange(n) + 0.5) / n) == pytest.approx(0.5 / n)
    assert distance(np.array([1.0])) == 1.0
    assert distance(np.array([0.2, 0.9]), np.array([0.0, 1.0])) == pytest.approx(0.9)


@given(
    some.lists(some.floats(0, 10), min_size=1, max_size=20).filter(
        lambda w: sum(w) > 0
    ),
    some.integers(1, 200),
    some.floats(0.001, 0.999),
)
def test_each_row_is_drawn_its_expected_number_of_times_up_to_one(weights, n, start):
    drawn = np.bincount(resample(np.array(weights), n, start), minlength=len(weights))
    expected = n * np.array(weights) / sum(weights)
    assert drawn.sum() == n
    assert np.all(np.abs(drawn - expected) < 1 + 1e-9)
