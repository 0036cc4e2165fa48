"""Receptors that go on signaling inside the cell, until they are degraded.

Bound receptors are taken inside within 10-15 min, and those that still hold their
ligand go on phosphorylating STAT5 there (Farhat et al. 2021,
doi:10.1016/j.celrep.2021.109044, gave them half the weight of those on the surface).
What is caught over hours then adds up, so that cells answer to lower doses the longer
they are left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from il2sim.models.mechanisms import MULTIVALENT, PAIRED, Mechanism
from il2sim.symbolic import (
    Component,
    Expression,
    Reference,
    observed,
    parameter,
    process,
    state,
    supplied,
)


class Inside(Component):
    """Bound receptors of one cell type after they were taken inside."""

    dimer = supplied("molecule/cell", "IL-2 held by CD122 and gamma-c")
    trimer = supplied("molecule/cell", "IL-2 held by CD25, CD122 and gamma-c")

    k_internalize = parameter("1/min", "bound receptors go inside", by="trafficking")
    k_silence = parameter("1/min", "receptors inside end to signal")
    weight_inside = parameter("1", "signal of a receptor inside, over one outside")

    inside = state("molecule/cell", "receptors that signal inside")

    signaling = observed(
        "molecule/cell",
        "signaling receptors, outside and inside",
        dimer + trimer + weight_inside * inside,
    )

    take_in = process("-> inside", rate=k_internalize * (dimer + trimer))
    silence = process("inside ->", rate=k_silence * inside)


def _lasting(mechanism: Mechanism, name: str, *, dimer: str, trimer: str) -> Mechanism:
    """Let the bound receptors of a mechanism, two of its states, signal inside too."""

    def inside(cell: str) -> Iterator[Component]:
        yield Inside(
            f"{cell} inside",
            trafficking="trafficking",
            dimer=f"{cell} receptors.{dimer}",
            trimer=f"{cell} receptors.{trimer}",
        )

    return replace(
        mechanism.with_components(inside),
        name=name,
        meaning=f"as {mechanism.name}, and bound receptors go on signaling inside the "
        "cell",
        engaged=_engaged,
    )


def _engaged(cell: str) -> Expression:
    return Reference(f"{cell} inside.signaling")


LASTING = _lasting(PAIRED, "lasting", dimer="dimer", trimer="trimer")
"""Receptors signal on the surface and, for hours, inside."""

LASTING_ARMS = _lasting(MULTIVALENT, "lasting arms", dimer="on_dimer", trimer="on_both")
"""The same for receptors that arms hold (`multivalent.py`)."""
