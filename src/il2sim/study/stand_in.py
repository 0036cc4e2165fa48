"""`StandIn`: a known binder in the place of a molecule whose binding was not published.

A trial of an engineered IL-2 can be predicted only if its binding is known. Where it is
not, a card may name a variant of the catalog that carries the same mutation, brought to
the scale of unfused IL-2, or assume by how much binding is weakened. Nothing here knows
what the molecule did in people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from il2sim.errors import UnknownName, closest
from il2sim.molecules import carry_over, catalog
from il2sim.molecules.product import Product
from il2sim.molecules.variant import Variant

WILD_TYPE = "wild-type IL-2"


@dataclass(frozen=True)
class StandIn:
    """Whose binding is used for the products of a regimen.

    Attributes
    ----------
    variant
        A variant of the catalog.
    via
        The wild type of its assay, from which it is brought to the scale of
        `WILD_TYPE`; None if it is on that scale.
    times
        What its numbers are multiplied by, [1]: an assumption.
    why
        What speaks for it.
    """

    variant: str
    via: str | None = None
    times: Mapping[str, float] = field(default_factory=dict)
    why: str = ""

    def molecule(self) -> Variant:
        """The variant, on the scale of unfused IL-2, with its numbers multiplied.

        Raises
        ------
        UnknownName
            The catalog lacks a variant, or the variant a number.
        """
        found = catalog.variant(self.variant)
        if self.via is not None:
            onto = catalog.variant(WILD_TYPE)
            found = carry_over(found, via=catalog.variant(self.via), onto=onto)
        numbers = dict(found.numbers)
        for name, factor in self.times.items():
            if name not in numbers:
                raise UnknownName(
                    f"'{self.variant}' has no number that could be multiplied.",
                    got=f"'{name}'",
                    expected=closest(name, numbers),
                )
            known = numbers[name]
            numbers[name] = replace(
                known, value=known.value * factor, how="assumption", note=self.why
            )
        return replace(found, numbers=MappingProxyType(numbers))

    def given(self, name: str) -> Product:
        """A product of that name with this molecule in it; doses must be in nmol."""
        return Product(name=name, variant=self.molecule())
