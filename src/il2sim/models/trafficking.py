"""Receptors made, taken inside, returned, degraded and shed.

Bound receptors go inside at one rate, dimer or trimer (half-life of 10-15 min,
doi:10.1084/jem.165.4.1201); IL-2 and CD122 are degraded there, CD25 mostly returns
(doi:10.1083/jcb.129.1.55). The minutes that CD25 spends inside are not followed.
"""

from __future__ import annotations

from il2sim.models.constants import AVOGADRO
from il2sim.symbolic import Component, parameter, process, supplied


class Trafficking(Component):
    """The turnover of the receptor chains of one cell type."""

    cells = supplied("cell", "cells that shed into the same plasma")
    soluble_cd25 = supplied("nmol", "CD25 shed into plasma")
    pstat5 = supplied("1", "phosphorylated STAT5, part of the most")
    cd25 = supplied("molecule/cell", "CD25 outside the trimer")
    cd122 = supplied("molecule/cell", "CD122 with gamma-c, empty")
    dimer = supplied("molecule/cell", "IL-2 held by CD122 and gamma-c")
    trimer = supplied("molecule/cell", "IL-2 held by CD25, CD122 and gamma-c")

    cd25_at_rest = parameter("molecule/cell", "CD25 of a resting cell", by="cell")
    cd122_at_rest = parameter("molecule/cell", "CD122 of a resting cell", by="cell")
    cd25_induction = parameter(
        "1", "gain in making CD25 at full pSTAT5, over rest", by="cell"
    )
    k_internalize = parameter("1/min", "bound receptors go inside")
    cd25_returned = parameter("1", "part of the CD25 inside that returns")
    k_lose_cd25 = parameter("1/h", "CD25 is degraded")
    k_shed = parameter("1/h", "CD25 is shed into plasma")
    k_lose_cd122 = parameter("1/h", "empty CD122 is degraded")

    make_cd25 = process(
        "-> cd25",
        rate=(k_lose_cd25 + k_shed) * cd25_at_rest * (1 + cd25_induction * pstat5),
    )
    lose_cd25 = process("cd25 ->", rate=k_lose_cd25 * cd25)
    shed = process(
        "cd25 -> soluble_cd25",
        rate=k_shed * cd25,
        exchange={"soluble_cd25": cells / AVOGADRO},
    )
    make_cd122 = process("-> cd122", rate=k_lose_cd122 * cd122_at_rest)
    lose_cd122 = process("cd122 ->", rate=k_lose_cd122 * cd122)
    digest_dimer = process("dimer ->", rate=k_internalize * dimer)
    digest_trimer = process(
        "trimer ->", rate=k_internalize * (1 - cd25_returned) * trimer
    )
    return_cd25 = process("trimer -> cd25", rate=k_internalize * cd25_returned * trimer)
