"""A program carried out by NumPy, statement by statement: slow and obvious.

Used for what is needed once for each subject, such as starting states. It gives the
same bits on every processor: addition, multiplication, division and root are correctly
rounded, and the other functions are our own (`elementary.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from il2sim.engine import elementary
from il2sim.engine.problem import Floats
from il2sim.engine.program import Program


def evaluate(
    program: Program,
    roots: Iterable[int],
    parameters: Floats,
    states: Floats | None = None,
) -> Floats:
    """Compute statements for every subject.

    Parameters
    ----------
    program, roots
        Which statements of which program, ``n_roots`` of them.
    parameters
        Given parameters, then solved ones if they are needed; shape
        ``(n_subjects, n_parameters)``.
    states
        Shape ``(n_subjects, n_states)``, if they are needed.

    Returns
    -------
    array
        Shape ``(n_subjects, n_roots)``.
    """
    roots = list(roots)
    values: dict[int, Any] = {}
    with np.errstate(all="ignore"):
        for number in program.needed(roots):
            one = program.statements[number]
            if one.op == "const":
                values[number] = np.full(len(parameters), one.value)
            elif one.op == "parameter":
                values[number] = parameters[:, one.index]
            elif one.op == "state" and states is not None:
                values[number] = states[:, one.index]
            else:
                values[number] = CALLS[one.op](*(values[arg] for arg in one.args))
    columns = [values[root] for root in roots]
    return np.stack(columns, axis=1) if columns else np.zeros((len(parameters), 0))


CALLS: Mapping[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
    "pow": elementary.power,
    "exp": elementary.exp,
    "log": elementary.log,
    "sqrt": np.sqrt,
    "expm1": elementary.expm1,
    "log1p": elementary.log1p,
    "tanh": elementary.tanh,
    "min": lambda a, b: np.where(np.less(a, b), a, b),
    "max": lambda a, b: np.where(np.less(b, a), a, b),
    "less": lambda a, b: np.less(a, b).astype(float),
    "pick": lambda c, a, b: np.where(np.not_equal(c, 0), a, b),
}
"""Every operation, on arrays."""
