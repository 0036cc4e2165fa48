"""Endpoints and comparisons of trajectories made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from il2sim.engine.trajectories import Trajectories
from il2sim.errors import BadProblem, UnknownName
from il2sim.study.comparison import Expected, compare
from il2sim.study.endpoints import (
    by_subject,
    course_of,
    end_fold,
    mean,
    peak_fold,
    spread,
    summarize,
)

RUN = Trajectories(
    names=("Treg", "CD4 Tconv", "plasma IL-2"),
    units=("cell/uL", "cell/uL", "pM"),
    times_h=np.array([0.0, 24.0, 48.0]),
    values=np.array(
        [
            [[60.0, 800.0, 0.1], [120.0, 800.0, 5.0], [180.0, 1000.0, 0.1]],
            [[50.0, 500.0, 0.1], [200.0, 500.0, 9.0], [100.0, 500.0, 0.1]],
            [[np.nan] * 3] * 3,
        ]
    ),
    resting=np.array([[60.0, 800.0, 0.1], [50.0, 500.0, 0.1], [np.nan] * 3]),
    peaks=np.array([[190.0, 1000.0, 40.0], [250.0, 510.0, 60.0], [np.nan] * 3]),
    status=np.array([0, 0, 4]),
)


def test_peaks_are_of_the_dense_output_and_ends_of_the_visit():
    np.testing.assert_allclose(peak_fold(RUN, "Treg")[:2], [190 / 60, 5.0])
    np.testing.assert_allclose(end_fold(RUN, "Treg", 48.0)[:2], [3.0, 2.0])


def test_ratios_and_sums_of_recorded_names():
    ratio = course_of(RUN, "Treg / CD4 Tconv")
    assert ratio.unit == "1"
    np.testing.assert_allclose(ratio.peak_fold()[:2], [0.18 / 0.075, 4.0])
    total = course_of(RUN, "Treg + CD4 Tconv")
    assert total.unit == "cell/uL"
    np.testing.assert_allclose(total.at(48.0)[:2], [1180.0, 600.0])
    with pytest.raises(UnknownName):
        course_of(RUN, "Treg / CD8")
    with pytest.raises(UnknownName):
        course_of(RUN, "NK")


def test_summary_counts_failures_and_leaves_them_out():
    summary = summarize(RUN, 48.0)
    assert summary["subjects"] == {
        "n": 3,
        "failed": 1,
        "retried": 0,
        "reasons": {"NOT_FINITE": 1},
    }
    assert list(summary["endpoints"]) == ["CD4 Tconv", "Treg", "plasma IL-2"]
    treg = summary["endpoints"]["Treg"]
    assert treg["end fold"]["median"] == 2.5
    assert treg["end fold"]["q05"] == pytest.approx(2.05)
    assert (treg["resting"]["median"], treg["unit"]) == (55.0, "cell/uL")
    with pytest.raises(BadProblem, match="not recorded at"):
        summarize(RUN, 36.0)


def test_endpoints_of_each_subject():
    columns = by_subject(RUN, 48.0)
    assert columns["Treg end fold"].shape == (3,)
    assert "Treg at rest [cell/uL]" in columns


def test_spread_of_nothing_is_not_a_number():
    assert np.isnan(spread(np.array([np.nan])).median)


@pytest.mark.parametrize(
    ("expected", "agrees"),
    [
        (Expected("Treg", "peak fold", ("E142",), low=5.0), False),
        (Expected("Treg", "peak fold", ("E142",), low=4.0), True),
        (Expected("Treg", "end fold", ("E1",), low=2.0, high=3.0), True),
        (Expected("Treg", "fold", ("E1",), high=2.9, day=1), False),
        (Expected("Treg", "end fold", ("E1",), direction="up"), True),
        (Expected("Treg", "end fold", ("E1",), direction="down"), False),
        (Expected("CD4 Tconv", "end fold", ("E145",), direction="ns"), True),
        (Expected("Treg", "end fold", ("E145",), direction="ns"), False),
        (Expected("plasma IL-2", "peak", ("E35",), high=0.1, unit="nM"), True),
        (Expected("plasma IL-2", "value", ("E35",), high=6, unit="pM", day=1), False),
        (Expected("plasma IL-2", "end", ("E35",), low=0.1, unit="pM"), True),
        (Expected("Treg / CD4 Tconv", "peak fold", ("E144",), low=3.0), True),
    ],
)
def test_each_kind_of_published_value_is_compared_for_what_it_is(expected, agrees):
    result = compare(RUN, expected, 48.0)
    assert result.agrees is agrees
    assert result.to_dict()["published"]["evidence"] == list(expected.evidence)
    assert expected.shown()


def test_nothing_solved_agrees_with_nothing():
    nobody = Trajectories(
        names=RUN.names,
        units=RUN.units,
        times_h=RUN.times_h,
        values=RUN.values[2:],
        resting=RUN.resting[2:],
        peaks=RUN.peaks[2:],
        status=RUN.status[2:],
    )
    result = compare(nobody, Expected("Treg", "end fold", ("E1",), low=1.0), 48.0)
    assert result.agrees is None


def test_prevalence_flows_into_every_summary():
    """Two subjects of three stand for nobody: what is left is the third."""
    alone = replace(RUN, prevalence=np.eye(len(RUN))[0])
    end_h = float(RUN.times_h[-1])
    told = summarize(alone, end_h)["endpoints"]
    for name, endpoint in told.items():
        course = RUN[name]
        assert endpoint["end"]["median"] == course.at(end_h)[0]
        assert endpoint["peak"]["q05"] == endpoint["peak"]["q95"] == course.peak[0]
        assert (alone[name].median() == course.values[0]).all()
        expected = Expected(name, "end", ("E142",), low=0.0, unit=course.unit)
        assert compare(alone, expected, end_h).found.median == course.at(end_h)[0]
    values, counted = np.array([1.0, 2.0, np.nan]), np.array([1.0, 3.0, 5.0])
    assert mean(values, counted) == 1.75
