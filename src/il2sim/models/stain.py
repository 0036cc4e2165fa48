"""What an antibody shows of the receptor chains on a surface.

A ligand can cover the epitope of the antibody, so that a chain that is still there is
not seen: the stain of CD122 falls within two minutes of IL-2, faster than anything is
taken inside (Ring et al. 2012, Nat Immunol 13:1187, PMC3501574). `stained` adds stains
to a mechanism of the family; `visible` of 1 is an antibody that no ligand disturbs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from il2sim.models.family import sequential, surface_parts
from il2sim.models.mechanisms import Mechanism
from il2sim.symbolic import (
    Component,
    Expression,
    Reference,
    observed,
    parameter,
    supplied,
)

EPITOPES = {"cd122": "CD122", "cd132": "CD132"}
"""Chains that are stained, as components and as outputs write them."""


class Stain(Component):
    """The stain of one chain of a cell type, over that of resting cells."""

    empty = supplied("molecule/cell", "the chain on the surface, without ligand")
    held = supplied("molecule/cell", "the chain on the surface, in complexes")
    at_rest = supplied("molecule/cell", "the chain on a resting cell")

    visible = parameter("1", "part of the held that is seen", by="epitope")

    seen = observed("1", "stain over that at rest", (empty + visible * held) / at_rest)


@lru_cache(maxsize=8)
def stained(*ligands: str) -> Mechanism:
    """Compose cells of the family whose CD122 and gamma-c are stained.

    Parameters
    ----------
    ligands
        Of the family (`il2sim.models.family.PRIVATE`); default IL-2 alone.

    Raises
    ------
    UnknownName
        A ligand is not of the family.

    Examples
    --------
    >>> from il2sim.models.dish import dish
    >>> dish(("YT-1",), stained("il2")).outputs["stained CD132 of YT-1"].unit
    '%'
    """
    plain = sequential(*ligands)

    def epitopes(cell: str) -> Iterator[Component]:
        parts = surface_parts(plain.ligands, cell)
        for chain, shown in EPITOPES.items():
            empty, held = parts[shown]
            yield Stain(
                f"{cell} stain of {shown}",
                empty=empty,
                held=held,
                at_rest=f"{cell}.{chain}_at_rest",
                epitope=f"{shown} epitope",
            )

    def stains(cell: str) -> dict[str, Expression]:
        return {
            shown: Reference(f"{cell} stain of {shown}.seen")
            for shown in EPITOPES.values()
        }

    return replace(plain.with_components(epitopes), name="stained", stains=stains)
