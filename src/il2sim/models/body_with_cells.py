"""`body_with_cells`: the body, and cells as doses; also with a tumor.

Cells of each population can be given into a vein: Treg, or lymphocytes grown from a
tumor (TIL), which are memory CD8.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from il2sim.models.body import WILD_TYPE, body
from il2sim.models.body_with_tumor import body_with_tumor
from il2sim.models.cells import CONVERSIONS, POPULATIONS
from il2sim.models.transfer import GivenCells, GivenConversion
from il2sim.symbolic import Component, Model, Output, Reference


@lru_cache(maxsize=4)
def body_with_cells(variant: str = WILD_TYPE) -> Model:
    """Join the body's model with cells that are given.

    Parameters
    ----------
    variant
        As in `body`.

    Examples
    --------
    >>> body_with_cells().inlets["memory Treg iv"]
    'memory Treg.pool'
    """
    return replace(
        _with_cells(body(variant)),
        name="body_with_cells",
        meaning="IL-2 and cells given to a person",
    )


@lru_cache(maxsize=4)
def body_with_tumor_and_cells(variant: str = WILD_TYPE) -> Model:
    """The same in a person with a tumor.

    Parameters
    ----------
    variant
        As in `body`.

    Examples
    --------
    >>> body_with_tumor_and_cells().outputs["given memory CD8"].unit
    'cell'
    """
    return replace(
        _with_cells(body_with_tumor(variant)),
        name="body_with_tumor_and_cells",
        meaning="IL-2 and cells given to a person with a tumor",
    )


def _with_cells(model: Model) -> Model:
    """Two inlets for each population: its pool, and those followed as given."""
    inlets = dict(model.inlets)
    for cell in POPULATIONS:
        inlets[f"{cell} iv"] = f"{cell}.pool"
        inlets[f"given {cell} iv"] = f"given {cell}.cells"
    joined = model
    for component in _given():
        joined = joined.with_component(component)
    return replace(joined.with_outputs(list(_outputs())), inlets=inlets)


def _given() -> Iterator[Component]:
    for cell in POPULATIONS:
        yield GivenCells(
            f"given {cell}",
            pool=f"{cell}.pool",
            division_rate=f"{cell}.division_rate",
            death_rate=f"{cell}.death_rate",
        )
    for source, target in CONVERSIONS.items():
        yield GivenConversion(
            f"given {source} to {target}",
            source=f"given {source}.cells",
            target=f"given {target}.cells",
            rate_per_cell=f"{source} to {target}.rate_per_cell",
        )


def _outputs() -> Iterator[Output]:
    for cell in POPULATIONS:
        cells, share = (Reference(f"given {cell}.{one}") for one in ("cells", "share"))
        yield Output(f"given {cell}", "cell", "given cells and their daughters", cells)
        yield Output(f"given of {cell}", "%", "part of the population", share)
