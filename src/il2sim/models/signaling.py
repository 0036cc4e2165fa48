"""From occupied receptors to pSTAT5.

STAT5 is phosphorylated and dephosphorylated within minutes, faster than anything that
the body's model asks of it, so its level is a function of the receptors engaged now.
The steepness stands for the threshold seen in dose-responses.
"""

from __future__ import annotations

from il2sim.symbolic import Component, hill, observed, parameter, supplied


class Signaling(Component):
    """pSTAT5 of one cell type in one place."""

    engaged = supplied("molecule/cell", "signaling receptors")

    half_engaged = parameter(
        "molecule/cell", "signaling receptors that give half of the pSTAT5", by="cell"
    )
    steepness = parameter("1", "Hill exponent of pSTAT5 in signaling receptors")

    pstat5 = observed(
        "1", "pSTAT5, part of the most", hill(engaged, half_engaged, steepness)
    )
