"""Shared gamma-c: what one cytokine takes of the answer to the other, and its facts."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from il2sim.errors import UnreadableFile
from il2sim.inference import crosstalk_facts
from il2sim.inference.crosstalk import (
    CELL,
    LIGANDS,
    OTHER,
    PREFORMED,
    Cells,
    Seen,
    alone_of,
    cells_of,
    lost_of,
    problem_of,
    published_of,
    read_curves,
    read_plan,
)
from il2sim.inference.crosstalk_checks import (
    BLIND,
    halves_by_cd25,
    lost_in,
    read_values,
)
from il2sim.inference.likelihood import Likelihood

PLAN = read_plan()
DATA = Path(os.environ.get("IL2SIM_DATA", Path(__file__).parents[4] / "shared/data"))
CHOSEN = PLAN.chosen
SHIPPED = cells_of(PLAN, CHOSEN, read_values("shape"))


def but(changed):
    """The shipped cells with other parameters."""
    return Cells(SHIPPED.mechanism, {**SHIPPED.parameters, **changed})


def test_where_gamma_c_is_plenty_nothing_is_taken():
    """A thousandfold gamma-c, met a thousandfold slower: no complex lacks it."""
    meet = "membrane.k_assemble"
    fewer = SHIPPED.parameters[meet] / 1000
    many = but({f"{CELL}.cd132_at_rest": 328e3, meet: fewer})
    for first in LIGANDS:
        lost = lost_of(PLAN, many, first, PLAN.doses_nM("first", first))
        assert np.max(np.abs(lost)) < 3


def test_without_the_chain_of_the_first_nothing_is_taken():
    """What cannot be bound takes no gamma-c."""
    none = but({f"{CELL}.il7ra_at_rest": 1e-6})
    assert np.max(np.abs(lost_of(PLAN, none, "il7", np.array([1.0])))) < 0.1


def test_the_answer_alone_is_that_of_the_same_well_without_a_first():
    """And a first dose of almost nothing takes almost nothing."""
    for ligand in LIGANDS:
        answer = alone_of(PLAN, SHIPPED, ligand, PLAN.doses_nM("alone", ligand))
        assert np.all(np.diff(answer) > 0)
        lost = lost_of(PLAN, SHIPPED, OTHER[ligand], np.array([1e-9]))
        assert abs(lost[0]) < 0.1


def test_the_problem_meets_curves_of_its_own_making():
    """Residuals of all but the priors vanish at the values that made the curves."""
    seen = [
        Seen(one, "", doses, alone_of(PLAN, SHIPPED, one, doses) / 100)
        for one in LIGANDS
        for doses in (PLAN.doses_nM("alone", one),)
    ]
    doses = PLAN.doses_nM("first", "il7")
    seen.append(Seen("il4", "il7", doses, lost_of(PLAN, SHIPPED, "il7", doses)))
    problem = problem_of(PLAN, CHOSEN, seen)
    likelihood = Likelihood(problem, tolerance=1e-5)
    point = problem.inside(read_values("shape"))
    found = likelihood(point, slopes=False).residuals[0]
    assert len(found) == 6 + 6 + 5 + len(problem.free)
    assert np.max(np.abs(found[: -len(problem.free)])) < 0.02
    assert problem_of(PLAN, PLAN.candidates["alone"], seen).parts[1:] == ()


def test_curves_ship_as_numbers_that_give_them_back(tmp_path, monkeypatch):
    """A Hill curve exactly, one that never rises as a level."""
    doses = PLAN.doses_nM("first", "il7")
    rise = 90 * doses / (doses + 0.02)
    seen = [Seen("il4", "il7", doses, rise), Seen("il4", "il7", doses, 0 * doses)]
    path = tmp_path / "curves.tsv"
    crosstalk_facts.write_curves(path, seen, "a test")
    head, *rows = (one.split("\t") for one in path.read_text("utf-8").splitlines())
    told = [dict(zip(head, row, strict=True)) for row in rows]
    monkeypatch.setattr(crosstalk_facts, "shipped", lambda name: told)
    back, scatter = crosstalk_facts.read_curves(PLAN)
    np.testing.assert_allclose(back[0].values, rise, rtol=1e-2)
    assert np.all(back[1].values == 0)
    assert max(scatter) < 0.01


def test_r_squared_counts_scatter_and_only_curves_of_two():
    """Off by the half of a deviation of 1: 1 - 0.25; alone does not count."""
    curve = Seen("il4", "il7", np.ones(2), np.array([1.0, 3.0]))
    lost = {"il7": np.array([1.5, 3.5])}
    alone = replace(curve, first="")
    assert crosstalk_facts.r_squared([curve, alone], lost) == pytest.approx(0.75)
    with_scatter = crosstalk_facts.r_squared([curve], lost, [1.0])
    assert with_scatter == pytest.approx(1 - 2.5 / 4)


def test_direction_is_as_published():
    """IL-7 takes most of the answer to IL-4, which takes little of that to IL-7."""
    lost = lost_in(PLAN, "shape")
    assert lost["il7"][-1] > 80
    assert lost["il4"][-1] < 30


def test_values_move_what_the_fit_moves():
    """Cells at the medians are those that the wells of the fit begin from."""
    tried = PLAN.candidates[BLIND]
    problem = problem_of(PLAN, tried, read_seen())
    cells = cells_of(PLAN, tried, problem.outside(problem.center))
    assert cells.mechanism == PREFORMED
    [part] = problem.parts
    for name in ("membrane.k_assemble", "il7ra pair.k_part", "il7.k_drop_gamma"):
        assert cells.parameters[name] == pytest.approx(part.plate.values[name])
    twice = cells_of(PLAN, tried, problem.outside(problem.center) | {"meet": 0.02})
    for name in ("membrane.k_assemble", "il4.k_drop_gamma"):
        assert twice.parameters[name] == pytest.approx(2 * cells.parameters[name])
    assert "il4.k_drop_gamma" in published_of(PLAN).parameters


def test_chains_that_hold_gamma_c_before_predict_more():
    """From each cytokine alone: which is the stronger, and that a part withstands."""
    seen, scatter = crosstalk_facts.read_curves(PLAN)
    before, apart = (
        crosstalk_facts.r_squared(seen, lost_in(PLAN, name), scatter)
        for name in (BLIND, "alone")
    )
    assert before > 0.5
    assert apart < 0.1
    lost = lost_in(PLAN, "preformed, shape")
    assert 80 < lost["il7"][-1] < 90


def test_more_cd25_asks_for_more_il7_and_less_il2():
    """Wherever the assumed affinity of CD25 for gamma-c lies in its range, for IL-7."""
    for weaker in (0.1, 1.0, 10.0):
        halves = halves_by_cd25(PLAN, "il7", weaker=weaker)
        assert np.all(np.diff(halves) > 0)
        assert halves[-1] / halves[0] > 1.05
    il2 = halves_by_cd25(PLAN, "il2")
    assert np.all(np.diff(il2) < 0)


def read_seen():
    """The shipped curves."""
    return crosstalk_facts.read_curves(PLAN)[0]


def test_a_folder_without_the_files_is_refused(tmp_path):
    """It says which are missing."""
    with pytest.raises(UnreadableFile, match="Gonnord_S3B"):
        read_curves(PLAN, tmp_path)


@pytest.mark.skipif(not DATA.exists(), reason="the public data are not here")
def test_shipped_curves_are_those_of_the_files():
    """Each within three of its scatters, or 0.2 % where there is none."""
    shipped, scatter = crosstalk_facts.read_curves(PLAN)
    for one, other, size in zip(read_curves(PLAN, DATA), shipped, scatter, strict=True):
        assert (one.ligand, one.first) == (other.ligand, other.first)
        assert np.max(np.abs(one.values - other.values)) < 3 * size + 0.002
