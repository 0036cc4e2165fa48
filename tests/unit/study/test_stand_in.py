"""A stand-in binds as the catalog says, and by assumption weaker."""

import pytest

from il2sim.errors import UnknownName
from il2sim.molecules import variant
from il2sim.study.stand_in import StandIn


def test_numbers_are_multiplied_and_marked():
    wild = variant("wild-type IL-2")
    weak = StandIn("wild-type IL-2", times={"kd_alpha": 10.0}, why="a guess").molecule()
    assert weak.kd_alpha.value == pytest.approx(10 * wild.kd_alpha.value)
    assert weak.kd_alpha.is_assumption
    assert weak.kd_beta_gamma == wild.kd_beta_gamma


def test_a_variant_of_another_assay_comes_over_by_its_ratio():
    """The ratio to the wild type of its panel, times the number of unfused IL-2."""
    there = StandIn("V91K C-term Fc", via="WT C-term Fc").molecule()
    ratio = (
        variant("V91K C-term Fc").kd_beta_gamma.value
        / variant("WT C-term Fc").kd_beta_gamma.value
    )
    unfused = variant("wild-type IL-2").kd_beta_gamma.value
    assert there.kd_beta_gamma.value == pytest.approx(ratio * unfused)
    assert there.can_be_simulated


def test_doses_in_nmol_need_no_mass():
    product = StandIn("wild-type IL-2").given("anything")
    assert product.name == "anything"
    assert product.to_nmol(2.0, "nmol") == 2.0


def test_a_number_that_is_not_known_cannot_be_multiplied():
    with pytest.raises(UnknownName, match="could be multiplied"):
        StandIn("wild-type IL-2", times={"kd_gamma": 2.0}).molecule()
