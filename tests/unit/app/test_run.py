"""A run's folder: filled, never overwritten silently, resumed to the same bits."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from il2sim.app import run as app_run
from il2sim.app.run import Options, published_of, run_study
from il2sim.engine import store
from il2sim.engine.status import Status
from il2sim.errors import BadProblem, FolderInUse, UnknownName, UnreadableFile
from il2sim.formats.study_file import read_study, study_of

SMALL = study_of(
    {
        "title": "A small study",
        "question": "Does it run?",
        "model": "body",
        "population": "adults",
        "regimen": "aldesleukin 1 MIU/m2 sc daily for 2 days",
        "days": 4,
        "end_day": 3,
        "subjects": 5,
        "record_finely_until_day": 1,
        "record_finely_every_h": 6,
        "compare": [
            {
                "name": "Treg",
                "endpoint": "peak fold",
                "evidence": ["E142"],
                "low": 1,
            },
            {
                "name": "Treg / CD4 Tconv",
                "endpoint": "end fold",
                "evidence": ["E144"],
                "direction": "up",
            },
        ],
    }
)


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch):
    monkeypatch.setattr(app_run, "PORTION", 2)
    monkeypatch.setattr(app_run, "PORTION_S", 1e6)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One finished run, for the tests that only look at it."""
    out = tmp_path_factory.mktemp("runs") / "small"
    seen = []
    outcome = run_study(
        SMALL, "small", Options(out=out), progress=lambda *one: seen.append(one)
    )
    return outcome, seen


def test_a_run_fills_its_folder(finished):
    outcome, seen = finished
    names = {path.name for path in outcome.folder.iterdir()}
    assert names == {
        *("summary.json", "endpoints.csv", "trajectories.zarr"),
        *("figures", "provenance.json", "study.toml", "report.html"),
    }
    pictures = {path.suffix for path in (outcome.folder / "figures").iterdir()}
    assert pictures == {".png", ".svg"}
    assert seen[-1] == (5, 5)


def test_the_summary_has_the_agreed_form(finished):
    outcome, _ = finished
    summary = json.loads((outcome.folder / "summary.json").read_text())
    assert summary["subjects"]["n"] == 5
    assert summary["subjects"]["failed"] == 0
    for name in (
        "naive Treg",
        "memory Treg",
        "CD4 Tconv",
        "CD8",
        "NK dim",
        "NK bright",
    ):
        for kind in ("peak fold", "end fold"):
            values = summary["endpoints"][name][kind]
            assert set(values) == {"median", "q05", "q95"}
            assert values["q05"] <= values["median"] <= values["q95"]
    assert summary["complete"] is True
    assert {row["agrees"] for row in summary["published"]} <= {True, False, None}
    run = store.read(outcome.folder)
    fold = run["memory Treg"].fold().at(72.0)
    assert summary["endpoints"]["memory Treg"]["end fold"]["median"] == np.median(fold)


