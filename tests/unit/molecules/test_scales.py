"""Affinities are compared within one assay only."""

from dataclasses import replace

import pytest

from il2sim.errors import BadVariant, UnknownName
from il2sim.molecules import carry_over, ranked, variant

PANEL = [
    variant(name)
    for name in ("N88D C-term Fc", "WT C-term Fc", "V91K C-term Fc", "F42Q N-term Fc")
]


def test_the_panel_ranks_as_published():
    """CD122 with CD132: F42Q 2.8, wild type 3.0, V91K 7.6, N88D 24 nM."""
    names = [one.name.split()[0] for one in ranked(PANEL, "kd_beta_gamma")]
    assert names == ["F42Q", "WT", "V91K", "N88D"]


def test_scales_do_not_mix():
    """Unfused IL-2 at 10 nM is not a weaker binder than an Fc fusion at 0.5 nM."""
    with pytest.raises(BadVariant, match="different scales"):
        ranked([*PANEL, variant("wild-type IL-2")], "kd_alpha")
    with pytest.raises(BadVariant, match="different scales"):
        carry_over(PANEL[0], via=variant("IL-2"), onto=variant("IL-2"))


def test_only_numbers_rank():
    """An unknown number, or one that a variant lacks, is refused."""
    with pytest.raises(UnknownName, match="kd_alpha"):
        ranked(PANEL, "kd_alfa")
    with pytest.raises(BadVariant, match="half_life of"):
        ranked(PANEL, "half_life")


BINDING = ("kd_alpha", "kon_alpha", "kd_beta_gamma", "kon_beta_gamma")
TRIMER = ("kd_trimer", "koff_trimer")


def test_the_wild_type_carries_over_to_itself():
    """The wild type of one scale becomes the wild type of the other, rates included."""
    wild = variant("WT C-term Fc")
    there = carry_over(wild, via=wild, onto=variant("wild-type IL-2"))
    for name in (*BINDING, *TRIMER):
        assert there.numbers[name].value == variant("IL-2").numbers[name].value
        assert there.numbers[name].is_assumption
    assert there.can_be_simulated
    assert there.scale == "unfused IL-2"


@pytest.mark.parametrize("name", ["kd_beta_gamma", "kon_beta_gamma"])
def test_a_mutein_keeps_its_ratio(name):
    """N88D is as far from the wild type on either scale (V206, V214, V221, V223)."""
    mutein, wild = PANEL[0], variant("WT C-term Fc")
    there = carry_over(mutein, via=wild, onto=variant("IL-2"))
    ratio = there.numbers[name].value / variant("IL-2").numbers[name].value
    measured = mutein.numbers[name].value / wild.numbers[name].value
    assert ratio == pytest.approx(measured, rel=1e-12)


def test_the_trimer_of_a_mutein_closes_its_cycle():
    """With one rate of assembly, the trimer's affinity is as kd_alpha * koff_trimer."""
    there = carry_over(PANEL[0], via=variant("WT C-term Fc"), onto=variant("IL-2"))

    def assembly(one):
        return one.kd_alpha.value * one.koff_trimer.value / one.kd_trimer.value

    assert assembly(there) == pytest.approx(assembly(variant("IL-2")), rel=1e-12)


def test_a_number_without_a_ratio_stays_behind():
    """An affinity whose wild type was not measured has no place on another scale."""
    wild = variant("WT C-term Fc")
    kept = {name: one for name, one in wild.numbers.items() if name != "kd_alpha"}
    via = replace(wild, numbers=kept)
    there = carry_over(PANEL[0], via=via, onto=variant("IL-2"))
    assert there.kd_alpha is None
    assert there.kd_trimer is None
    assert not there.can_be_simulated


def test_what_does_not_bind_cd25_does_not_on_any_scale():
    """Neo-2/15 keeps its tenfold on the dimer (19 over 193 nM) and has no CD25 site."""
    there = carry_over(
        variant("Neo-2/15"),
        via=variant("wild-type IL-2 beside Neo-2/15"),
        onto=variant("IL-2"),
    )
    assert there.kd_beta_gamma.value == pytest.approx(19 / 193)
    assert there.koff_trimer.value == pytest.approx(0.006 * 19 / 193)
    assert there.binds_cd25 is False
    assert there.kd_trimer is None
