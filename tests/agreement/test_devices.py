"""The body solved by native code and by the reference; bits with the body's size."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from il2sim.engine.backends import cpu
from il2sim.engine.precision import PRECISIONS, PrecisionName
from il2sim.engine.problem import Problem
from il2sim.engine.solve import Solution, solve
from il2sim.models import body
from il2sim.study.populations import cancer_patients
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import prepare
from il2sim.units import Quantity

TOLERANCE = 1e-4
REGIMENS = {
    "infusions": "aldesleukin 600000 IU/kg iv over 15 min, every 8 h, 3 doses",
    "injections": "aldesleukin 1 MIU/m2 sc daily for 2 days",
}


PRECISION = pytest.mark.parametrize("precision", PRECISIONS)


def problem(regimen: str, n: int, precision: PrecisionName = "double") -> Problem:
    """Cancer patients over two days, recorded every six hours."""
    task = prepare(
        body(),
        Regimen.parse(REGIMENS[regimen]),
        cancer_patients(n=n, seed=2),
        times=Quantity(np.arange(0.0, 49.0, 6.0), "h"),
        tolerance=TOLERANCE,
    )
    return replace(task, precision=precision).problem()


@lru_cache(maxsize=2)
def by_the_reference(regimen: str) -> Solution:
    """Two patients of a regimen, slowly."""
    return solve(problem(regimen, 2), device="reference")


@PRECISION
@pytest.mark.parametrize("regimen", REGIMENS)
def test_native_code_agrees_with_the_reference(regimen, precision):
    """Rest to rounding, every output within ten times the tolerance.

    Outputs that fall to nothing are compared with a thousandth of their peak.
    """
    fast = solve(problem(regimen, 2, precision))
    slow = by_the_reference(regimen)
    assert fast.status.tolist() == slow.status.tolist() == [0, 0]
    np.testing.assert_allclose(fast.solved, slow.solved, rtol=1e-6)
    np.testing.assert_allclose(fast.resting, slow.resting, rtol=1e-6, atol=1e-12)
    size = np.maximum(np.abs(slow.values), 1e-3 * np.abs(slow.reduced)[:, None])
    error = np.abs(fast.values - slow.values) / np.where(size, size, 1.0)
    assert error.max() < 10 * TOLERANCE
    # Peaks are looked for at three places in a step, so they miss the top by little.
    np.testing.assert_allclose(fast.reduced, slow.reduced, rtol=5e-3, atol=1e-12)


@PRECISION
def test_order_threads_and_samples_change_no_bit_of_a_body(precision):
    """Rest and treatment of patients, in another order and beside others."""
    task = problem("infusions", 9, precision)
    order = np.array([7, 2, 5, 0])
    some = replace(
        task,
        parameters=task.parameters[order],
        bases=task.bases[order],
        sample_h=task.sample_h[::2],
    )
    whole, part = solve(task, workers=1), solve(some, workers=2)
    for name in ("resting", "reduced", "rest_states", "solved", "attempts"):
        assert getattr(whole, name)[order].tobytes() == getattr(part, name).tobytes()
    assert whole.values[order][:, ::2].tobytes() == part.values.tobytes()


@pytest.mark.slow
@PRECISION
@pytest.mark.parametrize("lanes", [1, 2, 4, 8, 16])
def test_lanes_change_no_bit_of_a_body(lanes, precision):
    """Vectors of any width give the bits of this processor's own."""
    task = problem("infusions", 9, precision)
    rest = cpu.rest(task.program, task.parameters)
    own = cpu.run(task, rest.states, rest.solved)
    other = cpu.run(task, rest.states, rest.solved, lanes=lanes)
    for name in ("values", "reduced", "status", "attempts", "rejected"):
        assert getattr(own, name).tobytes() == getattr(other, name).tobytes(), name
