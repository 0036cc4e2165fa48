"""IL-2 with several arms, whose receptors go on signaling inside the cell.

`multivalent.py` says how arms land and cross-link, `lasting.py` what bound receptors do
after they were taken inside; here the two are one mechanism.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from il2sim.models.lasting import LASTING, Inside
from il2sim.models.mechanisms import MULTIVALENT
from il2sim.symbolic import Component


def _receptors(cell: str) -> Iterator[Component]:
    yield from MULTIVALENT.receptors(cell)
    yield Inside(
        f"{cell} inside",
        trafficking="trafficking",
        dimer=f"{cell} receptors.on_dimer",
        trimer=f"{cell} receptors.on_both",
    )


LASTING_ARMS = replace(
    MULTIVALENT,
    name="lasting arms",
    meaning="as multivalent, and bound receptors go on signaling inside the cell",
    receptors=_receptors,
    engaged=LASTING.engaged,
)
"""Receptors that arms hold signal on the surface and, for hours, inside."""
