"""Stiff problems of the literature by native code and by the reference."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.engine.backends import cpu, reference
from il2sim.engine.evaluate import evaluate
from il2sim.engine.methods import METHODS, Rosenbrock
from il2sim.engine.problem import Problem
from tests.stiff import STIFF

NAMES = pytest.mark.parametrize("name", STIFF)
METHOD = pytest.mark.parametrize(
    "method", [one.name for one in METHODS.values() if isinstance(one, Rosenbrock)]
)
LOOSE, TIGHT = 1e-5, 1e-8


def end(task: Problem, backend) -> np.ndarray:
    """The state at the end, from the starts of the program."""
    starts = evaluate(task.program, task.program.starts, task.parameters)
    raw = backend.run(task, starts, np.zeros((1, 0)))
    assert raw.status.tolist() == [0]
    return raw.values[0, 0]


def error(name: str, tolerance: float, method: str = "rodas5p", backend=cpu) -> float:
    """Largest relative error of any state at the published end."""
    case = STIFF[name]
    got = end(case.problem(tolerance, method), backend)
    return float(np.max(np.abs(got / np.array(case.exact) - 1)))


@NAMES
@METHOD
def test_native_code_reaches_the_published_end(name, method):
    """The error follows the tolerance: three decades of one are two of the other.

    Unless it is below the tolerance anyway. Factor 300 at most: errors of small states
    are relative to themselves, and OREGO makes them larger from round to round.
    """
    loose, tight = error(name, LOOSE, method), error(name, TIGHT, method)
    assert loose < 300 * LOOSE
    assert tight < 300 * TIGHT
    assert tight < max(1e-2 * loose, TIGHT)


@NAMES
def test_the_reference_reaches_the_published_end(name):
    """It solves a hundred times tighter than asked, so its error is below the asked."""
    for tolerance in (1e-4, 1e-7):
        assert error(name, tolerance, backend=reference) < 10 * tolerance


@pytest.mark.parametrize("backend", [cpu, reference])
def test_what_a_problem_conserves_is_conserved(backend):
    """Robertson's total is one; HIRES keeps y7 + y8. Tolerance: rounding, and LSODA."""
    robertson = end(STIFF["Robertson"].problem(1e-6), backend)
    assert robertson.sum() == pytest.approx(1.0, rel=1e-12)
    hires = end(STIFF["HIRES"].problem(1e-6), backend)
    assert hires[6] + hires[7] == pytest.approx(0.0057, rel=1e-10)
