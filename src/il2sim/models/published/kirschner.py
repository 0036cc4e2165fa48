"""Kirschner and Panetta 1998 (J Math Biol 37:235): effectors, tumor and IL-2.

There are no Treg, so IL-2 can only help. The curated SBML (BIOMD0000000732) drops IL-2
from the denominator of its activation; here it stands as in the paper.
"""

from __future__ import annotations

from functools import lru_cache

from il2sim.models.published.values import values_of
from il2sim.symbolic import (
    Component,
    Model,
    Output,
    Reference,
    parameter,
    process,
    state,
)


class EffectorsTumorIl2(Component):
    """Three populations; IL-2 is counted in units of its own."""

    antigenicity = parameter("1/d", "effectors called by a tumor cell (c)")
    effector_death = parameter("1/d", "effectors die (mu2)")
    activation = parameter("1/d", "effectors divide by IL-2, at most (p1)")
    half_activation = parameter("1", "IL-2 of half the activation (g1)")
    effector_supply = parameter("cell/d", "effectors given (s1)")
    growth = parameter("1/d", "tumor grows (r2)")
    crowding = parameter("1/cell", "growth lost to each tumor cell (b)")
    killing = parameter("1/d", "tumor killed by an effector (a)")
    half_killing = parameter("cell", "tumor of half the killing (g2)")
    secretion = parameter("1/(cell*d)", "IL-2 made by an effector (p2)")
    half_secretion = parameter("cell", "tumor of half the secretion (g3)")
    il2_loss = parameter("1/d", "IL-2 is lost (mu3)")
    il2_supply = parameter("1/d", "IL-2 given (s2)")
    at_start = parameter("cell", "effectors, and tumor cells, at the start")

    effectors = state("cell", "effectors (E)", start=at_start, held=True)
    tumor = state("cell", "tumor (T)", start=at_start, held=True)
    il2 = state("1", "IL-2 (I), which starts settled")

    call = process("-> effectors", rate=antigenicity * tumor)
    divide = process(
        "-> effectors",
        rate=activation * effectors * (il2 / (half_activation + il2)),
    )
    give = process("-> effectors", rate=effector_supply)
    die = process("effectors ->", rate=effector_death * effectors)
    grow = process("-> tumor", rate=growth * tumor * (1 - crowding * tumor))
    kill = process(
        "tumor ->", rate=killing * effectors * tumor / (half_killing + tumor)
    )
    secrete = process(
        "-> il2", rate=secretion * effectors * tumor / (half_secretion + tumor)
    )
    infuse = process("-> il2", rate=il2_supply)
    lose = process("il2 ->", rate=il2_loss * il2)


@lru_cache(maxsize=1)
def kirschner_1998() -> Model:
    """Join the published model.

    Examples
    --------
    >>> kirschner_1998().parameters["effectors_tumor_il2.growth"].value
    0.18
    """
    return Model(
        name="Kirschner and Panetta 1998",
        meaning="effectors, tumor and IL-2, as published",
        components=(EffectorsTumorIl2("clinic"),),
        outputs={
            one.name: one
            for one in (
                Output("effectors", "cell", "effectors", Reference("clinic.effectors")),
                Output("tumor", "cell", "tumor", Reference("clinic.tumor")),
                Output("IL-2", "1", "IL-2", Reference("clinic.il2")),
            )
        },
        inlets={},
        look_up=values_of("kirschner"),
    )


def runaway_supply() -> float:
    """IL-2 supply above which effectors grow without bound, [1/d], in closed form.

    Examples
    --------
    >>> f"{runaway_supply():.3g}"
    '6.35e+07'
    """
    of = values_of("kirschner")
    scope = "effectors_tumor_il2"
    loss, death, half, most = (
        of(f"{scope}.{name}").value
        for name in ("il2_loss", "effector_death", "half_activation", "activation")
    )
    return loss * death * half / (most - death)
