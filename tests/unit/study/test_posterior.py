"""Uncertainty of parameters times variability between persons."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.engine.columns import write_columns
from il2sim.errors import BadPopulation
from il2sim.study.populations import adults, read_population
from il2sim.study.posterior import Posterior

RENAL, OTHER = "circulation.renal_clearance", "memory Treg.survival"


def fit(n_rows: int = 4) -> Posterior:
    rows = np.arange(1.0, n_rows + 1)
    return Posterior.of({RENAL: rows, OTHER: rows * rows}, "a fit")


def test_a_row_is_drawn_whole_and_multiplies_what_differs_between_persons():
    plain = adults(n=200, seed=3)
    both = plain.with_posterior(fit())
    factors, alone = both.draw().factors, plain.draw().factors
    row = np.round(factors[RENAL] / alone[RENAL])
    assert set(row) == {1.0, 2.0, 3.0, 4.0}
    assert factors[OTHER].tolist() == (row * row).tolist()


def test_a_subject_keeps_its_row_however_many_are_drawn():
    people = adults(n=500, seed=9).with_posterior(fit())
    few = people.draw(range(100, 110)).factors
    whole = people.draw().factors
    assert all(np.array_equal(few[name], whole[name][100:110]) for name in whole)


def test_rows_are_drawn_in_proportion_to_their_weight():
    """Binomial: 4,000 draws at 3 of 4 have a standard deviation of 27; five allowed."""
    fitted = Posterior.of(
        {OTHER: np.array([1.0, 2.0]), "weight": np.array([1.0, 3.0])}, "a fit"
    )
    drawn = adults(n=4000, seed=2).with_posterior(fitted).draw().factors[OTHER]
    assert abs(np.count_nonzero(drawn == 2.0) - 3000) < 5 * 27.4


def test_the_spread_of_the_product_is_the_sum_of_both():
    """Log-normal row times log-normal person: variances of the logarithms add.

    Tolerance: 20,000 draws give a standard deviation with an error of 0.5 %.
    """
    rng = np.random.default_rng(1)
    fitted = Posterior.of({RENAL: np.exp(0.3 * rng.standard_normal(4000))}, "a fit")
    drawn = adults(n=20_000, seed=4).with_posterior(fitted).draw().factors[RENAL]
    assert np.std(np.log(drawn)) == pytest.approx(np.hypot(0.25, 0.3), rel=0.03)


def test_a_file_of_populations_names_the_table_of_a_fit(tmp_path):
    write_columns({OTHER: np.array([2.0, 2.0])}, tmp_path / "fit.parquet", {})
    (tmp_path / "mine.toml").write_text(
        '[mine]\nbased_on = "adults"\n'
        '[mine.posterior]\nfile = "fit.parquet"\nsource = "my fit"\nhow = "derived"\n'
    )
    found = read_population(tmp_path / "mine.toml", "mine", n=3)
    assert found.draw().factors[OTHER].tolist() == [2.0, 2.0, 2.0]
    assert "2 rows for memory Treg.survival  (my fit)" in str(found)
    assert found.without_spread().posterior is None


@pytest.mark.parametrize(
    "columns",
    [
        {OTHER: np.array([1.0, 0.0])},
        {OTHER: np.array([1.0, np.nan])},
        {OTHER: np.array([1.0, 2.0]), "weight": np.zeros(2)},
        {OTHER: np.array([1.0]), RENAL: np.array([1.0, 2.0])},
        {"weight": np.ones(2)},
    ],
)
def test_what_cannot_be_drawn_from_is_refused(columns):
    with pytest.raises(BadPopulation, match="posterior"):
        Posterior.of(columns, "a fit")


def test_a_column_of_words_is_refused(tmp_path):
    path = write_columns({"chain": np.array(["a", "b"])}, tmp_path / "fit.parquet", {})
    with pytest.raises(BadPopulation, match="a column that is no number"):
        Posterior.read(path, "a fit")
