"""IL-2 with several arms meets the receptors of one cell type.

Each live arm has a site for CD25 and one for CD122 with gamma-c; an arm may also be
dead but for its CD25 site. A molecule lands by one site and cross-links by the others.
Arms are followed by what they hold, and molecules by their number; how many arms are
the only hold of their molecule follows from the free receptors as if arms were
independent. That is exact for one arm at any time, and for several at equilibrium,
which is that of Orcutt-Jahns 2023 (`published/multivalent.py`).
"""

from __future__ import annotations

from il2sim.models.constants import AVOGADRO
from il2sim.symbolic import Component, observed, parameter, process, state, supplied


class Landing(Component):
    """Molecules land, cross-link, and leave when their last hold opens."""

    fluid = supplied("nmol", "IL-2 molecules in the fluid around the cells")
    il2 = supplied("nM", "free IL-2 molecules next to the cells")
    cells = supplied("cell", "cells in that fluid")

    cd25_at_rest = parameter("molecule/cell", "CD25 of a resting cell", by="cell")
    cd122_at_rest = parameter("molecule/cell", "CD122 of a resting cell", by="cell")
    arms = parameter("1", "live arms of a molecule", by="variant")
    cd25_arms = parameter("1", "arms that keep only their CD25 site", by="variant")
    kd_alpha = parameter("nM", "affinity of an arm for CD25", by="variant")
    kon_alpha = parameter("1/(nM*min)", "an arm meets CD25", by="variant")
    kd_beta_gamma = parameter("nM", "affinity of an arm for the dimer", by="variant")
    kon_beta_gamma = parameter("1/(nM*min)", "an arm meets the dimer", by="variant")
    reach = parameter(
        "nM*cell/molecule", "what one receptor is to a molecule held", by="variant"
    )
    k_assemble = parameter(
        "cell/(molecule*min)", "two chains meet on the surface of a cell", by="binding"
    )

    cd25 = state("molecule/cell", "CD25 without IL-2 (IL-2Rα)", start=cd25_at_rest)
    cd122 = state(
        "molecule/cell", "CD122 with gamma-c, empty (IL-2Rβγ)", start=cd122_at_rest
    )
    landed = state("molecule/cell", "IL-2 molecules on the cell")
    on_cd25 = state("molecule/cell", "live arms on CD25 alone")
    on_dimer = state("molecule/cell", "live arms on the dimer alone")
    on_both = state("molecule/cell", "live arms on CD25 and the dimer")
    dead_on_cd25 = state("molecule/cell", "dead arms on CD25")

    engaged = observed("molecule/cell", "signaling receptors", on_dimer + on_both)
    odds_alpha = observed("1", "a CD25 site is bound, odds", reach * cd25 / kd_alpha)
    odds_beta_gamma = observed(
        "1", "a dimer site is bound, odds", reach * cd122 / kd_beta_gamma
    )
    odds = observed(
        "1",
        "a live arm holds on, odds",
        odds_alpha + odds_beta_gamma + odds_alpha * odds_beta_gamma,
    )
    alone = observed(
        "1",
        "a live arm is the only hold of its molecule",
        (1 + odds) ** (1 - arms) * (1 + odds_alpha) ** (-cd25_arms),
    )
    dead_alone = observed(
        "1",
        "a dead arm is the only hold of its molecule",
        (1 + odds) ** (-arms) * (1 + odds_alpha) ** (1 - cd25_arms),
    )
    signals_too = observed(
        "1",
        "another live arm signals",
        odds_beta_gamma * (1 + odds_alpha) / (1 + odds),
    )
    loose = observed(
        "molecule/cell",
        "live arms of molecules on the cell that hold nothing",
        arms * landed - on_cd25 - on_dimer - on_both,
    )
    open_alpha = observed(
        "1/min", "CD25 lets go of an arm", k_assemble * kd_alpha / reach
    )
    open_beta_gamma = observed(
        "1/min", "the dimer lets go of an arm", k_assemble * kd_beta_gamma / reach
    )

    land_on_cd25 = process(
        "fluid + cd25 -> landed + on_cd25",
        rate=arms * kon_alpha * il2 * cd25,
        exchange={"fluid": cells / AVOGADRO},
    )
    leave_cd25 = process(
        "landed + on_cd25 -> fluid + cd25",
        rate=kon_alpha * kd_alpha * alone * on_cd25,
        exchange={"fluid": cells / AVOGADRO},
    )
    land_on_dimer = process(
        "fluid + cd122 -> landed + on_dimer",
        rate=arms * kon_beta_gamma * il2 * cd122,
        exchange={"fluid": cells / AVOGADRO},
    )
    leave_dimer = process(
        "landed + on_dimer -> fluid + cd122",
        rate=kon_beta_gamma * kd_beta_gamma * alone * on_dimer,
        exchange={"fluid": cells / AVOGADRO},
    )
    land_dead = process(
        "fluid + cd25 -> landed + dead_on_cd25",
        rate=cd25_arms * kon_alpha * il2 * cd25,
        exchange={"fluid": cells / AVOGADRO},
    )
    leave_dead = process(
        "landed + dead_on_cd25 -> fluid + cd25",
        rate=kon_alpha * kd_alpha * dead_alone * dead_on_cd25,
        exchange={"fluid": cells / AVOGADRO},
    )
    link_cd25 = process("cd25 -> on_cd25", rate=k_assemble * cd25 * loose)
    unlink_cd25 = process("on_cd25 -> cd25", rate=open_alpha * (1 - alone) * on_cd25)
    link_dimer = process("cd122 -> on_dimer", rate=k_assemble * cd122 * loose)
    unlink_dimer = process(
        "on_dimer -> cd122", rate=open_beta_gamma * (1 - alone) * on_dimer
    )
    link_dead = process(
        "cd25 -> dead_on_cd25",
        rate=k_assemble * cd25 * (cd25_arms * landed - dead_on_cd25),
    )
    unlink_dead = process(
        "dead_on_cd25 -> cd25", rate=open_alpha * (1 - dead_alone) * dead_on_cd25
    )
    gain_dimer = process(
        "on_cd25 + cd122 -> on_both", rate=k_assemble * cd122 * on_cd25
    )
    lose_dimer = process("on_both -> on_cd25 + cd122", rate=open_beta_gamma * on_both)
    gain_cd25 = process("on_dimer + cd25 -> on_both", rate=k_assemble * cd25 * on_dimer)
    lose_cd25 = process("on_both -> on_dimer + cd25", rate=open_alpha * on_both)