@pytest.mark.usefixtures("no_pictures")
def test_subjects_without_an_answer_are_written_down(tmp_path, monkeypatch):
    """Their rows are in failures.csv, and the summary says what their loss does."""
    real = app_run.solve_task

    def lose_one(task, some, **more):
        part = real(task, some, **more)
        if some.start:
            return part
        status, values = part.status.copy(), part.values.copy()
        status[1], values[1] = Status.TOO_MANY_STEPS, np.nan
        return replace(part, status=status, values=values)

    monkeypatch.setattr(app_run, "solve_task", lose_one)
    outcome = run_study(SMALL, "small", Options(out=tmp_path / "lost"))
    with (outcome.folder / "failures.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["subject"], row["status"]) == ("1", "TOO_MANY_STEPS")
    assert 0 <= float(row["quantile of weight [kg]"]) <= 1
    told = json.loads((outcome.folder / "summary.json").read_text())["failures"]
    assert told["lost"] == 1
    assert told["words"][0].startswith("1 of 5 subjects (20 %)")


def test_there_is_a_row_for_each_subject(finished):
    outcome, _ = finished
    with (outcome.folder / "endpoints.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["subject"] for row in rows] == list("01234")
    peak = [float(row["Treg peak fold"]) for row in rows]
    np.testing.assert_array_equal(peak, outcome.trajectories["Treg"].peak_fold())


def test_a_folder_in_use_is_not_written_to(finished, tmp_path):
    outcome, _ = finished
    before = {path: path.stat().st_mtime_ns for path in outcome.folder.rglob("*")}
    with pytest.raises(FolderInUse, match="--resume"):
        run_study(SMALL, "small", Options(out=outcome.folder))
    with pytest.raises(FolderInUse, match="a new or empty folder"):
        run_study(SMALL, "small", Options(out=outcome.folder, seed=9, resume=True))
    assert before == {
        path: path.stat().st_mtime_ns for path in outcome.folder.rglob("*")
    }
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(FolderInUse, match="something else"):
        run_study(SMALL, "small", Options(out=tmp_path, resume=True))
    with pytest.raises(FolderInUse, match="a file"):
        run_study(SMALL, "small", Options(out=tmp_path / "letter.txt"))


def test_resume_returns_what_is_finished(finished):
    outcome, _ = finished
    again = run_study(SMALL, "small", Options(out=outcome.folder, resume=True))
    assert np.array_equal(again.trajectories.values, outcome.trajectories.values)
    assert again.summary["key"] == outcome.summary["key"]
    assert [one.agrees for one in again.comparisons] == [
        one.agrees for one in outcome.comparisons
    ]


@pytest.mark.usefixtures("no_pictures")
def test_a_stopped_run_is_readable_and_goes_on_to_the_same_bits(
    finished, tmp_path, monkeypatch
):
    outcome, _ = finished
    real = app_run.solve_task
    solved = []

    def stop_at_the_second(task, some, **more):
        if len(solved) == 1:
            solved.append(some)
            raise KeyboardInterrupt
        solved.append(some)
        return real(task, some, **more)

    monkeypatch.setattr(app_run, "solve_task", stop_at_the_second)
    options = Options(out=tmp_path / "stopped")
    half = run_study(SMALL, "small", options)
    assert not half.is_complete
    assert len(half.trajectories) == 2
    summary = json.loads((half.folder / "summary.json").read_text())
    assert (summary["complete"], summary["planned"], summary["subjects"]["n"]) == (
        *(False, 5),
        2,
    )
    assert len(store.read(half.folder)) == 2
    assert not (half.folder / "figures").exists()

    resumed = run_study(SMALL, "small", Options(out=tmp_path / "stopped", resume=True))
    assert resumed.is_complete
    assert [one.start for one in solved] == [0, 2, 2, 4]
    assert np.array_equal(resumed.trajectories.values, outcome.trajectories.values)
    assert not (tmp_path / "stopped" / "unfinished").exists()


@pytest.mark.usefixtures("no_pictures")
def test_a_portion_that_was_cut_off_is_solved_again(tmp_path, monkeypatch):
    options = Options(out=tmp_path / "cut")
    real = app_run.solve_task

    def stop_at_the_last(task, some, **more):
        if some.start == 4:
            raise KeyboardInterrupt
        return real(task, some, **more)

    monkeypatch.setattr(app_run, "solve_task", stop_at_the_last)
    run_study(SMALL, "small", options)
    monkeypatch.setattr(app_run, "solve_task", real)
    parts = sorted((tmp_path / "cut" / "unfinished").glob("*/*"))
    parts[0].write_bytes(b"")
    whole = run_study(SMALL, "small", Options(out=tmp_path / "cut", resume=True))
    assert whole.is_complete
    assert len(whole.trajectories) == 5
    assert np.all(np.isfinite(whole.trajectories.peaks))


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_a_finished_run_that_was_damaged_is_solved_again(finished, tmp_path, damage):
    """A chunk is missing, or one bit of it is another; the bits come back."""
    outcome, _ = finished
    folder = tmp_path / "damaged"
    shutil.copytree(outcome.folder, folder)
    chunk = folder / "trajectories.zarr" / "memory Treg" / "c" / "0" / "0"
    if damage == "gone":
        chunk.unlink()
    else:
        content = bytearray(chunk.read_bytes())
        content[len(content) // 2] ^= 1
        chunk.write_bytes(bytes(content))
    with pytest.raises(UnreadableFile):
        store.read(folder)
    again = run_study(SMALL, "small", Options(out=folder, resume=True))
    assert np.array_equal(again.trajectories.values, outcome.trajectories.values)
    assert np.array_equal(store.read(folder).values, outcome.trajectories.values)
    assert {path.name for path in folder.iterdir()} == {
        path.name for path in outcome.folder.iterdir()
    }


def test_stopping_before_anything_is_finished_leaves_no_results(tmp_path, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(app_run, "solve_task", stop)
    with pytest.raises(KeyboardInterrupt):
        run_study(SMALL, "small", Options(out=tmp_path / "none"))
    assert not (tmp_path / "none" / "summary.json").exists()


def test_options_are_checked_before_a_folder_is_made(tmp_path):
    out = tmp_path / "none"
    for options, kind in (
        (Options(out=out, device="gpu"), UnknownName),
        (Options(out=out, format="xlsx"), UnknownName),
        (Options(out=out, workers=0), BadProblem),
        (Options(out=out, tolerance=2.0), BadProblem),
        (Options(out=out, precision="triple"), UnknownName),
        (Options(out=out, precision="single", tolerance=1e-7), BadProblem),
    ):
        with pytest.raises(kind):
            run_study(SMALL, "small", options)
    assert not out.exists()


@pytest.mark.usefixtures("no_pictures")
def test_the_folder_is_named_after_study_and_key(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = run_study(SMALL, "small", Options(subjects=1, format="csv"))
    assert outcome.folder.name == f"small-{outcome.summary['key'][:8]}"
    assert (tmp_path / outcome.folder / "trajectories.csv").exists()


def test_figures_get_the_published_folds_of_single_populations():
    found = published_of(read_study("daily-low-dose-cgvhd"))
    assert {one.name for one in found} == {
        *("Treg", "NK", "CD4 Tconv", "CD8", "naive Treg", "emigrants of naive Treg"),
    }
    treg = next(one for one in found if one.name == "Treg")
    assert (treg.low, treg.key, treg.end_h) == (5.0, "E142", 84 * 24.0)
