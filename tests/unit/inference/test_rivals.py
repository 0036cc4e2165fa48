"""The rivals against closed forms, and their shipped fit against today's cards."""

import math

import numpy as np
import pytest

from il2sim.formats.card_file import read_cards
from il2sim.inference.rivals import (
    CLEARANCE,
    HALF_LIFE,
    RIVALS,
    STEP_H,
    follow,
    passes,
    plasma,
    rows_of,
)
from il2sim.study.regimen import Regimen

EMAX, GENERATIONS = RIVALS


def test_plasma_is_the_dose_over_the_volume_and_falls_by_its_half_life():
    level = plasma(Regimen.parse("aldesleukin 8 nmol iv bolus, once"))
    volume = CLEARANCE * HALF_LIFE / math.log(2)  # [L]
    assert level[0] == pytest.approx(8e3 / volume)
    assert level[10] / level[4] == pytest.approx(0.5 ** (6 * STEP_H / HALF_LIFE))


def test_infusions_end_at_their_rate_over_the_clearance():
    """Ten half-lives on, what is missing is 2^-10."""
    level = plasma(Regimen.parse("aldesleukin 24 nmol/day iv continuous, for 2 days"))
    assert level[int(24 / STEP_H)] == pytest.approx(1e3 / CLEARANCE, rel=1e-3)


def test_areas_are_dose_times_availability_over_clearance():
    """Trapezoids of an hour on an absorption of 3.3 h are off by less than 2 %."""
    level = plasma(Regimen.parse("aldesleukin 8 nmol sc, once"))
    area = np.trapezoid(level, dx=STEP_H)
    assert area == pytest.approx(0.3 * 8e3 / CLEARANCE, rel=0.02)


def test_a_fold_relaxes_to_what_constant_il2_asks_for():
    il2 = np.full(2000, 24.0)
    half, rate = 24.0, 0.1
    fold = follow(EMAX, il2, np.array([4.0, half, rate]), "Treg")
    days = np.arange(2000) * STEP_H / 24
    np.testing.assert_allclose(fold, 3.0 - 2.0 * np.exp(-rate * days), rtol=1e-9)


def test_published_half_levels_favor_treg():
    """3.2 pM gives half of the generations to Treg and a hundredth to others."""
    p = np.array([2.0, 1.0])
    assert GENERATIONS.drive(np.array(3.2), p, "Treg") == pytest.approx(2.0)
    assert GENERATIONS.drive(np.array(3.2), p, "CD8") == pytest.approx(2 ** (2 / 101))


def test_rivals_speak_only_of_what_they_have():
    """No naive or memory Treg, no receptors, no lymphodepletion, no ratio of arms."""
    rows = rows_of(read_cards())
    names = {row.measured.expected.name for row in rows}
    assert {"Treg", "NK", "CD8", "Treg of CD4"} <= names
    assert not any("naive" in name or "CD25" in name for name in names)
    assert not any(row.card.arms[row.measured.arm].remaining for row in rows)
    assert {row.card.role for row in rows} == {"calibration", "held out"}


def test_a_fold_in_the_band_passes():
    row = next(one for one in rows_of(read_cards()) if one.measured.expected.high)
    high = row.measured.expected.high
    assert passes(row, 0.999 * high)
    assert not passes(row, 1.001 * high)
