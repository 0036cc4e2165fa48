"""`il2sim fit crosstalk`, with curves of its own and fits that stay at their priors."""

from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from il2sim import inference
from il2sim.app.cli import app
from il2sim.app.fit import values_in
from il2sim.inference.crosstalk import CROSS, FILES, read_plan

RUN = CliRunner()


@pytest.fixture
def folder(tmp_path):
    """Curves that rise, laid out as published."""
    plan = read_plan()
    for ligand, name in FILES.items():
        doses = plan.told["alone_pg_mL"][ligand]
        rows = [f"{dose},{dose / (dose + 90)},{dose / (dose + 95)}" for dose in doses]
        (tmp_path / name).write_text("\n".join(["a,b,c", *rows]), encoding="utf-8")
    firsts = plan.told["first_pg_mL"]
    rows = [
        ",".join(
            map(str, (seven, *[90 * seven / (seven + 300)] * 3, "", four, 1, 1, 2))
        )
        for seven, four in zip(firsts["il7"], firsts["il4"], strict=True)
    ]
    (tmp_path / CROSS).write_text("\n".join(["a,b", *rows]), encoding="utf-8")
    return tmp_path


def test_all_that_ships_is_written(folder, tmp_path, monkeypatch):
    """Values with intervals, those of each candidate, curves and the figure."""

    def stays(likelihood, *, starts):
        assert starts == 2
        return SimpleNamespace(best=likelihood.problem.center)

    monkeypatch.setattr(inference, "fit", stays)
    out = tmp_path / "out"
    words = ["--data", str(folder), "--out", str(out), "--starts", "2"]
    assert RUN.invoke(app, ["fit", "crosstalk", *words]).exit_code == 0
    plan = read_plan()
    values = values_in(out / "crosstalk.tsv")
    for name in plan.names(plan.chosen):
        assert np.isclose(values[name], plan.free[name]["median"])
    head, *rows = (out / "crosstalk_fits.tsv").read_text("utf-8").splitlines()
    assert head.split("\t")[1:] == list(plan.candidates)
    assert len(rows) == len(plan.free)
    assert len((out / "crosstalk_curves.tsv").read_text("utf-8").splitlines()) == 11
    assert (out / "crosstalk.svg").exists()
