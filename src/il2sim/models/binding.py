"""IL-2 meets its receptor chains on one cell type.

Four species are followed on each cell: CD25, CD122 (with gamma-c, which is never
short), and IL-2 held by the dimer CD122:gamma-c or by the trimer with CD25. Capture by
CD25 alone settles within seconds (half-lives of 4-10 s, doi:10.1084/jem.166.4.1156), so
it is taken as settled; the IL-2 it holds is a negligible part of a dose. The two ways
into the trimer form a cycle, which is closed by construction: the rate at which the
trimer drops CD25 follows from the other three affinities.
"""

from __future__ import annotations

from il2sim.models.constants import AVOGADRO
from il2sim.symbolic import Component, observed, parameter, process, state, supplied


class Binding(Component):
    """IL-2 caught by the dimer, or by CD25 and then by the trimer; let go again."""

    fluid = supplied("nmol", "IL-2 in the fluid around the cells")
    il2 = supplied("nM", "free IL-2 next to the cells")
    cells = supplied("cell", "cells in that fluid")

    cd25_at_rest = parameter("molecule/cell", "CD25 of a resting cell", by="cell")
    cd122_at_rest = parameter("molecule/cell", "CD122 of a resting cell", by="cell")

    cd25 = state(
        "molecule/cell", "CD25 outside the trimer (IL-2Rα)", start=cd25_at_rest
    )
    cd122 = state(
        "molecule/cell", "CD122 with gamma-c, empty (IL-2Rβγ)", start=cd122_at_rest
    )
    dimer = state("molecule/cell", "IL-2 held by CD122 and gamma-c")
    trimer = state("molecule/cell", "IL-2 held by CD25, CD122 and gamma-c")

    kd_alpha = parameter("nM", "affinity of IL-2 for CD25", by="variant")
    kon_beta_gamma = parameter(
        "1/(nM*min)", "IL-2 meets the dimer on a sensor", by="variant"
    )
    meeting = parameter(
        "1", "IL-2 meets the dimer of a cell, over the rate on a sensor"
    )
    kd_beta_gamma = parameter("nM", "affinity of IL-2 for the dimer", by="variant")
    koff_trimer = parameter("1/min", "IL-2 leaves the trimer", by="variant")
    k_assemble = parameter(
        "cell/(molecule*min)", "two chains meet on the surface of a cell"
    )

    il2_cd25 = observed(
        "molecule/cell", "IL-2 held by CD25 alone", cd25 * (il2 / (kd_alpha + il2))
    )
    empty_cd25 = observed(
        "molecule/cell", "CD25 without IL-2", cd25 * (kd_alpha / (kd_alpha + il2))
    )
    engaged = observed("molecule/cell", "signaling receptors", dimer + trimer)

    catch = process(
        "fluid + cd122 -> dimer",
        rate=meeting * kon_beta_gamma * il2 * cd122,
        exchange={"fluid": cells / AVOGADRO},
    )
    release = process(
        "dimer -> fluid + cd122",
        rate=meeting * kon_beta_gamma * kd_beta_gamma * dimer,
        exchange={"fluid": cells / AVOGADRO},
    )
    hand_over = process(
        "fluid + cd25 + cd122 -> trimer",
        rate=k_assemble * il2_cd25 * cd122,
        exchange={"fluid": cells / AVOGADRO},
    )
    take_back = process(
        "trimer -> fluid + cd25 + cd122",
        rate=koff_trimer * trimer,
        exchange={"fluid": cells / AVOGADRO},
    )
    recruit = process("dimer + cd25 -> trimer", rate=k_assemble * empty_cd25 * dimer)
    drop = process(
        "trimer -> dimer + cd25",
        rate=koff_trimer * kd_alpha / kd_beta_gamma * trimer,
    )
