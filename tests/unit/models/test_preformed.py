"""Chains that hold gamma-c before a ligand: balance, numbers at rest, a closed form."""

from dataclasses import replace

import numpy as np
import pytest

from il2sim.models.dish import dish
from il2sim.models.family import sequential
from il2sim.models.preformed import Pair, preformed
from il2sim.models.sequential import ThreeChains, TwoChains
from il2sim.study.wells import Plate, incubate
from il2sim.symbolic import Output, Reference
from il2sim.symbolic.expression import to_sympy
from il2sim.symbolic.quantity import Observed

CELL = "CD4 Tconv"
STILL = {
    "endosome.k_internalize": 1e-9,
    "endosome.k_internalize_more": 0.0,
    "endosome.k_degrade": 1e-9,
    f"{CELL}.cd25_induction": 0.0,
    f"{CELL}.seeded": 1e-3,
}
"""Nothing goes inside, so that binding alone is left."""


def _rate(component, process, values):
    def symbol(leaf):
        if isinstance(leaf, Observed):
            return to_sympy(leaf.formula, symbol)
        return values[leaf.name]

    return float(to_sympy(component.processes[process].rate, symbol))


@pytest.mark.parametrize(
    ("plain", "whole", "drop", "joins"),
    [
        (TwoChains, "on_all", "k_drop_gamma", "gamma"),
        (ThreeChains, "on_alpha_gamma", "k_drop_gamma_from_alpha", "alpha"),
    ],
)
def test_ligand_first_or_gamma_c_first_is_the_same(plain, whole, drop, joins):
    """At equilibrium by the one way each step of the other is in balance, too."""
    names = {
        "kon": 0.6,
        "kd_alpha": 0.4,
        "k_assemble": 0.003,
        "k_drop_gamma": 0.5,
        drop: 0.5,
        "k_part": 4.0,
        "free": 0.7,
        "alpha": 3000.0,
        "gamma": 900.0,
        "crowding": 2.0,
        "loosening": 5.0,
    }
    names["on_alpha"] = 3000.0 * 0.7 / 0.4 / 5
    names[whole] = 0.006 * names["on_alpha"] * 900.0 / (0.5 * 5)
    names["joined"] = names[whole]
    names["held"] = 0.006 * 3000.0 * 900.0 / 4.0
    steps = {"gamma": "gamma_completes", "alpha": "alpha_gets_gamma"}
    back = {"gamma": "gamma_leaves", "alpha": "alpha_drops_gamma"}
    for kind, there, again in (
        (plain, steps[joins], back[joins]),
        (Pair, "form", "part"),
        (Pair, "catch", "release"),
    ):
        forth = _rate(kind, there, names)
        assert forth == pytest.approx(_rate(kind, again, names), rel=1e-12), there


def at_equilibrium(holds, doses, *, tighter=0.1):
    """Gamma-c that IL-4 finds where IL-7Rα in excess holds the rest, any dose of IL-7.

    Everything is fast and nothing goes inside; IL-4 is too little to take any.
    """
    made = dish((CELL,), preformed("il7", "il4"))
    values = STILL | {
        f"{CELL}.il7ra_at_rest": 3e4,
        f"{CELL}.cd132_at_rest": 100.0,
        f"{CELL}.il4ra_at_rest": 1.0,
        "membrane.k_assemble": 6.0,
        "il7ra pair.k_part": 6.0 * holds,
        "il7.k_drop_gamma": 6.0 * holds * tighter,
        "il7.kd_alpha": 0.36,
    }
    plate = Plate({"il7": doses, "il4": 0.0}, [50.0], values, given_h={"il7": 1.0})
    name = "gamma-c alone"
    free = Output(name, "molecule/cell", name, Reference(f"{CELL} cd132.surface"))
    made = replace(made, outputs={**made.outputs, name: free})
    return incubate(made, plate, save=[name])[name][:, 0]


def test_a_part_of_gamma_c_withstands_any_dose():
    """IL-7Rα in excess holds gamma-c before and after: what is left is their ratio.

    Free gamma-c falls from K/(K + R) to tK/(tK + R); to t where K is far below R.
    """
    holds, receptors = 300.0, 3e4
    before, after = at_equilibrium(holds, np.array([0.0, 1e4]))
    assert before == pytest.approx(100 * holds / (holds + receptors), rel=0.02)
    assert after == pytest.approx(10 * holds / (0.1 * holds + receptors), rel=0.02)
    assert after / before == pytest.approx(0.1, rel=0.03)


def test_numbers_at_rest_stay():
    """Pairs go inside and return as chains do, so that the stain does not move."""
    name = "CD132 on CD4 Tconv"
    for mechanism in (sequential("il7"), preformed("il7")):
        made = dish((CELL,), mechanism)
        found = incubate(made, Plate({"il7": 0.0}, [0.1, 5.0, 48.0]), save=[name])
        assert found[name][0] == pytest.approx(13326, rel=1e-3)
