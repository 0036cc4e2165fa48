"""How a model is written down.

A component names its states, parameters, supplied and observed quantities, and writes
each process once; named instances of components are joined to a `Model`, whose balances
follow. Units are checked where they are written, and the room knows nothing of IL-2.

Reading order: `quantity`, `process`, `component`, `model`, then `expression`, `checks`,
`conserved` and `display`.
"""

from il2sim.symbolic.component import Component
from il2sim.symbolic.conserved import conserved_totals
from il2sim.symbolic.expression import (
    Constant,
    Expression,
    Reference,
    exp,
    expm1,
    hill,
    log,
    log1p,
    maximum,
    minimum,
    sqrt,
    tanh,
    total,
)
from il2sim.symbolic.model import Model, Output
from il2sim.symbolic.process import process
from il2sim.symbolic.quantity import observed, parameter, state, supplied

__all__ = [
    "Component",
    "Constant",
    "Expression",
    "Model",
    "Output",
    "Reference",
    "conserved_totals",
    "exp",
    "expm1",
    "hill",
    "log",
    "log1p",
    "maximum",
    "minimum",
    "observed",
    "parameter",
    "process",
    "sqrt",
    "state",
    "supplied",
    "tanh",
    "total",
]
