"""Cells of the shipped fits: what is screened on them is the curve of the fit."""

from dataclasses import replace

import numpy as np
import pytest

from il2sim.app.candidates import candidate_of
from il2sim.errors import BadProblem
from il2sim.inference import panel, receptors
from il2sim.inference.checks import checks_of_curves, responses_of
from il2sim.inference.facts import (
    all_curves,
    doses_nM,
    model_curves,
    read_fitted,
    shipped,
)
from il2sim.inference.fitted_cells import PANEL, PLATE, cells_of, fit_of, unused
from il2sim.inference.likelihood import Likelihood
from il2sim.inference.panel_checks import read_point
from il2sim.inference.plate import hill_curve
from il2sim.inference.receptor_draws import read_draws
from il2sim.inference.receptors import free_of
from il2sim.models.dish import CELLS
from il2sim.models.fusions import FUSED
from il2sim.molecules import read_catalog, variant
from il2sim.molecules.variant import NO_BINDING_NM
from il2sim.study.screening import Candidate, half_maximal, screen

WILD_TYPE = Candidate("wild type", 10.0, 1.0, "unfused IL-2")

WITHIN = 0.1
"""Of curves, [%] of the most: tolerances of 1e-4 and 1e-5 of a step."""


def fusion(name: str, arms: float = 1.0) -> Candidate:
    """A fusion of the catalog."""
    return replace(candidate_of(variant(name)), arms=arms)


@pytest.mark.parametrize("time_h", [0.5, 1.0])
def test_the_wild_type_is_the_curve_of_the_plate(time_h):
    """At the doses of the plate it is that of `model_curves` at the shipped point."""
    plan = receptors.read_plan()
    wanted = model_curves(plan, plan.chosen, read_fitted())
    found = screen(
        cells_of(PLATE),
        [WILD_TYPE],
        reference=WILD_TYPE,
        time_h=time_h,
        doses_nM=doses_nM(),
    )
    for i, cell in enumerate(CELLS):
        curve = wanted[cell, "IL2", time_h]
        told = 100 * curve / curve.max()
        np.testing.assert_allclose(found.responses[1, 0, i], told, atol=WITHIN)


def test_half_maximal_doses_and_selectivities_are_those_of_validate():
    """At 30 min on the doses of a screening, as by a Hill fit at those of the plate.

    Within 10 %: curves of cells that differ in CD25 are not quite of Hill's form. Each
    selectivity is the ratio of its own two doses.
    """
    plan = receptors.read_plan()
    curves = model_curves(plan, plan.chosen, read_fitted())
    found = screen(cells_of(PLATE), [WILD_TYPE], reference=WILD_TYPE, time_h=0.5)
    halves = dict(zip(CELLS, found.halves[0, 0], strict=True))
    told = {
        cell: hill_curve(doses_nM(), curves[cell, "IL2", 0.5]).half_nM for cell in CELLS
    }
    for cell in CELLS:
        assert halves[cell] == pytest.approx(told[cell], rel=0.1), cell
    checks = {
        one.subject: one.value for one in checks_of_curves(plan, responses_of(plan))
    }
    for cell, ratio in zip(CELLS[1:], found.selectivity[0, 0, 1:], strict=True):
        subject = f"selectivity at 30 min: half-maximal IL-2 of {cell} over Treg"
        assert ratio == pytest.approx(halves[cell] / halves["Treg"]), cell
        assert checks[subject] == pytest.approx(told[cell] / told["Treg"]), cell


def test_draws_are_those_that_ship():
    """Each is another of the shipped draws, and gives the half-maximal doses of it.

    Within 1e-3, by tolerances of a step.
    """
    plan = receptors.read_plan()
    free = free_of(plan, plan.chosen)
    gates = cells_of(PLATE, 2, seed=2)
    found = screen(
        gates, [WILD_TYPE], reference=WILD_TYPE, time_h=0.5, doses_nM=doses_nM()
    )
    made = gates.values["binding.k_assemble"][:, 0, 0]
    by = {draw["assemble"] / read_fitted()["assemble"]: draw for draw in read_draws()}
    drawn = [by[min(by, key=lambda one: abs(one - made[i] / made[0]))] for i in (1, 2)]
    assert drawn[0] != drawn[1]
    points = np.array([[one.inside(draw[one.name]) for one in free] for draw in drawn])
    for i, curves in enumerate(all_curves(plan, plan.chosen, points), 1):
        told = [half_maximal(curves[cell, "IL2", 0.5], doses_nM()) for cell in CELLS]
        np.testing.assert_allclose(found.halves[0, i], told, rtol=1e-3)


def test_more_draws_than_ship_are_refused():
    """The plate has 128; the message says so."""
    with pytest.raises(BadProblem, match="more draws are wanted than ship") as error:
        cells_of(PLATE, 129)
    assert "at most 128" in str(error.value)


@pytest.mark.parametrize(("name", "arms"), [(FUSED, 1), ("R38Q N-term Fc", 2)])
def test_a_fusion_is_the_curve_of_the_panel(name, arms):
    """pSTAT5 at 1 h is that of the problem that was fitted, at the shipped point."""
    plan = panel.read_plan()
    doses = np.array(plan.told["doses_nM"])
    seen = [
        panel.Seen(name, n, cell, "a day", 1.0, n * dose, dose)
        for n, name in ((arms, name), (1, FUSED))
        for cell in CELLS
        for dose in doses
    ]
    problem = panel.problem_of(plan, plan.chosen, seen)
    point = panel.point_of(plan, plan.chosen, read_point())
    signals = Likelihood(problem).signals(point)[0].reshape(2, len(CELLS), len(doses))
    wanted = 100 * signals[0] / signals[1].max(axis=1, keepdims=True)
    found = screen(
        cells_of(PANEL), [fusion(name, arms)], reference=fusion(FUSED), doses_nM=doses
    )
    np.testing.assert_allclose(found.responses[1, 0], wanted, atol=WITHIN)


