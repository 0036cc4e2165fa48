"""Values of the published models, from `values.tsv` beside this file.

A row is named ``"<model>/<parameter>"``; ``"*"`` in place of a cell stands for every
cell. What a published model does not give is looked up in the tables of evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

from il2sim.evidence import library
from il2sim.evidence.parameter import COLUMNS, ParameterValue
from il2sim.evidence.rows import read_rows
from il2sim.symbolic.model import Value

_TABLE = Path(__file__).parent / "values.tsv"


@cache
def values_of(model: str) -> Callable[[str], Value]:
    """Look parameters of a published model up by name.

    Raises
    ------
    UnknownName
        On look-up: neither the model's table nor the evidence has the parameter.

    Examples
    --------
    >>> values_of("farhat")("endosome.k_internalize_more").value
    2.54
    """
    own = _rows()

    def look_up(name: str) -> Value:
        for key in (name, f"*.{name.partition('.')[2]}"):
            if f"{model}/{key}" in own:
                return own[f"{model}/{key}"]
        return library.parameter(name)

    return look_up


@lru_cache(maxsize=1)
def _rows() -> Mapping[str, ParameterValue]:
    found = {}
    for row in read_rows(_TABLE, required=COLUMNS):
        value, low, high = (row.number(name) for name in ("value", "low", "high"))
        if value is None:
            row.refuse("value", "is empty", expected="a number")
        found[row.name] = ParameterValue(
            row.name,
            value,
            row.unit("unit"),
            low,
            high,
            row.text("source", required=True),
            row.text("how", required=True),
            row.text("note"),
        )
    return MappingProxyType(found)
