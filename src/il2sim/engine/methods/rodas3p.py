"""Rodas3P: stiff, order 3, L-stable, with dense output of order 3, for low accuracy.

Five linear systems, but only three different arguments of the rates. Its coefficients
keep the order on stiff problems (Prothero-Robinson).
"""

from __future__ import annotations

from il2sim.engine.methods.table import Rosenbrock

RODAS3P = Rosenbrock(
    name="rodas3p",
    paper="Steinebach (2024), Rosenbrock methods within OrdinaryDiffEq.jl: overview, "
    "recent developments and applications (preprint)",
    order=3,
    error_order=2,
    dense_order=3,
    gamma=1 / 3,
    a=(
        (),
        (4 / 3,),
        (0.0, 0.0),
        (2.90625, 3.375, 0.40625),
        (2.90625, 3.375, 0.40625, 0.0),
    ),
    c=(
        (),
        (-4.0,),
        (8.25, 6.75),
        (1.21875, -5.0625, -1.96875),
        (4.03125, -15.1875, -4.03125, 6.0),
    ),
    error=(0.0, 0.0, 0.0, -1.0, 1.0),
    dense=(
        (1.78125, 6.75, 0.15625, -6.0, -1.0),
        (4.21875, -15.1875, -3.09375, 9.0, 0.0),
    ),
)
