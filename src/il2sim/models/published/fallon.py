"""Fallon and Lauffenburger 2000 (doi:10.1021/bp000097t): IL-2 trafficking and growth.

An IL-2-dependent line in medium: receptors bind, go inside, return or are degraded, and
what signals makes cells divide. The rate at which ligand binds inside is that of the
paper's logic (kfe); the curated SBML (BIOMD0000000665) writes kf there.
"""

from __future__ import annotations

from functools import lru_cache

from il2sim.models.constants import AVOGADRO
from il2sim.models.published.values import values_of
from il2sim.symbolic import (
    Component,
    Model,
    Output,
    Reference,
    maximum,
    parameter,
    process,
    state,
)


class GrowingLine(Component):
    """Receptors, endosomes, medium and number of an IL-2-dependent line."""

    kf = parameter("1/(pM*min)", "IL-2 meets its receptor")
    kr = parameter("1/min", "IL-2 leaves its receptor")
    kfe = parameter("1/(pM*min)", "the same inside")
    kre = parameter("1/min", "the same inside")
    kt = parameter("1/min", "empty receptors go inside")
    ke = parameter("1/min", "complexes go inside")
    kx = parameter("1/min", "ligand inside is returned to the medium")
    kh = parameter("1/min", "what is inside is degraded")
    made = parameter("molecule/(cell*min)", "receptors made (Vs)")
    made_more = parameter("1/min", "receptors made by a complex (ksyn)")
    endosomes = parameter("L/cell", "volume of endosomes (Ve)")
    growth = parameter("cell/(L*min)", "growth at most")
    growth_lost = parameter("cell/(L*min)", "growth that is lost to death")
    half_growth = parameter("molecule/cell", "complexes of half the growth")
    receptors_at_start = parameter("molecule/cell", "on the surface at the start")
    inside_at_start = parameter("molecule/cell", "inside at the start")
    il2_at_start = parameter("pM", "IL-2 in the medium at the start")
    cells_at_start = parameter("cell/L", "cells at the start")

    surface = state(
        "molecule/cell", "receptors (Rs)", start=receptors_at_start, held=True
    )
    bound = state("molecule/cell", "complexes on the surface (Cs)", held=True)
    inside = state(
        "molecule/cell", "receptors inside (Ri)", start=inside_at_start, held=True
    )
    bound_inside = state("molecule/cell", "complexes inside (Ci)")
    ligand_inside = state("nM", "ligand inside (Li)")
    degraded = state("nM", "ligand degraded, in the medium (Ld)")
    medium = state("nM", "ligand in the medium (L)", start=il2_at_start, held=True)
    cells = state("cell/L", "cells (Y)", start=cells_at_start, held=True)

    bind = process(
        "medium + surface -> bound",
        rate=kf * surface * medium,
        exchange={"medium": cells / AVOGADRO},
    )
    unbind = process(
        "bound -> medium + surface",
        rate=kr * bound,
        exchange={"medium": cells / AVOGADRO},
    )
    bind_inside = process(
        "ligand_inside + inside -> bound_inside",
        rate=kfe * inside * ligand_inside,
        exchange={"ligand_inside": 1 / (endosomes * AVOGADRO)},
    )
    unbind_inside = process(
        "bound_inside -> ligand_inside + inside",
        rate=kre * bound_inside,
        exchange={"ligand_inside": 1 / (endosomes * AVOGADRO)},
    )
    make = process("-> surface", rate=made + made_more * bound)
    go_in = process("surface -> inside", rate=kt * surface)
    carry_in = process("bound -> bound_inside", rate=ke * bound)
    lose = process("inside ->", rate=kh * inside)
    lose_bound = process(
        "bound_inside -> degraded",
        rate=kh * bound_inside,
        exchange={"degraded": cells / AVOGADRO},
    )
    return_ligand = process(
        "ligand_inside -> medium",
        rate=kx * ligand_inside,
        exchange={"medium": endosomes * cells},
    )
    grow = process(
        "-> cells",
        rate=maximum(
            growth * bound / (half_growth + bound) - growth_lost, growth_lost * 0
        ),
    )


@lru_cache(maxsize=1)
def fallon_2000() -> Model:
    """Join the published model.

    Examples
    --------
    >>> fallon_2000().parameters["growing_line.ke"].value
    0.04
    """
    return Model(
        name="Fallon and Lauffenburger 2000",
        meaning="IL-2 trafficking and growth of an IL-2-dependent line, as published",
        components=(GrowingLine("line"),),
        outputs={
            one.name: one
            for one in (
                Output("IL-2", "pM", "in the medium", Reference("line.medium")),
                Output("cells", "cell/L", "in the medium", Reference("line.cells")),
            )
        },
        inlets={},
        look_up=values_of("fallon"),
    )
