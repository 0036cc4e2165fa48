"""The shipped fit: its file, its wells, and that it finds what made the data."""

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from il2sim.errors import UnknownName
from il2sim.inference import Likelihood
from il2sim.inference.facts import beside, doses_nM, model_curves
from il2sim.inference.heldout import fit_plate, score
from il2sim.inference.plate import Well, hill_curve
from il2sim.inference.receptors import (
    free_of,
    model_of,
    nodes,
    problem_of_plate,
    read_plan,
)

PLAN = read_plan()
SIMPLE = replace(
    PLAN.candidate("surface, cooperative"), free=("assemble", "steepness", "dim")
)
TRUTH = {"assemble": 0.002, "steepness": 2.4, "dim": 12.0}


@pytest.fixture(scope="module")
def made() -> list[Well]:
    """A plate without noise, made by the model itself: 500 + 90 times the signal."""
    files = {one.name: one.file for one in PLAN.gates}
    curves = model_curves(PLAN, SIMPLE, TRUTH)
    return [
        Well(files[gate], ligand, time_h, dose, 2, 500 + 90 * signal)
        for (gate, ligand, time_h), curve in curves.items()
        if gate in ("Treg", "NK", "CD8")
        for dose, signal in zip(doses_nM(), curve, strict=True)
    ]


def test_the_plan_is_whole():
    """Every candidate's free numbers are described, and move what the model has."""
    assert PLAN.chosen in PLAN.candidates
    assert set(PLAN.fitted) < {one.name for one in PLAN.gates}
    for candidate in PLAN.candidates:
        known = set(model_of(candidate).parameters)
        for free in free_of(PLAN, candidate):
            assert set(free.moves) <= known
        assert set(candidate.fixed) <= known
    with pytest.raises(UnknownName, match="no candidate 'inside'"):
        PLAN.candidate("inside")


@pytest.mark.parametrize("threshold", [-1.7, -0.6, 0.0, 0.3, 1.4])
def test_the_quadrature_is_right_for_cells_that_answer_steeply(threshold):
    """The mean of normal distribution functions over a normal one is one again.

    A cell that goes from 10 to 90 % within 1.8-fold CD25, of which the standard
    deviation is 2.25-fold to the power of 1.7, answers within 0.19 of that deviation.
    """
    steep = 0.19
    normal = NormalDist()
    places, weights = nodes()
    answers = [normal.cdf((place - threshold) / steep) for place in places]
    wanted = normal.cdf(-threshold / np.hypot(1, steep))
    assert float(weights @ answers) == pytest.approx(wanted, abs=0.02)


def test_what_made_a_plate_fits_it_exactly(made):
    """Background and scale are found, so no residual is left at the truth."""
    problem, _ = problem_of_plate(PLAN, SIMPLE, made, gates=["Treg", "NK"])
    likelihood = Likelihood(problem)
    off = likelihood(problem.inside(TRUTH)[None], slopes=False).residuals[0]
    assert np.max(np.abs(off[: likelihood.n_observed])) < 1e-3


def test_a_fit_finds_what_made_the_plate_and_predicts_another_gate(made):
    """Within the pull of the priors; CD8, left out, to an R² of 0.999."""
    found = fit_plate(PLAN, SIMPLE, made, gates=["Treg", "NK"], starts=2)
    for name, value in zip(found.names, np.exp(found.best), strict=True):
        assert value == pytest.approx(TRUTH[name], rel=0.05)
    assert score(PLAN, SIMPLE, made, found.best, gates=["CD8"]).r_squared > 0.999


def test_the_second_quantitation_replaces_what_it_has():
    """Four gates have one; helper cells then have 2,627 CD122 and not 158."""
    other = PLAN.with_other_counts()
    assert other.gate("CD4 Tconv").cd122 == 2627
    assert other.gate("naive Treg") == PLAN.gate("naive Treg")
    assert sum(bool(one.other) for one in PLAN.gates) == 4


def test_facts_of_the_model_beside_itself_are_equal():
    """No decade apart when both are the same curve."""
    curves = model_curves(PLAN, SIMPLE, TRUTH)
    facts = {key: (hill_curve(doses_nM(), curve),) for key, curve in curves.items()}
    assert max(abs(one.off) for one in beside(facts, curves)) < 1e-9


def test_more_cd25_answers_to_less_il2_and_not_to_less_il15():
    """IL-15 does not see CD25; Treg and CD8 have nearly the same CD122."""
    curves = model_curves(PLAN, SIMPLE, TRUTH)
    halves = {
        key: hill_curve(doses_nM(), curve).half_nM for key, curve in curves.items()
    }
    assert halves["CD8", "IL2", 0.5] > 5 * halves["Treg", "IL2", 0.5]
    assert halves["CD8", "IL15", 0.5] == pytest.approx(
        halves["Treg", "IL15", 0.5], rel=0.05
    )
