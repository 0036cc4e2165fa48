"""Integration methods as tables of numbers, each with its paper.

A method is data; the step that carries it out is written once for each kind
(`emit/step.py`, `emit/explicit.py`), and the tests of order and convergence pick every
table up from here. To add one, add a file.
"""

from il2sim.engine.methods.rodas3p import RODAS3P
from il2sim.engine.methods.rodas4 import RODAS4
from il2sim.engine.methods.rodas4p import RODAS4P
from il2sim.engine.methods.rodas5p import RODAS5P
from il2sim.engine.methods.rodas5pe import RODAS5PE
from il2sim.engine.methods.table import Method, Rosenbrock, RungeKutta
from il2sim.engine.methods.tsit5 import TSIT5

METHODS: dict[str, Method] = {
    one.name: one for one in (RODAS5P, RODAS5PE, RODAS4P, RODAS4, RODAS3P, TSIT5)
}

__all__ = [
    "METHODS",
    "RODAS3P",
    "RODAS4",
    "RODAS4P",
    "RODAS5P",
    "RODAS5PE",
    "TSIT5",
    "Method",
    "Rosenbrock",
    "RungeKutta",
]
