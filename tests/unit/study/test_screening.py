"""Molecules over cells: half-maximal doses, selectivity, sets of values, mistakes."""

from dataclasses import replace

import numpy as np
import pytest

from il2sim.errors import BadProblem, UnknownName
from il2sim.inference.fitted_cells import PANEL, PLATE, cells_of
from il2sim.models.dish import CELLS
from il2sim.models.fusions import SCALE
from il2sim.study.screening import DOSES_NM, Candidate, half_maximal, screen

UNFUSED = "unfused IL-2"
WILD_TYPE = Candidate("wild type", 10.0, 1.0, UNFUSED)


@pytest.fixture(scope="module")
def plate():
    return cells_of(PLATE)


@pytest.mark.parametrize(("half", "slope"), [(0.003, 1.0), (1.7, 2.0), (30.0, 3.0)])
def test_half_maximal_doses_of_hill_curves(half, slope):
    """They are found within 3 % between doses that lie twofold apart."""
    ratio = (DOSES_NM / half) ** slope
    assert half_maximal(80 * ratio / (1 + ratio)) == pytest.approx(half, rel=0.03)


def test_a_curve_without_plateau_has_no_half_maximal_dose():
    """A straight rise to the highest dose, nothing at all, and no number."""
    curves = np.array([DOSES_NM, 0 * DOSES_NM, np.full_like(DOSES_NM, np.nan)])
    assert np.all(np.isinf(half_maximal(curves)))


def alike(gates, **values):
    """Gates of one cell each, like Treg but for some values, by the name's end."""
    n, middle = len(next(iter(values.values()))), len(gates.weights) // 2
    made = {
        name: np.full((1, n, 1), one[0, 0, middle])
        for name, one in gates.values.items()
    }
    for name in made:
        for end, numbers in values.items():
            if name.endswith(f".{end}"):
                made[name] = np.array(numbers, dtype=float)[None, :, None]
    names = tuple(f"gate {i}" for i in range(n))
    return replace(gates, names=names, values=made, weights=np.ones(1))


def test_potency_on_treg_is_inversely_proportional_to_cd25(plate):
    """Far below saturation half-maximal IL-2 falls as CD25 rises (Feinerman 2010).

    Within 5 % of proportion, as asked for; CD122 is small, nothing is depleted, and
    there is so much CD25 that little IL-2 comes straight to the dimer.
    """
    counts = np.array([10_000.0, 20_000.0, 40_000.0])
    gates = alike(
        plate,
        cd25_at_rest=counts,
        cd25_induction=np.zeros(3),
        cd122_at_rest=np.full(3, 500.0),
        half_engaged=np.full(3, 1e4),
        k_fade=np.zeros(3),
    )
    found = screen(gates, [WILD_TYPE], reference=WILD_TYPE, time_h=8.0)
    product = found.halves[0, 0] * counts
    np.testing.assert_allclose(product, product.mean(), rtol=0.05)


def test_a_gate_is_the_mean_of_its_cells(plate):
    """Its curve is the sum, by weight, of the curves of each of its cells alone."""
    some = plate.only(["CD4 Tconv"])
    late = {"reference": WILD_TYPE, "time_h": 4.0}  # all ligand has arrived
    whole = screen(some, [WILD_TYPE], **late).responses[1, 0, 0]
    parts = []
    for i in range(len(some.weights)):
        values = {name: one[..., i : i + 1] for name, one in some.values.items()}
        lone = replace(some, values=values, weights=np.ones(1))
        # The most of a cell is as good as the same in all: receptors are saturated.
        parts.append(screen(lone, [WILD_TYPE], **late).responses[1, 0, 0])
    np.testing.assert_allclose(some.weights @ np.array(parts), whole, atol=0.5)


def test_weaker_cd25_costs_treg_their_lead(plate):
    """Selectivity falls with the affinity for CD25, and is one without CD25 to hold.

    Without CD25 Treg answer as CD8, which have as many CD122. Half-maximal doses of NK
    hardly move, since they have next to no CD25.
    """
    molecules = [Candidate(str(kd), kd, 1.0, UNFUSED) for kd in (1.0, 10.0, 1e5)]
    found = screen(plate, molecules, reference=WILD_TYPE)
    ratios = found.selectivity[:, 0, CELLS.index("NK")]
    assert ratios[0] > ratios[1] > 10
    assert ratios[2] < 1.5
    nk = found.halves[:, 0, CELLS.index("NK")]
    assert nk.max() < 1.01 * nk.min()


