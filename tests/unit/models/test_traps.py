"""Soluble CD25 and antibodies in the well: closed forms and whom they work for."""

import numpy as np
import pytest

from il2sim.models.dish import dish
from il2sim.models.mechanisms import PAIRED
from il2sim.models.traps import blocking_cd25, decoy, triggered_exchange
from il2sim.study.wells import Plate, incubate


def test_a_trap_follows_the_binding_quadratic():
    """Without cells, free IL-2 is the root for 5 nM in 20 nM of soluble CD25."""
    model = dish(("NK",), decoy("soluble CD25"))
    plate = Plate({"il2": 5.0, "soluble CD25": 20.0}, [50.0], {"NK.seeded": 1e-6})
    seen = incubate(model, plate, tolerance=1e-8)
    spare = 10.0 + 20.0 - 5.0
    free = (-spare + np.sqrt(spare**2 + 4 * 10.0 * 5.0)) / 2
    assert seen["il2 left"][0, 0] == pytest.approx(free, rel=1e-5)
    assert seen["held by soluble CD25"][0, 0] == pytest.approx(5.0 - free, rel=1e-5)


def test_covered_dimers_are_in_detailed_balance():
    """At equilibrium covered over bare dimers are free antibody over its constant.

    Nothing goes inside; few cells, so that the medium stays as it was.
    """
    values = {
        "trafficking.k_internalize": 0.0,
        "trafficking.k_lose_cd122": 1e-9,
        "NK.cd25_at_rest": 1e-9,
        "NK.seeded": 1e-3,
    }
    model = dish(("NK",), blocking_cd25("antibody"))
    plate = Plate({"il2": 1.0, "antibody": [1e-9, 3.0]}, [3000.0], values)
    seen = incubate(model, plate, tolerance=1e-7)
    free = seen["il2 left"][:, 0]
    antibody = 3.0 - seen["held by antibody"][1, 0]
    load = free[1] * (1 + antibody / 1.0) / 1.0  # both kinds bind with 1 nM
    assert seen["engaged on NK"][1, 0] == pytest.approx(
        8503 * load / (1 + load), rel=1e-4
    )


def test_an_antibody_on_the_cd25_site_takes_the_lead_from_treg():
    """Treg lose potency by orders, NK keep what CD122 alone gives them."""
    dose = np.logspace(-4, 2, 19)
    halves = []
    for antibody in (0.0, 1000.0):
        plate = Plate({"il2": dose, "antibody": antibody}, [1.0])
        seen = incubate(dish(("Treg", "NK"), blocking_cd25("antibody")), plate)
        curves = [seen[f"engaged on {cell}"][:, 0] for cell in ("Treg", "NK")]
        halves.append(
            [np.exp(np.interp(one.max() / 2, one, np.log(dose))) for one in curves]
        )
    (treg, nk), (treg_with, nk_with) = halves
    assert treg_with > 10 * treg
    assert nk_with < 2 * nk
    assert treg_with > 0.5 * nk_with


def test_an_exchanging_antibody_leaves_il2_to_cd25():
    """With it NK see next to nothing, Treg still signal (direction of V334)."""
    model = dish(("Treg", "NK"), triggered_exchange("antibody"))
    plate = Plate({"il2": 1.0, "antibody": [0.0, 30.0]}, [1.0])
    seen = incubate(model, plate)
    treg, nk = (seen[f"engaged on {cell}"][:, 0] for cell in ("Treg", "NK"))
    assert treg[1] / treg[0] > 2 * nk[1] / nk[0]
    assert nk[1] < 0.3 * nk[0]


def test_without_the_trap_the_cell_is_the_one_without_it():
    """A trap that is not added changes nothing, within the tolerance of a step."""
    plate = Plate({"il2": 0.5}, [1.0])
    plain, with_trap = (
        incubate(dish(("Treg",), one), plate, save=["engaged on Treg"]).values
        for one in (PAIRED, blocking_cd25("antibody"))
    )
    np.testing.assert_allclose(with_trap, plain, rtol=1e-4)
