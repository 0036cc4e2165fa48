"""Quantiles of subjects that stand for unequal numbers of persons."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from il2sim.engine.quantiles import places, quantiles

Q = [0.0, 0.05, 0.5, 0.95, 1.0]


@given(some.lists(some.floats(-1e6, 1e6), min_size=1, max_size=30), some.floats(0.1, 9))
def test_equal_prevalences_give_the_bits_of_numpy(values, each):
    told = quantiles(np.array(values), Q, np.full(len(values), each))
    assert told.tolist() == np.quantile(np.array(values), Q).tolist()


@pytest.mark.parametrize("shape", [(1,), (5, 3), (100, 160), (7, 2, 4)])
@pytest.mark.parametrize("q", [0.5, Q, [0.025]])
def test_bits_and_shape_are_those_of_numpy(shape, q):
    """One quantile or several, along the first axis of whatever is there."""
    values = np.random.default_rng(len(shape)).lognormal(size=shape)
    wanted = np.quantile(values, q, axis=0)
    assert np.array_equal(quantiles(values, q), wanted)
    assert quantiles(values, q).shape == np.shape(wanted)


@given(some.lists(some.floats(0.01, 100.0), min_size=2, max_size=30))
def test_a_place_is_the_share_of_the_others_below(weights):
    """Closed form, term by term."""
    found = places(np.array(weights))
    for i, place in enumerate(found):
        others = sum(weights) - weights[i]
        assert place == pytest.approx(sum(weights[:i]) / others, abs=1e-9)


def test_two_points_cross_where_a_straight_line_does():
    """Two subjects: their places are 0 and 1 whatever they weigh."""
    found = quantiles(np.array([10.0, 0.0]), [0.0, 0.25, 1.0], np.array([9.0, 1.0]))
    assert found.tolist() == [0.0, 2.5, 10.0]


def test_many_of_a_uniform_draw_tilted_linearly_have_the_triangular_quantiles():
    """Density 2x on (0, 1) has its quantile q at the square root of q.

    Tolerance: the grid has 20,001 points, so its error is below 1e-3.
    """
    x = np.linspace(0.0, 1.0, 20_001)
    assert quantiles(x, Q, x) == pytest.approx(np.sqrt(Q), abs=1e-3)


def test_prevalence_zero_is_absence():
    values = np.array([5.0, 1.0, 2.0, 3.0])
    counted = np.array([0.0, 1.0, 2.0, 1.0])
    assert np.array_equal(
        quantiles(values, Q, counted), quantiles(values[1:], Q, counted[1:])
    )
    assert np.isnan(quantiles(values, Q, np.zeros(4))).all()


def test_each_column_is_on_its_own():
    values = np.array([[1.0, 6.0], [2.0, 5.0], [3.0, 4.0]])
    counted = np.array([1.0, 2.0, 3.0])
    both = quantiles(values, [0.2, 0.7], counted)
    for i in range(2):
        assert (
            both[:, i].tolist() == quantiles(values[:, i], [0.2, 0.7], counted).tolist()
        )
