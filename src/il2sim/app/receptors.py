"""`il2sim validate receptors`: checks as tables, counted, and told for machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.text import Text

from il2sim.app import tables

if TYPE_CHECKING:
    from rich.table import Table

    from il2sim.inference.check import Check

LISTED = "Reproduction checks"
BEYOND = "Beyond them: what a fit did not see, and harder forms of the same checks"

MARKS = "✓ in its band; ≥ at least as good as the published model, < worse"

KEEPS_UP = {None: "", True: "≥", False: "<"}


def shown(found: Sequence[Check]) -> list[RenderableType]:
    """Lay out the counts, both tables and what marks mean for the terminal."""
    listed, beyond = parted(sorted(found, key=lambda one: one.row))
    return [
        Text(f"\n{headline(found)}", "bold"),
        _table(f"{LISTED}: {count(listed)} in their band", listed),
        _table(f"{BEYOND}: {count(beyond)} in their band", beyond),
        Text(MARKS, "dim"),
    ]


def told(found: Sequence[Check]) -> list[dict[str, Any]]:
    """Write checks as plain values for ``--json``."""
    return [
        asdict(one) | {"passes": one.passes, "keeps_up": one.keeps_up} for one in found
    ]


def headline(found: Sequence[Check]) -> str:
    """Count checks in their band, and those that keep up with a published model.

    Examples
    --------
    >>> from il2sim.inference.check import Check
    >>> headline([Check(1, "R²", 0.98, 0.97, 1.0, "0.96", "fitted", published=0.96)])
    'Receptors: 1 of 1 checks in their band, and at least as good as the published \
model in 1 of 1 that have one'
    """
    beside = [one for one in found if one.published is not None]
    ahead = sum(bool(one.keeps_up) for one in beside)
    return (
        f"Receptors: {count(found)} checks in their band, and at least as good as the "
        f"published model in {ahead} of {len(beside)} that have one"
    )


def parted(found: Sequence[Check]) -> tuple[list[Check], list[Check]]:
    """Part those of the list of reproduction checks from those that go beyond it."""
    return (
        [one for one in found if not one.beyond],
        [one for one in found if one.beyond],
    )


def count(found: Sequence[Check]) -> str:
    """Say how many of them are in their band."""
    return f"{sum(one.passes for one in found)} of {len(found)}"


def _table(title: str, found: Sequence[Check]) -> Table:
    table = tables.plain_table(title)
    table.add_column("", no_wrap=True, width=2)
    table.add_column("row", no_wrap=True, width=3)
    for name, ratio in (("what", 12), ("il2sim", 5), ("band", 4)):
        table.add_column(name, ratio=ratio, overflow="fold")
    table.add_column("published models", ratio=6, overflow="fold")
    table.expand = True
    for one in found:
        mark = ("✓" if one.passes else "✗") + KEEPS_UP[one.keeps_up]
        value = f"{one.value:.3g}"
        if one.spread is not None:
            value += f" ({one.spread[0]:.3g}-{one.spread[1]:.3g})"
        words = (f"{one.name} ({one.how})", value, one.band, one.baseline)
        table.add_row(mark, str(one.row), *words)
    return table
