"""Alternatives to pSTAT5 as a Hill function, against their closed forms."""

import numpy as np
import pytest

from il2sim.models.dish import dish
from il2sim.models.mechanisms import PAIRED
from il2sim.models.stat5 import fading, threshold, titrated
from il2sim.study.wells import Plate, incubate

STILL = {
    "trafficking.k_internalize": 0.0,
    "trafficking.k_lose_cd25": 1e-9,
    "trafficking.k_lose_cd122": 1e-9,
    "trafficking.k_shed": 0.0,
    "il2.kon_beta_gamma": 1e6,
    "NK.cd25_at_rest": 1e-9,
    "NK.cd122_at_rest": 8503.0,
    "NK.half_engaged": 2000.0,
    "NK.seeded": 1e-3,
}
"""Binding settles at once, and nothing goes inside."""

AT_ONCE = {"threshold.k_turnover": 1e6, "threshold.saturation": 0.05}
"""STAT5 follows at once, with a sharp threshold."""

DOSES_NM = np.array([0.05, 0.2, 0.3, 0.5, 2.0])


def goldbeter_koshland(forward, backward, saturation):
    """Part that is phosphorylated at steady state (PNAS 78:6840, both constants alike).

    Parameters
    ----------
    forward, backward
        Rates at capacity.
    saturation
        Of both enzymes, part of the substrate.
    """
    b = backward - forward + saturation * (backward + forward)
    root = np.sqrt(b * b - 4 * (backward - forward) * forward * saturation)
    return 2 * forward * saturation / (b + root)


@pytest.mark.parametrize("hours", [0.5, 2.0, 4.0])
def test_a_phosphatase_that_fades_moves_the_threshold(hours):
    """Two stages of loss leave exp(-kt) (1 + kt); the cycle settles at each moment.

    It settles in 1e-6 min, so only the tolerance of the solver is left (1e-7 a step).
    """
    k_fade = 0.7
    values = STILL | AT_ONCE | {"fading.k_fade": k_fade}
    model = dish(("NK",), PAIRED.with_signaling(fading))
    seen = incubate(model, Plate({"il2": DOSES_NM}, [hours], values), tolerance=1e-7)
    engaged = 8503 * DOSES_NM / (1.0 + DOSES_NM)
    left = np.exp(-k_fade * hours) * (1 + k_fade * hours)
    wanted = 100 * goldbeter_koshland(engaged / 2000, left, 0.05)
    np.testing.assert_allclose(seen["pSTAT5 of NK"][:, 0], wanted, rtol=1e-4)


def test_a_phosphatase_that_hardly_fades_is_the_threshold():
    """With a loss of 1e-9 an hour both are one mechanism."""
    values = STILL | AT_ONCE
    plate = Plate({"il2": DOSES_NM}, [4.0], values)
    slow = Plate({"il2": DOSES_NM}, [4.0], values | {"fading.k_fade": 1e-9})
    steady = incubate(dish(("NK",), PAIRED.with_signaling(threshold)), plate)
    faded = incubate(dish(("NK",), PAIRED.with_signaling(fading)), slow)
    np.testing.assert_allclose(faded["pSTAT5 of NK"], steady["pSTAT5 of NK"], rtol=1e-6)


def bound(receptors, inhibitor, constant):
    """Pairs of two partners at equilibrium, found by halving an interval."""
    low, high = 0.0, min(receptors, inhibitor)
    for _ in range(200):
        pairs = (low + high) / 2
        if (receptors - pairs) * (inhibitor - pairs) > constant * pairs:
            low = pairs
        else:
            high = pairs
    return pairs


@pytest.mark.parametrize("hours", [1e-3, 2.0, 4.0])
def test_an_inhibitor_holds_receptors_by_mass_action(hours):
    """What it leaves free answers without a threshold; it fades in two stages.

    Fresh cells answer by half to 2,000 receptors, of which 200 are then free: 1,800
    are held by 1,800 and those free at a KD of 20, 1,800 x 20 / 200 = 180 more.
    """
    values = STILL | {
        "fading.k_fade": 0.7,
        "titrated.free_half": 0.1,
        "titrated.tight": 0.01,
    }
    doses = np.append(DOSES_NM, 2000 / (8503 - 2000))  # the last engages 2,000
    model = dish(("NK",), PAIRED.with_signaling(titrated))
    seen = incubate(model, Plate({"il2": doses}, [hours], values), tolerance=1e-7)
    engaged = 8503 * doses / (1.0 + doses)
    left = np.exp(-0.7 * hours) * (1 + 0.7 * hours)
    free = np.array([one - bound(one, 1980 * left, 20.0) for one in engaged])
    wanted = 100 * free / (free + 200)
    np.testing.assert_allclose(seen["pSTAT5 of NK"][:, 0], wanted, rtol=1e-4)
    if hours < 1:
        assert wanted[-1] == pytest.approx(50, rel=1e-5)
