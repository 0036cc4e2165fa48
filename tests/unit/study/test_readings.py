"""Readings of a course against what calculus says."""

import numpy as np
import pytest

from il2sim.engine.trajectories import TimeCourse
from il2sim.errors import BadProblem
from il2sim.study.readings import read_off

TIMES = np.linspace(0.0, 20.0, 4001)
REST, HEIGHT, RATE = 2.0, 8.0, 0.5  # [pM], [pM], [1/h]


def decaying():
    """An exponential above a resting value, in two subjects of which one rests."""
    added = HEIGHT * np.exp(-RATE * TIMES)
    values = np.stack([REST + added, np.full_like(TIMES, REST)])
    return TimeCourse(
        "IL-2", "pM", TIMES, values, np.full(2, REST), np.array([10.0, 2.0])
    )


def test_area_half_life_and_mean_of_an_exponential():
    """Area h/k, half-life ln 2/k; the trapezoids are off by (k dt)^2/12 = 5e-7."""
    whole = HEIGHT / RATE * (1 - np.exp(-RATE * 20.0))
    course = decaying()
    area = read_off(course, "area", end_h=20.0)
    np.testing.assert_allclose(area, [whole, 0.0], rtol=1e-6)
    np.testing.assert_allclose(
        read_off(course, "mean rise", end_h=20.0), [whole / 20.0, 0.0], rtol=1e-6
    )
    half = read_off(course, "half-life", start_h=1.0, end_h=4.0)
    assert half[0] == pytest.approx(np.log(2) / RATE)
    assert np.isnan(half[1])  # nothing falls


def test_values_folds_and_rises_at_one_time():
    course = decaying()
    value = REST + HEIGHT * np.exp(-1.0)
    assert read_off(course, "value", end_h=2.0)[0] == pytest.approx(value)
    assert read_off(course, "fold", end_h=2.0)[0] == pytest.approx(value / REST)
    assert read_off(course, "rise", end_h=2.0)[0] == pytest.approx(value - REST)
    assert read_off(course, "rest")[0] == REST


def test_peaks_and_troughs_are_of_the_window():
    course = decaying()
    assert read_off(course, "peak", end_h=20.0)[0] == pytest.approx(REST + HEIGHT)
    late = read_off(course, "peak rise", start_h=2.0, end_h=20.0)[0]
    assert late == pytest.approx(HEIGHT * np.exp(-1.0))
    trough = read_off(course, "trough fold", end_h=2.0)[0]
    assert trough == pytest.approx(1 + HEIGHT / REST * np.exp(-1.0))


def test_a_flat_peak_begins_within_a_tenth_of_it():
    """t exp(-t) is at 0.9 of its peak at t = 0.6083 (root of 10 t = 9 exp(t - 1))."""
    values = (TIMES * np.exp(-TIMES))[None, :]
    course = TimeCourse("IL-2", "pM", TIMES, values, np.zeros(1), np.ones(1))
    found = read_off(course, "time to peak", end_h=20.0)[0]
    assert found == pytest.approx(0.6083, abs=0.006)


def test_a_window_without_records_is_refused():
    with pytest.raises(BadProblem, match="not recorded in the window"):
        read_off(decaying(), "peak", start_h=30.0, end_h=40.0)
    with pytest.raises(BadProblem, match="no such reading"):
        read_off(decaying(), "height")
