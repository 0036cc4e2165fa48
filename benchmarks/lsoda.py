"""LSODA with our compiled right-hand side and Jacobian: a rival at its best here.

The functions are those of the kernel at one lane. What LSODA pays beside them is its
own work, a call through ctypes (under 2 us), and a start at low order after each dose.
"""

from __future__ import annotations

import ctypes
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.integrate import ode

from il2sim.engine.backends import cpu
from il2sim.engine.derivatives import differentiate
from il2sim.engine.elimination import eliminate
from il2sim.engine.problem import Problem
from il2sim.engine.schedule import ADD, STOP

Pointer = ctypes.c_void_p


class Compiled:
    """Rates and dense Jacobian of one program, at one lane."""

    def __init__(self, problem: Problem) -> None:
        program = problem.program
        kernel = cpu.kernel(program, lanes=1)
        size = len(program.states)
        lu = eliminate(size, differentiate(program).jacobian)
        self.places = np.array(list(lu.slots))
        self.slots = np.array(list(lu.slots.values()))
        self.out, self.w = np.zeros(size), np.zeros(len(lu.slots))
        self.c = np.zeros(max(1, kernel.sizes.prepared))
        self.dense = np.zeros((size, size))
        types = {"prepare": 2, "rates": 4, "jacobian": 5}
        self.functions = {
            name: ctypes.CFUNCTYPE(None, *[Pointer] * count)(
                kernel.loaded.address(name)
            )
            for name, count in types.items()
        }

    def prepare(self, vector: np.ndarray, running: np.ndarray) -> None:
        """Take a subject's parameters and the rates of its infusions."""
        self.p, self.running = vector, running
        self.functions["prepare"](vector.ctypes.data, self.c.ctypes.data)

    def rates(self, _: float, y: np.ndarray) -> np.ndarray:
        """Right-hand side."""
        self.functions["rates"](
            y.ctypes.data,
            self.p.ctypes.data,
            self.c.ctypes.data,
            self.out.ctypes.data,
        )
        return self.out + self.running

    def jacobian(self, _: float, y: np.ndarray) -> np.ndarray:
        """Dense Jacobian."""
        self.functions["jacobian"](
            y.ctypes.data,
            self.p.ctypes.data,
            self.c.ctypes.data,
            self.out.ctypes.data,
            self.w.ctypes.data,
        )
        self.dense[self.places[:, 0], self.places[:, 1]] = self.w[self.slots]
        return self.dense


def solve(problem: Problem, starts: Any, solved: Any, tolerance: float) -> np.ndarray:
    """End states of every subject."""
    compiled = Compiled(problem)
    vectors = np.hstack([problem.parameters, solved])
    absolute = tolerance * np.array(problem.program.scales)
    ends = []
    for subject, vector in enumerate(vectors):
        running = np.zeros(len(problem.program.states))
        compiled.prepare(np.ascontiguousarray(vector), running)
        ends.append(
            _follow(problem, compiled, subject, starts[subject], tolerance, absolute)
        )
    return np.array(ends)


def _follow(  # noqa: PLR0917 - a loop with all it needs
    problem: Problem,
    compiled: Compiled,
    subject: int,
    y: np.ndarray,
    tolerance: float,
    absolute: np.ndarray,
) -> np.ndarray:
    schedule, end = problem.schedule, problem.end_h
    names = problem.program.states
    inlets = [names.index(one) for one in problem.program.inlets.values()]
    breaks = sorted({0.0, end, *(t for t in schedule.times_h if 0 < t < end)})
    solver = ode(compiled.rates, compiled.jacobian)
    solver.set_integrator("lsoda", rtol=tolerance, atol=absolute, nsteps=100_000)
    y = y.copy()
    for start, stop in pairwise(breaks):
        for event in np.flatnonzero(schedule.times_h == start):
            state = inlets[schedule.targets[event]]
            size = problem.bases[subject, schedule.basis[event]]
            amount = schedule.amounts[event] * size
            if schedule.kinds[event] == ADD:
                y[state] += amount
            elif schedule.kinds[event] == STOP:
                compiled.running[state] = 0.0
            else:
                compiled.running[state] += amount
        solver.set_initial_value(y, start)
        y = np.array(solver.integrate(stop))
    return y
