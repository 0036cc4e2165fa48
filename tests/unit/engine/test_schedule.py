"""Schedules: doses become sorted events that add up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il2sim.engine.events import Kind
from il2sim.engine.records import Given
from il2sim.engine.schedule import Schedule
from il2sim.errors import BadProblem

DOSES = st.lists(
    st.builds(
        Given,
        time_h=st.integers(0, 50).map(float),
        target=st.integers(0, 1),
        amount=st.floats(0, 100),
        basis=st.integers(0, 2),
        duration_h=st.sampled_from([0.0, 0.25, 1.0, 8.0]),
    ),
    max_size=12,
)


def test_no_dose_is_no_event():
    """An empty schedule is a schedule."""
    schedule = Schedule.of([])
    assert len(schedule.times_h) == 0
    assert schedule.most_basis == 0


def test_an_infusion_is_two_events():
    """It starts with its rate and ends with a rate of exactly zero."""
    schedule = Schedule.of([Given(1.0, 0, 6.0, duration_h=2.0)])
    assert schedule.times_h.tolist() == [1.0, 3.0]
    assert schedule.kinds.tolist() == [Kind.START, Kind.STOP]
    assert schedule.amounts[0] == 3.0


def test_the_last_of_overlapping_infusions_stops_the_rate():
    """While another runs the rate is reduced; after the last it is set to zero."""
    schedule = Schedule.of(
        [Given(0.0, 0, 1.0, duration_h=4.0), Given(2.0, 0, 1.0, duration_h=4.0)]
    )
    assert schedule.times_h.tolist() == [0.0, 2.0, 4.0, 6.0]
    assert schedule.kinds.tolist() == [Kind.START, Kind.START, Kind.END, Kind.STOP]


def test_routes_do_not_stop_each_other():
    """Infusions into two places end for themselves."""
    schedule = Schedule.of(
        [Given(0.0, 0, 1.0, duration_h=4.0), Given(0.0, 1, 1.0, duration_h=2.0)]
    )
    assert schedule.kinds.tolist() == [Kind.START, Kind.START, Kind.STOP, Kind.STOP]
    assert schedule.targets.tolist() == [0, 1, 1, 0]


def test_within_one_time_ends_come_first_then_the_order_given():
    """A bolus at the end of an infusion meets a rate that is already zero."""
    schedule = Schedule.of(
        [Given(4.0, 0, 9.0), Given(4.0, 0, 5.0), Given(0.0, 0, 1.0, duration_h=4.0)]
    )
    assert schedule.kinds.tolist() == [Kind.START, Kind.STOP, Kind.ADD, Kind.ADD]
    assert schedule.amounts.tolist()[2:] == [9.0, 5.0]


@pytest.mark.parametrize("what", ["time_h", "amount", "duration_h"])
@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_a_dose_that_cannot_be_given_is_refused(what, value):
    """Negative and non-finite numbers are named."""
    numbers = {"time_h": 0.0, "amount": 1.0, "duration_h": 0.0} | {what: value}
    with pytest.raises(BadProblem, match=f"no usable {what}"):
        Schedule.of([Given(target=0, **numbers)])


@given(DOSES)
def test_events_add_up_to_the_doses(doses):
    """Boluses and rates over time give every amount, for each target and basis.

    Tolerance: roundings of a sum of at most twelve infusions.
    """
    schedule = Schedule.of(doses)
    assert np.all(np.diff(schedule.times_h) >= 0)
    for target in (0, 1):
        for basis in (0, 1, 2):
            mine = (schedule.targets == target) & (schedule.basis == basis)
            total, rate, before = 0.0, 0.0, 0.0
            for place in np.flatnonzero(mine):
                time, amount = schedule.times_h[place], schedule.amounts[place]
                total += rate * (time - before)
                before = time
                if schedule.kinds[place] == Kind.ADD:
                    total += amount
                else:
                    rate += amount if schedule.kinds[place] == Kind.START else -amount
            wanted = sum(
                one.amount
                for one in doses
                if one.target == target and one.basis == basis
            )
            assert total == pytest.approx(wanted, rel=1e-9, abs=1e-9)


@given(DOSES)
def test_every_rate_ends_at_zero(doses):
    """After the last event nothing runs, whatever the roundings were."""
    schedule = Schedule.of(doses)
    running = {0: 0.0, 1: 0.0}
    for kind, target, amount in zip(
        schedule.kinds, schedule.targets, schedule.amounts, strict=True
    ):
        if kind == Kind.STOP:
            running[target] = 0.0
        elif kind == Kind.START:
            running[target] += amount
        elif kind == Kind.END:
            running[target] -= amount
    assert running == {0: 0.0, 1: 0.0}


def test_arrays_are_read_only():
    """A schedule does not change after it is made."""
    with pytest.raises(ValueError, match="read-only"):
        Schedule.of([Given(0.0, 0, 1.0)]).amounts[0] = 2.0
