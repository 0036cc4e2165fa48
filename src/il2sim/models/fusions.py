"""Fc fusions in a dish: what a sensor measured, and what is assumed beside it.

Their affinities are on a scale of their own (biolayer interferometry), which goes with
its own reach. Not measured are the rate at which an arm meets CD25, the rate at which
an arm on a cell meets the dimer, and the loss from the trimer; each is here a marked
assumption with a range, unless a molecule of a user's own has it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from il2sim.errors import BadVariant
from il2sim.evidence import ParameterValue, library
from il2sim.molecules import Variant, catalog
from il2sim.molecules.variant import never_met
from il2sim.symbolic.model import Value

SCALE = "Fc fusion by interferometry"
"""Of affinities, in the catalog."""

REACH, MEETING = "fc_fusion.reach", "fc_fusion.meeting"
"""Parameters that go with it."""

ASSEMBLY = "binding.k_assemble"
"""How fast two chains meet on a cell."""

UNFUSED, FUSED = "wild-type IL-2", "WT N-term Fc"
"""The molecules whose rates stand for those not measured."""

FAR = 3.0
"""Factor by which an assumed rate may be off, either way."""


def is_fusion(molecule: Variant) -> bool:
    """Whether its affinities are on the scale of Fc fusions."""
    return molecule.scale == SCALE


def values_of_fusion(molecule: str | Variant) -> Callable[[str], Value]:
    """Look parameters up: the fusion's own, those assumed, the rest in the tables.

    Raises
    ------
    BadVariant
        An affinity of the molecule is not known.

    Examples
    --------
    >>> look_up = values_of_fusion("N88D C-term Fc")
    >>> look_up("il2.kd_alpha").value, look_up("il2.koff_trimer").how
    (1.01, 'assumption')
    """
    known = binding_on_cells(catalog.found(molecule))

    def look_up(parameter: str) -> Value:
        if parameter in known:
            return known[parameter]
        return library.parameter(parameter)

    return look_up


def binding_on_cells(molecule: Variant) -> dict[str, ParameterValue]:
    """Every number of binding that a dish asks of a fusion, by its name there.

    Raises
    ------
    BadVariant
        An affinity is not known.
    """
    numbers = molecule.numbers
    absent = [one for one in ("kd_alpha", "kd_beta_gamma") if one not in numbers]
    if absent:
        raise BadVariant(
            f"the binding of '{molecule.name}' is not known well enough for a dish.",
            got=f"no {', '.join(absent)}",
            expected="kd_alpha and kd_beta_gamma",
        )
    unfused = catalog.variant(UNFUSED).numbers
    fused = catalog.variant(FUSED).numbers
    met = numbers.get("kon_beta_gamma", fused["kon_beta_gamma"])
    found = {
        "kd_alpha": numbers["kd_alpha"],
        "kd_beta_gamma": numbers["kd_beta_gamma"],
        "kon_alpha": numbers.get("kon_alpha")
        or assumed(unfused["kon_alpha"], "as unfused IL-2"),
        "kon_beta_gamma": on_cells(met),
        "koff_trimer": numbers.get("koff_trimer") or leaving(numbers["kd_beta_gamma"]),
        "reach": library.parameter(REACH),
    }
    if molecule.binds_cd25 is False:
        found["kon_alpha"] = never_met()
    for one, kept in (("valency", "arms"), ("cd25_arms", "cd25_arms")):
        if one in numbers:
            found[kept] = numbers[one]
    return {f"il2.{key}": replace(one, name=f"il2.{key}") for key, one in found.items()}


def on_cells(met: ParameterValue) -> ParameterValue:
    """How fast an arm meets the dimer of a cell, from its rate on a sensor."""
    factor = library.parameter(MEETING)
    low, high = factor.low or factor.value, factor.high or factor.value
    return replace(
        met,
        value=met.value * factor.value,
        low=met.value * low,
        high=met.value * high,
        how="assumption",
        note=f"{factor.value:g} times the rate on a sensor ({MEETING})",
    )


def leaving(kd_beta_gamma: ParameterValue) -> ParameterValue:
    """How fast the trimer is left: assembly times affinity for the dimer over reach.

    With it the trimer is at rest as tight as the cross-linking of one arm makes it; of
    unfused IL-2 it is the rate that was measured.
    """
    assembly, reach = library.parameter(ASSEMBLY), library.parameter(REACH)
    rate = assembly.value * kd_beta_gamma.value
    low, high = reach.low or reach.value, reach.high or reach.value
    return ParameterValue(
        name="koff_trimer",
        value=rate / reach.value,
        unit="1/min",
        low=rate / high / FAR,
        high=rate / low * FAR,
        source=reach.source,
        how="assumption",
        note=f"{ASSEMBLY} times kd_beta_gamma over {REACH}",
    )


def assumed(number: ParameterValue, why: str) -> ParameterValue:
    """A rate taken over from another molecule."""
    low, high = number.low or number.value, number.high or number.value
    return replace(number, low=low / FAR, high=high * FAR, how="assumption", note=why)
