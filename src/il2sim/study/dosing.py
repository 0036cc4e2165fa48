"""A dose in the engine's words: how much of what enters the model where.

A product's dose is nmol into the inlet of its route. Cells enter the pool of their
population, and once more the state in which a model follows those that were given; the
second record is the shadow of the first, no dose of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from il2sim.engine.records import Given
from il2sim.errors import BadRegimen, closest
from il2sim.molecules.cell_product import CellProduct

if TYPE_CHECKING:
    from il2sim.molecules.product import Product
    from il2sim.study.course import Dose

BASES = ("flat", "kg", "m2")
"""Columns of a subject's sizes that doses are scaled by."""


def amount_of(product: Product | CellProduct, dose: Dose) -> float:
    """How much a dose is for each unit of its basis, [nmol] or [cell].

    Raises
    ------
    UnitMismatch
        Its unit does not fit the product.
    """
    if isinstance(product, CellProduct):
        return float(product.to_cells(dose.amount, dose.unit))
    return float(product.to_nmol(dose.amount, dose.unit))


def records_of(
    dose: Dose,
    products: Mapping[str, Product | CellProduct],
    inlets: Sequence[str],
    model: str,
) -> list[Given]:
    """The records of one dose, the dose itself first.

    Parameters
    ----------
    dose
        One dose of a regimen.
    products
        By name.
    inlets, model
        Of the model, and its name.

    Raises
    ------
    BadRegimen
        The model has no way in for it.
    """
    product = products[dose.product]
    routes: tuple[str, ...] = (dose.route,)
    if isinstance(product, CellProduct):
        routes = product.inlets(dose.route)
    for route in routes:
        if route not in inlets:
            raise BadRegimen(
                f"the model '{model}' has no way in for a dose.",
                got=f"'{route}'",
                expected=closest(route, inlets),
                try_="the model 'body_with_cells'" if len(routes) > 1 else None,
            )
    return [
        Given(
            time_h=dose.time_h,
            target=inlets.index(route),
            amount=amount_of(product, dose),
            basis=BASES.index(dose.per),
            duration_h=dose.duration_h,
        )
        for route in routes
    ]
