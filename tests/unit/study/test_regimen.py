"""Regimens are joined, repeated, moved and scaled as new objects."""

import pytest

from il2sim.errors import BadRegimen
from il2sim.study.regimen import Regimen

WEEK = Regimen.parse("aldesleukin 1 MIU sc daily for 7 days")


def test_then_begins_when_the_next_dose_would_be_due():
    both = WEEK.then(WEEK.scaled(2))
    assert [dose.time_h for dose in both.doses] == [24.0 * day for day in range(14)]
    assert [dose.amount for dose in both.doses] == [1.0] * 7 + [2.0] * 7
    assert both.end_h == 336.0


def test_repeat_counts_from_start_to_start():
    again = WEEK.repeat(3, every_h=14 * 24.0)
    assert len(again.doses) == 21
    assert again.doses[7].time_h == 14 * 24.0
    assert WEEK.repeat(2) == WEEK.repeat(2, every_h=168.0)
    assert WEEK.repeat(1) == WEEK


def test_shifting_moves_every_dose():
    moved = WEEK.shifted(6.0)
    assert moved.doses[0].time_h == 6.0
    assert moved.shifted(-6.0) == WEEK
    with pytest.raises(BadRegimen):
        WEEK.shifted(-1.0)


def test_overlap_is_refused_unless_it_is_meant():
    with pytest.raises(BadRegimen, match="overlap"):
        WEEK.repeat(2, every_h=24.0)
    assert len(WEEK.alongside(WEEK.shifted(12.0)).doses) == 14


def test_doses_are_sorted_and_the_regimen_frozen():
    both = WEEK.alongside(WEEK.shifted(12.0))
    times = [dose.time_h for dose in both.doses]
    assert times == sorted(times)
    with pytest.raises(AttributeError):
        both.courses = ()


def test_an_empty_regimen_is_refused():
    with pytest.raises(BadRegimen, match="no dose"):
        Regimen(())
    with pytest.raises(BadRegimen, match="so often"):
        WEEK.repeat(0)


def test_another_interval_keeps_number_or_length():
    """Fourteen doses stay fourteen; twelve weeks stay twelve weeks; once stays once."""
    counted = Regimen.parse("aldesleukin 600 kIU/kg iv over 15 min every 8 h, 14 doses")
    assert [d.time_h for d in counted.spaced(24.0).doses[-2:]] == [288.0, 312.0]
    long = Regimen.parse("aldesleukin 1 MIU/m2 sc on weekdays for 2 weeks")
    assert [d.time_h for d in long.spaced(168.0).doses] == [0.0, 168.0]
    once = Regimen.parse("aldesleukin 1 MIU/m2 sc once")
    assert once.spaced(24.0) == once
