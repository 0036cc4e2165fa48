"""Receptor chains that hold gamma-c before any ligand has come.

IL-7Rα binds many of the gamma-c of a T cell without ligand (Gonnord et al. 2018, Sci
Signal 11:eaal1253; McElroy et al. 2012, doi:10.1073/pnas.1116582109), and CD25, CD122
and gamma-c lie together without IL-2 (Vámosi et al. 2004, doi:10.1073/pnas.0403916101).
`preformed` adds such pairs to a mechanism of the family; they go inside and return as
single chains do, so that numbers at rest stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from il2sim.models.constants import AVOGADRO
from il2sim.models.family import PRIVATE, STAINED, THREE, places, quiet, sequential
from il2sim.models.mechanisms import Mechanism
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


class Pair(Component):
    """A private chain and gamma-c that hold each other, and catch ligand together.

    Where the ligand needs CD122 too, that joins later, as it joins ligand that has
    gathered the others one by one.
    """

    fluid = supplied("nmol", "ligand in the fluid of that place")
    free = supplied("nM", "free ligand there")
    cells = supplied("cell", "cells of the type")
    alpha = supplied("molecule/cell", "private chain without ligand")
    gamma = supplied("molecule/cell", "gamma-c without ligand")
    joined = supplied("molecule/cell", "ligand on both chains")
    k_drop_gamma = supplied("1/min", "gamma-c leaves ligand on both chains")
    crowding = supplied("1", "how much denser chains are than on the surface")
    loosening = supplied("1", "how much faster ligand lets go than at the surface")

    kon = parameter("1/(nM*min)", "ligand meets a single chain", by="ligand")
    kd_alpha = parameter("nM", "affinity for the private chain", by="ligand")
    k_assemble = parameter(
        "cell/(molecule*min)", "two chains meet on the membrane", by="membrane"
    )
    k_part = parameter("1/min", "the pair falls apart", by="pair")

    held = state("molecule/cell", "private chain with gamma-c, without ligand")

    # Detailed balance: ligand first or gamma-c first, the whole is the same. Both steps
    # by ligand first are looser inside.
    kd = observed(
        "nM", "affinity for the pair", kd_alpha * k_drop_gamma * loosening**2 / k_part
    )

    form = process("alpha + gamma -> held", rate=k_assemble * crowding * alpha * gamma)
    part = process("held -> alpha + gamma", rate=k_part * held)
    catch = process(
        "fluid + held -> joined",
        rate=kon * free * held,
        exchange={"fluid": cells / AVOGADRO},
    )
    release = process(
        "joined -> fluid + held",
        rate=kon * kd * joined,
        exchange={"fluid": cells / AVOGADRO},
    )


@lru_cache(maxsize=8)
def preformed(*ligands: str, chains: tuple[str, ...] = ("il7ra",)) -> Mechanism:
    """Compose cells of the family some of whose chains hold gamma-c without ligand.

    Parameters
    ----------
    ligands
        Of the family (`il2sim.models.family.PRIVATE`); default IL-2 alone.
    chains
        Private chains of these ligands that hold gamma-c.

    Raises
    ------
    UnknownName
        A ligand is not of the family.

    Examples
    --------
    >>> preformed("il7", "il4").name
    'preformed'
    """
    plain = sequential(*ligands)
    of = {PRIVATE[ligand]: ligand for ligand in plain.ligands}

    def pairs(cell: str) -> Iterator[Component]:
        for chain in chains:
            yield from _pair(cell, chain, of[chain])

    def surface(cell: str) -> dict[str, Expression]:
        shown = dict(plain.surface(cell))
        for chain in chains:
            for one in (chain, "cd132"):
                if one in STAINED:
                    pair = Reference(f"{cell} {chain} pair.held")
                    shown[STAINED[one]] = shown[STAINED[one]] + pair
        return shown

    return replace(
        plain.with_components(pairs),
        name="preformed",
        meaning=f"{plain.meaning}; some hold gamma-c without ligand",
        surface=surface,
    )


def _pair(cell: str, chain: str, ligand: str) -> Iterator[Component]:
    """A pair on the surface, in endosomes, and on its way between them."""
    whole, drop = "on_all", "k_drop_gamma"
    if ligand in THREE:
        whole, drop = "on_alpha_gamma", "k_drop_gamma_from_alpha"
    for place in places(ligand, cell):
        yield Pair(
            f"{cell} {chain} pair{place.name}",
            joined=f"{cell} {ligand}{place.name}.{whole}",
            k_drop_gamma=f"{ligand}.{drop}",
            pair=f"{chain} pair",
            **place.given,
        )
    pair = f"{cell} {chain} pair"
    yield quiet(f"{pair} traffic", cell, f"{pair}.held", f"{pair} inside.held")
