"""A small trial of the tiny model, whose every number is known in closed form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from il2sim.study.populations import adults
from il2sim.study.regimen import Regimen
from il2sim.study.trial import Arm, Trial
from il2sim.study.trial_measure import Measure

HIGH, LOW = (
    Regimen.parse(f"aldesleukin {amount} MIU iv, every 24 h, 2 doses")
    for amount in (18, 9)
)

PEAK = Measure("peak", "plasma IL-2", "peak", scale="log")


def small(n: int = 12, **changes: Any) -> Trial:
    """Two arms, six subjects a trial, three days."""
    people = replace(adults(n=n, seed=3), varied={}, correlated=())
    plain = Trial(
        title="A small trial",
        population=people,
        arms=(Arm("high", HIGH), Arm("low", LOW)),
        control="low",
        measures=(PEAK,),
        primary="peak",
        size=6,
        days=3.0,
        visits=(0.0, 1.0, 3.0),
        watch=("plasma IL-2",),
    )
    return replace(plain, **changes)
