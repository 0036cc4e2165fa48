"""A run's endpoints beside those of the reference."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from il2sim.app.certify import FILE, certify_run
from il2sim.app.run import Options, run_study
from il2sim.errors import BadProblem
from il2sim.formats.study_file import read_study
from il2sim.models import body
from il2sim.study.certificate import Certificate, Error, _error, certify, spread_over
from il2sim.study.populations import cancer_patients
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import prepare, solve_task
from il2sim.units import days
from tests.pictures import leave_out


def task():
    """Two days of low dose in four subjects."""
    return prepare(
        body(),
        Regimen.parse("aldesleukin 1 MIU/m2 sc daily for 2 days"),
        cancer_patients(n=4, seed=2),
        times=days(0, 2, every=1),
        save=["memory Treg", "plasma IL-2"],
        tolerance=1e-3,
    )


def test_the_range_is_covered():
    """Both ends and the middle, whoever failed left out, nobody twice."""
    values = np.array([np.nan, 5.0, 1.0, 3.0, 2.0, 4.0])
    assert spread_over(values, 3) == [2, 3, 1]
    assert spread_over(values, 50) == [2, 4, 3, 5, 1]
    assert spread_over(values, 1) == [2]


def test_what_is_equal_has_no_error_even_at_zero():
    """A time above a threshold that nobody reaches is zero for both."""
    got = _error(np.array([0.0, np.inf, 2.0]), np.array([0.0, np.inf, 2.002]))
    assert got.median == 0.0
    assert got.largest == pytest.approx(1e-3, rel=1e-2)
    assert _error(np.array([1.0]), np.array([0.0])).largest == np.inf


@pytest.mark.slow
def test_errors_are_about_the_tolerance_and_a_wrong_run_is_seen():
    """One per cent added to a result shows as one per cent."""
    work = task()
    run = solve_task(work)
    found = certify(work, run, 48.0, n=2)
    assert found.reference_tolerance == pytest.approx(1e-6)
    assert 0 < found.largest < 10 * work.tolerance
    wrong = replace(run, peaks=1.01 * run.peaks)
    seen = certify(work, wrong, 48.0, n=2).errors["memory Treg peak fold"]
    assert seen.median == pytest.approx(0.01, rel=0.1)


def test_nobody_is_not_enough():
    """At least one subject."""
    work = task()
    run = solve_task(work)
    with pytest.raises(BadProblem, match="nothing can be certified"):
        certify(work, run, 48.0, n=0)


def test_it_is_kept_with_the_run(tmp_path, monkeypatch):
    """A file in the folder of the run, with every endpoint."""
    folder = tmp_path / "run"
    study = read_study("daily-low-dose-cancer")
    leave_out(monkeypatch)
    run_study(study, "certified", Options(subjects=2, out=folder))
    told = Certificate((1,), "luck", 1e-4, 1e-7, {"a": Error(1e-5, 2e-5)})
    asked = []

    def stand_in(task, run, end_h, *, n, progress):
        asked.append((task.population.n, len(run), end_h, n))
        return told

    monkeypatch.setattr("il2sim.app.certify.certify", stand_in)
    assert certify_run(folder, subjects=1) is told
    assert asked == [(2, 2, study.end_h, 1)]
    kept = json.loads((folder / FILE).read_text("utf-8"))
    assert kept["largest relative difference"] == told.largest
    assert kept["endpoints"] == {"a": {"median": 1e-5, "largest": 2e-5}}
