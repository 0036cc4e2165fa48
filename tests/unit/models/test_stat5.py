"""Alternatives to pSTAT5 as a Hill function, against their closed forms."""

import numpy as np
import pytest

from il2sim.models.dish import dish
from il2sim.models.mechanisms import PAIRED
from il2sim.models.stat5 import fading, threshold
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
    "threshold.k_turnover": 1e6,
}
"""Binding settles at once, nothing goes inside, and STAT5 follows at once."""

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
    values = STILL | {"fading.k_fade": k_fade, "threshold.saturation": 0.05}
    model = dish(("NK",), PAIRED.with_signaling(fading))
    seen = incubate(model, Plate({"il2": DOSES_NM}, [hours], values), tolerance=1e-7)
    engaged = 8503 * DOSES_NM / (1.0 + DOSES_NM)
    left = np.exp(-k_fade * hours) * (1 + k_fade * hours)
    wanted = 100 * goldbeter_koshland(engaged / 2000, left, 0.05)
    np.testing.assert_allclose(seen["pSTAT5 of NK"][:, 0], wanted, rtol=1e-4)


def test_a_phosphatase_that_hardly_fades_is_the_threshold():
    """With a loss of 1e-9 an hour both are one mechanism."""
    values = STILL | {"threshold.saturation": 0.05}
    plate = Plate({"il2": DOSES_NM}, [4.0], values)
    slow = Plate({"il2": DOSES_NM}, [4.0], values | {"fading.k_fade": 1e-9})
    steady = incubate(dish(("NK",), PAIRED.with_signaling(threshold)), plate)
    faded = incubate(dish(("NK",), PAIRED.with_signaling(fading)), slow)
    np.testing.assert_allclose(faded["pSTAT5 of NK"], steady["pSTAT5 of NK"], rtol=1e-6)
