"""`il2sim fit panel`, with means of its own and fits that are given."""

import pytest
from typer.testing import CliRunner

from il2sim.app.cli import app
from il2sim.app.fit import values_in
from il2sim.inference import panel_judge
from il2sim.inference.panel import COLUMNS, FILES, point_of, read_plan
from il2sim.inference.panel_checks import OVER_TIMES

RUN = CliRunner()


@pytest.fixture
def folder(tmp_path):
    """A few means of each cell type and of two molecules, laid out as published."""
    plan = read_plan()
    for name, arms in zip(FILES, "10", strict=True):
        rows = [
            f"{molecule},{arms},{cell.file},a day,1.0,{dose},{100 + 50 * dose}"
            for molecule in ("WT N-term", "H16N N-term")
            for cell in plan.cells.values()
            for dose in plan.told["doses_nM"][::2]
        ]
        text = "\n".join([",".join(COLUMNS), *rows])
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def given(plan, candidate, seen, *, starts, progress):
    """A fit that stays at its priors."""
    assert len(seen) == 2 * 2 * 4 * 6
    point = point_of(plan, candidate, {}).tolist()
    scores = {name: {"r_squared": 0.9, "n": starts} for name in ("all", "CD8")}
    one = {"point": point, "log_likelihood": -float(len(point)), "scores": scores}
    progress(1, 1)
    return one | {"left_out": dict.fromkeys(panel_judge.left_out(plan), one)}


def given_over_times(plan, candidate, seen, first):
    """A fit that stays where it starts."""
    return {"point": first.tolist(), "scores": {}}


def test_all_that_ships_is_written_and_kept_fits_are_not_repeated(
    folder, tmp_path, monkeypatch
):
    """Values, fits without each molecule and cell type, curves, candidates, figure."""
    out = tmp_path / "out"
    words = ["fit", "panel", "--data", str(folder), "--out", str(out), "--starts", "2"]
    monkeypatch.setattr(panel_judge, "judge", given)
    monkeypatch.setattr(panel_judge, "judge_over_times", given_over_times)
    assert RUN.invoke(app, words).exit_code == 0
    monkeypatch.setattr(panel_judge, "judge", None)
    monkeypatch.setattr(panel_judge, "judge_over_times", None)
    again = RUN.invoke(app, words)
    assert again.exit_code == 0
    assert "Candidates, by what each was not fitted to" in again.output
    plan = read_plan()
    values = values_in(out / "panel.tsv")
    for name in plan.chosen.free:
        assert values[name] == pytest.approx(plan.free[name]["median"], rel=1e-3)
    head, *rows = (out / "panel_left_out.tsv").read_text("utf-8").splitlines()
    assert head.split("\t")[1:] == [*panel_judge.left_out(plan), OVER_TIMES]
    assert len(rows) == len(plan.chosen.free)
    curves = (out / "panel_curves.tsv").read_text("utf-8").splitlines()
    assert len(curves) == 1 + 2 * 2 * len(plan.cells)
    assert (out / "panel.png").exists()
    table = (out / "panel_candidates.tsv").read_text("utf-8").splitlines()
    assert len(table) == 1 + len(plan.candidates)
