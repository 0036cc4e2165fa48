"""The solvers that benchmarks set beside ours come to the same numbers."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from il2sim.engine.backends import cpu
from il2sim.engine.evaluate import evaluate


@pytest.fixture
def benchmarks(repository, monkeypatch):
    monkeypatch.syspath_prepend(repository / "benchmarks")
    yield
    for name in ("problems", "lsoda"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("benchmarks")
def test_lsoda_with_our_rates_and_jacobian_ends_where_our_kernel_does():
    """One patient after 28 days of daily low dose.

    LSODA keeps 1e-8 a step, ours 1e-7: both are off by less than 1e-4 then, as the
    tables of `benchmarks/` show.
    """
    from lsoda import solve
    from problems import problem

    task = problem("daily low dose", 1, tolerance=1e-7)
    rest = cpu.rest(task.program, task.parameters)
    states = solve(task, rest.states, rest.solved, 1e-8)
    roots = [task.program.outputs[one] for one in task.save]
    vector = np.hstack([task.parameters, rest.solved])
    theirs = evaluate(task.program, roots, vector, states)[0]
    ours = cpu.run(task, rest.states, rest.solved).values[0, -1]
    np.testing.assert_allclose(theirs, ours, rtol=1e-4)
