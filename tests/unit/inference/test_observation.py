"""Measurements against closed forms: least squares, the normal distribution."""

import numpy as np
import pytest
from scipy.stats import norm

from il2sim.errors import BadProblem
from il2sim.inference import Observations, growing_noise

RANDOM = np.random.default_rng(7)


def test_scale_and_background_are_those_of_least_squares():
    """Two groups, each with a line of its own; weights are one over the noise."""
    signal = np.linspace(0, 1, 20)
    groups = np.repeat([0, 1], 10)
    values = np.where(groups == 0, 3 + 5 * signal, 100 + 40 * signal)
    values = values + RANDOM.normal(size=20)
    spreads = growing_noise(values, 0.5, 0.05)
    made, _ = Observations.of(values, spreads, groups=groups).residuals(signal)
    for group in (0, 1):
        rows = groups == group
        slope, start = np.polyfit(signal[rows], values[rows], 1, w=1 / spreads[rows])
        wanted = (start + slope * signal[rows] - values[rows]) / spreads[rows]
        np.testing.assert_allclose(made[rows], wanted, atol=1e-6)


def test_fitted_values_are_the_data_less_the_residuals():
    """What would be read without noise, in the units of the plate."""
    signal = np.linspace(0, 1, 8)
    seen = Observations.of(3 + 2 * signal**2, 0.1, groups=0)
    made, _ = seen.residuals(signal)
    np.testing.assert_allclose(seen.fitted(signal), seen.values + 0.1 * made)


@pytest.mark.parametrize("saturation", [np.inf, 0.7])
def test_derivatives_heed_that_the_scale_moves(saturation):
    """Against central differences, with a saturating detector and two groups."""
    groups = np.array([0] * 6 + [1] * 5 + [-1] * 4)
    is_below = np.arange(15) >= 13
    signal, slopes = RANDOM.uniform(0.1, 1, 15), RANDOM.normal(size=(15, 3))
    seen = Observations.of(
        RANDOM.uniform(1, 2, 15),
        RANDOM.uniform(0.1, 0.5, 15),
        groups=groups,
        is_below=is_below,
        saturation=saturation,
    )
    _, found = seen.residuals(signal, slopes)
    for k in range(3):
        up, down = (
            seen.residuals(signal + far * slopes[:, k])[0] for far in (1e-6, -1e-6)
        )
        np.testing.assert_allclose(found[:, k], (up - down) / 2e-6, atol=1e-6)


def test_a_value_below_a_limit_counts_by_its_chance():
    """Half the squared residual is minus the log of the normal distribution."""
    seen = Observations.of([1.0, 1.0], 0.2, is_below=True)
    made, _ = seen.residuals(np.array([0.9, 1.8]))
    wanted = -norm.logcdf([0.5, -4.0])
    np.testing.assert_allclose(0.5 * made**2, wanted, rtol=1e-12)


def test_a_group_without_signal_has_no_scale():
    """Nothing but a background can be fitted to a signal of zero."""
    seen = Observations.of([1.0, 2.0, 3.0], 1.0, groups=0)
    np.testing.assert_allclose(seen.fitted(np.zeros(3)), 2.0, rtol=1e-6)


@pytest.mark.parametrize(
    ("spreads", "below"), [(0.0, False), (1.0, True)], ids=["noise", "limit"]
)
def test_what_cannot_be_used_is_refused(spreads, below):
    """No noise; a limit in units that are not known."""
    with pytest.raises(BadProblem, match=r"noise|below a limit"):
        Observations.of([1.0], spreads, groups=0, is_below=below)


def test_noise_of_neighbors_counts_as_by_its_covariance():
    """Generalized least squares with the covariance of an autoregression."""
    signal, n = np.linspace(0, 1, 9) ** 2, 9
    values, spreads = 2 + 3 * signal + RANDOM.normal(size=n), RANDOM.uniform(0.5, 1, n)
    plain = Observations.of(values, spreads, groups=0)
    made, _ = plain.linked(np.zeros(n), np.full(n, -1), 0.6, 1.0).residuals(signal)
    apart = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    weight = np.linalg.inv(np.outer(spreads, spreads) * 0.6**apart)
    basis = np.stack([np.ones(n), signal], axis=1)
    best = np.linalg.solve(basis.T @ weight @ basis, basis.T @ weight @ values)
    off = basis @ best - values
    assert made @ made == pytest.approx(off @ weight @ off, rel=1e-6)


def test_scales_that_are_alike_are_compared_with_their_mean():
    """One residual for each group of a family: logarithms of least-squares slopes."""
    signal = np.tile(np.linspace(0, 1, 5), 3)
    groups = np.repeat([0, 1, 2], 5)
    values = np.array([2.0, 4.0, 5.0])[groups] * signal + 1
    families = np.where(groups < 2, 7, -1)
    seen = Observations.of(values, 0.1, groups=groups)
    made, _ = seen.linked(np.full(15, -1), families, 0.0, 0.5).residuals(signal)
    half = 0.5 * np.log(2.0) / 0.5
    np.testing.assert_allclose(made[15:], [-half, half], rtol=1e-6)
    assert seen.linked(np.full(15, -1), families, 0.0, 0.5).n_compared == 17


def test_derivatives_heed_neighbors_and_scales_that_are_alike():
    """Against central differences."""
    groups = np.repeat([0, 1], 6)
    signal, slopes = RANDOM.uniform(0.1, 1, 12), RANDOM.normal(size=(12, 2))
    seen = Observations.of(
        3 * signal + RANDOM.uniform(0, 0.1, 12), 0.3, groups=groups
    ).linked(groups, np.zeros(12), 0.5, 0.4)
    _, found = seen.residuals(signal, slopes)
    assert found is not None
    for k in range(2):
        up, down = (
            seen.residuals(signal + far * slopes[:, k])[0] for far in (1e-6, -1e-6)
        )
        np.testing.assert_allclose(found[:, k], (up - down) / 2e-6, atol=1e-5)


def test_neighbors_outside_a_group_are_refused():
    """Their noise is in units of no plate."""
    with pytest.raises(BadProblem, match="cannot go together"):
        Observations.of([1.0, 2.0], 0.1).linked([0, 0], [-1, -1], 0.5, 1.0)
