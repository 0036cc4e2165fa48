"""Endpoints as reductions: what is asked of the engine, and what becomes of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from il2sim.engine.reductions import Reduce
from il2sim.errors import BadStudy
from il2sim.study.trial_measure import Measure


def test_a_window_begins_with_its_period():
    """In the second period of a crossover everything is later, to its end."""
    peak = Measure("p", "CD8", "peak fold", from_day=1.0, until_day=5.0)
    (first,) = peak.reductions(0.0, 10.0)
    (later,) = peak.reductions(30.0, 34.0)
    assert (first.start_h, first.end_h, first.relative) == (24.0, 120.0, True)
    assert (later.start_h, later.end_h) == (31 * 24.0, 34 * 24.0)
    assert first.kind is Reduce.PEAK


def test_a_ratio_asks_for_two_numbers():
    """And divides them."""
    ratio = Measure("r", "Treg", "value", over="CD8", day=7.0)
    assert [one.output for one in ratio.reductions(0.0, 9.0)] == ["Treg", "CD8"]
    assert ratio.read(np.array([[30.0, 600.0]])).tolist() == [0.05]
    assert ratio.unit({"Treg": "cell/uL", "CD8": "cell/uL"}) == "1"


def test_times_and_areas_are_in_days():
    """The engine counts hours."""
    area = Measure("a", "plasma IL-2", "exposure")
    assert area.read(np.array([[48.0]])).tolist() == [2.0]
    assert area.unit({"plasma IL-2": "pM"}) == "pM*d"
    late = Measure("t", "tumor", "time to", threshold=1.7, is_fold=True)
    assert late.read(np.array([[24.0 * 40]]), 30.0).tolist() == [10.0]
    assert late.reductions(0.0, 9.0)[0].kind is Reduce.FIRST_ABOVE
    assert late.unit({"tumor": "mL"}) == "d"


def test_the_worst_of_several_counts():
    """The highest peak, the lowest trough."""
    high = Measure("h", "a", "peak", also=("b", "c"), at_least=2.0)
    assert high.quantities == ("a", "b", "c")
    found = high.read(np.array([[1.0, 3.0, 2.0], [0.0, 1.0, np.nan]]))
    assert high.judge(found)[0] == 1
    assert math.isnan(high.judge(found)[1])
    low = Measure("l", "a", "lowest", also=("b",))
    assert low.read(np.array([[1.0, 0.5]])).tolist() == [0.5]


def test_grades_count_the_limits_that_were_passed():
    """CTCAE 5.0: 800, 500 and 200 lymphocytes; a value at the limit is not below it."""
    fall = Measure("g", "lymphocytes", "lowest", grades=(1000.0, 800.0, 500.0, 200.0))
    values = np.array([1200.0, 1000.0, 799.0, 500.0, 100.0, np.nan])
    assert fall.judge(values)[:5].tolist() == [0, 0, 2, 2, 4]
    assert math.isnan(fall.judge(values)[5])
    rise = Measure("g", "plasma IL-2", "peak", grades=(1.0, 10.0), at_least=2.0)
    assert rise.judge(np.array([0.5, 1.0, 10.0])).tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "fold"},
        {"kind": "peak", "day": 3.0},
        {"kind": "time to"},
        {"kind": "peak", "threshold": 1.0},
        {"kind": "peak", "over": "CD8"},
        {"kind": "exposure", "also": ("CD8",)},
        {"kind": "peak", "at_least": 1.0, "at_most": 2.0},
        {"kind": "time to", "threshold": 1.0, "at_least": 2.0},
        {"kind": "lowest", "grades": (1.0, 3.0, 2.0)},
        {"kind": "peak", "from_day": 5.0, "until_day": 4.0},
    ],
)
def test_an_endpoint_that_makes_no_sense_is_refused(wrong):
    """With what is missing or too much."""
    with pytest.raises(BadStudy, match="of the endpoint 'e' cannot be used"):
        Measure("e", "Treg", **wrong)
