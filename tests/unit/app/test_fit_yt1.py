"""`il2sim fit yt1`, with readings of its own and fits that are given."""

import numpy as np
import pytest
from typer.testing import CliRunner

from il2sim.app.cli import app
from il2sim.app.fit import values_in
from il2sim.inference import yt1_judge
from il2sim.inference.yt1 import (
    CD122_FILES,
    CD132_FILE,
    PSTAT5_FILE,
    problem_of,
    read_plan,
)

RUN = CliRunner()


@pytest.fixture
def folder(tmp_path):
    """A few readings of each kind, laid out as published."""
    signs, doses = ("-", "+"), range(-3, 3)
    heads = [f"{one} in IL2Ra{sign}" for sign in signs for one in ("IL2", "IL15")]
    rows = [f"{dose}" + f",{20 * (dose + 3)}" * 4 for dose in doses]
    text = "\n".join(["," + ",".join(heads), *rows])
    (tmp_path / PSTAT5_FILE).write_text(text, encoding="utf-8")
    for name in CD122_FILES.values():
        rows = ["time,IL2 - 1nM,IL15 - 500nM", "0,10,10", "2,5,2", "30,4,1", "90,3,1"]
        (tmp_path / name).write_text("\n".join(rows), encoding="utf-8")
    rows = ["min,gc", "0,100", "2,91", "60,66", "240,51"]
    (tmp_path / CD132_FILE).write_text("\n".join(rows), encoding="utf-8")
    return tmp_path


def given(plan, candidate, seen, *, starts):
    """A fit that stays at its priors."""
    point = problem_of(plan, candidate, seen).center.tolist()
    scores = {
        what: {"r_squared": 0.9, "rmse": 0.1, "n": starts}
        for what in ("pSTAT5", "CD122", "CD132")
    }
    one = {"point": point, "log_likelihood": -float(len(point)), "scores": scores}
    left_out = dict.fromkeys(yt1_judge.LEFT_OUT, one)
    return one | {"left_out": left_out, "curves": -50.0}


def test_all_that_ships_is_written_and_kept_fits_are_not_repeated(
    folder, tmp_path, monkeypatch
):
    """Values with what follows, fits without each kind, curves, candidates, figure."""
    out = tmp_path / "out"
    words = ["fit", "yt1", "--data", str(folder), "--out", str(out), "--starts", "2"]
    monkeypatch.setattr(yt1_judge, "judge", given)
    assert RUN.invoke(app, words).exit_code == 0
    monkeypatch.setattr(yt1_judge, "judge", None)
    again = RUN.invoke(app, words)
    assert again.exit_code == 0
    assert "Candidates, by what each was not fitted to" in again.output
    plan = read_plan()
    values = values_in(out / "yt1.tsv")
    for name in plan.chosen.free:
        assert values[name] == pytest.approx(plan.free[name]["median"], rel=1e-3)
    assert np.isfinite([values["lose empty"], values["lose held"]]).all()
    head, *rows = (out / "yt1_left_out.tsv").read_text("utf-8").splitlines()
    assert head.split("\t")[1:] == list(yt1_judge.LEFT_OUT)
    assert len(rows) == len(plan.chosen.free)
    curves = (out / "yt1_curves.tsv").read_text("utf-8").splitlines()
    assert len(curves) == 1 + 4 + 4 + 1
    assert (out / "yt1.png").exists()
    table = (out / "yt1_candidates.tsv").read_text("utf-8").splitlines()
    assert len(table) == 1 + len(plan.candidates) + 1
