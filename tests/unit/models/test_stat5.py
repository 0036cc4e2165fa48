"""Alternatives to pSTAT5 as a Hill function, against their closed forms."""

from math import factorial

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
    "NK.seeded": 1e-3,
}
"""Binding settles at once, and nothing goes inside."""

AT_ONCE = {
    "NK.half_engaged": 2000.0,
    "threshold.k_turnover": 1e6,
    "threshold.saturation": 0.05,
}
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


def of_five_stages(aged):
    """Part that has not passed five stages, each alike (Erlang)."""
    return np.exp(-aged) * sum(aged**n / factorial(n) for n in range(5))


@pytest.mark.parametrize("hours", [0.5, 2.0, 4.0])
def test_a_phosphatase_that_fades_moves_the_threshold(hours):
    """What is left is as by five stages of loss; the cycle settles at each moment.

    It settles in 1e-6 min, so only the tolerance of the solver is left (1e-7 a step).
    """
    k_fade = 1.8
    values = STILL | AT_ONCE | {"fading.k_fade": k_fade}
    model = dish(("NK",), PAIRED.with_signaling(fading))
    seen = incubate(model, Plate({"il2": DOSES_NM}, [hours], values), tolerance=1e-7)
    engaged = 8503 * DOSES_NM / (1.0 + DOSES_NM)
    left = of_five_stages(k_fade * hours)
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


def answer(engaged, inhibitor):
    """Part of the most that the receptors give which an inhibitor leaves free."""
    free = engaged - bound(engaged, inhibitor, 20.0)
    return free / (free + 300.0)


INHIBITED = {
    "fading.k_fade": 1.8,
    "titrated.per_cd122": 2000 / 8503,
    "titrated.tight": 0.01,
    "titrated.half_free": 300.0,
}
"""A fresh cell has 2,000 inhibitors with a KD of 20; 300 free receptors give half."""


@pytest.mark.parametrize("hours", [1e-3, 2.0, 4.0])
def test_an_inhibitor_holds_receptors_by_mass_action(hours):
    """What it leaves free answers without a threshold; it is lost in five stages."""
    values = STILL | INHIBITED | {"titrated.apart": 1e-9}
    model = dish(("NK",), PAIRED.with_signaling(titrated))
    seen = incubate(model, Plate({"il2": DOSES_NM}, [hours], values), tolerance=1e-7)
    engaged = 8503 * DOSES_NM / (1.0 + DOSES_NM)
    left = of_five_stages(1.8 * hours)
    wanted = [100 * answer(one, 2000 * left) for one in engaged]
    np.testing.assert_allclose(seen["pSTAT5 of NK"][:, 0], wanted, rtol=1e-4)


def test_cells_that_differ_in_inhibitor_answer_as_a_mean_over_many():
    """Five cells for the mean over 2,001: within 0.01 of the most at every dose."""
    apart = 0.15
    values = STILL | INHIBITED | {"fading.k_fade": 1e-9, "titrated.apart": apart}
    model = dish(("NK",), PAIRED.with_signaling(titrated))
    seen = incubate(model, Plate({"il2": DOSES_NM}, [1e-3], values), tolerance=1e-7)
    places = np.linspace(-5, 5, 2001)
    weights = np.exp(-places * places / 2)
    inhibitors = 2000 * np.exp(apart * places)
    for dose, found in zip(DOSES_NM, seen["pSTAT5 of NK"][:, 0], strict=True):
        many = [answer(8503 * dose / (1 + dose), one) for one in inhibitors]
        wanted = np.average(many, weights=weights)
        assert found / 100 == pytest.approx(wanted, abs=0.01)
