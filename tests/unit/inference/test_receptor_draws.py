"""Draws of the fit of receptors: in numbers, thinned, and those that ship."""

import numpy as np
import pytest

from il2sim.inference import Chains, FitProblem, Free
from il2sim.inference.facts import shipped
from il2sim.inference.receptor_draws import (
    DRAWS,
    SHIPPED,
    read_draws,
    spread_of,
    thinned,
    write_draws,
)
from il2sim.inference.receptors import read_plan

RANDOM = np.random.default_rng(5)


@pytest.fixture(scope="module")
def two() -> tuple[FitProblem, Chains]:
    """Two numbers, normal, correlated by 0.8, known half as well as by their priors."""
    free = tuple(Free(name, 1.0, np.e, {}, at=1.0) for name in "ab")
    problem = FitProblem(free, ())
    root = np.linalg.cholesky(0.25 * np.array([[1.0, 0.8], [0.8, 1.0]]))
    points = RANDOM.standard_normal((2000, 16, 2)) @ root.T
    return problem, Chains(("a", "b"), points, np.zeros((2000, 16)))


def test_draws_of_a_normal_distribution_say_its_quantiles(two):
    """Ends of 90 %, what was learned, and correlation, in closed form."""
    found = spread_of(*two)
    np.testing.assert_allclose(found.high, 0.5 * 1.645, atol=0.03)
    np.testing.assert_allclose(found.low, -found.high, atol=0.03)
    np.testing.assert_allclose(found.learned, 0.75, atol=0.02)
    assert found.correlations[0, 1] == pytest.approx(0.8, abs=0.02)
    assert np.all(found.r_hat < 1.02)
    assert np.all(found.effective > 5000)


def test_thinned_draws_are_written_in_the_units_of_the_fit(two, tmp_path):
    """One a row, of the kept half."""
    problem, chains = two
    draws = thinned(chains, 50)
    path = write_draws(tmp_path / DRAWS, problem, draws)
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    assert head == "a\tb"
    found = np.array([line.split("\t") for line in lines], dtype=float)
    np.testing.assert_allclose(np.log(found), draws, atol=1e-4)
    kept = {tuple(one) for one in chains.draws}
    assert all(tuple(one) in kept for one in draws)


def test_what_ships_is_converged_and_agrees_with_its_table():
    """R-hat of at most 1.05; draws within the intervals as often as they should be."""
    draws, rows = read_draws(), {one["name"]: one for one in shipped("receptors.tsv")}
    assert len(draws) == SHIPPED
    assert set(draws[0]) == set(rows) == set(read_plan().chosen.free)
    for name, row in rows.items():
        assert float(row["r_hat"]) <= 1.05
        assert float(row["effective"]) >= 400
        values = np.array([one[name] for one in draws])
        inside = (values >= float(row["low"])) & (values <= float(row["high"]))
        assert 0.8 < inside.mean() < 0.98


def test_wells_lie_within_what_the_draws_predict():
    """Nine in ten in the middle nine tenths; noise is rather too wide."""
    rows = [one for one in shipped("receptor_predicted.tsv") if one["used"] == "fitted"]
    wells = np.array([float(one["wells"]) for one in rows])
    assert wells.sum() == 724
    for column, low, high in (("in 50 %", 0.45, 0.75), ("in 90 %", 0.85, 0.97)):
        inside = np.array([float(one[column]) for one in rows])
        assert low < (wells * inside).sum() / wells.sum() < high
