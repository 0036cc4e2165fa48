"""From under the skin into plasma and lymph.

A dose under the skin leaves its depot by a path that saturates (twice a dose gives less
than twice the exposure, E020-E021) or is destroyed on the spot; what leaves arrives
after a delay, partly straight in the blood and partly with the lymph, in which it
passes the tissue's cells before it reaches the blood.
"""

from __future__ import annotations

from il2sim.symbolic import Component, parameter, process, state, supplied


class InjectionSite(Component):
    """IL-2 injected under the skin, on its way to plasma and tissue."""

    plasma = supplied("nmol", "IL-2 in plasma")
    tissue = supplied("nmol", "IL-2 in the fluid of lymphoid tissue")

    depot = state("nmol", "IL-2 at the injection site")
    transit = state("nmol", "IL-2 on its way from the site")

    k_absorb = parameter("1/min", "leaves the depot, far below saturation")
    half_saturation = parameter("nmol", "depot at which absorption is half as fast")
    k_destroy = parameter("1/min", "is destroyed at the site")
    k_transit = parameter("1/min", "arrives")
    lymph_share = parameter("1", "part that arrives with the lymph")

    absorb = process(
        "depot -> transit", rate=k_absorb * depot / (1 + depot / half_saturation)
    )
    destroy = process("depot ->", rate=k_destroy * depot)
    arrive = process("transit -> plasma", rate=k_transit * (1 - lymph_share) * transit)
    drain = process("transit -> tissue", rate=k_transit * lymph_share * transit)
