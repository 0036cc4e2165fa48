"""Results and lists laid out for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from il2sim.app.run import Outcome
    from il2sim.study.comparison import Comparison

IN_FIRST_TABLE = ("peak fold", "end fold")


def populations_table(outcome: Outcome) -> Table:
    """Peak and end fold of each population, published values beside them."""
    summary = outcome.summary
    table = Table(title=f"{summary['title']}: median (5–95 % of subjects)")
    table.add_column("in blood")
    for heading in ("at rest", "peak fold", f"fold on day {summary['end_day']:g}"):
        table.add_column(heading, justify="right")
    for heading in ("published", "evidence"):
        table.add_column(heading)
    for name, endpoint in summary["endpoints"].items():
        beside = [
            one
            for one in outcome.comparisons
            if one.expected.name == name and one.expected.endpoint in IN_FIRST_TABLE
        ]
        table.add_row(
            name,
            f"{_shown(endpoint['resting']['median'])} {endpoint['unit']}",
            _spread(endpoint["peak fold"]),
            _spread(endpoint["end fold"]),
            "\n".join(_published(one) for one in beside),
            "\n".join(", ".join(one.expected.evidence) for one in beside),
        )
    return table


def comparisons_table(outcome: Outcome) -> Table | None:
    """Published values that are no peak or end fold of one population."""
    in_first = set(outcome.summary["endpoints"])
    rest = [
        one
        for one in outcome.comparisons
        if one.expected.name not in in_first
        or one.expected.endpoint not in IN_FIRST_TABLE
    ]
    if not rest:
        return None
    table = Table(title="Other published values")
    for heading in ("what", "found", "published", "evidence"):
        table.add_column(heading)
    for one in rest:
        what = f"{one.expected.name}, {one.expected.endpoint}"
        if one.expected.day is not None:
            what += f" on day {one.expected.day:g}"
        table.add_row(
            what,
            _spread(one.found.to_dict()),
            _published(one),
            ", ".join(one.expected.evidence),
        )
    return table


def listing(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Lay out a list of things."""
    table = Table()
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    return table


def _published(one: Comparison) -> str:
    """Endpoint and published side, with a sign whether ours agrees."""
    sign = {True: "✓", False: "✗", None: "–"}[one.agrees]
    endpoint = one.expected.endpoint
    word = f"{endpoint.split()[0]} " if endpoint in IN_FIRST_TABLE else ""
    return f"{sign} {word}{one.expected.shown()}"


def _spread(values: Mapping[str, float | None]) -> str:
    low, high = _shown(values["q05"]), _shown(values["q95"])
    return f"{_shown(values['median'])} ({low}–{high})"


def _shown(value: float | None) -> str:
    if value is None or value != value:  # noqa: PLR0124 - not a number
        return "–"
    if 0.01 <= abs(value) < 1e4:
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return f"{value:.2g}"
