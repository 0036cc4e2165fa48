"""A variant hands its numbers to models, and says what it lacks."""

import pytest

from il2sim.errors import BadVariant
from il2sim.molecules import variant, variants

WILD_TYPE = variant("wild-type IL-2")


def test_the_wild_type_in_the_engines_units():
    """10 nM, 1 nM, 10 pM; 1e7 and 4e4 /M/s; 1e-4 /s; 15.3 kDa, by hand."""
    assert WILD_TYPE.parameters() == pytest.approx(
        {
            "il2.kd_alpha": 10.0,
            "il2.kon_alpha": 1e7 * 3600 / 1e9,
            "il2.kd_beta_gamma": 1.0,
            "il2.kon_beta_gamma": 4e4 * 3600 / 1e9,
            "il2.kd_trimer": 0.01,
            "il2.koff_trimer": 1e-4 * 3600,
            "il2.molar_mass": 15.3e-9,
        }
    )


def test_the_rates_of_the_wild_type_agree_with_each_other():
    """The trimer is reached by CD25 and left at kon times its affinity.

    Tolerance: both are given to one digit; they agree to it.
    """
    capture = WILD_TYPE.kon_alpha.value * WILD_TYPE.kd_trimer.value
    assert WILD_TYPE.koff_trimer.value == pytest.approx(capture, rel=0.05)


def test_dissociation_from_the_dimer_is_as_measured():
    """kon times affinity gives a half-life within the 200-400 min of V009."""
    rate = WILD_TYPE.kon_beta_gamma.value * WILD_TYPE.kd_beta_gamma.value
    assert 200 < 0.6931 / rate < 400


def test_a_molecule_that_is_half_known_is_not_simulated():
    """Models get all they need or an error that names what is absent."""
    rezpeg = variant("rezpegaldesleukin")
    assert not rezpeg.can_be_simulated
    with pytest.raises(BadVariant, match="not known well enough") as error:
        rezpeg.values()
    assert "no kd_alpha" in str(error.value)


def test_the_unknown_is_said():
    """What is not known is printed as unknown, never as a default."""
    rezpeg = variant("rezpegaldesleukin")
    assert "kd_alpha" in rezpeg.unknown
    assert rezpeg.scale == "unknown"
    assert "kd_alpha: unknown" in str(rezpeg)
    assert rezpeg.half_life.low == pytest.approx(7.4 * 24)


@pytest.mark.parametrize("name", variants())
def test_every_variant_prints_and_has_facts(name):
    """Each one can be shown, and stands in the tables of evidence."""
    one = variant(name)
    assert one.name in str(one)
    assert one.facts()
    assert one.format != "unknown"
