"""The overview figure shows every number, those that miss too."""

from dataclasses import replace

from il2sim.figures.style import as_svg
from il2sim.figures.validation import MISSES, short, validation_figure
from tests.unit.study.test_validation import card_of, judged, published


def drawn(low):
    ratio = published(
        "plasma IL-2", "peak fold", window=(0.0, 4.0), every_h=1.0, low=low, value=2.0
    )
    level = published(
        "plasma IL-2",
        "value",
        window=(2.0, 2.0),
        unit="pM",
        low=low,
        value=1000.0,
    )
    cards = [card_of(ratio, level), card_of(level, role="held out")]
    found = judged(*cards)
    finite = [
        one if one.value == one.value and one.value < 1e300 else replace(one, value=2.5)
        for one in found.verdicts
    ]
    return validation_figure(replace(found, verdicts=tuple(finite)))


def test_misfits_are_ringed_and_named():
    """The color of misfits is on rings and names, more of it where bands are missed."""
    passing, failing = as_svg(drawn(1e-9)), as_svg(drawn(1e9))
    assert failing.count(MISSES.lower()) > passing.count(MISSES.lower())


def test_numbers_are_named_in_few_words():
    level = published(
        "plasma IL-2", "value", window=(2.0, 2.0), unit="L/h", over="dose"
    )
    (one,) = judged(card_of(level)).verdicts
    assert short(one) == "clearance"
