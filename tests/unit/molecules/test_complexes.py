"""The constants of IL-2 keep detailed balance around every cycle."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il2sim.errors import BadVariant, UnknownName
from il2sim.molecules import close, cycles, imbalance
from il2sim.molecules.complexes import complexes, constants

SEVEN = (
    "CD25 from IL-2:CD25",
    "CD122 from IL-2:CD122",
    "CD132 from IL-2:CD132",
    "CD122 from IL-2:CD25:CD122",
    "CD132 from IL-2:CD25:CD132",
    "CD132 from IL-2:CD122:CD132",
    "CD132 from IL-2:CD25:CD122:CD132",
)
POSITIVE = st.floats(min_value=1e-6, max_value=1e6)


def test_the_complexes_are_a_cube():
    """Three chains: 7 complexes, 12 leavings, 6 cycles."""
    assert (len(complexes()), len(constants()), len(cycles())) == (7, 12, 6)


@given(st.tuples(*[POSITIVE] * 7))
@settings(max_examples=50, deadline=None)
def test_seven_constants_give_all_twelve_in_balance(values):
    """A cube of 8 corners has 12 - 8 + 1 = 5 cycles that are independent: 7 are free.

    Tolerance: rounding of a few products of doubles.
    """
    full = close(dict(zip(SEVEN, values, strict=True)))
    assert set(full) == set(constants())
    assert all(abs(imbalance(cycle, full)) < 1e-12 for cycle in cycles())


def test_the_published_constants_follow():
    """k12 = k1 k11 / k2, k8 = k10 k12 / k5 and k9 = k10 k11 / k4 (Farhat 2021)."""
    k1, k2, k4, k5, k10, k11 = 10.0, 144.0, 7.0, 1.5, 12.0, 63.0
    full = close(
        {
            "CD25 from IL-2:CD25": k1,
            "CD122 from IL-2:CD122": k2,
            "CD132 from IL-2:CD25:CD132": k4,
            "CD132 from IL-2:CD122:CD132": k5,
            "CD132 from IL-2:CD25:CD122:CD132": k10,
            "CD122 from IL-2:CD25:CD122": k11,
        }
    )
    k12 = k1 * k11 / k2
    assert full["CD25 from IL-2:CD25:CD122"] == pytest.approx(k12)
    assert full["CD25 from IL-2:CD25:CD122:CD132"] == pytest.approx(k10 * k12 / k5)
    assert full["CD122 from IL-2:CD25:CD122:CD132"] == pytest.approx(k10 * k11 / k4)


def test_a_contradiction_is_refused():
    """Four constants of one cycle that do not close are no molecule."""
    first = cycles()[0]
    known = dict(zip(first.constants, (1.0, 1.0, 1.0, 2.0), strict=True))
    assert imbalance(first, known) == -0.5
    with pytest.raises(BadVariant, match="contradict each other"):
        close(known)


def test_bad_constants_are_refused():
    """Names that no complex has, and numbers that no constant can be."""
    with pytest.raises(UnknownName, match=r"CD25 from IL-2:CD25"):
        close({"CD25 of IL-2:CD25": 1.0})
    with pytest.raises(BadVariant, match="not a positive number"):
        close({"CD25 from IL-2:CD25": -1.0})
    with pytest.raises(UnknownName, match="of a cycle is not given"):
        imbalance(cycles()[0], {})
