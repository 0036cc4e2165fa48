"""Draws: known answers of the generator, exact independence of size and order."""

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import kstest

from il2sim.study import subjects as draws

KNOWN_ANSWERS = [
    # counter, key, result: the vectors published with Random123
    ((0,) * 4, (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    (
        (0xFFFFFFFF,) * 4,
        (0xFFFFFFFF,) * 2,
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_philox_gives_the_published_words(counter, key, expected):
    words = tuple(np.array([word], dtype=np.uint64) for word in counter)
    assert tuple(int(word[0]) for word in draws.philox(words, key)) == expected


def test_normal_is_the_inverse_of_the_normal_distribution():
    """AS 241 is good to about 1e-16 relative; ndtri to a few more."""
    shares = np.concatenate([np.logspace(-15, -0.4, 400), np.linspace(0.3, 0.999, 400)])
    np.testing.assert_allclose(
        draws.normal(shares), ndtri(shares), rtol=1e-13, atol=1e-15
    )


def test_uniform_numbers_are_uniform_and_streams_apart():
    numbers = np.arange(20_000, dtype=np.uint64)
    one, other = (draws.uniform(7, numbers, name) for name in ("CD4", "CD8"))
    assert 0 < one.min() < one.max() < 1
    assert kstest(one, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(len(numbers))
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < 4 / np.sqrt(len(numbers))


def test_a_subject_does_not_depend_on_the_others():
    everyone = draws.uniform(3, np.arange(1000, dtype=np.uint64), "age")
    few = draws.uniform(3, np.array([999, 5], dtype=np.uint64), "age")
    assert few.tolist() == [everyone[999], everyone[5]]
    assert draws.uniform(4, np.array([5], dtype=np.uint64), "age")[0] != everyone[5]
    big = draws.uniform(2**64 - 1, np.array([2**63], dtype=np.uint64), "age")
    assert 0 < big[0] < 1
