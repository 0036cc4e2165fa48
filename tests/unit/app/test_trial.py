"""A trial's folder: filled, resumed to the same bits, refused with a reason."""

import csv
import json
import tomllib

import numpy as np
import pytest
from typer.testing import CliRunner

from il2sim.app import trial as app_trial
from il2sim.app.cli import app
from il2sim.app.run import Options
from il2sim.app.trial import plan_of, run_trial
from il2sim.engine.columns import read_columns
from il2sim.errors import FolderInUse
from il2sim.formats.trial_file import read_trial, trial_of
from tests.killing import TRIAL
from tests.pictures import leave_out


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch):
    monkeypatch.setattr(app_trial, "PORTION", 3)
    monkeypatch.setattr(app_trial, "FIRST_PORTION", 3)


FILES = (
    *("summary.json", "endpoints.csv", "endpoints.parquet"),
    *("decisions.parquet", "table1.csv"),
)


def texts(folder):
    """Everything that carries a number, but for the time it was made."""
    return [(folder / name).read_bytes() for name in FILES]


def test_fewer_subjects_than_one_trial_are_told_without_a_forest(tmp_path):
    """No interval can be drawn from two; what there is is written all the same."""
    few = TRIAL.model_copy(update={"subjects": 2})
    outcome = run_trial(few, "few", Options(out=tmp_path / "few"))
    assert outcome.is_complete
    assert outcome.summary["trials"] == 0
    found = {path.name for path in (tmp_path / "few").rglob("*")}
    assert {"report.html", "endpoints.csv", "flow.png"} <= found
    assert "forest.png" not in found


def test_a_trial_fills_its_folder_and_comes_back(tmp_path, monkeypatch):
    """Numbers, figures, and the file that gives them again."""
    outcome = run_trial(TRIAL, "mine", Options(out=tmp_path / "one"))
    assert outcome.is_complete
    found = {path.name for path in (tmp_path / "one").rglob("*")}
    figures = ("flow", "table1", "spaghetti", "waterfall", "swimmer", "forest", "power")
    assert {"report.html", "trial.toml", "provenance.json"} <= found
    assert found >= {f"{name}.{end}" for name in figures for end in ("png", "svg")}
    assert "unfinished" not in found
    columns, about = read_columns(tmp_path / "one" / "endpoints.parquet")
    with (tmp_path / "one" / "endpoints.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(columns)
    assert [float(row["tumor, fold [1]"]) for row in rows] == columns[
        "tumor, fold [1]"
    ].tolist()
    decisions, _ = read_columns(tmp_path / "one" / "decisions.parquet")
    assert set(decisions["decision"]) == {"skip"}
    assert set(decisions["arm"]) == {"high"}
    assert set(decisions["day"]) == {1.0}
    summary = json.loads((tmp_path / "one" / "summary.json").read_text())
    assert summary["key"] == about["key"]
    assert summary["trials"] == 2
    text = (tmp_path / "one" / "trial.toml").read_text()
    leave_out(monkeypatch)
    again = run_trial(
        trial_of(tomllib.loads(text)), "mine", Options(out=tmp_path / "two")
    )
    assert again.summary["key"] == outcome.summary["key"]
    assert texts(tmp_path / "one") == texts(tmp_path / "two")
    with pytest.raises(FolderInUse):
        run_trial(TRIAL, "mine", Options(out=tmp_path / "one"))
    kept = run_trial(TRIAL, "mine", Options(out=tmp_path / "one", resume=True))
    assert np.array_equal(kept.endpoints["subject"], columns["subject"])


@pytest.mark.usefixtures("no_pictures")
def test_a_trial_in_single_precision_is_another_run_that_says_so(tmp_path):
    """The file in its folder gives it again without any option."""
    outcome = run_trial(
        TRIAL, "mine", Options(out=tmp_path / "one", precision="single")
    )
    told = json.loads((tmp_path / "one" / "provenance.json").read_text())
    assert told["precision"] == "single"
    again = trial_of(tomllib.loads((tmp_path / "one" / "trial.toml").read_text()))
    key = plan_of(again, Options()).provenance("cpu").key
    assert key == outcome.summary["key"]
    assert key != plan_of(TRIAL, Options()).provenance("cpu").key


@pytest.mark.usefixtures("no_pictures")
def test_a_trial_that_was_stopped_goes_on_to_the_same_bits(tmp_path, monkeypatch):
    """Ctrl-C after the second portion, then --resume; nothing is solved twice."""
    run_trial(TRIAL, "mine", Options(out=tmp_path / "straight"))
    solved = []
    plain = app_trial.Conduct.solve

    def counted(self, some, **options):
        if len(solved) == 2:
            raise KeyboardInterrupt
        solved.append(some)
        return plain(self, some, **options)

    monkeypatch.setattr(app_trial.Conduct, "solve", counted)
    stopped = run_trial(TRIAL, "mine", Options(out=tmp_path / "stopped"))
    assert not stopped.is_complete
    assert stopped.summary["subjects"]["n"] == 6
    monkeypatch.setattr(app_trial.Conduct, "solve", plain)
    done = run_trial(TRIAL, "mine", Options(out=tmp_path / "stopped", resume=True))
    assert done.is_complete
    assert texts(tmp_path / "stopped") == texts(tmp_path / "straight")


@pytest.mark.usefixtures("no_pictures")
def test_threads_and_portions_change_no_bit(tmp_path, monkeypatch):
    """One thread and one portion, against several of each."""
    run_trial(TRIAL, "mine", Options(out=tmp_path / "many"))
    monkeypatch.setattr(app_trial, "FIRST_PORTION", 100)
    run_trial(TRIAL, "mine", Options(out=tmp_path / "one", workers=1))
    assert texts(tmp_path / "many") == texts(tmp_path / "one")


@pytest.mark.parametrize("name", ["crossover-t1d", "low-dose-escalation"])
def test_the_other_designs_fill_their_folders(name, tmp_path):
    """A trial and a half of each."""
    found = read_trial(name)
    n = found.size + found.size // 2
    outcome = run_trial(found, name, Options(out=tmp_path / name, subjects=n))
    assert outcome.summary["trials"] == 1
    assert outcome.summary["subjects"]["failed"] == 0
    last = {"crossover": "power", "escalation": "escalation"}[found.design]
    assert (tmp_path / name / "figures" / f"{last}.png").exists()


@pytest.mark.usefixtures("no_pictures")
def test_the_command_says_what_it_found(tmp_path, monkeypatch):
    """Arms, endpoints, effects with power, doubt; the list names the trial."""
    from il2sim.formats.trial_file import as_toml

    monkeypatch.setenv("COLUMNS", "120")
    (tmp_path / "mine.toml").write_text(as_toml(TRIAL), encoding="utf-8")
    words = ["trial", str(tmp_path / "mine.toml"), "--out", str(tmp_path / "out")]
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 0, told.output
    for word in ("high: aldesleukin", "Treg, fold", "power of a trial of 6", "Doubt"):
        assert word in told.output
    assert "12 subjects in 2 simulated trials of 6" in told.output
    listed = CliRunner().invoke(app, ["list", "trials"]).output
    assert "high-dose-vs-low-dose" in listed
    assert (
        "[[arms]]" in CliRunner().invoke(app, ["show", "trial", "crossover-t1d"]).output
    )
