"""A well of a plate: the medium, the plastic, and the cells put in.

The medium is one pool of each ligand, for which all cells compete (`dish.py`). Plastic
takes ligand away for good; a wash is a rate that an event of the schedule raises for a
short time. What cells shed collects in the medium and binds nothing there.
"""

from __future__ import annotations

from il2sim.symbolic import Component, observed, parameter, process, state, supplied


class Well(Component):
    """Its volume, how fast it is washed, and what cells shed into it."""

    volume = parameter("L", "medium in the well")
    k_wash = parameter("1/h", "medium exchanged for fresh one, by a wash")

    # A resting well would collect for ever: it is empty when the ligand comes.
    soluble_cd25 = state("nmol", "CD25 shed into the medium", held=True)

    wash_off = process("soluble_cd25 ->", rate=k_wash * soluble_cd25)


class Medium(Component):
    """One ligand in the medium: offered to cells, lost to plastic, washed out."""

    volume = parameter("L", "medium in the well", by="well")
    k_wash = parameter("1/h", "medium exchanged for fresh one, by a wash", by="well")
    k_plastic = parameter("1/h", "plastic takes the ligand", by="ligand")

    amount = state("nmol", "ligand in the medium")

    free = observed("nM", "ligand in the medium", amount / volume)

    stick = process("amount ->", rate=k_plastic * amount)
    wash_out = process("amount ->", rate=k_wash * amount)


class Mixing(Component):
    """One ligand put into a corner of the well; cells meet it as it is mixed in.

    Three stages, so that little arrives at first. They stand for whatever delays cells
    at the start of an incubation: mixing, settling, warming.
    """

    amount = supplied("nmol", "ligand in the medium next to cells")

    k_mix = parameter(
        "1/min", "ligand goes from one stage of mixing to the next", by="medium"
    )
    k_wash = parameter("1/h", "medium exchanged for fresh one, by a wash", by="well")

    apart = state("nmol", "ligand put in")
    nearer = state("nmol", "ligand half mixed")
    near = state("nmol", "ligand nearly mixed")

    spread = process("apart -> nearer", rate=k_mix * apart)
    spread_on = process("nearer -> near", rate=k_mix * nearer)
    arrive = process("near -> amount", rate=k_mix * near)
    wash_apart = process("apart ->", rate=k_wash * apart)
    wash_nearer = process("nearer ->", rate=k_wash * nearer)
    wash_near = process("near ->", rate=k_wash * near)


class Seeded(Component):
    """How many cells of one type were put in."""

    seeded = parameter("cell", "cells put into the well", by="cell")
