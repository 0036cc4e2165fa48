"""Chains and complexes go inside, return, or are degraded.

What signals goes in faster and does not return; the rest is sorted. Numbers inside are
molecules per cell, as outside; the endosome's smaller area makes them denser
(`Endosome.crowding`). Ligand comes in only on receptors. After Farhat 2021 and Fallon
and Lauffenburger 2000.
"""

from __future__ import annotations

from il2sim.symbolic import Component, observed, parameter, process, state, supplied


class Endosome(Component):
    """The endosomes of one cell type: their size, and how ligand and chains fare there.

    What does not signal is sorted: a part is degraded, the rest returns.
    """

    area = parameter(
        "1", "membrane of endosomes over that of the surface", by="endosome"
    )
    loosen = parameter("1", "how much faster ligand lets go inside", by="endosome")
    k_return = parameter(
        "1/min", "what is not sorted to lysosomes returns", by="endosome"
    )
    sorted_part = parameter(
        "1", "part inside that is sorted to lysosomes", by="endosome"
    )
    k_degrade = parameter("1/min", "what is sorted to lysosomes is lost", by="endosome")

    crowding = observed("1", "how much denser chains are than on the surface", 1 / area)
    loosening = observed("1", "how much faster ligand lets go inside", loosen * 1)
    returning = observed(
        "1/min", "returns to the surface", k_return * (1 - sorted_part)
    )
    leaving = observed("1/min", "is lost", k_degrade * sorted_part)


class LigandInside(Component):
    """One ligand in the endosomes of all cells of a type."""

    cells = supplied("cell", "cells of the type")

    volume = parameter("L/cell", "fluid of the endosomes of a cell", by="endosome")
    k_degrade = parameter("1/min", "what is sorted to lysosomes is lost", by="endosome")

    amount = state("nmol", "ligand in endosomes, free")

    free = observed("nM", "free ligand in endosomes", amount / (volume * cells))

    degrade = process("amount ->", rate=k_degrade * amount)


class Chain(Component):
    """One receptor chain of a cell type, on the surface and inside, without ligand."""

    at_rest = supplied("molecule/cell", "on the surface of a resting cell")
    gain = supplied("1", "how much faster it is made than at rest")
    returning = supplied("1/min", "returns from endosomes to the surface")
    leaving = supplied("1/min", "is lost from endosomes")

    k_internalize = parameter("1/min", "chains go inside", by="endosome")

    made_at_rest = observed(
        "molecule/(cell*min)",
        "made by a resting cell",
        at_rest * k_internalize * leaving / (leaving + returning),
    )

    surface = state("molecule/cell", "on the surface, without ligand", start=at_rest)
    inside = state(
        "molecule/cell",
        "in endosomes, without ligand",
        start=at_rest * k_internalize / (leaving + returning),
    )

    make = process("-> surface", rate=made_at_rest * gain)
    go_in = process("surface -> inside", rate=k_internalize * surface)
    come_back = process("inside -> surface", rate=returning * inside)
    degrade = process("inside ->", rate=leaving * inside)


class QuietComplex(Component):
    """A complex that does not signal: it goes in, returns, or is degraded."""

    surface = supplied("molecule/cell", "the complex on the surface")
    inside = supplied("molecule/cell", "the complex in endosomes")
    returning = supplied("1/min", "returns from endosomes to the surface")
    leaving = supplied("1/min", "is lost from endosomes")

    k_internalize = parameter("1/min", "chains go inside", by="endosome")

    go_in = process("surface -> inside", rate=k_internalize * surface)
    come_back = process("inside -> surface", rate=returning * inside)
    degrade = process("inside ->", rate=leaving * inside)


class SignalingComplex(Component):
    """A complex that signals: it goes in faster, and everything inside is degraded."""

    surface = supplied("molecule/cell", "the complex on the surface")
    inside = supplied("molecule/cell", "the complex in endosomes")

    k_internalize = parameter("1/min", "chains go inside", by="endosome")
    k_internalize_more = parameter(
        "1/min", "what signals goes in, besides", by="endosome"
    )
    k_degrade = parameter("1/min", "what is sorted to lysosomes is lost", by="endosome")

    go_in = process(
        "surface -> inside", rate=(k_internalize + k_internalize_more) * surface
    )
    degrade = process("inside ->", rate=k_degrade * inside)


class Counts(Component):
    """Chains on the surface of a resting cell that see IL-2."""

    cd25_at_rest = parameter("molecule/cell", "CD25 of a resting cell", by="cell")
    cd122_at_rest = parameter("molecule/cell", "CD122 of a resting cell", by="cell")
    cd132_at_rest = parameter("molecule/cell", "gamma-c of a resting cell", by="cell")


class OtherCounts(Component):
    """Private chains of other cytokines on the surface of a resting cell."""

    il15ra_at_rest = parameter("molecule/cell", "IL-15Rα of a resting cell", by="cell")
    il7ra_at_rest = parameter("molecule/cell", "IL-7Rα of a resting cell", by="cell")
    il4ra_at_rest = parameter("molecule/cell", "IL-4Rα of a resting cell", by="cell")


class Induction(Component):
    """Signaling makes a cell produce more CD25."""

    pstat5 = supplied("1", "pSTAT5, part of the most")

    cd25_induction = parameter(
        "1", "gain in making CD25 at full pSTAT5, over rest", by="cell"
    )

    gain_cd25 = observed("1", "making of CD25 over rest", 1 + cd25_induction * pstat5)
