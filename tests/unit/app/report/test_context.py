"""Which trials stand near a regimen."""

from __future__ import annotations

import pytest

from il2sim.app.report.context import MOST, trials_near
from il2sim.study.regimen import Regimen


def names(text):
    return [one["name"] for one in trials_near(Regimen.parse(text))]


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("aldesleukin 1 MIU/m2 sc daily for 12 weeks", "daily-cgvhd-phase-2"),
        ("aldesleukin 1.8 MIU sc daily for 12 weeks", "daily-cgvhd-phase-2"),
        (
            "aldesleukin 600 kIU/kg iv over 15 min, every 8 h, 14 doses",
            "high-dose-nci-1995",
        ),
        (
            "aldesleukin 10 ug/m2/day iv continuous, for 90 days",
            "continuous-infusion-1993",
        ),
    ],
)
def test_a_trial_stands_near_its_own_regimen(text, one):
    """In whatever unit and basis the dose is given."""
    assert one in names(text)


def test_far_doses_and_other_routes_are_not_near():
    """A thousand times as much; the same by another way; cells alone; few are named."""
    assert not names("aldesleukin 1000 MIU/m2 sc daily for 12 weeks")
    assert "daily-cgvhd-phase-2" not in names("aldesleukin 1 MIU/m2 iv daily, 9 doses")
    assert not names("1e9 memory Treg iv")
    assert len(names("aldesleukin 1 MIU/m2 sc daily for 12 weeks")) <= MOST
