"""Variance among cells: derivatives, scales, correlation, and what the files give."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from il2sim.app.cli import app
from il2sim.inference import variance
from il2sim.inference.panel import COLUMNS, FILES, Seen, read_panel, read_plan
from il2sim.inference.panel_checks import read_point
from il2sim.inference.panel_facts import read_curves
from il2sim.inference.receptors import CELL

PLAN = read_plan()
DATA = Path(os.environ.get("IL2SIM_DATA", Path(__file__).parents[4] / "shared/data"))
SEEN = [
    Seen("WT N-term Fc", 2, cell, "a day", 1.0, dose, dose)
    for cell in ("Treg", "NK")
    for dose in PLAN.told["doses_nM"][3::3]
]


@pytest.mark.parametrize("chain", ["cd25", "cd122"])
def test_variance_is_that_of_two_kinds_of_cells(chain, monkeypatch):
    """Half of the cells with a tenth more of one chain, half with a tenth less."""
    zero = {"cd25": 0.0, "cd122": 0.0, "both": 0.0}
    told = {"relative": dict.fromkeys(("Treg", "NK"), zero | {chain: 0.01})}
    monkeypatch.setattr(variance, "read_relative", lambda: told)
    values = read_point()
    _, found = variance.spread_of(PLAN, SEEN, values)
    name = f"{CELL}.{chain}_at_rest"
    more, less = (
        variance._signals(PLAN, SEEN, values, {name: size}) for size in (1.1, 0.9)
    )
    twin = ((more - less) / 2) ** 2
    np.testing.assert_allclose(found, twin, rtol=0.1, atol=1e-3 * twin.max())


def test_a_scale_is_fluorescence_for_each_percent():
    """Background 7 and 30 for each percent, in each cell type."""
    signals = np.arange(len(SEEN), dtype=float)
    seen = [
        replace(one, value=float(7 + 30 * x))
        for one, x in zip(SEEN, signals, strict=True)
    ]
    assert list(variance.scales_of(seen, signals).values()) == pytest.approx([30, 30])


def test_scatter_lowers_a_correlation():
    """By the root of the part of the variance that is known."""
    line = np.array([-1.0, 1.0])
    assert variance.correlation(line, 3 * line, 1.0) == pytest.approx(np.sqrt(0.5))


def test_receptors_tell_less_than_the_mean_does():
    """Of all cell types together close to 0.7, of NK next to nothing."""
    by = {one.name.split(": ")[1]: one for one in variance.check_variance()}
    assert 0.6 < by["all cell types, correlation"].value < 0.7
    assert by["CD4 Tconv, correlation"].passes
    assert by["NK, correlation"].value < 0.3


def test_the_command_reads_variances_not_means(tmp_path):
    """Curves of the column Variance, one for each cell type."""
    for name, arms in zip(FILES, "10", strict=True):
        rows = [
            f"WT N-term,{arms},{cell.file},a day,1.0,{dose},5,{50 * dose}"
            for cell in PLAN.cells.values()
            for dose in PLAN.told["doses_nM"][::2]
        ]
        text = "\n".join([",".join((*COLUMNS, "Variance")), *rows])
        (tmp_path / name).write_text(text, encoding="utf-8")
    words = ["--data", str(tmp_path), "--out", str(tmp_path / "out")]
    assert CliRunner().invoke(app, ["fit", "variance", *words]).exit_code == 0
    path = tmp_path / "out" / variance.TABLE
    assert len(path.read_text("utf-8").splitlines()) == 1 + 2 * len(PLAN.cells)


@pytest.mark.skipif(not DATA.exists(), reason="the public data are not here")
def test_shipped_curves_are_those_of_the_files():
    """As many, of the same conditions, and as high at the highest dose."""
    seen = read_panel(PLAN, DATA, "Variance")
    most = {}
    for one in seen:
        key = (*one.group, one.molecule, one.arms)
        most[key] = max(most.get(key, 0.0), one.value)
    shipped = {
        (one.cell, one.date, one.time_h, one.molecule, one.arms): one
        for one in read_curves(variance.TABLE)
    }
    assert set(shipped) == set(most)
    near = [0.4 < shipped[key].high / value < 2.5 for key, value in most.items()]
    assert np.mean(near) > 0.9
