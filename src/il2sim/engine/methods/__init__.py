"""Integration methods as tables of numbers, each with its paper.

A method is data; the step that carries it out is written once (`emit/step.py`), and the
tests of order and convergence pick every table up from here. To add one, add a file.
"""

from il2sim.engine.methods.rodas5p import RODAS5P
from il2sim.engine.methods.table import Method

METHODS: dict[str, Method] = {RODAS5P.name: RODAS5P}

__all__ = ["METHODS", "RODAS5P", "Method"]
