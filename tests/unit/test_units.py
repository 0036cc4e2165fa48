"""Units: factors into the engine's system, by powers and roots without a library."""

from __future__ import annotations

import math

import pytest

from il2sim.units import unit


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("mol^2", 1e18),
        ("1/mol^2", 1e-18),
        ("mm^3", 1e-6),
        ("1/(nM*min)", 60.0),
        ("mol^0.5", math.sqrt(1e9)),
        ("1/mol^1.5", 1 / (1e9 * math.sqrt(1e9))),
        ("s^0.25", math.sqrt(math.sqrt(1 / 3600))),
        ("mol^(1/3)", 1000.0),
    ],
)
def test_a_power_of_a_unit_is_that_power_of_its_factor(text, factor):
    """Tolerance: the roundings of a root, a product and an inverse."""
    assert unit(text).factor == pytest.approx(factor, rel=4e-16)
