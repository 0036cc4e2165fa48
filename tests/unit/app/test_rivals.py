"""The shipped fit of the rivals is that of today's cards; another is refused."""

from dataclasses import replace

import numpy as np
import pytest
from rich.text import Text

from il2sim.app import rivals
from il2sim.formats.card_file import read_card
from il2sim.study.validation import Validation, Verdict

CARD = read_card("daily-cgvhd-phase-2")
KEY = f"{CARD.name}/0"


def judged(value):
    """A validation in which one number was predicted."""
    one = replace(CARD.measured[0], value=6.0)
    card = replace(CARD, measured=(one,))
    verdict = Verdict(card, one, np.full(2, value), value, np.full(4, value), True)
    return Validation((verdict,), {True: 0.1, False: 0.1}, {}, 2, 1, 0)


def test_the_shipped_fit_is_of_today():
    """When this fails: il2sim validate rivals --json src/il2sim/cards/rivals.json."""
    assert rivals.is_fresh(rivals.shipped())


def test_a_fit_of_other_cards_is_refused():
    stale = {**rivals.shipped(), "hash": "of other cards"}
    told = rivals.comparison(judged(6.0), stale)
    assert isinstance(told, Text)
    assert "out of date" in told.plain


def test_bands_and_errors_are_counted_alike_for_all():
    """Off by a factor of 2 is 2-fold off; 12 is outside of 5 to 9."""
    result = {"rivals": [{"name": "other", "predictions": {KEY: 12.0}}]}
    found = rivals.scores(judged(6.0), result)
    assert found["body"]["calibration"] == (1, 1, 0.0)
    passed, whole, off = found["other"]["calibration"]
    assert (passed, whole) == (0, 1)
    assert np.exp(off) == pytest.approx(2.0)
    assert found["body"]["held out"][1] == 0
