"""A check beside the published model: as good as it or not, on each kind of band."""

import math

import pytest

from il2sim.inference.check import Check


def beside(value, low, high, published):
    """A check of a value beside a published score."""
    return Check(5, "a number", value, low, high, "", "fitted", published=published)


@pytest.mark.parametrize(
    ("value", "low", "high", "published", "wanted"),
    [
        (0.92, 0.97, math.inf, 0.91, True),  # misses its band, ahead of the published
        (0.98, 0.97, math.inf, 0.99, False),  # in its band, behind the published
        (0.02, 0.0, 0.08, 0.137, True),
        (0.27, 0.0, 0.05, 0.0, False),  # the published model is exact
        (12.0, 5.0, 20.0, 8.0, True),  # 1.2-fold off the middle, and 1.25-fold
        (8.3, 5.0, 20.0, 12.0, False),
        (0.98, 0.97, math.inf, 0.98, True),
    ],
)
def test_as_good_is_nearer_to_what_is_wanted_than_the_published_model(
    value, low, high, published, wanted
):
    """Higher or lower where the band is open; as a ratio to its middle where not."""
    assert beside(value, low, high, published).keeps_up is wanted


def test_a_check_without_published_score_is_neither_ahead_nor_behind():
    """As where the published model does not report it."""
    assert beside(1.0, 0.5, 2.0, None).keeps_up is None
