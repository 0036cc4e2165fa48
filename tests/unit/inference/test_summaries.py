"""Published summaries against closed forms and slow twins."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from il2sim.inference.summaries import Rows, judge, log_likelihood, score_of
from tests.unit.study.test_validation import published

SPREADS = np.array([0.2, 0.1, 0.5, 0.3])


def some_rows():
    """Two folds and a level of one study, a bound and a band of another."""
    nan, inf = np.nan, np.inf
    return Rows(
        keys=tuple("abcde"),
        cards=("one", "one", "one", "two", "two"),
        measured=(published("x", "fold"),) * 5,
        seen=np.array([0.3, 0.5, 2.0, nan, nan]),
        low=np.array([-inf, -inf, -inf, 0.4, -0.2]),
        high=np.array([inf, inf, inf, inf, 0.2]),
        errors=np.array([0.1, 0.05, 0.2, 0.1, 0.1]),
        is_fold=np.array([True, True, False, True, True]),
    )


SCORES = np.array([0.2, 0.6, 1.5, 0.1, 0.5])


def test_numbers_of_a_study_are_off_together():
    """Against the normal density of SciPy with the whole covariance."""
    rows = some_rows()
    covariance = np.diag(rows.errors[:2] ** 2 + 0.1**2) + 0.2**2
    wanted = multivariate_normal(rows.seen[:2], covariance).logpdf(SCORES[:2])
    wanted += norm(2.0, np.sqrt(0.2**2 + 0.5**2 + 0.3**2)).logpdf(1.5)
    wide = np.sqrt(0.1**2 + 0.2**2 + 0.1**2)
    wanted += norm.logsf((0.4 - 0.1) / wide)
    wanted += np.log(norm.cdf(-0.3 / wide) - norm.cdf(-0.7 / wide))
    without_constants = wanted + 1.5 * np.log(2 * np.pi)
    assert judge(rows, SCORES, SPREADS).value == pytest.approx(without_constants)
    many = log_likelihood(rows, np.tile(SCORES, (2, 1)), np.tile(SPREADS, (2, 1)))
    assert many == pytest.approx([without_constants] * 2)


def test_slopes_and_curvatures_are_those_of_differences():
    """Central differences; their error is below 1e-6."""
    rows, step = some_rows(), 1e-4
    said = judge(rows, SCORES, SPREADS)
    for i in range(5):
        ahead, behind = SCORES.copy(), SCORES.copy()
        ahead[i] += step
        behind[i] -= step
        up, down = judge(rows, ahead, SPREADS), judge(rows, behind, SPREADS)
        assert said.slope[i] == pytest.approx(
            (up.value - down.value) / (2 * step), abs=1e-5
        )
        assert said.curvature[i] == pytest.approx(
            -(up.slope - down.slope) / (2 * step), abs=1e-5
        )


def test_a_bound_far_on_its_side_says_nothing_and_far_off_pulls():
    """The tail of the normal distribution falls as its square, also where it is 0."""
    rows = some_rows().some(np.array([False, False, False, True, False]))
    assert judge(rows, np.array([9.0]), SPREADS).value == pytest.approx(0.0)
    off = judge(rows, np.array([-9.0]), SPREADS)
    wide = 0.1**2 + 0.2**2 + 0.1**2
    assert off.slope[0] == pytest.approx(9.4 / wide, rel=0.01)


def test_a_part_of_patients_is_smooth_and_near_the_count():
    """Half of evenly spread patients beyond the middle: log odds of zero."""
    one = published("x", "peak", low=0.0, high=100.0, above=0.5)
    values = np.linspace(0.0, 1.0, 101)[None]
    assert score_of(one, values)[0] == pytest.approx(0.0, abs=1e-9)
    moved = [score_of(one, values + by)[0] for by in (0.0, 0.01, 0.02)]
    assert moved[1] - moved[0] == pytest.approx(moved[2] - moved[1], rel=0.05)
