"""What the shipped fits found: numbers with their interval, and draws of a posterior.

`il2sim fit` writes these tables, and nobody edits them. Here they are read and not
understood: what a number stands for in a model is said where it is used
(`models/blood_cells.py`).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from il2sim.evidence.parameter import ParameterValue

_FITTED = Path(__file__).parent / "tables" / "fitted"


@lru_cache(maxsize=8)
def fitted_numbers(table: str) -> Mapping[str, ParameterValue]:
    """Numbers of a shipped fit by name: the best point, with 90 % as the range.

    Parameters
    ----------
    table
        Such as ``"receptors.tsv"``.

    Examples
    --------
    >>> fitted_numbers("receptors.tsv")["internalize"].how
    'fitted'
    """
    return MappingProxyType({row["name"]: _number(row) for row in _rows(table)})


@lru_cache(maxsize=8)
def fitted_draws(table: str) -> tuple[Mapping[str, float], ...]:
    """Draws from the posterior of a shipped fit: numbers by name, in its units.

    Parameters
    ----------
    table
        Such as ``"receptor_draws.tsv"``.
    """
    return tuple(
        MappingProxyType({name: float(value) for name, value in row.items()})
        for row in _rows(table)
    )


def _number(row: Mapping[str, str]) -> ParameterValue:
    value, low, high = (float(row[name]) for name in ("value", "low", "high"))
    return ParameterValue(
        name=row["name"],
        value=value,
        unit=row["unit"],
        low=min(low, value),  # a best point at its bound lies outside of the draws
        high=max(high, value),
        source=row["source"],
        how="fitted",
        note=row["meaning"],
    )


def _rows(table: str) -> list[dict[str, str]]:
    text = (_FITTED / table).read_text("utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))
