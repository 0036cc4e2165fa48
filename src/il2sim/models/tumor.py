"""A tumor: it grows, is entered by CD8 and Treg, is killed, and is protected.

Only what circulates can enter, and both populations divide inside on the IL-2 of
tissue. The relation of response to exposure is shallow in patients (E242-E265), so
killing saturates in nothing but the number of effectors; the protection by Treg grows
with their density over rest.
"""

from __future__ import annotations

from il2sim.symbolic import Component, observed, parameter, process, state, supplied


class Tumor(Component):
    """Size of a tumor and the density of the T cells inside it."""

    blood_cd8 = supplied("cell/L", "memory CD8 in blood")
    blood_treg = supplied("cell/L", "memory Treg in blood")
    pstat5_cd8 = supplied("1", "pSTAT5 of memory CD8 in tissue")
    pstat5_treg = supplied("1", "pSTAT5 of memory Treg in tissue")

    baseline = parameter("L", "size at the first dose")
    growth = parameter("1/d", "growth without T cells")
    killing = parameter("L/(cell*d)", "killing by one CD8 in a liter of tumor")
    protection = parameter("1", "strength of the protection by Treg at rest")
    cd8_entry = parameter("1/d", "CD8 of a liter of blood that enter a liter of tumor")
    treg_entry = parameter(
        "1/d", "Treg of a liter of blood that enter a liter of tumor"
    )
    k_leave = parameter("1/d", "T cells leave the tumor or die in it")
    cd8_division = parameter("1/d", "division of CD8 inside at full pSTAT5")
    treg_division = parameter("1/d", "division of Treg inside at full pSTAT5")
    treg_at_rest = parameter("cell/L", "Treg density that protection refers to")

    size = state("L", "tumor", start=baseline, held=True)
    cd8 = state("cell/L", "CD8 inside")
    treg = state("cell/L", "Treg inside")

    shield = observed(
        "1",
        "killing that Treg leave, over rest",
        (1 + protection) / (1 + protection * treg / treg_at_rest),
    )

    grow = process("-> size", rate=growth * size)
    kill = process("size ->", rate=killing * cd8 * shield * size)
    cd8_enters = process("-> cd8", rate=cd8_entry * blood_cd8)
    cd8_divides = process("-> cd8", rate=cd8_division * pstat5_cd8 * shield * cd8)
    cd8_leaves = process("cd8 ->", rate=k_leave * cd8)
    treg_enters = process("-> treg", rate=treg_entry * blood_treg)
    treg_divides = process("-> treg", rate=treg_division * pstat5_treg * treg)
    treg_leaves = process("treg ->", rate=k_leave * treg)
