"""Toxicity of trajectories made by hand."""

import numpy as np
import pytest

from il2sim.engine.trajectories import Trajectories
from il2sim.study.toxicity import summarize_toxicity, toxicity_by_subject, worst

RUN = Trajectories(
    names=("albumin", "leak grade"),
    units=("g/dL", "1"),
    times_h=np.array([-1.0, 0.0, 24.0, 48.0]),
    values=np.array(
        [
            [[1.0, 0.0], [3.6, 0.0], [2.0, 2.0], [2.5, 1.0]],
            [[1.0, 0.0], [3.8, 0.0], [3.0, 1.0], [3.2, 0.0]],
            [[np.nan] * 2] * 4,
        ]
    ),
    resting=np.array([[3.6, 0.0], [3.8, 0.0], [np.nan] * 2]),
    peaks=np.array([[3.6, 3.2], [3.8, 1.5], [np.nan] * 2]),
    status=np.array([0, 0, 4]),
)


def test_what_falls_is_read_low_after_the_first_dose_and_what_rises_from_peaks():
    np.testing.assert_allclose(worst(RUN, "albumin"), [2.0, 3.0, np.nan])
    np.testing.assert_allclose(worst(RUN, "leak grade"), [3.2, 1.5, np.nan])


def test_summary_leaves_failures_out_and_counts_the_severe():
    """One of two solved subjects passes grade 3 between records."""
    told = summarize_toxicity(RUN)
    assert [*told] == ["albumin", "leak grade"]
    assert told["albumin"]["worst"]["median"] == pytest.approx(2.5)
    assert told["albumin"]["unit"] == "g/dL"
    assert told["leak grade"]["severe"] == pytest.approx(0.5)
    assert "severe" not in told["albumin"]


def test_columns_name_what_they_hold():
    columns = toxicity_by_subject(RUN)
    assert [*columns] == ["albumin worst [g/dL]", "leak grade worst [1]"]
