"""Affinities are compared within one assay only."""

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


def test_the_wild_type_carries_over_to_itself():
    """The wild type of one scale becomes the wild type of the other."""
    wild = variant("WT C-term Fc")
    there = carry_over(wild, via=wild, onto=variant("wild-type IL-2"))
    assert there.kd_alpha.value == pytest.approx(10)
    assert there.koff_trimer.value == variant("IL-2").koff_trimer.value
    assert there.can_be_simulated
    assert there.scale == "unfused IL-2"
    assert there.kd_alpha.is_assumption


def test_a_mutein_keeps_its_ratio():
    """N88D is 24.0166 / 3.043 times weaker than the wild type on either scale."""
    there = carry_over(PANEL[0], via=variant("WT C-term Fc"), onto=variant("IL-2"))
    assert there.kd_beta_gamma.value == pytest.approx(24.0166 / 3.043)
    assert there.kon_beta_gamma.value == PANEL[0].kon_beta_gamma.value
