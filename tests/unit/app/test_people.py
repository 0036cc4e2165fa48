"""`il2sim population`: from a plan to persons, a certificate, and a treated run."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from il2sim.app import cli
from il2sim.app import run as app_run
from il2sim.engine.columns import write_columns
from il2sim.study.people import People
from il2sim.study.populations import adults

PLAN = """
meaning = "adults older than most"
based_on = "adults"
candidates = 300
[[limits]]
quantity = "age"
unit = "y"
low = 30
source = "a test"
how = "assumption"
[[targets]]
quantity = "age"
unit = "y"
mean = 52
sd = 9
shape = "normal"
source = "a test"
how = "assumption"
"""

STUDY = """
title = "Treated"
question = "Who?"
model = "body"
population = "people.parquet"
regimen = "aldesleukin 1 MIU/m2 sc once"
days = 1
end_day = 1
subjects = 4
"""


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Run a command; exit code, output and errors come back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "older.toml").write_text(PLAN)

    def run_command(*words):
        monkeypatch.setattr(sys, "argv", ["il2sim", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        captured = capsys.readouterr()
        return left.value.code, captured.out, captured.err

    return run_command


def test_a_plan_becomes_persons_who_can_be_shown_and_treated(
    call, tmp_path, monkeypatch
):
    code, out, _ = call("population", "build", "older.toml")
    assert code == 0
    assert "of 300 keep age: at least 30 y" in out
    assert "age: 52 ± 9 y" in out
    assert "are in people.parquet" in out
    people = People.read(tmp_path / "people.parquet")
    weights = people.prevalence()
    assert np.average(people.draw().age_y, weights=weights) == pytest.approx(52.0)
    assert people.made["method"] == "maximum entropy"

    code, out, _ = call("population", "show", "people.parquet")
    assert code == 0
    assert "kept by maximum entropy" in out
    assert (tmp_path / "people-figures" / "certificate.svg").exists()

    (tmp_path / "study.toml").write_text(STUDY)
    monkeypatch.setattr(app_run, "_draw", lambda *_: None)  # the page has its own
    assert call("run", "study.toml", "--out", "here")[0] == 0
    summary = json.loads((tmp_path / "here" / "summary.json").read_text())
    resting = summary["endpoints"]["Treg"]["resting"]["median"]
    treg = sum(
        people.draw(range(4)).counts[f"{one} Treg"] for one in ("naive", "memory")
    )
    order = np.argsort(treg)
    heavy = weights[:4][order]
    before = np.array([0.0, *np.cumsum(heavy)[:-1]])
    after = heavy.sum() - before - heavy
    place = before / (before + after)
    assert resting == pytest.approx(np.interp(0.5, place, treg[order]), rel=1e-6)
    (tmp_path / "people.parquet").unlink()
    assert call("replay", "here", "2")[0] == 0, "the folder keeps its persons"


def test_methods_are_compared_without_writing(call, tmp_path):
    code, out, _ = call("population", "build", "older.toml", "--compare")
    assert code == 0
    for method in ("maximum entropy", "raking", "bins", "rejection", "none"):
        assert method in out
    code, out, _ = call("population", "build", "older.toml", "--predict")
    assert code == 0
    assert "found without it" in out
    assert not (tmp_path / "people.parquet").exists()


def test_mistakes_are_said(call, tmp_path):
    code, _, err = call("population", "build", "older.toml", "--out", "people.csv")
    assert (code, "ends in .parquet" in err) == (2, True)
    People.of(adults(n=2), np.ones(2)).write(tmp_path / "bare.parquet")
    code, _, err = call("population", "show", "bare.parquet")
    assert (code, "has no certificate" in err) == (2, True)
    write_columns({"x": np.ones(2)}, tmp_path / "x.parquet", {})
    code, _, err = call("population", "show", "x.parquet")
    assert (code, "holds no persons" in err) == (2, True)
