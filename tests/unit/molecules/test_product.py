"""IU, mass and substance of a product agree with its label."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il2sim.errors import BadUnit, BadVariant, UnitMismatch
from il2sim.evidence import measurement
from il2sim.molecules import product
from il2sim.units import convert

ALDESLEUKIN = product("aldesleukin")


def test_the_labels_numbers_come_out():
    """18 MIU in 1.1 mg, 1 IU = 61.1 pg, 1 IU/mL = 3.99 pM (E002, E294-E296).

    Tolerance: the last printed digit.
    """
    assert ALDESLEUKIN.iu_per_mg == pytest.approx(18e6 / 1.1, rel=1e-3)
    pg = 1e9 / ALDESLEUKIN.iu_per_mg
    assert pg == pytest.approx(measurement("E295").to("pg"), rel=1e-3)
    of_one = convert(ALDESLEUKIN.nmol_per_iu, "nmol/mL", "pM")
    assert of_one == pytest.approx(measurement("E296").to("pM"), rel=2e-3)


@pytest.mark.parametrize(
    ("amount", "given", "nmol"),
    [(1, "MIU", 3.995), (1.1, "mg", 71.9), (61.1, "ug", 3.995), (5, "pmol", 0.005)],
)
def test_every_kind_of_dose_becomes_nmol(amount, given, nmol):
    """One dose in three kinds of units is one amount. Tolerance: printed digits."""
    assert ALDESLEUKIN.to_nmol(amount, given) == pytest.approx(nmol, rel=1e-3)


def test_two_papers_agree_on_the_size_of_an_iu():
    """10 pM for 2.3 IU/mL in a trial (E297) against the label: within 10 %."""
    of_one = convert(ALDESLEUKIN.nmol_per_iu, "nmol/mL", "pM")
    assert of_one == pytest.approx(measurement("E297").to("pM"), rel=0.1)


@given(st.floats(min_value=1e-9, max_value=1e9), st.sampled_from(["MIU", "ug", "nmol"]))
def test_there_and_back(amount, given):
    """Into nmol and back is the same amount. Tolerance: rounding."""
    there = ALDESLEUKIN.to_nmol(amount, given)
    assert ALDESLEUKIN.from_nmol(there, given) == pytest.approx(amount, rel=1e-12)


def test_arrays_convert_at_once():
    """A column of doses converts like each of them."""
    doses = ALDESLEUKIN.to_nmol(np.array([1.0, 2.0]), "MIU")
    assert doses == pytest.approx([ALDESLEUKIN.to_nmol(x, "MIU") for x in (1.0, 2.0)])


def test_what_is_no_amount_is_refused():
    """A dose per kg needs a subject; hours are no dose; nonsense is no unit."""
    with pytest.raises(UnitMismatch, match="IU/kg"):
        ALDESLEUKIN.to_nmol(1, "IU/kg")
    with pytest.raises(UnitMismatch, match="activity, mass or substance"):
        ALDESLEUKIN.to_nmol(1, "h")
    with pytest.raises(BadUnit, match="bottles"):
        ALDESLEUKIN.to_nmol(1, "bottles")


def test_iu_need_a_product_that_has_them():
    """No factor is borrowed from another product."""
    with pytest.raises(BadVariant, match="specific activity of 'rhIL-2' is not known"):
        product("rhIL-2").to_nmol(1, "MIU")
    with pytest.raises(BadVariant, match="molar mass of 'rezpegaldesleukin'"):
        product("NKTR-358").to_nmol(1, "ug")
    assert product("NKTR-358").to_nmol(1, "nmol") == 1.0
