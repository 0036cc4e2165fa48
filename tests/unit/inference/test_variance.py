"""Variance among cells: derivatives, scales, correlation, and what the files give."""

import csv
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from il2sim.app.cli import app
from il2sim.inference import variance
from il2sim.inference.likelihood import Likelihood
from il2sim.inference.panel import (
    COLUMNS,
    FILES,
    Seen,
    point_of,
    problem_of,
    read_panel,
    read_plan,
)
from il2sim.inference.panel_checks import read_point
from il2sim.inference.panel_facts import means_of, read_curves
from il2sim.inference.receptors import CELL

PLAN = read_plan()
DATA = Path(os.environ.get("IL2SIM_DATA", Path(__file__).parents[4] / "shared/data"))
SEEN = [
    Seen("WT N-term Fc", 2, cell, "a day", 1.0, dose, dose)
    for cell in ("Treg", "NK")
    for dose in PLAN.told["doses_nM"][3::3]
]


NOTHING = {"cd122": 1e-9, "both": 0.0}
SAME = 1.0001
"""Geometric standard deviation of cells that do not differ in CD25."""


def told(monkeypatch, *, plateau=0.0, kinds=((0.0, 1.0),), **relative):
    """Moments that are the same for every cell type; cells alike in inhibitor."""
    monkeypatch.setattr(variance, "kinds_of_cells", lambda: kinds)
    names = ("Treg", "NK")
    made = {
        "relative": dict.fromkeys(names, NOTHING | relative),
        "plateau": dict.fromkeys(names, plateau),
    }
    monkeypatch.setattr(variance, "read_relative", lambda: made)


def alone(factors):
    """Slow twin: pSTAT5 of cells of one kind, by a problem of their own."""
    problem = problem_of(PLAN, PLAN.chosen, SEEN)
    [part] = problem.parts
    wells = dict(part.plate.values)
    own = {name: one.engine_value for name, one in part.model.parameters.items()}
    wells |= {
        name: np.asarray(wells.get(name, own[name])) * size
        for name, size in ({variance.INHIBITOR_APART: 0.0} | factors).items()
    }
    part = replace(part, plate=replace(part.plate, values=wells))
    values = {**read_point(), "spread": SAME}
    likelihood = Likelihood(replace(problem, parts=(part,)), tolerance=1e-6)
    [found] = likelihood.signals(point_of(PLAN, PLAN.chosen, values))
    return found


@pytest.mark.parametrize("chain", ["cd25", "cd122"])
def test_a_small_variance_is_that_of_a_derivative(chain, monkeypatch):
    """A tenth around the mean in one chain: ``(dy/dlog R)² Var(log R)``."""
    told(monkeypatch, cd122=0.01 if chain == "cd122" else 1e-9)
    values = {**read_point(), "spread": np.exp(0.1) if chain == "cd25" else SAME}
    _, found = variance.spread_of(PLAN, SEEN, values)
    more, less = (alone({f"{CELL}.{chain}_at_rest": size}) for size in (1.1, 0.9))
    twin = ((more - less) / 2) ** 2
    np.testing.assert_allclose(found, twin, rtol=0.1, atol=2e-3 * twin.max())


