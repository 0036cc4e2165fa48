"""Results and lists laid out for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from il2sim.study.switching import RIVAL

if TYPE_CHECKING:
    from il2sim.app.run import Outcome
    from il2sim.study.attribution import Attribution
    from il2sim.study.certificate import Certificate
    from il2sim.study.comparison import Comparison
    from il2sim.study.switching import Switched

IN_FIRST_TABLE = ("peak fold", "end fold")

LEAST_SHOWN = 0.005
"""Of what a ward measures, in its unit: less is none."""


def populations_table(outcome: Outcome) -> Table:
    """Peak and end fold of each population, published values beside them."""
    summary = outcome.summary
    table = plain_table(None)
    table.add_column("", no_wrap=True)
    for heading in ("at rest", "peak fold", f"fold, day {summary['end_day']:g}"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("published (evidence)")
    for name, endpoint in summary["endpoints"].items():
        beside = [
            one
            for one in outcome.comparisons
            if one.expected.name == name and one.expected.endpoint in IN_FIRST_TABLE
        ]
        table.add_row(
            name,
            f"{shown(endpoint['resting']['median'])} {short_unit(endpoint['unit'])}",
            shown_spread(endpoint["peak fold"]),
            shown_spread(endpoint["end fold"]),
            "\n".join(_published(one) for one in beside),
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
    table = plain_table("Other published values")
    for heading in ("", "found", "published (evidence)"):
        table.add_column(heading)
    for one in rest:
        what = f"{one.expected.name}, {one.expected.endpoint}"
        if one.expected.day is not None:
            what += f" on day {one.expected.day:g}"
        table.add_row(
            what,
            shown_spread(one.found.to_dict()),
            _published(one),
        )
    return table


def toxicity_table(outcome: Outcome) -> Table | None:
    """The worst that subjects come to, and the share who reach grade 3."""
    told = outcome.summary.get("toxicity")
    if not told:
        return None
    table = plain_table("Toxicity, without fluids or pressors")
    table.add_column("", no_wrap=True)
    for heading in ("at rest", "worst", "unit", "grade 3 or 4"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, one in told.items():
        severe = one.get("severe")
        table.add_row(
            name,
            toxicity_shown(one["resting"]).split(" ")[0],
            toxicity_shown(one["worst"]),
            "" if one["unit"] == "1" else one["unit"],
            "" if severe is None else _per_cent(severe),
        )
    return table


def toxicity_shown(values: Mapping[str, float]) -> str:
    """Median and spread of a quantity that a ward measures to two digits.

    Examples
    --------
    >>> toxicity_shown({"median": 1.2, "q05": 3e-9, "q95": 2.5})
    '1.20 (0–2.50)'
    """
    found = {
        name: "0" if abs(value) < LEAST_SHOWN else shown(value)
        for name, value in values.items()
    }
    return f"{found['median']} ({found['q05']}–{found['q95']})"


def shares_table(shares: Attribution, at_h: float) -> Table:
    """Shares of a change at one time; the last row is their sum."""
    unit = {"1": "over rest"}.get(shares.unit, shares.unit)
    table = plain_table(f"{shares.quantity} on day {at_h / 24:g}, {unit}")
    table.add_column("share")
    for heading in ("mean", "5–95 %"):
        table.add_column(heading, justify="right", no_wrap=True)
    *rows, total = shares.table(at_h)
    rows.sort(key=lambda row: -abs(row["mean"]))
    for row in (*rows, total):
        if row is total:
            table.add_section()
        table.add_row(
            row["share"],
            f"{row['mean']:+.2f}",
            f"{row['q05']:+.2f} to {row['q95']:+.2f}",
        )
    return table


def certificate_table(found: Certificate) -> Table:
    """How far each endpoint is from the reference."""
    table = plain_table(None)
    table.add_column("endpoint")
    for heading in ("median difference", "largest"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, error in found.errors.items():
        table.add_row(name, f"{error.median:.1e}", f"{error.largest:.1e}")
    return table


def switched_tables(found: Switched) -> list[Table]:
    """For each population of Treg its win without each mechanism, dose by dose."""
    return [
        _switched_table(found, name) for name in found.names if name.endswith("Treg")
    ]


def _switched_table(found: Switched, name: str) -> Table:
    table = plain_table(
        f"{name} over {RIVAL} on day {found.at_h / 24:g}: ratio of folds, and the part "
        "of its logarithm that is lost without each mechanism"
    )
    table.add_column("switched off", no_wrap=True)
    for dose in found.labels:
        table.add_column(dose, justify="right", no_wrap=True)
    wins, parts = found.win(name), found.carried(name)
    table.add_row("nothing: ratio of folds", *map(shown, wins[0]), end_section=True)
    for switch, row in zip(found.switches[1:], parts[1:], strict=True):
        table.add_row(switch.name, *map(_per_cent, row))
    return table


def _per_cent(part: float) -> str:
    return "–" if math.isnan(part) else f"{round(100 * part)} %"


def listing(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Lay out a list of things."""
    table = plain_table(None)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    return table


def plain_table(title: str | None) -> Table:
    """An empty table without lines but under its head."""
    return Table(
        title=title,
        box=SIMPLE_HEAD,
        title_justify="left",
        pad_edge=False,
        padding=(0, 1),
    )


def short_unit(unit: str) -> str:
    """A unit without the word that the row says already."""
    return unit.replace("cell/", "/")


def _published(one: Comparison) -> str:
    """Published side with its evidence keys, and a sign whether ours agrees."""
    sign = {True: "✓", False: "✗", None: "–"}[one.agrees]
    endpoint = one.expected.endpoint
    word = f"{endpoint.split()[0]} " if endpoint in IN_FIRST_TABLE else ""
    return f"{sign} {word}{one.expected.shown()} ({shown_keys(one.expected.evidence)})"


def shown_keys(keys: Sequence[str]) -> str:
    """Evidence keys, those that follow each other as one: E107–110.

    Examples
    --------
    >>> shown_keys(["E107", "E108", "E110"])
    'E107–108, E110'
    """
    groups: list[list[str]] = []
    for key in keys:
        last = groups[-1][-1] if groups else ""
        if (
            key[1:].isdigit()
            and last[:1] == key[:1]
            and int(last[1:]) + 1 == int(key[1:])
        ):
            groups[-1].append(key)
        else:
            groups.append([key])
    return ", ".join(
        one[0] if len(one) == 1 else f"{one[0]}–{one[-1][1:]}" for one in groups
    )


def shown_spread(values: Mapping[str, float | None]) -> str:
    """Median, and 5 to 95 % behind it."""
    low, high = shown(values["q05"]), shown(values["q95"])
    return f"{shown(values['median'])} ({low}–{high})"


def shown(value: float | None) -> str:
    """About three digits, so that columns can be compared.

    Examples
    --------
    >>> shown(1.019), shown(12.34), shown(2198.2), shown(0.00123)
    ('1.02', '12.3', '2198', '0.0012')
    """
    if value is None or math.isnan(value):
        return "–"
    size = abs(value)
    if size >= 1e5 or size < 0.1:
        return f"{value:.2g}"
    return f"{value:.{2 if size < 10 else 1 if size < 100 else 0}f}"


def decisions_line(counts: Mapping[str, int]) -> str:
    """In how many subjects each kind of decision was made.

    Examples
    --------
    >>> decisions_line({"hold": 18, "skip": 1})
    'Decisions: hold in 18, skip in 1 subjects.'
    """
    told = ", ".join(f"{kind} in {count}" for kind, count in counts.items())
    return f"Decisions: {told or 'none in any'} subjects."
