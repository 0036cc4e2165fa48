"""SciPy and NumPy in plain sight: slow, and the arbiter of the others.

The program is written out as one Python function, SciPy's LSODA follows it from event
to event, and whatever is recorded is read off its dense output. Every number stands on
the program alone. Shared with the other backends are its Jacobian, which steers the
iterations of LSODA, whose error is found without it, and a table of the course
(`evaluate`), which tells where a peak or a crossing is searched for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from threading import Event
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import root

from il2sim.engine.backends.differences import fill_differences, resting_differences
from il2sim.engine.backends.followed import Function, Subject
from il2sim.engine.backends.raw import Raw
from il2sim.engine.derivatives import differentiate
from il2sim.engine.directions import Directions
from il2sim.engine.problem import Floats, Problem
from il2sim.engine.program import Program, Statement, needed
from il2sim.engine.resting import Rest, read_rest, resting_program
from il2sim.engine.status import Status

REST_TOLERANCE = 1e-9
LONG_ENOUGH_H = 1e7  # [h] a thousand years; the root does the rest
ROOT_TOLERANCE = 1e-13


def rest(
    program: Program,
    parameters: Floats,
    *,
    directions: Directions | None = None,
    workers: int | None = None,
    cancel: Event | None = None,
) -> Rest:
    """Find the resting state of every subject: follow it for long, then find a root."""
    del workers
    along = np.zeros((len(parameters), 0, 0))
    if directions is not None:
        along = resting_differences(
            lambda moved: rest(program, moved, cancel=cancel), parameters, directions
        )
    resting = resting_program(program)
    recorded = _function(resting, resting.outputs.values())
    found = np.full((len(parameters), len(resting.outputs)), np.nan)
    status = np.full(len(parameters), int(Status.CANCELLED))
    for subject, row in enumerate(parameters):
        if cancel is not None and cancel.is_set():
            break
        found[subject] = _rest_of_one(resting, recorded, row)
        finite = np.all(np.isfinite(found[subject]))
        status[subject] = Status.DONE if finite else Status.NOT_FINITE
    return read_rest(program, found, status, along)


def _rest_of_one(program: Program, recorded: Function, given: Floats) -> Floats:
    rates = _function(program, program.rates)
    start = _function(program, program.starts)(np.zeros(len(program.states)), given)
    sizes = np.array(program.scales)
    near = solve_ivp(
        lambda _, y: rates(y, given),
        (0.0, LONG_ENOUGH_H),
        start,
        method="LSODA",
        rtol=REST_TOLERANCE,
        atol=REST_TOLERANCE * sizes,
    ).y[:, -1]
    exact = root(
        lambda part: rates(part * sizes, given) / sizes,
        near / sizes,
        method="hybr",
        options={"xtol": ROOT_TOLERANCE},
    )
    y = exact.x * sizes
    closer = np.abs(rates(y, given) / sizes) <= np.abs(rates(near, given) / sizes)
    return recorded(y if np.mean(closer) > 1 / 2 else near, given)


def run(
    problem: Problem,
    starts: Floats,
    solved: Floats,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancel: Event | None = None,
) -> Raw:
    """Solve a problem from given starting states, one subject after the other."""
    del workers
    raw = Raw.empty(problem)
    if problem.directions is not None:
        fill_differences(partial(run, cancel=cancel), problem, starts, solved, raw)
    vectors = np.hstack([problem.parameters, solved])
    for row, vector in enumerate(vectors):
        if cancel is not None and cancel.is_set():
            break
        Subject(
            problem,
            row,
            vector=vector,
            start=starts[row],
            raw=raw,
            function=partial(_function, problem.program),
            jacobian=_jacobian(problem.program),
        ).follow()
        if progress is not None:
            progress(row + 1, problem.n_subjects)
    return raw


def _function(program: Program, roots: Iterable[int]) -> Function:
    return _written(program.statements, tuple(roots))


@lru_cache(maxsize=8)
def _jacobian(program: Program) -> Function:
    """Derivatives of the rates by the states, shape ``(n_states, n_states)``."""
    whole = differentiate(program)
    entries = _written(whole.statements, tuple(whole.jacobian.values()))
    places = tuple(np.array(list(whole.jacobian), dtype=int).reshape(-1, 2).T)
    shape = (len(program.states), len(program.states))

    def function(y: Floats, p: Floats) -> Floats:
        dense = np.zeros(shape)
        dense[places] = entries(y, p)
        return dense

    return function


@lru_cache(maxsize=32)
def _written(statements: tuple[Statement, ...], roots: tuple[int, ...]) -> Function:
    """One Python function of plain assignments that returns the roots."""
    lines = ["def function(y, p):", "    y, p = y.tolist(), p.tolist()"]
    lines += [
        f"    v{number} = {_right(statements[number])}"
        for number in needed(statements, roots)
    ]
    lines.append(f"    return array([{', '.join(f'v{root}' for root in roots)}])")
    names: dict[str, Any] = {
        "array": np.array,
        "power": _power,
        "divide": _divide,
        "exp": np.exp,
        "log": np.log,
        "sqrt": np.sqrt,
        "expm1": np.expm1,
        "log1p": np.log1p,
        "tanh": np.tanh,
    }
    exec("\n".join(lines), names)  # noqa: S102 - our own text, a few lines above
    function: Function = names["function"]
    return function


def _right(statement: Statement) -> str:
    if statement.op == "const":
        return repr(statement.value)
    if statement.op == "state":
        return f"y[{statement.index}]"
    if statement.op == "parameter":
        return f"p[{statement.index}]"
    return _TEXTS[statement.op].format(*(f"v{arg}" for arg in statement.args))


_TEXTS = {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "divide({0}, {1})",
    "neg": "-{0}",
    "pow": "power({0}, {1})",
    "exp": "exp({0})",
    "log": "log({0})",
    "sqrt": "sqrt({0})",
    "expm1": "expm1({0})",
    "log1p": "log1p({0})",
    "tanh": "tanh({0})",
    "min": "{0} if {0} < {1} else {1}",
    "max": "{0} if {1} < {0} else {1}",
    "less": "1.0 if {0} < {1} else 0.0",
    "pick": "{1} if {0} != 0 else {2}",
}


def _power(base: float, exponent: float) -> float:
    """Power of an amount: zero or less gives zero."""
    if base <= 0:
        return 0.0
    try:
        return float(base**exponent)
    except OverflowError:
        return float("inf")


def _divide(a: float, b: float) -> float:
    if b == 0:
        return float("nan") if a == 0 else float(np.copysign(np.inf, a))
    return a / b
