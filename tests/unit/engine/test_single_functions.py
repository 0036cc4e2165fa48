"""Elementary functions of single numbers, against numbers of fifty digits."""

from __future__ import annotations

from functools import partial

import mpmath
import numpy as np
import pytest

from il2sim.engine.elementary import ARGUMENTS
from il2sim.engine.precision import SINGLE
from tests.unit.engine.test_functions import call as call_any
from tests.unit.engine.test_functions import distances

call = partial(call_any, lanes=8, precision=SINGLE)
N = 3000
SMALLEST, LARGEST = 2.0**-126, 3.4028234663852886e38
CLOSE_TO_ONE = 10 ** np.random.default_rng(1).uniform(-7, -0.5, N)
BOTH_SIGNS = np.random.default_rng(2).choice([-1.0, 1.0], N)


def drawn(seed: int, *ranges: tuple[float, float]) -> list[np.ndarray]:
    """Numbers spread evenly over each range."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(low, high, N) for low, high in ranges]


SMALL = BOTH_SIGNS * 10 ** drawn(3, (-44, 0))[0]
GIVEN = {
    "exp": drawn(4, (-87.33654, 88.7228), (-1, 1), (88.7, 88.7228)),
    "log": [10 ** drawn(5, (-44, 38.5))[0], *drawn(6, (0.5, 2)), 1 + CLOSE_TO_ONE],
    "expm1": [*drawn(7, (-30, 88.7228), (-2, 2)), SMALL],
    "log1p": [*drawn(8, (-0.9999, 2)), -1 + CLOSE_TO_ONE, SMALL / 2, 1 / CLOSE_TO_ONE],
    "tanh": [*drawn(9, (-12, 12), (-1, 1)), SMALL],
}
PROMISED = {"exp": 1.0, "log": 1.0, "expm1": 1.0, "log1p": 1.0, "tanh": 2.0}


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mpmath.workdps(50):
        yield


@pytest.mark.parametrize("name", GIVEN)
def test_functions_of_one_argument_keep_what_is_promised(name):
    """Over all magnitudes, and densely where it is hard; in units of the last place."""
    x = np.concatenate(GIVEN[name]).astype(np.float32)
    exact = [getattr(mpmath, name)(mpmath.mpf(float(one))) for one in x]
    assert np.max(distances(call(name, x), exact)) < PROMISED[name]


@pytest.mark.parametrize("most", [1.0, 4.0, 30.0])
def test_the_error_of_a_power_grows_with_its_exponent(most):
    """One unit of the last place, and 1.5 for each unit of the exponent."""
    (sizes, factors, y) = drawn(10, (-37, 38), (0.4, 2.5), (-most, most))
    bases = np.concatenate([10**sizes, factors, 1 + BOTH_SIGNS * CLOSE_TO_ONE])
    x, y = bases.astype(np.float32), np.tile(y, 3).astype(np.float32)
    logs = np.log(x.astype(float)) * y
    inside = (logs > np.log(SMALLEST)) & (logs < np.log(LARGEST))
    x, y = x[inside], y[inside]
    exact = [
        mpmath.power(mpmath.mpf(float(a)), mpmath.mpf(float(b)))
        for a, b in zip(x, y, strict=True)
    ]
    assert np.all(distances(call("pow", x, y), exact) < 1 + 1.5 * np.maximum(1, abs(y)))


@pytest.mark.parametrize("name", ARGUMENTS)
def test_no_number_stays_no_number(name):
    """So a step with it is noticed."""
    given = np.array([np.nan, -np.nan])
    assert np.all(np.isnan(call(name, *([given] * len(ARGUMENTS[name])))))


@pytest.mark.parametrize("name", ["expm1", "log1p", "tanh"])
def test_the_smallest_numbers_are_kept(name):
    """Subnormal numbers and zeros come back with their sign."""
    given = np.array([0.0, -0.0, 1e-45, -1e-45, 1e-40, -1e-40, SMALLEST], np.float32)
    assert call(name, given).tobytes() == given.tobytes()


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("exp", (0.0,), 1.0),
        ("exp", (-np.inf,), 0.0),
        ("exp", (np.inf,), np.inf),
        ("exp", (88.73,), np.inf),
        ("exp", (-87.34,), 0.0),
        ("log", (1.0,), 0.0),
        ("log", (0.0,), -np.inf),
        ("log", (-1.0,), np.nan),
        ("log", (np.inf,), np.inf),
        ("pow", (2.0, 10.0), 1024.0),
        ("pow", (4.0, 0.5), 2.0),
        ("pow", (3.0, 0.0), 1.0),
        ("pow", (0.0, 0.5), 0.0),
        ("pow", (-1.0, 0.5), 0.0),
        ("pow", (1e-40, 0.5), 0.0),
        ("pow", (np.nan, 0.0), np.nan),
        ("pow", (2.0, np.nan), np.nan),
        ("pow", (1e30, 2.0), np.inf),
        ("pow", (1e-30, 2.0), 0.0),
        ("pow", (1e-30, 1e30), 0.0),
        ("pow", (1e30, 1e30), np.inf),
        ("pow", (np.inf, 0.5), np.inf),
        ("pow", (np.inf, -1.0), np.inf),
        ("expm1", (-np.inf,), -1.0),
        ("expm1", (np.inf,), np.inf),
        ("log1p", (-1.0,), -np.inf),
        ("log1p", (-1.5,), np.nan),
        ("tanh", (np.inf,), 1.0),
        ("tanh", (-12.0,), -1.0),
    ],
)
def test_edges(name, given, expected):
    """Those of doubles, but that nothing finite comes of an infinite base."""
    got = call(name, *(np.array([one]) for one in given))
    np.testing.assert_array_equal(got, [expected])
