"""Labeled results: by name, by time, over rest, over subjects."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.engine.status import Status
from il2sim.engine.trajectories import Trajectories
from il2sim.errors import BadProblem, UnitMismatch, UnknownName
from il2sim.units import Quantity

NAMES, UNITS = ("memory Treg", "plasma IL-2"), ("cell/uL", "pM")


def three_subjects() -> Trajectories:
    """Straight lines from rest; the third subject failed."""
    times = np.array([0.0, 24.0, 48.0])
    rest = np.array([[30.0, 0.0], [60.0, 0.0], [np.nan, np.nan]])
    slope = np.array([[30.0, 1.0], [15.0, 2.0], [1.0, 1.0]])
    values = rest[:, None, :] + slope[:, None, :] * (times / 24.0)[None, :, None]
    return Trajectories(
        names=NAMES,
        units=UNITS,
        times_h=times,
        values=values,
        resting=rest,
        peaks=rest + 2.5 * slope,
        status=np.array([Status.DONE, Status.DONE, Status.TOO_MANY_STEPS]),
    )


def test_a_fold_is_over_the_same_subjects_rest() -> None:
    fold = three_subjects()["memory Treg"].fold()
    assert fold.unit == "1"
    assert fold.at(48.0)[:2].tolist() == [3.0, 1.5]
    assert fold.peak[:2].tolist() == [3.5, 1.625]


def test_a_fold_over_nothing_is_not_a_number() -> None:
    assert np.isnan(three_subjects()["plasma IL-2"].fold().values).all()


def test_failed_subjects_are_left_out_of_quantiles() -> None:
    run = three_subjects()
    assert run["memory Treg"].median().tolist() == [45.0, 67.5, 90.0]
    assert run["memory Treg"].quantile([0.0, 1.0])[:, -1].tolist() == [90.0, 90.0]
    assert run.n_failed == 1
    assert "1 x More attempts than allowed." in str(run)


def test_times_are_quantities_or_hours_and_must_have_been_recorded() -> None:
    course = three_subjects()["memory Treg"]
    np.testing.assert_array_equal(course.at(Quantity(1, "d")), course.at(24.0))
    with pytest.raises(BadProblem, match=r"not recorded at 30 h"):
        course.at(30.0)


def test_units_are_converted_or_refused() -> None:
    course = three_subjects()["plasma IL-2"]
    assert course.to("nM").at(24.0)[0] == pytest.approx(1e-3)
    with pytest.raises(UnitMismatch):
        course.to("cell/uL")


def test_an_unknown_name_is_answered_with_the_closest() -> None:
    with pytest.raises(UnknownName, match="'memory Treg'"):
        three_subjects()["memry Treg"]


def test_results_cannot_be_changed_and_must_fit_together() -> None:
    run = three_subjects()
    with pytest.raises(ValueError, match="read-only"):
        run.values[0, 0, 0] = 1.0
    with pytest.raises(BadProblem, match="'resting'"):
        Trajectories(
            names=NAMES,
            units=UNITS,
            times_h=run.times_h,
            values=run.values,
            resting=run.resting[:2],
            peaks=run.peaks,
            status=run.status,
        )
