"""`CellProduct`: living cells in a bag, counted in cells.

Cells have no molecule, no mass and no activity: a dose is a number of cells of one
population. Doses per kg or per m² are for `study`, as with a `Product`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import UnitMismatch
from il2sim.units import convert, describe, unit


@dataclass(frozen=True)
class CellProduct:
    """A preparation of cells.

    Attributes
    ----------
    name, aliases
        Its name in this package, and other names that find it.
    population
        Of the model, that the cells join.
    routes
        How it is given.
    note
        What a user should know.

    Examples
    --------
    >>> from il2sim.molecules import cell_product
    >>> cell_product("TIL").population
    'memory CD8'
    """

    name: str
    population: str
    aliases: tuple[str, ...] = ()
    routes: tuple[str, ...] = ("iv",)
    note: str = ""

    @overload
    def to_cells(self, amount: float, given: str) -> float: ...
    @overload
    def to_cells(self, amount: NDArray[Any], given: str) -> NDArray[np.float64]: ...
    def to_cells(self, amount: Any, given: str) -> Any:
        """Express an amount in cells.

        Parameters
        ----------
        amount
            A number or an array [given].
        given
            ``"cell"``; a dose per kg is multiplied out before.

        Raises
        ------
        BadUnit
            The unit cannot be read.
        UnitMismatch
            It does not count cells.
        """
        if unit(given).dimension != unit("cell").dimension:
            raise UnitMismatch(
                f"an amount of '{self.name}' in '{given}' is no number of cells.",
                got=f"{given}, which is {describe(unit(given).dimension)}",
                expected="cells, such as '1e9 cells'",
            )
        return convert(amount, given, "cell")

    def inlets(self, route: str) -> tuple[str, str]:
        """Inlets of a model: the cells, and the same cells followed as given."""
        return f"{self.population} {route}", f"given {self.population} {route}"

    def __str__(self) -> str:
        lines = [f"{self.name}: cells of the population '{self.population}'"]
        if self.aliases:
            lines.append(f"  also: {', '.join(self.aliases)}")
        lines.append(f"  routes: {', '.join(self.routes)}")
        if self.note:
            lines.append(f"  note: {self.note}")
        return "\n".join(lines)
