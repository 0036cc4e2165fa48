"""Doses multiplied in one solve, against one solve for each."""

from __future__ import annotations

import pytest

from il2sim.errors import BadProblem
from il2sim.models import body
from il2sim.study.populations import adults
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import prepare, simulate
from il2sim.study.sweep import dose_response
from il2sim.units import days

REGIMEN = Regimen.parse("aldesleukin 1 MIU/m2 sc daily for 2 days")
TIMES = days(0, 3, every=1)


def test_each_part_of_a_sweep_is_the_scaled_regimen():
    """By powers of two, so that not even rounding differs: the same bits."""
    task = prepare(body(), REGIMEN, adults(n=3, seed=1), times=TIMES, save=["CD8"])
    found = dose_response(task, [0.5, 1.0, 4.0])
    for factor, part in zip(found.factors, found.runs, strict=True):
        alone = simulate(
            body(),
            REGIMEN.scaled(float(factor)),
            adults(n=3, seed=1),
            times=TIMES,
            save=["CD8"],
        )
        assert part.values.tobytes() == alone.values.tobytes()


@pytest.mark.parametrize("factors", [[], [0.0], [float("nan")], [1.0, -2.0]])
def test_factors_are_finite_and_above_zero(factors):
    task = prepare(body(), REGIMEN, adults(n=1, seed=1), times=TIMES, save=["CD8"])
    with pytest.raises(BadProblem):
        dose_response(task, factors)
