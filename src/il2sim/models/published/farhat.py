"""Farhat et al. 2021, Cell Reports, doi:10.1016/j.celrep.2021.109044: gamma-c family.

Our sequential mechanism with the medians of their posterior: bound receptors go inside
at 2.6 per minute, pSTAT5 is proportional to what is engaged, CD25 is not induced. In
their code numbers inside are scaled by the area of one half; ours are molecules.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from il2sim.models.dish import dish
from il2sim.models.family import sequential
from il2sim.models.published.values import values_of
from il2sim.models.stat5 import proportional
from il2sim.symbolic import Model


@lru_cache(maxsize=8)
def farhat_2021(cells: tuple[str, ...], *ligands: str) -> Model:
    """Join the published model for some cells and ligands.

    Parameters
    ----------
    cells
        Of the tables of parameters, or ``"YT-1"``, the line it was fitted to.
    ligands
        ``"il2"``, ``"il15"``; default IL-2 alone.

    Raises
    ------
    UnknownName
        A cell type or a ligand is not known.

    Examples
    --------
    >>> farhat_2021(("YT-1",), "il2", "il15").parameters["YT-1.cd122_at_rest"].value
    538.0
    """
    mechanism = sequential(*ligands).with_signaling(proportional)
    return replace(
        dish(cells, mechanism, look_up=values_of("farhat")),
        name="Farhat 2021",
        meaning="the gamma-c family in a well, as published",
    )
