"""`il2sim fit` and `il2sim validate receptors`, without the raw data."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from typer.testing import CliRunner

from il2sim.app import fit_receptors, validate
from il2sim.app.cli import app
from il2sim.inference import checks
from il2sim.inference.facts import doses_nM, model_curves, read_fitted
from il2sim.inference.plate import Well
from il2sim.inference.receptors import read_plan
from il2sim.provenance import hash_of

RUN = CliRunner()


def test_candidates_that_are_kept_are_not_fitted_again(tmp_path):
    """The same command goes on; another plate begins anew."""
    plan = read_plan()
    wells = [Well("NK", "IL2", 0.5, 1.0, 2, 100.0)]
    key = hash_of({"plan": plan.told, "wells": [asdict(one) for one in wells]})
    done = {one.name: {"point": [0.0]} for one in plan.candidates}
    path = tmp_path / "candidates.json"
    path.write_text(json.dumps({"key": key} | done), encoding="utf-8")
    told = []
    kept = fit_receptors.judge_all(
        plan, wells, tmp_path, starts=1, progress=lambda *n: told.append(n)
    )
    assert kept == done
    n = 5 * len(plan.candidates)
    assert told[-1] == (n, n)


def test_values_ship_with_intervals_that_hold_them(tmp_path):
    """Written for a plate that the model made: the truth lies in each interval."""
    plan = read_plan()
    truth = read_fitted()
    curves = model_curves(plan, plan.chosen, truth)
    files = {one.name: one.file for one in plan.gates}
    wells = [
        Well(files[gate], ligand, time_h, dose, 2, 10 * signal)
        for (gate, ligand, time_h), curve in curves.items()
        for dose, signal in zip(doses_nM(), curve, strict=True)
    ]
    point = np.log([truth[name] for name in plan.chosen.free])
    values, together = fit_receptors.write_chosen(plan, wells, point, tmp_path, draws=0)
    rows = [line.split("\t") for line in values.read_text().splitlines()[1:]]
    for name, value, _, low, high, *_ in rows:
        assert float(low) < float(value) < float(high)
        assert float(value) == pytest.approx(truth[name], rel=1e-3)
    table = [line.split("\t")[1:] for line in together.read_text().splitlines()[1:]]
    found = np.array(table, dtype=float)
    np.testing.assert_allclose(found, found.T)
    np.testing.assert_allclose(np.diag(found), 1)


def test_the_receptors_are_judged_on_a_fresh_clone(
    receptors_judged, tmp_path, monkeypatch
):
    """A row for each check, for machines too, and a figure.

    What is computed without the raw data is computed once for all tests.
    """
    responses, found = receptors_judged
    monkeypatch.setattr(checks, "responses_of", lambda plan: responses)
    monkeypatch.setattr(checks, "check_receptors", lambda plan, responses: found)
    out, told = tmp_path / "figures", tmp_path / "checks.json"
    done = RUN.invoke(
        app, ["validate", "receptors", "--out", str(out), "--json", str(told)]
    )
    assert done.exit_code == 0
    rows = json.loads(told.read_text(encoding="utf-8"))["checks"]
    assert [one["name"] for one in rows] == [one.name for one in found]
    assert {one["row"] for one in rows} >= {3, 4, 5, 6, 9, 11, 19}
    assert f"of {len(rows)} checks in their band" in done.output
    assert (out / "receptors.png").exists()
    assert (out / "panel.png").exists()
    assert "receptors" in validate.CHECKS