def test_cells_with_equal_receptors_differ_in_stat5_alone(monkeypatch):
    """By the same part of the mean at each dose."""
    told(monkeypatch, plateau=0.3)
    mean, found = variance.spread_of(PLAN, SEEN, {**read_point(), "spread": SAME})
    np.testing.assert_allclose(mean, alone({}), rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(found, 0.3 * mean**2, rtol=1e-3, atol=1e-6)


def test_cells_differ_in_inhibitor_as_two_kinds_do(monkeypatch):
    """One standard deviation above and below: the mean of both, and half way apart."""
    told(monkeypatch, kinds=((-1.0, 0.5), (1.0, 0.5)))
    model = problem_of(PLAN, PLAN.chosen, SEEN).parts[0].model
    apart = model.parameters[variance.INHIBITOR_APART].engine_value
    less, more = (alone({variance.INHIBITOR: np.exp(x * apart)}) for x in (-1, 1))
    mean, found = variance.spread_of(PLAN, SEEN, {**read_point(), "spread": SAME})
    np.testing.assert_allclose(mean, (less + more) / 2, rtol=2e-3, atol=1e-4)
    twin = ((more - less) / 2) ** 2
    np.testing.assert_allclose(found, twin, rtol=0.02, atol=2e-3 * twin.max())


def test_kinds_of_cells_have_the_moments_that_are_told():
    """Mean, variance and covariance of log-normal numbers, by their closed forms."""
    from il2sim.inference.panel import nodes

    spread, cell = 1.5, "Treg"
    moments = variance.read_relative()["relative"][cell]
    normal, weights = nodes()
    sizes = np.array(variance._sizes([cell], spread))
    over = np.outer(weights, weights)
    assert np.sum(sizes * over) == pytest.approx(1, rel=1e-3)
    assert np.sum(sizes**2 * over) == pytest.approx(1 + moments["cd122"], rel=0.02)
    width = np.log(spread)
    cd25 = np.exp(width * normal - width**2 / 2)
    both = np.sum(sizes * cd25 * over) - 1
    assert both == pytest.approx(moments["both"], rel=0.05)


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


def test_another_day_agrees_once_it_is_scaled():
    """Twice the fluorescence is four times the variance."""
    days = {"one": 1.0, "other": 2.0}
    seen = [
        replace(one, date=day, value=size**2 * one.dose_nM)
        for one in SEEN
        for day, size in days.items()
    ]
    scales = {one.group: days[one.date] for one in seen}
    assert variance.another_day(seen, scales, ["Treg", "NK"]) == pytest.approx(1)
    unscaled = dict.fromkeys(scales, 1.0)
    assert variance.another_day(seen, unscaled, ["Treg"]) < 0.9


def test_receptors_and_stat5_tell_the_variance_of_all_and_of_helper_cells():
    """Of Treg and CD8 about as much as another day does, and less than is wanted."""
    by = {one.subject.split(": ")[1]: one for one in variance.check_variance()}
    assert by["all cell types, correlation"].passes
    assert by["CD4 Tconv, correlation"].passes
    day = variance.read_relative()["other_day"]
    for name in ("Treg", "CD8"):
        assert day[name] - 0.05 < by[f"{name}, correlation"].value < 0.7


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


def rows_of(name):
    """Of one raw file."""
    with (DATA / "meyer-lab-gcSolver.jl" / name).open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


@pytest.mark.skipif(not DATA.exists(), reason="the public data are not here")
@pytest.mark.parametrize("cell", PLAN.cells.values(), ids=PLAN.cells)
def test_shipped_moments_are_those_of_the_files(cell):
    """CD122 of the plate with least skew; pSTAT5 at 9 nM and more of IL-2 or IL-15."""
    read = variance.read_relative()
    moments = [
        row
        for row in rows_of("receptor_moments.csv")
        if row["Cell Type"] == cell.file and row["Receptor"] == "CD122"
    ]
    least = min(moments, key=lambda row: float(row["Skew"]))
    found = float(least["Variance"]) / float(least["Mean"]) ** 2
    assert read["relative"][cell.name]["cd122"] == pytest.approx(found, abs=1e-3)
    wells = [
        float(row["Variance"]) / float(row["Mean"]) ** 2
        for row in rows_of(FILES[0])
        if row["Cell"] == cell.file
        and row["Ligand"] in ("IL2", "IL15")
        and float(row["Time"]) == 0.5
        and float(row["Dose"]) > 5
        and row["Mean"]
    ]
    assert read["plateau"][cell.name] == pytest.approx(np.median(wells), abs=1e-3)


@pytest.mark.skipif(not DATA.exists(), reason="the public data are not here")
def test_what_another_day_tells_is_that_of_the_files():
    """Of NK nothing, so that they are not judged alone."""
    means, _ = means_of(PLAN, read_curves())
    mean, _ = variance.spread_of(PLAN, means, read_point())
    scales = variance.scales_of(means, mean)
    seen = read_panel(PLAN, DATA, "Variance")
    read = variance.read_relative()
    for name, value in read["other_day"].items():
        cells = [name] if name in PLAN.cells else list(PLAN.cells)
        found = variance.another_day(seen, scales, cells)
        assert value == pytest.approx(found, abs=0.01)
    assert "NK" not in read["judged"]