def test_a_weaker_dimer_costs_potency(plate):
    """Every cell needs more of a molecule that holds CD122 with gamma-c less."""
    molecules = [Candidate(str(kd), 10.0, kd, UNFUSED) for kd in (0.1, 1.0, 10.0)]
    halves = screen(plate, molecules, reference=WILD_TYPE).halves[:, 0]
    assert np.all(np.diff(halves, axis=0) > 0)


@pytest.mark.parametrize("more", [{"arms": 2.0}, {"cd25_arms": 1.0}])
def test_more_arms_are_more_potent(more):
    """A second arm makes Treg more sensitive, and lowers no curve of any cell."""
    one = Candidate("one", 0.2, 5.0, SCALE)
    found = screen(cells_of(PANEL), [one, replace(one, **more)], reference=one)
    single, double = found.responses[1]
    assert found.halves[1, 0, 0] < 0.5 * found.halves[0, 0, 0]
    assert np.all(double > single - 0.05)


def test_draws_of_many_molecules_are_those_of_a_grid(plate):
    """Those solved alone: halves of draws within 3 %, the best set bit by bit."""
    gates = cells_of(PLATE, 2).only(["Treg", "NK"])
    kds = np.random.default_rng(0).uniform(0, 1, (60, 2))
    molecules = [
        Candidate(str(i), float(10**x), float(10**y), UNFUSED)
        for i, (x, y) in enumerate(kds)
    ]
    told = []
    every = screen(
        gates,
        molecules,
        reference=WILD_TYPE,
        progress=lambda n, of: told.append((n, of)),
    )
    alone = screen(gates, molecules[:4], reference=WILD_TYPE)
    np.testing.assert_array_equal(every.halves[:4, 0], alone.halves[:, 0])
    np.testing.assert_allclose(every.halves[:4], alone.halves, rtol=0.03)
    np.testing.assert_allclose(every.responses[:, :4], alone.responses, atol=1.0)
    assert told[-1] == (61 + 16, 61 + 16)  # the wild type, and the grid


def test_draws_are_screened_as_if_alone():
    """Each draw gives what it gives when it is the best set; intervals hold the best.

    The engine solves a well alike whoever is beside it, so the bits are equal.
    """
    gates = cells_of(PLATE, 3, seed=5)
    molecules = [WILD_TYPE, Candidate("mine", 90.0, 3.0, UNFUSED)]
    found = screen(gates, molecules, reference=WILD_TYPE)
    assert found.n_draws == 3
    for i in range(gates.n_sets):
        lone = replace(
            gates,
            values={name: one[i : i + 1] for name, one in gates.values.items()},
            factors={name: one[i : i + 1] for name, one in gates.factors.items()},
        )
        alone = screen(lone, molecules, reference=WILD_TYPE)
        assert np.array_equal(alone.halves[:, 0], found.halves[:, i])
    for values in (found.halves, found.selectivity):
        low, best, high = np.moveaxis(found.spread(values), 2, 0)
        assert np.array_equal(best, values[:, 0])
        assert np.all((low <= best) & (best <= high))
    assert np.all(found.responses[0] <= found.responses[1])
    assert np.all(found.responses[1] <= found.responses[2])


@pytest.mark.parametrize(
    "wrong",
    [
        {"kd_alpha_nM": 0.0},
        {"kd_beta_gamma_nM": float("nan")},
        {"kon_beta_gamma": -1.0},
        {"arms": 0.0},
        {"cd25_arms": -1.0},
        {"arms": 1.5},
        {"cd25_arms": 0.5},
        {"arms": float("inf")},
    ],
)
def test_a_molecule_needs_affinities_and_an_arm(wrong):
    """What is no affinity, no rate or no live arm is refused by the molecule's name."""
    with pytest.raises(BadProblem, match="'wild type' cannot be screened"):
        replace(WILD_TYPE, **wrong)


def test_mistakes_of_a_screening_are_said(plate):
    """No molecule, a time before the molecule, a cell that no fit knows."""
    with pytest.raises(BadProblem, match="nothing is screened"):
        screen(plate, [], reference=WILD_TYPE)
    with pytest.raises(BadProblem, match="cannot be read at this time"):
        screen(plate, [WILD_TYPE], reference=WILD_TYPE, time_h=0.0)
    with pytest.raises(UnknownName, match="nothing is known of a cell type"):
        plate.only(["Tregs"])
