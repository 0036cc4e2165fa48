"""IL-7: made at a constant rate, cleared by the cells that have its receptor.

Serum IL-7 rises as T cells fall (r of -0.65 to -0.77 with CD4, E236 to E238), and what
it does under treatment of HIV is explained by its clearance through CD127 (E414). So it
is not made for lymphopenia: it is left over. Its half-life of hours (E415) is short
beside the weeks in which cells change, and it is taken as steady.
"""

from __future__ import annotations

from il2sim.symbolic import Component, observed, parameter, supplied


class Interleukin7(Component):
    """IL-7 of a person, over that of one with normal counts."""

    receptors = supplied("molecule", "CD127 on all cells of the body")
    blood_volume = supplied("L", "blood")

    normal_receptors = parameter(
        "molecule/L", "CD127 of all cells with normal counts, for each L of blood"
    )
    uptake_share = parameter("1", "part that CD127 clears at normal counts")

    level = observed(
        "1",
        "IL-7 over that with normal counts",
        1
        / (
            1
            - uptake_share
            + uptake_share * receptors / (blood_volume * normal_receptors)
        ),
    )