def test_draws_of_the_panel_have_its_spread_and_correlations():
    """The rate of an arm, which every draw shows: its middle, 90 % and correlation.

    Of 500 draws: ends within a tenth of the width, correlations within 0.1.
    """
    gates = cells_of(PANEL, 500)
    rows = {row["name"]: row for row in shipped("panel.tsv")}
    met = np.log(gates.factors["il2.kon_beta_gamma"])
    ends = [np.log(float(rows["meet"][key])) for key in ("low", "value", "high")]
    assert met[0] == pytest.approx(ends[1])
    found = np.quantile(met[1:], (0.05, 0.5, 0.95))
    np.testing.assert_allclose(found, ends, atol=0.1 * (ends[2] - ends[0]))
    assembled = np.log(gates.values["binding.k_assemble"][1:, 0, 0])
    [told] = [
        float(row["meet"])
        for row in shipped("panel_correlations.tsv")
        if row["name"] == "assemble"
    ]
    assert np.corrcoef(met[1:], assembled)[0, 1] == pytest.approx(told, abs=0.1)


def test_each_molecule_stands_on_the_fit_of_its_scale():
    """One arm unfused: the plate. Fused, several arms, a dead arm: the panel."""
    assert fit_of(WILD_TYPE) == PLATE
    assert fit_of(fusion(FUSED)) == PANEL
    assert fit_of(replace(WILD_TYPE, arms=2.0)) == PANEL
    assert fit_of(replace(WILD_TYPE, cd25_arms=1.0)) == PANEL


def test_unfused_arms_are_brought_to_the_scale_of_fusions_by_their_ratio():
    """Two arms of the wild type are those of the fused one; tenfold stays tenfold."""
    binding = cells_of(PANEL).binding
    two = binding(replace(WILD_TYPE, arms=2.0))
    assert two == pytest.approx(binding(fusion(FUSED, 2.0)))
    weak = binding(replace(WILD_TYPE, arms=2.0, kd_alpha_nM=100.0))
    assert weak["il2.kd_alpha"] == pytest.approx(10 * two["il2.kd_alpha"])
    assert weak["il2.kd_beta_gamma"] == pytest.approx(two["il2.kd_beta_gamma"])


@pytest.mark.parametrize(
    "left", ["", 'koff_trimer = {value = 0.03, unit = "1/min", source = "own, 2026"}\n']
)
def test_a_molecule_binds_on_the_plate_as_in_a_dish(tmp_path, left):
    """The same lines of TOML are the same numbers, given or derived."""
    path = tmp_path / "mine.toml"
    path.write_text(
        '[variants.mine]\nlike = "wild-type IL-2"\n'
        'kd_alpha = {value = 95, unit = "nM", source = "own, 2026"}\n'
        'kd_beta_gamma = {value = 4, unit = "nM", source = "own, 2026"}\n' + left
    )
    one = read_catalog(path).variant("mine")
    met = cells_of(PLATE).binding(candidate_of(one))
    for name, value in met.items():
        assert one.parameters()[name] == pytest.approx(value, rel=1e-12), name
    if not left:
        bare = Candidate("mine", 95.0, 4.0, "unfused IL-2")
        assert cells_of(PLATE).binding(bare) == pytest.approx(met, rel=1e-12)


def test_a_rate_that_a_fit_does_not_use_is_named():
    """Capture is settled on the plate, bonds open one by one on the panel."""
    wild = candidate_of(variant("wild-type IL-2"))
    assert unused(wild) == ()
    assert unused(replace(wild, arms=2.0)) == ()
    assert unused(replace(wild, kon_alpha=0.1)) == ("kon_alpha",)
    assert unused(replace(wild, arms=2.0, koff_trimer=0.1)) == ("koff_trimer",)
    assert unused(replace(fusion(FUSED), koff_trimer=0.1)) == ("koff_trimer",)
    met = cells_of(PANEL).binding(replace(fusion(FUSED), kon_alpha=0.1))
    assert met["il2.kon_alpha"] == pytest.approx(0.1 * 60)  # 1/(nM*h)


@pytest.mark.parametrize(("fit", "arms"), [(PLATE, 1.0), (PANEL, 2.0)])
def test_what_does_not_bind_cd25_is_as_a_cell_without_it(fit, arms):
    """A KD above any dose, or no CD25 on the cells: the same curves, [%]."""
    none = replace(WILD_TYPE, kd_alpha_nM=NO_BINDING_NM, arms=arms)
    gates = cells_of(fit)
    bare = {
        name: values * (1e-6 if name.endswith("cd25_at_rest") else 1.0)
        for name, values in gates.values.items()
    }
    assert any((bare[name] != values).any() for name, values in gates.values.items())
    found = [
        screen(one, [none], reference=none).responses
        for one in (gates, replace(gates, values=bare))
    ]
    np.testing.assert_allclose(found[0], found[1], atol=WITHIN)