class TakenAlong(Component):
    """When an arm that signals goes inside, its molecule and the other arms go too."""

    arms = parameter("1", "live arms of a molecule", by="variant")
    signals_too = supplied("1", "another live arm signals")
    cd25 = supplied("molecule/cell", "CD25 without IL-2")
    landed = supplied("molecule/cell", "IL-2 molecules on the cell")
    on_cd25 = supplied("molecule/cell", "live arms on CD25 alone")
    on_dimer = supplied("molecule/cell", "live arms on the dimer alone")
    on_both = supplied("molecule/cell", "live arms on CD25 and the dimer")
    dead_on_cd25 = supplied("molecule/cell", "dead arms on CD25")

    k_internalize = parameter("1/min", "bound receptors go inside", by="trafficking")
    cd25_returned = parameter(
        "1", "part of the CD25 inside that returns", by="trafficking"
    )

    by_others = observed(
        "1/min",
        "a live arm is taken along",
        k_internalize * (arms - 1) * signals_too,
    )
    by_live = observed(
        "1/min", "a dead arm is taken along", k_internalize * arms * signals_too
    )

    digest = process("landed ->", rate=k_internalize * (on_dimer + on_both))
    digest_cd25 = process("on_cd25 ->", rate=by_others * (1 - cd25_returned) * on_cd25)
    return_cd25 = process("on_cd25 -> cd25", rate=by_others * cd25_returned * on_cd25)
    digest_dimer = process("on_dimer ->", rate=by_others * on_dimer)
    digest_both = process("on_both ->", rate=by_others * (1 - cd25_returned) * on_both)
    return_of_both = process(
        "on_both -> cd25", rate=by_others * cd25_returned * on_both
    )
    digest_dead = process(
        "dead_on_cd25 ->", rate=by_live * (1 - cd25_returned) * dead_on_cd25
    )
    return_of_dead = process(
        "dead_on_cd25 -> cd25", rate=by_live * cd25_returned * dead_on_cd25
    )
