"""Activated Treg: those that carry ICOS for some days after a strong IL-2 signal.

ICOS+ Treg rose more than any other subset of lymphocytes after a cycle of high dose,
and whether they did, not whether all Treg did, went with the outcome (E098, E099).
"""

from __future__ import annotations

from il2sim.symbolic import Component, parameter, process, state, supplied


class Activation(Component):
    """The part of one population that carries ICOS."""

    pstat5 = supplied("1", "pSTAT5, mean of its cells")

    icos_at_rest = parameter("1", "cells with ICOS without added IL-2", by="cell")
    icos_induction = parameter(
        "1", "gain in gaining ICOS at full pSTAT5, over rest", by="cell"
    )
    k_lose_icos = parameter("1/d", "cells lose ICOS")

    share = state("1", "cells with ICOS, part of all", start=icos_at_rest)

    gain = process(
        "-> share",
        rate=k_lose_icos
        * icos_at_rest
        / (1 - icos_at_rest)
        * (1 + icos_induction * pstat5)
        * (1 - share),
    )
    lose = process("share ->", rate=k_lose_icos * share)
