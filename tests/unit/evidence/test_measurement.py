"""A measurement gives its number, its range and its words, and nothing else."""

import math

import pytest

from il2sim.errors import BadEvidence, UnitMismatch
from il2sim.evidence import measurement


@pytest.mark.parametrize(
    ("key", "low", "high"),
    [
        ("E030", 155, 420),  # a printed range
        ("E142", 5, math.inf),  # more than five-fold
        ("E035", -math.inf, 10),  # below 10 pM
        ("E025", 4.4 - 1.8, 4.4 + 1.8),  # mean and SD
        ("V009", 200, 400),  # a range without a middle
        ("E161", -0.007, 0.485),  # an interval that crosses zero
    ],
)
def test_the_published_range(key, low, high):
    """The range is what is printed: bounds, one spread, or open on one side."""
    assert measurement(key).published_range() == pytest.approx((low, high))


@pytest.mark.parametrize("key", ["E009", "E094", "V074"])
def test_a_bare_value_or_words_have_no_range(key):
    """No range is made up where none is published."""
    assert measurement(key).published_range() is None


def test_a_range_converts():
    """The range comes in the unit wanted; infinity stays infinite."""
    assert measurement("E030").published_range("L/h") == pytest.approx((9.3, 25.2))
    assert measurement("E035").published_range("nM") == (-math.inf, 0.01)


def test_words_are_words():
    """A direction is not a number; "ns" is not zero."""
    found = measurement("E145")
    assert (found.word, found.value, found.unit) == ("ns", None, None)
    with pytest.raises(BadEvidence, match="no single number"):
        found.to("1")


def test_an_activity_of_a_paper_is_not_converted():
    """U of before 1990 are no IU, and no factor is invented."""
    found = measurement("E005")
    assert found.shown == "650 U/mL"
    with pytest.raises(BadEvidence, match="not in a unit that can be converted"):
        found.to("IU/mL")


def test_a_number_does_not_become_another_thing():
    """Minutes are not milliliters."""
    assert measurement("E006").to("h") == pytest.approx(0.215)
    with pytest.raises(UnitMismatch, match="'min'"):
        measurement("E006").to("mL")


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("E009", "120 mL/min"),
        ("E142", "> 5-fold"),
        ("E035", "< 10 pM"),
        ("V018", "about 0.01 nM"),
        ("V009", "200 to 400 min"),
        ("E135", "up"),
    ],
)
def test_it_is_shown_as_it_is_published(key, shown):
    """A bound is shown as a bound."""
    assert measurement(key).shown == shown


def test_what_was_not_verified_says_so():
    """Recalled numbers are marked; numbers read in a source are not."""
    assert not measurement("E361").is_verified
    assert measurement("E009").is_verified
    assert "unverified" in str(measurement("E361"))


@pytest.mark.parametrize(
    ("derived", "value"),
    [
        ("E294", 18 / 1.1),  # MIU per mg from the label's vial
        ("E295", 1.1e9 / 18e6),  # pg
        ("E296", 1.1e9 / 18e6 / 15300 * 1e3),  # pM of one IU/mL
        ("E298", 1e6 * 1.73 / 650 / 1e3),  # L, dose over the level after a bolus
        ("E299", 1e6 * 1.73 / 360 / 41),  # mL/min at steady state
        ("E343", math.log(2) / 8),
        ("E344", math.log(2) / 24),
        ("E345", math.log(2) / 199),
        ("E301", 36e6 / 627 / 60),  # mL/min, CL/F
    ],
)
def test_derived_rows_follow_from_those_read(derived, value):
    """Tolerance: the printed digits, at most half a per cent."""
    assert measurement(derived).value == pytest.approx(value, rel=6e-3)


def test_the_two_ways_to_clearance_agree():
    """Half-lives, volume and infusion of one paper give the same clearance (3 %)."""
    assert measurement("E299").value == pytest.approx(
        measurement("E009").value, rel=0.03
    )
