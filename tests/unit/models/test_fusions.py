"""Fc fusions in a dish: known numbers are kept, assumed ones are marked."""

from dataclasses import replace

import pytest

from il2sim.errors import BadVariant
from il2sim.models.dish import dish
from il2sim.models.fusions import MEETING, binding_on_cells, values_of_fusion
from il2sim.models.mechanisms import MULTIVALENT, PAIRED
from il2sim.models.published import bound_at_equilibrium
from il2sim.molecules import variant
from il2sim.molecules.variant import NO_BINDING_NM
from il2sim.study.wells import Plate, incubate

ASSUMED = {"il2.kon_alpha", "il2.kon_beta_gamma", "il2.koff_trimer", "il2.reach"}


def test_what_was_measured_is_kept_and_the_rest_is_assumed_with_a_range():
    """Affinities of the catalog; rates with a mark; a weaker dimer is left faster."""
    found = binding_on_cells(variant("N88D C-term Fc"))
    assert found["il2.kd_alpha"].value == 1.01
    assert found["il2.kd_beta_gamma"].value == 24.0166
    assert {name for name, one in found.items() if one.is_assumption} == ASSUMED
    for name in ASSUMED:
        one = found[name]
        assert one.low < one.value < one.high
    factor = values_of_fusion("WT N-term Fc")(MEETING).value
    sensor = variant("WT N-term Fc").kon_beta_gamma.value
    met = binding_on_cells(variant("WT N-term Fc"))["il2.kon_beta_gamma"]
    assert met.value == pytest.approx(factor * sensor)


def test_a_rate_that_was_not_measured_is_that_of_the_wild_type():
    """H16N has affinities and no rates."""
    one, wild = (
        binding_on_cells(variant(name))["il2.kon_beta_gamma"]
        for name in ("H16N N-term Fc", "WT N-term Fc")
    )
    assert one.value == wild.value


def test_an_affinity_that_is_not_known_is_refused():
    """With what is absent."""
    known = variant("WT N-term Fc")
    numbers = {k: v for k, v in known.numbers.items() if k != "kd_alpha"}
    with pytest.raises(BadVariant, match=r"(?s)not known well enough.*kd_alpha"):
        binding_on_cells(replace(known, numbers=numbers))


@pytest.mark.parametrize("name", ["WT N-term Fc", "H16N N-term Fc"])
def test_at_rest_one_arm_is_held_as_the_published_equilibrium_says(name):
    """Cells of the body in a dish, without traffic, 2 % off; both ways of binding."""
    still = ("k_internalize", "k_lose_cd25", "k_shed", "k_lose_cd122")
    values = {f"trafficking.{one}": 0.0 for one in still} | {"Treg.seeded": 1.0}
    known = variant(name)
    kds = known.kd_alpha.value, known.kd_beta_gamma.value
    for mechanism in (PAIRED, MULTIVALENT):
        model = dish(("Treg",), mechanism, name)
        parameters = model.parameters
        counts = [parameters[f"Treg.{one}_at_rest"].value for one in ("cd25", "cd122")]
        plate = Plate({"il2": [0.05, 5.0]}, [3000.0], values)
        found = incubate(model, plate)["engaged on Treg"][:, 0]
        for dose, engaged in zip([0.05, 5.0], found, strict=True):
            reach = values_of_fusion(name)("il2.reach").value
            wanted = bound_at_equilibrium(dose, counts, kds, valency=1, reach=reach)
            assert engaged == pytest.approx(wanted.beta_gamma, rel=0.02)


def test_two_arms_are_two_arms():
    """The catalog's valency is the dish's arms."""
    model = dish(("Treg",), MULTIVALENT, "WT N-term Fc, two arms")
    assert model.parameters["il2.arms"].value == 2


def test_what_a_user_knows_of_a_fusion_is_not_assumed():
    """A rate of the trimer or to CD25 that is given is taken, as are dead arms."""
    known = variant("WT N-term Fc")
    wild = variant("wild-type IL-2")
    own = {
        "koff_trimer": wild.koff_trimer,
        "kon_alpha": wild.kon_alpha,
        "cd25_arms": replace(known.valency, value=1),
    }
    found = binding_on_cells(replace(known, numbers={**known.numbers, **own}))
    assert found["il2.koff_trimer"].value == wild.koff_trimer.value
    assert found["il2.kon_alpha"].how == wild.kon_alpha.how
    assert found["il2.cd25_arms"].value == 1
    none = replace(known.kd_alpha, value=NO_BINDING_NM)
    blind = replace(known, numbers={**known.numbers, "kd_alpha": none})
    assert binding_on_cells(blind)["il2.kon_alpha"].value == 0
