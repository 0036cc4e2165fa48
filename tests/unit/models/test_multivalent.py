"""Arms that land and cross-link, against the published equilibrium and mass action."""

import numpy as np
import pytest

from il2sim.models.dish import dish
from il2sim.models.mechanisms import MULTIVALENT, PAIRED
from il2sim.models.published import bound_at_equilibrium
from il2sim.study.wells import Plate, incubate

QUIET = {
    "trafficking.k_internalize": 0.0,
    "trafficking.k_lose_cd25": 1e-9,
    "trafficking.k_lose_cd122": 1e-9,
    "trafficking.k_shed": 0.0,
    "Treg.seeded": 1e-3,
}
FUSED = {"il2.reach": 2.1958e-3, "il2.kd_alpha": 0.19, "il2.kd_beta_gamma": 5.296}
DOSE = np.array([0.03, 0.3, 3.0])


@pytest.mark.parametrize("arms", [1, 2, 4])
def test_the_equilibrium_is_that_of_orcutt_jahns(arms):
    """Bound dimer after 3,000 h is that of the algebra; 1e-4 of slow relaxation."""
    plate = Plate({"il2": DOSE}, [3000.0], QUIET | FUSED | {"il2.arms": arms})
    seen = incubate(dish(("Treg",), MULTIVALENT), plate, tolerance=1e-7)
    wanted = [
        bound_at_equilibrium(
            one, (3476, 657), (0.19, 5.296), valency=arms, reach=2.1958e-3
        ).beta_gamma
        for one in DOSE
    ]
    np.testing.assert_allclose(seen["engaged on Treg"][:, 0], wanted, rtol=1e-4)


def test_one_arm_is_the_molecule_of_the_body():
    """With one arm half-maximal doses are those of `PAIRED`, within 15 %.

    There capture by CD25 is settled at once, here it takes seconds.
    """
    dose = np.logspace(-4, 2, 25)
    halves = []
    for mechanism in (PAIRED, MULTIVALENT):
        seen = incubate(dish(mechanism=mechanism), Plate({"il2": dose}, [1.0]))
        curves = [seen[f"pSTAT5 of {cell}"][:, 0] for cell in ("Treg", "CD8", "NK")]
        halves.append(
            [np.exp(np.interp(one[-1] / 2, one, np.log(dose))) for one in curves]
        )
    np.testing.assert_allclose(halves[1], halves[0], rtol=0.15)


def test_dead_arms_help_the_live_one_onto_cd25():
    """An arm that keeps only CD25 makes a molecule more potent on Treg, not on NK."""
    values = FUSED | {"il2.cd25_arms": [0.0, 1.0], "il2.kon_beta_gamma": 0.36}
    model = dish(("Treg", "NK"), MULTIVALENT)
    seen = incubate(model, Plate({"il2": 0.02}, [1.0], values))
    treg, nk = (seen[f"engaged on {cell}"][:, 0] for cell in ("Treg", "NK"))
    assert treg[1] > 1.2 * treg[0]
    assert nk[1] == pytest.approx(nk[0], rel=0.2)


def test_receptors_on_the_surface_are_kept_while_nothing_goes_inside():
    """CD25 and CD122 add up to their counts, however many arms hold them."""
    plate = Plate(
        {"il2": 1.0}, [0.1, 10.0], QUIET | {"il2.arms": 2, "il2.cd25_arms": 1}
    )
    seen = incubate(dish(("Treg",), MULTIVALENT), plate, tolerance=1e-7)
    for chain, count in (("CD25", 3476), ("CD122", 657)):
        np.testing.assert_allclose(seen[f"{chain} on Treg"], count, rtol=1e-6)
