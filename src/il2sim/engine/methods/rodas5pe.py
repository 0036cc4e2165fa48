"""Rodas5Pe: Rodas5P with another error estimate, which sees smooth errors better.

The estimate does not vanish where the problem is very stiff, so such problems take more
steps than with Rodas5P (Robertson's twice as many at 1e-8).
"""

from __future__ import annotations

from dataclasses import replace

from il2sim.engine.methods.rodas5p import RODAS5P

RODAS5PE = replace(
    RODAS5P,
    name="rodas5pe",
    paper="Steinebach (2024), Rosenbrock methods within OrdinaryDiffEq.jl: overview, "
    "recent developments and applications (preprint)",
    error=(
        0.2606326497975715,
        -0.005158627295444251,
        1.3038988631109731,
        1.235000722062074,
        -0.7931985603795049,
        -1.005448461135913,
        -0.18044626132120234,
        0.17051519239113755,
    ),
)
