"""Chains gathered one after the other: balance, totals, and cytokines that compete."""

import numpy as np
import pytest

from il2sim.errors import UnknownName
from il2sim.models.dish import dish
from il2sim.models.endosome import Chain, QuietComplex
from il2sim.models.family import sequential
from il2sim.models.sequential import ThreeChains, TwoChains
from il2sim.study.wells import Plate, incubate
from il2sim.symbolic.expression import to_sympy
from il2sim.symbolic.quantity import Observed

STILL = {
    "endosome.k_internalize": 1e-9,
    "endosome.k_internalize_more": 0.0,
    "endosome.k_degrade": 1e-9,
    "Treg.cd25_induction": 0.0,
    "Treg.seeded": 1e-3,
}
"""Nothing goes inside, so that binding alone is left."""


def _rate(component, process, values):
    def symbol(leaf):
        if isinstance(leaf, Observed):
            return to_sympy(leaf.formula, symbol)
        return values[leaf.name]

    return float(to_sympy(component.processes[process].rate, symbol))


def test_every_square_of_complexes_is_in_detailed_balance():
    """Where each complex is at equilibrium by one way, it is by all others."""
    names = {
        "kon": 0.6,
        "kd_alpha": 10.0,
        "kd_beta": 144.0,
        "k_assemble": 0.003,
        "k_drop_gamma_from_alpha": 12.0,
        "k_drop_gamma_from_beta": 0.08,
        "k_drop_gamma": 0.64,
        "k_drop_beta": 3.3,
        "free": 0.7,
        "alpha": 3000.0,
        "beta": 500.0,
        "gamma": 9000.0,
        "crowding": 2.0,
        "loosening": 5.0,
    }
    meet = names["k_assemble"] * names["crowding"] / names["loosening"]
    names["on_alpha"] = 3000.0 * 0.7 / 10.0 / 5
    names["on_beta"] = 500.0 * 0.7 / 144.0 / 5
    names["on_alpha_beta"] = meet * names["on_alpha"] * 500.0 / 3.3
    names["on_alpha_gamma"] = meet * names["on_alpha"] * 9000.0 / 12.0
    names["on_beta_gamma"] = meet * names["on_beta"] * 9000.0 / 0.08
    names["on_all"] = meet * names["on_alpha_beta"] * 9000.0 / 0.64
    for there, back in (
        ("catch_by_alpha", "release_by_alpha"),
        ("catch_by_beta", "release_by_beta"),
        ("alpha_gets_beta", "alpha_drops_beta"),
        ("beta_gets_alpha", "beta_drops_alpha"),
        ("gamma_completes", "gamma_leaves"),
        ("beta_completes", "beta_leaves"),
        ("alpha_completes", "alpha_leaves"),
    ):
        forth, again = (_rate(ThreeChains, one, names) for one in (there, back))
        assert forth == pytest.approx(again, rel=1e-13), there


@pytest.mark.parametrize("component", [ThreeChains, TwoChains])
def test_binding_makes_and_loses_no_chain(component):
    """Each chain is as often taken as it is given back, in every process."""
    for process in component.processes.values():
        for chain in ("alpha", "beta", "gamma"):
            change = sum(
                by * _contains(component, name, chain)
                for name, by in process.changes.items()
            )
            assert change == 0, (process.name, chain)


def _contains(component, name, chain):
    if name == "fluid":
        return 0
    if name in ("alpha", "beta", "gamma"):
        return int(name == chain)
    three = ("alpha", "beta", "gamma")
    everything = ("alpha", "gamma") if component is TwoChains else three
    held = everything if name == "on_all" else name.removeprefix("on_").split("_")
    return int(chain in held)


def test_what_goes_inside_is_not_lost_on_the_way():
    """Uptake and return move a chain from one pool to the other."""
    for component in (Chain, QuietComplex):
        for name in ("go_in", "come_back"):
            assert sum(component.processes[name].changes.values()) == 0


def test_rest_is_the_measured_surface():
    """Without ligand the surface of every type has its counts."""
    model = dish(("Treg",), sequential("il2", "il15"))
    seen = incubate(model, Plate({"il2": 0.0}, [4.0], {"Treg.seeded": 1.0}))
    for chain, count in (("CD25", 3476), ("CD122", 657), ("CD132", 14017)):
        assert seen[f"{chain} on Treg"][0, 0] == pytest.approx(count, rel=1e-6)


def test_equilibrium_of_cd25_alone_is_the_closed_form():
    """Without CD122 and gamma-c the surface holds CD25 L / (KD + L).

    What is engaged is nothing, and the medium pays for what CD25 holds.
    """
    values = STILL | {"Treg.cd122_at_rest": 1e-6, "Treg.cd132_at_rest": 1e-6}
    values["Treg.seeded"] = 1e6
    model = dish(("Treg",), sequential())
    seen = incubate(model, Plate({"il2": 5.0}, [2.0], values), tolerance=1e-7)
    free = seen["il2 left"][0, 0]
    volume = model.parameters["well.volume"].engine_value
    held = (5.0 - free) * volume * 6.02214076e14 / 1e6
    assert held == pytest.approx(3476 * free / (10 + free), rel=1e-4)
    assert seen["engaged on Treg"][0, 0] < 1e-3


def test_cytokines_compete_for_gamma_c():
    """IL-7 takes signaling from IL-4 where gamma-c is short, the reverse is weak.

    The direction of Gonnord 2018: IL-7Rα is many and binds gamma-c tightly.
    """
    model = dish(("CD4 Tconv",), sequential("il7", "il4"))
    values = {
        "CD4 Tconv.cd132_at_rest": 328.0,
        "CD4 Tconv.il7ra_at_rest": 2591.0,
        "CD4 Tconv.il4ra_at_rest": 254.0,
        "membrane.k_assemble": 0.144 * 60,
    }
    doses = {"il7": [0.0, 50.0, 50.0, 0.0], "il4": [1.0, 1.0, 0.0, 0.0]}
    seen = incubate(model, Plate(doses, [0.25], values))
    left = seen["CD132 on CD4 Tconv"][:, 0]
    assert np.all(left <= 328.0 * 1.001)
    engaged = seen["engaged on CD4 Tconv"][:, 0]
    assert engaged[1] < engaged[0] + engaged[2]


def test_a_stranger_is_not_of_the_family():
    """A ligand without a private chain is named, with the closest known."""
    with pytest.raises(UnknownName, match="not of the family"):
        sequential("il21")
