"""Lymphocytes: how many there are, and where.

The pool of a population is all of its cells in the body; its blood count follows the
pool with the exchange between blood and tissues, from which IL-2 withdraws cells
(margination). Every population balances at rest through its death rate, which is found
for each subject. Thymic export and naive to memory conversion are components of their
own (`thymus.py`), so that they can be switched.
"""

from __future__ import annotations

from il2sim.symbolic import Component, observed, parameter, process, state, supplied


class Lymphocytes(Component):
    """One population: division, death, and its count in blood."""

    blood_volume = supplied("L", "blood")
    pstat5_facing = supplied("1", "pSTAT5 of its cells that face plasma")
    pstat5_tissue = supplied("1", "pSTAT5 of its cells in tissue")
    treg = supplied("1", "all Treg over their number at rest")
    withdrawal = supplied("1", "gain in leaving blood through IL-2")
    kept = supplied("1", "cells that IL-2 keeps alive, part of all")
    il7 = supplied("1", "IL-7 over that with normal counts")

    baseline = parameter("cell/L", "blood count at rest", by="cell")
    body_multiple = parameter("1", "cells in the body for each in blood", by="cell")
    facing_share = parameter("1", "part of the cells that face plasma", by="cell")
    division_at_rest = parameter(
        "1/d", "division without added IL-2, at normal counts", by="cell"
    )
    il7ra_at_rest = parameter("molecule/cell", "CD127 of a resting cell", by="cell")
    division_by_il7 = parameter(
        "cell/molecule", "gain of that division for each CD127, by twice the IL-7"
    )
    division_by_il2 = parameter("1/d", "division added at full pSTAT5", by="cell")
    suppression = parameter("1", "loss of IL-2 division to Treg", by="cell")
    survival = parameter("1", "fall of death where IL-2 keeps alive", by="cell")
    crowding = parameter(
        "1", "power of its own number that death grows with", by="cell"
    )
    recirculation = parameter("1/h", "cells leave blood without added IL-2")

    at_rest = observed(
        "cell", "cells in the body at rest", baseline * blood_volume * body_multiple
    )
    pool = state(
        "cell",
        "cells in the body",
        start=baseline * blood_volume * body_multiple,
        held=True,
    )
    blood = state("cell/L", "cells in blood", start=baseline, held=True)
    inflow = parameter("1/h", "entry into blood, part of its count", balances=blood)
    death = parameter("1/h", "death of a resting cell", balances=pool)

    fold = observed("1", "cells in the body over rest", pool / at_rest)
    facing = observed("cell", "cells that face plasma", facing_share * pool)
    in_tissue = observed("cell", "cells in tissue", (1 - facing_share) * pool)
    pstat5 = observed(
        "1",
        "pSTAT5, mean of its cells",
        facing_share * pstat5_facing + (1 - facing_share) * pstat5_tissue,
    )
    restraint = observed(
        "1",
        "IL-2 division that Treg leave, over rest",
        (1 + suppression) / (1 + suppression * treg),
    )
    receptors = observed("molecule", "CD127 of all of its cells", il7ra_at_rest * pool)
    division_rate = observed(
        "1/h",
        "divisions of a cell",
        division_at_rest * (1 + division_by_il7 * il7ra_at_rest * (il7 - 1))
        + division_by_il2 * pstat5 * restraint,
    )
    death_rate = observed(
        "1/h", "deaths of a cell", death * fold**crowding / (1 + survival * kept)
    )

    divide = process("-> pool", rate=division_rate * pool)
    die = process("pool ->", rate=death_rate * pool)
    enter_blood = process("-> blood", rate=inflow * baseline * fold)
    leave_blood = process("blood ->", rate=recirculation * (1 + withdrawal) * blood)


class Survivors(Component):
    """Cells that a strong signal has made long-lived, for weeks after it (E182)."""

    pstat5 = supplied("1", "pSTAT5, mean of its cells")

    kept = state("1", "cells that IL-2 keeps alive, part of all")

    half_pstat5 = parameter("1", "pSTAT5 that keeps half as many alive as at most")
    k_keep = parameter("1/d", "cells become long-lived, at most")
    k_forget = parameter("1/d", "cells lose it again")

    keep = process(
        "-> kept",
        rate=k_keep
        * (pstat5 * pstat5 / (half_pstat5 * half_pstat5 + pstat5 * pstat5))
        * (1 - kept),
    )
    forget = process("kept ->", rate=k_forget * kept)


class Bystanders(Component):
    """Lymphocytes without a part in IL-2 (B cells): they only leave and return."""

    withdrawal = supplied("1", "gain in leaving blood through IL-2")

    baseline = parameter("cell/L", "blood count at rest", by="cell")
    recirculation = parameter("1/h", "cells leave blood without added IL-2")

    blood = state("cell/L", "cells in blood", start=baseline, held=True)
    inflow = parameter("1/h", "entry into blood, part of its count", balances=blood)

    enter_blood = process("-> blood", rate=inflow * baseline)
    leave_blood = process("blood ->", rate=recirculation * (1 + withdrawal) * blood)


class Margination(Component):
    """IL-2 makes lymphocytes cling and leave the blood; the vessels get used to it.

    The effect grows with the square of IL-2, because an infusion of 1.8 MIU/m2/d
    leaves T cells where they are (E120) and a bolus of the same dose does not (E123).
    """

    il2 = supplied("nM", "free IL-2 in plasma")

    readiness = state("1", "vessels that still answer", start=1.0)

    half_withdrawal = parameter("nM", "IL-2 of half the effect", by="group")
    most_withdrawal = parameter("1", "gain in leaving blood at most", by="group")
    half_tiring = parameter("nM", "IL-2 at which vessels tire half as fast as at most")
    k_tire = parameter("1/h", "vessels cease to answer, at most")
    k_recover = parameter("1/h", "vessels answer again")

    effect = observed(
        "1",
        "effect, part of the most",
        il2 * il2 / (half_withdrawal * half_withdrawal + il2 * il2),
    )
    withdrawal = observed(
        "1", "gain in leaving blood", most_withdrawal * effect * readiness
    )

    recover = process("-> readiness", rate=k_recover * (1 - readiness))
    tire = process("readiness ->", rate=k_tire * il2 / (half_tiring + il2) * readiness)
