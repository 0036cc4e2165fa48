"""SciPy's solvers and CVODE with our compiled rates and Jacobian.

The functions are those of the kernel at one lane. What a solver pays beside them is its
own work, about 2 us of Python around each call, and a new start after each dose.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.integrate import ode, solve_ivp
from scipy.sparse import csc_matrix

from il2sim.engine.backends import cpu
from il2sim.engine.derivatives import differentiate
from il2sim.engine.elimination import eliminate
from il2sim.engine.events import Kind
from il2sim.engine.problem import Problem
from il2sim.engine.program import Program


class Compiled:
    """Rates and dense Jacobian of one program, at one lane.

    All arrays stay where they are, so that each call passes the same pointers: finding
    the address of an array costs more than the model does.
    """

    def __init__(self, program: Program) -> None:
        self.kernel = cpu.kernel(program, lanes=1)
        n = len(program.states)
        lu = eliminate(n, differentiate(program).jacobian)
        self.places = np.array([column * n + row for row, column in lu.slots])
        self.y, self.out, self.running = np.zeros(n), np.zeros(n), np.zeros(n)
        self.p = np.zeros(len(program.parameters) + len(program.solved))
        self.c = np.zeros(max(1, self.kernel.sizes.prepared))
        self.w, self.dense = np.zeros(len(lu.slots)), np.zeros((n, n), order="F")
        self.flat = self.dense.ravel(order="K")
        self.is_running = False
        self._prepare = self._bound("prepare", self.p, self.c)
        nothing = np.zeros(1)  # what tangents would share with the rates
        rates = (self.y, self.p, self.c, self.out, nothing)
        self._rates = self._bound("rates", *rates)
        self._jacobian = self._bound("jacobian", *rates, self.w)

    def _bound(self, name: str, *arrays: np.ndarray) -> Callable[[], None]:
        kinds = [ctypes.c_void_p] * len(arrays)
        address = self.kernel.loaded.address(name)
        function = ctypes.CFUNCTYPE(None, *kinds)(address)
        return partial(function, *(ctypes.c_void_p(x.ctypes.data) for x in arrays))

    def prepare(self, vector: np.ndarray) -> None:
        """Take a subject's parameters; nothing is infused yet."""
        self.p[:] = vector
        self.running[:] = 0.0
        self.is_running = False
        self._prepare()

    def change(self, state: int, rate: float) -> None:
        """Infuse into a state at a rate."""
        self.running[state] = rate
        self.is_running = bool(self.running.any())

    def rates(self, _: float, y: np.ndarray) -> np.ndarray:
        """Right-hand side."""
        self.y[:] = y
        self._rates()
        if self.is_running:
            self.out += self.running
        return self.out

    def jacobian(self, _: float, y: np.ndarray) -> np.ndarray:
        """Dense Jacobian, in the order of Fortran."""
        self.y[:] = y
        self._jacobian()
        self.flat[self.places] = self.w
        return self.dense


compile_once = lru_cache(maxsize=1)(Compiled)
"""What a program needs before it is solved; call it before the clock runs."""


def solve(
    problem: Problem,
    starts: Any,
    solved: Any,
    tolerance: float,
    *,
    method: str = "LSODA",
) -> np.ndarray:
    """End states of every subject, by one of `SOLVERS` or a method of `solve_ivp`."""
    compiled = compile_once(problem.program)
    vectors = np.hstack([problem.parameters, solved])
    absolute = tolerance * np.array(problem.program.scales)
    ends = []
    for subject, vector in enumerate(vectors):
        compiled.prepare(vector)
        ends.append(
            _follow(
                problem,
                subject,
                starts[subject],
                SOLVERS.get(method, _Stepper)(compiled, tolerance, absolute, method),
            )
        )
    return np.array(ends)


class GaveUp(RuntimeError):
    """A solver that did not reach the end of an interval."""


class _LSODA:
    """SciPy's old door to LSODA, which costs less than the new one."""

    def __init__(
        self, compiled: Compiled, tolerance: float, absolute: np.ndarray, _: str
    ) -> None:
        self.compiled = compiled
        self.solver = ode(compiled.rates, compiled.jacobian)
        self.solver.set_integrator(
            "lsoda", rtol=tolerance, atol=absolute, nsteps=100_000
        )

    def follow(self, y: np.ndarray, start: float, stop: float) -> np.ndarray:
        """From one time to the next."""
        self.solver.set_initial_value(y, start)
        return np.array(self.solver.integrate(stop))


class _Stepper:
    """BDF or Radau of SciPy, with a sparse Jacobian."""

    def __init__(
        self, compiled: Compiled, tolerance: float, absolute: np.ndarray, method: str
    ) -> None:
        self.compiled = compiled
        self.how = {"rtol": tolerance, "atol": absolute, "method": method}

    def follow(self, y: np.ndarray, start: float, stop: float) -> np.ndarray:
        """From one time to the next."""
        found = solve_ivp(
            lambda t, x: self.compiled.rates(t, x).copy(),
            (start, stop),
            y,
            jac=lambda t, x: csc_matrix(self.compiled.jacobian(t, x)),
            t_eval=[stop],
            **self.how,
        )
        if not found.success:
            raise GaveUp(f"{self.how['method']} between {start:g} and {stop:g} h")
        return np.asarray(found.y[:, -1])


class _CVODE:
    """CVODE of SUNDIALS, through scikit-sundae; its sparse solver is slower here."""

    def __init__(
        self, compiled: Compiled, tolerance: float, absolute: np.ndarray, _: str
    ) -> None:
        from sksundae.cvode import CVODE

        self.compiled = compiled
        self.solver = CVODE(
            self._rates,
            jacfn=self._jacobian,
            rtol=tolerance,
            atol=absolute,
            linsolver="dense",
            max_num_steps=1_000_000,
        )

    def _rates(self, t: float, y: np.ndarray, out: np.ndarray) -> None:
        out[:] = self.compiled.rates(t, y)

    def _jacobian(
        self, t: float, y: np.ndarray, _: np.ndarray, out: np.ndarray
    ) -> None:
        out[:] = self.compiled.jacobian(t, y)

    def follow(self, y: np.ndarray, start: float, stop: float) -> np.ndarray:
        """From one time to the next."""
        self.solver.init_step(start, y)
        return np.array(self.solver.step(stop, tstop=stop).y).ravel()


SOLVERS: dict[str, Any] = {"LSODA": _LSODA, "CVODE": _CVODE}


def _follow(
    problem: Problem, subject: int, y: np.ndarray, solver: _LSODA | _Stepper | _CVODE
) -> np.ndarray:
    compiled = solver.compiled
    schedule, end = problem.schedule, problem.end_h
    names = problem.program.states
    inlets = [names.index(one) for one in problem.program.inlets.values()]
    breaks = sorted({0.0, end, *(t for t in schedule.times_h if 0 < t < end)})
    y = y.copy()
    for start, stop in pairwise(breaks):
        for event in np.flatnonzero(schedule.times_h == start):
            state = inlets[schedule.targets[event]]
            size = problem.bases[subject, schedule.basis[event]]
            amount = schedule.amounts[event] * size
            if schedule.kinds[event] == Kind.ADD:
                y[state] += amount
            elif schedule.kinds[event] == Kind.STOP:
                compiled.change(state, 0.0)
            else:
                sign = -1.0 if schedule.kinds[event] == Kind.END else 1.0
                compiled.change(state, compiled.running[state] + sign * amount)
        y = solver.follow(y, start, stop)
    return y
