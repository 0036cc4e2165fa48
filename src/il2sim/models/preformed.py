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
from il2sim.models.endosome import QuietComplex
from il2sim.models.family import PRIVATE, STAINED, THREE, sequential
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
from il2sim.symbolic.expression import Number


class PairOfTwo(Component):
    """A private chain and gamma-c that hold each other, and catch IL-4 or IL-7."""

    fluid = supplied("nmol", "ligand in the fluid of that place")
    free = supplied("nM", "free ligand there")
    cells = supplied("cell", "cells of the type")
    alpha = supplied("molecule/cell", "private chain without ligand")
    gamma = supplied("molecule/cell", "gamma-c without ligand")
    joined = supplied("molecule/cell", "ligand on both chains")
    crowding = supplied("1", "how much denser chains are than on the surface")
    loosening = supplied("1", "how much faster ligand lets go than at the surface")

    kon = parameter("1/(nM*min)", "ligand meets a single chain", by="ligand")
    kd_alpha = parameter("nM", "affinity for the private chain", by="ligand")
    k_drop_gamma = parameter("1/min", "gamma-c leaves the complex", by="ligand")
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


class PairOfThree(Component):
    """A private chain and gamma-c that hold each other, and catch IL-2 or IL-15.

    CD122 joins later, as it joins ligand that has gathered the others one by one.
    """

    fluid = supplied("nmol", "ligand in the fluid of that place")
    free = supplied("nM", "free ligand there")
    cells = supplied("cell", "cells of the type")
    alpha = supplied("molecule/cell", "private chain without ligand")
    gamma = supplied("molecule/cell", "gamma-c without ligand")
    joined = supplied("molecule/cell", "ligand on both chains")
    crowding = supplied("1", "how much denser chains are than on the surface")
    loosening = supplied("1", "how much faster ligand lets go than at the surface")

    kon = parameter("1/(nM*min)", "ligand meets a single chain", by="ligand")
    kd_alpha = parameter("nM", "affinity for the private chain", by="ligand")
    k_drop_gamma_from_alpha = parameter(
        "1/min", "gamma-c leaves ligand with alpha", by="ligand"
    )
    k_assemble = parameter(
        "cell/(molecule*min)", "two chains meet on the membrane", by="membrane"
    )
    k_part = parameter("1/min", "the pair falls apart", by="pair")

    held = state("molecule/cell", "private chain with gamma-c, without ligand")

    # Detailed balance: ligand first or gamma-c first, the whole is the same. Both steps
    # by ligand first are looser inside.
    kd = observed(
        "nM",
        "affinity for the pair",
        kd_alpha * k_drop_gamma_from_alpha * loosening**2 / k_part,
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

    def receptors(cell: str) -> Iterator[Component]:
        yield from plain.receptors(cell)
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
        plain,
        name="preformed",
        meaning=f"{plain.meaning}; some hold gamma-c without ligand",
        receptors=receptors,
        surface=surface,
    )


def _pair(cell: str, chain: str, ligand: str) -> Iterator[Component]:
    """A pair on the surface, in endosomes, and on its way between them."""
    inside = f"{cell} {ligand} in endosomes"
    for place, pool, fluid in (
        ("", "surface", f"{ligand} medium"),
        (" inside", "inside", inside),
    ):
        kind: type[Component] = PairOfThree if ligand in THREE else PairOfTwo
        whole = "on_alpha_gamma" if ligand in THREE else "on_all"
        yield kind(
            f"{cell} {chain} pair{place}",
            fluid=f"{fluid}.amount",
            free=f"{fluid}.free",
            cells=f"{cell}.seeded",
            alpha=f"{cell} {chain}.{pool}",
            gamma=f"{cell} cd132.{pool}",
            joined=f"{cell} {ligand}{place}.{whole}",
            crowding=f"{cell} endosome.crowding" if place else Number(1.0),
            loosening=f"{cell} endosome.loosening" if place else Number(1.0),
            ligand=ligand,
            membrane="membrane",
            pair=f"{chain} pair",
        )
    yield QuietComplex(
        f"{cell} {chain} pair traffic",
        surface=f"{cell} {chain} pair.held",
        inside=f"{cell} {chain} pair inside.held",
        endosome="endosome",
    )
