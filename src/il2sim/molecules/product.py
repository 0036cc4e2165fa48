"""`Product`: what is in the vial.

IU per mg lives here and only here: IU count what a preparation does in an assay, so no
factor turns IU into a mass without naming the product. Doses per kg or per m² are for
`study`, which knows the subject.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import BadVariant, UnitMismatch
from il2sim.evidence import ParameterValue
from il2sim.molecules.variant import Variant
from il2sim.units import convert, describe, unit


@dataclass(frozen=True)
class Product:
    """A preparation of one variant.

    Attributes
    ----------
    name, aliases
        Its name in this package, and other names that find it.
    variant
        The ligand in it.
    activity
        Specific activity [MIU/mg]; None where it is not known.
    molar_mass
        Mass of one molecule as the product is weighed [kDa]; None where not known.
    routes
        How it is given.
    note
        What a user should know.

    Examples
    --------
    >>> from il2sim.molecules import product
    >>> round(product("aldesleukin").to_nmol(1, "MIU"), 2)
    4.0
    """

    name: str
    variant: Variant
    aliases: tuple[str, ...] = ()
    activity: ParameterValue | None = None
    molar_mass: ParameterValue | None = None
    routes: tuple[str, ...] = ()
    note: str = ""

    @property
    def iu_per_mg(self) -> float:
        """Specific activity [IU/mg].

        Raises
        ------
        BadVariant
            It is not known.
        """
        return self._known(self.activity, "specific activity", "IU/mg")

    @property
    def molar_mass_kDa(self) -> float:  # noqa: N802 (the unit is written so)
        """Mass of one molecule [kDa].

        Raises
        ------
        BadVariant
            It is not known.
        """
        return self._known(self.molar_mass, "molar mass", "kDa")

    @property
    def nmol_per_iu(self) -> float:
        """Amount that holds one IU [nmol/IU].

        Raises
        ------
        BadVariant
            Specific activity or molar mass is not known.
        """
        return self.nmol_per_mg / self.iu_per_mg

    @property
    def nmol_per_mg(self) -> float:
        """Amount in one mg [nmol/mg].

        Raises
        ------
        BadVariant
            The molar mass is not known.
        """
        return 1e3 / self.molar_mass_kDa

    @overload
    def to_nmol(self, amount: float, given: str) -> float: ...
    @overload
    def to_nmol(self, amount: NDArray[Any], given: str) -> NDArray[np.float64]: ...
    def to_nmol(self, amount: Any, given: str) -> Any:
        """Express an amount in nmol.

        Parameters
        ----------
        amount
            A number or an array [given].
        given
            A unit of activity, mass or substance: ``"MIU"``, ``"ug"``, ``"nmol"``.

        Raises
        ------
        BadUnit
            The unit cannot be read.
        UnitMismatch
            It is none of the three; a dose per kg is multiplied out before.
        BadVariant
            The product lacks the factor needed.
        """
        dimension = unit(given).dimension
        if dimension == unit("nmol").dimension:
            return convert(amount, given, "nmol")
        if dimension == unit("mg").dimension:
            return convert(amount, given, "mg") * self.nmol_per_mg
        if dimension == unit("IU").dimension:
            return convert(amount, given, "IU") * self.nmol_per_iu
        raise UnitMismatch(
            f"an amount of '{self.name}' in '{given}' cannot be given in nmol.",
            got=f"{given}, which is {describe(dimension)}",
            expected="activity, mass or substance, such as 'MIU', 'ug' or 'nmol'",
        )

    def from_nmol(self, amount_nmol: float, wanted: str) -> float:
        """Express an amount in nmol in a unit of activity, mass or substance.

        Raises
        ------
        BadUnit, UnitMismatch, BadVariant
            As `to_nmol`.

        Examples
        --------
        >>> from il2sim.molecules import product
        >>> round(product("aldesleukin").from_nmol(4.0, "MIU"), 1)
        1.0
        """
        return amount_nmol / self.to_nmol(1.0, wanted)

    def _known(self, number: ParameterValue | None, what: str, wanted: str) -> float:
        if number is None:
            raise BadVariant(
                f"the {what} of '{self.name}' is not known.",
                got="unknown in the catalog",
                expected=f"a dose in nmol, or the {what} [{wanted}] in a catalog of "
                "your own",
            )
        return convert(number.value, number.unit, wanted)

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.variant.name}"]
        if self.aliases:
            lines.append(f"  also: {', '.join(self.aliases)}")
        lines.append(f"  {self.activity or 'activity: unknown'}")
        lines.append(f"  {self.molar_mass or 'molar_mass: unknown'}")
        lines.append(f"  routes: {', '.join(self.routes) or 'unknown'}")
        if self.note:
            lines.append(f"  note: {self.note}")
        return "\n".join(lines)
