"""Which published trials the models are judged by near a regimen, and whether any is.

A file of its own because it says nothing of the run: how the models do there is found
by ``il2sim validate``, and no number of it is stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from il2sim.formats.card_file import read_cards
from il2sim.molecules import catalog
from il2sim.molecules.product import Product
from il2sim.study.dosing import amount_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from il2sim.molecules import CellProduct
    from il2sim.study.course import Dose
    from il2sim.study.regimen import Regimen

PERSON = {"flat": 1.0, "kg": 70.0, "m2": 1.8}
"""Whose weight [kg] and surface [m²] make doses of different bases comparable."""

NEAR = 3.0
"""A first day's dose within so many times counts as near: less than the steps by which
trials escalate; an assumption, 2 to 5."""

MOST = 8
"""Trials named; the nearest ones."""


def trials_near(
    regimen: Regimen, products: Mapping[str, Product | CellProduct] | None = None
) -> list[dict[str, Any]]:
    """Trials of the cards with the same molecule, by the same route, at a like dose.

    Parameters
    ----------
    regimen
        Of the study.
    products
        What it gives, by name; default from the shipped catalog.

    Returns
    -------
    list of dict
        ``name``, ``title``, ``regimen``, ``role``, ``kind``, and how many published
        numbers were ``measured``; the nearest dose first, each card once.

    Examples
    --------
    >>> from il2sim.study.regimen import Regimen
    >>> found = trials_near(Regimen.parse("aldesleukin 1 MIU/m2 sc daily for 84 days"))
    >>> "daily-cgvhd-phase-2" in [one["name"] for one in found]
    True
    """
    mine = _first_day(regimen, products)
    if mine is None:
        return []
    found: dict[str, tuple[float, dict[str, Any]]] = {}
    for card in read_cards():
        for name, arm in card.arms.items():
            measured = sum(name in (one.arm, one.over) for one in card.measured)
            other = None if arm.regimen is None else _first_day(arm.regimen)
            if not measured or other is None or other[:2] != mine[:2]:
                continue
            apart = max(other[2] / mine[2], mine[2] / other[2])
            if apart <= NEAR and apart < found.get(card.name, (NEAR + 1, {}))[0]:
                told = {
                    "name": card.name,
                    "title": card.title,
                    "regimen": str(arm.regimen),
                    "role": card.role,
                    "kind": card.kind,
                    "measured": measured,
                }
                found[card.name] = apart, told
    nearest = sorted(found.values(), key=lambda one: one[0])
    return [told for _, told in nearest[:MOST]]


def _first_day(
    regimen: Regimen, products: Mapping[str, Product | CellProduct] | None = None
) -> tuple[str, str, float] | None:
    """Molecule, route and amount of the first day's doses [nmol]; None for cells alone.

    Examples
    --------
    >>> from il2sim.study.regimen import Regimen
    >>> _first_day(Regimen.parse("aldesleukin 4 nmol/day iv continuous for 9 days"))
    ('wild-type IL-2', 'iv', 4.0)
    """
    known = products or {}
    given = [
        (known.get(dose.product) or catalog.given(dose.product), dose)
        for dose in regimen.doses
    ]
    drugs = [(one, dose) for one, dose in given if isinstance(one, Product)]
    if not drugs:
        return None
    product, first = drugs[0]
    begun = [(o, d) for o, d in drugs if d.time_h < first.time_h + 24.0]
    amount = sum(_in_a_day(one, dose) for one, dose in begun)
    return product.variant.name, first.route, amount


def _in_a_day(product: Product, dose: Dose) -> float:
    part = min(1.0, 24.0 / dose.duration_h) if dose.duration_h else 1.0
    return amount_of(product, dose) * PERSON[dose.per] * part
