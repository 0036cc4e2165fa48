"""Boundaries of interim looks against printed ones, and the error that they spend."""

from __future__ import annotations

import math

import numpy as np
import pytest

from il2sim.errors import BadStudy
from il2sim.study.interim import Interim, boundaries, spent

FIVE = (0.2, 0.4, 0.6, 0.8, 1.0)

PRINTED = {
    "O'Brien-Fleming": (4.8769, 3.3569, 2.6803, 2.2898, 2.0310),
    "Pocock": (2.4380, 2.4268, 2.4101, 2.3966, 2.3859),
}
"""Reboussin et al. (2000), Control Clin Trials 21, 190: five equal looks, 5 %."""


@pytest.mark.parametrize(("spending", "printed"), PRINTED.items())
def test_boundaries_are_the_printed_ones(spending, printed):
    """To the four decimals printed."""
    found = boundaries(Interim(FIVE, spending), 0.05)
    assert found == pytest.approx(printed, abs=2e-4)


@pytest.mark.parametrize("spending", PRINTED)
def test_one_look_is_the_ordinary_test(spending):
    """All is spent at once."""
    assert boundaries(Interim((1.0,), spending), 0.05) == pytest.approx([1.959964])
    assert spent(1.0, 0.05, spending) == pytest.approx(0.05)


def test_the_error_of_simulated_walks_is_what_was_spent():
    """A hundred thousand walks without an effect cross as often as they may."""
    looks = (0.3, 0.7, 1.0)
    edges = boundaries(Interim(looks, "Pocock"), 0.1)
    steps = np.sqrt(np.diff([0.0, *looks]))
    walks = np.cumsum(
        np.random.default_rng(1).standard_normal((100_000, 3)) * steps, axis=1
    )
    crossed = np.abs(walks / np.sqrt(looks)) >= edges
    for k, share in enumerate(looks):
        found = np.mean(np.any(crossed[:, : k + 1], axis=1))
        aim = spent(share, 0.1, "Pocock")
        assert found == pytest.approx(aim, abs=4 * math.sqrt(aim / 1e5))


@pytest.mark.parametrize("looks", [(), (0.5,), (1.0, 0.5), (0.0, 1.0)])
def test_looks_that_make_no_sense_are_refused(looks):
    """None, none at the end, falling, at nothing."""
    with pytest.raises(BadStudy, match="looks of a trial cannot be used"):
        Interim(looks)
