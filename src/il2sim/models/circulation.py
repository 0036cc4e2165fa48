"""Plasma, the fluid of lymphoid tissue, the kidney, and soluble CD25.

Cells take IL-2 from both fluids through their receptors (`binding.py`); what is written
here is everything else: exchange between the fluids, filtration by the kidney, and the
reversible binding to soluble CD25, which shelters IL-2 from the kidney. Volumes scale
with body weight and flows with its power of three quarters.
"""

from __future__ import annotations

from il2sim.models.constants import AVOGADRO
from il2sim.symbolic import (
    Component,
    observed,
    parameter,
    process,
    sqrt,
    state,
    supplied,
)


class BodySize(Component):
    """Volumes and flows of a body by its weight."""

    weight = parameter("kg", "body weight", by="subject")
    reference_weight = parameter("kg", "weight of the adult that volumes refer to")
    flow_exponent = parameter("1", "power of the weight that flows grow with")
    blood_at_reference = parameter("L", "blood of the reference adult")

    volume_scale = observed(
        "1", "volumes over the reference", weight / reference_weight
    )
    flow_scale = observed(
        "1", "flows over the reference", (weight / reference_weight) ** flow_exponent
    )
    blood_volume = observed(
        "L", "blood", blood_at_reference * weight / reference_weight
    )


class Circulation(Component):
    """IL-2 in plasma and in the fluid of lymphoid tissue."""

    volume_scale = supplied("1", "volumes over those of the reference adult")
    flow_scale = supplied("1", "flows over those of the reference adult")

    plasma = state("nmol", "IL-2 in plasma, free and held by soluble CD25")
    tissue = state("nmol", "IL-2 in the fluid of lymphoid tissue")
    soluble_cd25 = state("nmol", "CD25 shed into plasma, free and holding IL-2")

    plasma_volume = parameter("L", "volume in which plasma IL-2 spreads at once")
    tissue_volume = parameter("L", "fluid of lymphoid tissue that IL-2 reaches")
    exchange_flow = parameter("L/h", "exchange of free IL-2 between the fluids")
    renal_clearance = parameter("L/h", "filtration of free IL-2 by the kidney")
    k_lose_soluble = parameter("1/h", "soluble CD25 leaves plasma, with what it holds")
    kd_alpha = parameter("nM", "affinity of IL-2 for CD25", by="variant")

    volume = observed("L", "plasma", plasma_volume * volume_scale)
    held = observed("nM", "IL-2 in plasma, free and bound", plasma / volume)
    sites = observed("nM", "soluble CD25, free and bound", soluble_cd25 / volume)
    spare = observed("nM", "affinity plus sites less IL-2", kd_alpha + sites - held)
    # The positive root of the binding quadratic, in the form that keeps its digits.
    il2_plasma = observed(
        "nM",
        "free IL-2 in plasma",
        2 * kd_alpha * held / (spare + sqrt(spare * spare + 4 * kd_alpha * held)),
    )
    il2_tissue = observed(
        "nM", "free IL-2 in tissue", tissue / (tissue_volume * volume_scale)
    )

    enter_tissue = process(
        "plasma -> tissue", rate=exchange_flow * flow_scale * il2_plasma
    )
    leave_tissue = process(
        "tissue -> plasma", rate=exchange_flow * flow_scale * il2_tissue
    )
    filter_out = process("plasma ->", rate=renal_clearance * flow_scale * il2_plasma)
    lose_bound = process(
        "plasma ->", rate=k_lose_soluble * (held - il2_plasma) * volume
    )
    lose_soluble = process("soluble_cd25 ->", rate=k_lose_soluble * soluble_cd25)


class Secretion(Component):
    """IL-2 made by the few activated cells of a resting population."""

    tissue = supplied("nmol", "IL-2 in the fluid of lymphoid tissue")
    cells = supplied("cell", "cells of the population")
    restraint = supplied("1", "what Treg leave of the activation at rest")

    activated_share = parameter("1", "cells that secrete", by="cell")
    secretion = parameter("molecule/(cell*s)", "IL-2 made by one activated cell")

    secrete = process(
        "-> tissue",
        rate=secretion * activated_share * cells * restraint / AVOGADRO,
    )
