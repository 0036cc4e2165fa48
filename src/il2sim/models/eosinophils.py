"""Eosinophils: made in the marrow on the IL-5 of innate cells that IL-2 engages.

IL-2 raises IL-5, and with it eosinophils, days after lymphocytes are activated (E105,
E180). The innate cells that make it (ILC2) carry all three chains; CD56bright NK in
tissue, the innate cells with CD25 that are followed, stand for them.
"""

from __future__ import annotations

from il2sim.symbolic import (
    Component,
    hill,
    observed,
    parameter,
    process,
    state,
    supplied,
)


class Eosinophils(Component):
    """Their number in blood, and the drive of the marrow behind it."""

    engaged = supplied("molecule/cell", "signaling receptors of innate cells")

    baseline = parameter("cell/L", "blood count at rest")
    half_engaged = parameter(
        "molecule/cell", "signaling receptors that give half of the drive"
    )
    steepness = parameter("1", "Hill exponent of the drive in signaling receptors")
    most_gain = parameter("1", "gain in release from the marrow at full drive")
    k_drive = parameter("1/d", "drive of the marrow comes and goes")
    k_leave = parameter("1/d", "eosinophils leave blood")

    drive = state("1", "drive of the marrow, part of the most")
    blood = state("cell/L", "eosinophils in blood", start=baseline, held=True)
    release = parameter("1/h", "release at rest, part of the count", balances=blood)

    gain = observed("1", "release over that without drive", 1 + most_gain * drive)

    raise_drive = process(
        "-> drive", rate=k_drive * hill(engaged, half_engaged, steepness)
    )
    lose_drive = process("drive ->", rate=k_drive * drive)
    enter_blood = process("-> blood", rate=release * baseline * gain)
    leave_blood = process("blood ->", rate=k_leave * blood)
