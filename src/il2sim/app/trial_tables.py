"""A trial laid out for a terminal: arms, endpoints, effects with power and doubt."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, isnan
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from il2sim.app.tables import shown, shown_spread


def arms_table(summary: Mapping[str, Any]) -> Table:
    """Every endpoint, arm by arm."""
    table = _table("Endpoints: median (5–95 %), share, or median time")
    table.add_column("endpoint")
    arms = summary["arms"]
    for name in arms:
        table.add_column(name, justify="right")
    for endpoint in next(iter(arms.values())):
        cells = [shown_endpoint(arm[endpoint]) for arm in arms.values()]
        table.add_row(endpoint, *cells)
    return table


def doses_given_table(summary: Mapping[str, Any]) -> Table:
    """What each group was given, and which rules held doses back."""
    table = _table("Doses given, and what kept them back (from the log of decisions)")
    for heading in ("arm and rule", "subjects", "of all", "times"):
        table.add_column(heading, justify="left" if heading[0] == "a" else "right")
    for name, one in summary["doses"].items():
        given = {key: 100 * value for key, value in one["share given"].items()}
        table.add_row(
            f"{name}: {shown_spread(given)} % of the planned amount",
            str(one["subjects"]),
            "",
            "",
        )
        told = {"missed a dose by chance": (one["missed a dose"], "")}
        told |= {"left early or withdrawn": (one["left"], "")}
        told |= {
            rule: (met["who"], str(met["times"])) for rule, met in one["rules"].items()
        }
        for what, (who, times) in told.items():
            if who:
                share = _per_cent(who / one["subjects"])
                table.add_row(f"  {what}", str(who), share, times)
    return table


def effects_table(summary: Mapping[str, Any]) -> Table | None:
    """Arms against the control, and how many trials find it."""
    if not summary["effects"]:
        return None
    n, size = summary["trials"], summary["subjects of one trial"]
    table = _table(
        f"Effects against {summary['control']}; power of a trial of {size} subjects, "
        f"{n} of them simulated"
    )
    for heading in ("endpoint", "contrast", "effect (95 %)", "power (95 %)"):
        table.add_column(heading, justify="left" if heading == "endpoint" else "right")
    for one in summary["effects"]:
        table.add_row(
            named(one, summary), one["contrast"], shown_effect(one), shown_power(one)
        )
    return table


def doubt_table(summary: Mapping[str, Any]) -> Table | None:
    """Half-widths of the interval of one trial, by where the doubt comes from."""
    if not summary["effects"]:
        return None
    table = _table("Doubt that one trial leaves: half-widths of its 95 % interval")
    for heading in ("endpoint", "uncertain parameters", "patients", "laboratory"):
        table.add_column(heading, justify="left" if heading == "endpoint" else "right")
    for one in summary["effects"]:
        table.add_row(named(one, summary), *doubt_of(one))
    return table


def named(one: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    """The endpoint of an effect, and the arm where there are several."""
    is_only = len(summary["arms"]) == 2
    return one["endpoint"] if is_only else f"{one['endpoint']}: {one['arm']}"


def doses_table(summary: Mapping[str, Any]) -> Table | None:
    """How often each dose of an escalation is recommended."""
    told = summary.get("escalation")
    if told is None:
        return None
    table = _table(f"Doses recommended by {told['trials']} simulated trials")
    for heading in ("dose", "recommended (95 %)", "subjects treated in one trial"):
        table.add_column(heading, justify="left" if heading == "dose" else "right")
    for name, one in told["doses"].items():
        table.add_row(
            name,
            f"{_per_cent(one['recommended'])} ({_per_cent(one['low'])}–"
            f"{_per_cent(one['high'])})",
            f"{one['treated in one trial']:.1f}",
        )
    table.add_row("none tolerable", _per_cent(told["none tolerable"]), "")
    return table


def shown_endpoint(one: Mapping[str, Any]) -> str:
    """One endpoint of one arm in a cell."""
    if "events" in one:
        middle = one["median [d]"]
        when = (
            f"{middle:.0f} d" if middle is not None and middle < 1e6 else "not reached"
        )
        return f"{when}; {_per_cent(one['free at end'])} free"
    if "share" in one:
        low, high = _per_cent(one["low"]), _per_cent(one["high"])
        return f"{_per_cent(one['share'])} ({low}–{high})"
    return shown_spread(one)


def shown_effect(one: Mapping[str, Any]) -> str:
    """An effect with its interval."""
    return f"{shown(one['estimate'])} ({shown(one['low'])} to {shown(one['high'])})"


def shown_power(one: Mapping[str, Any]) -> str:
    """The power with the interval that the number of simulated trials leaves."""
    if not one["trials"]:
        return "–"
    low, high = _per_cent(one["power low"]), _per_cent(one["power high"])
    return f"{_per_cent(one['power'])} ({low}–{high})"


def doubt_of(one: Mapping[str, Any]) -> list[str]:
    """Half-widths of the interval of one trial: factors for ratios, by source."""
    parts = one["half-width of one trial"]
    if "ratio" in one["contrast"]:
        return [_factor(part) for part in parts.values()]
    return [f"±{shown(part)}" for part in parts.values()]


def _factor(part: float | None) -> str:
    return "–" if part is None or isnan(part) else f"×/÷{exp(part):.2f}"


def _per_cent(part: float | None) -> str:
    if part is None or isnan(part):
        return "–"
    return f"{100 * part:.1f} %" if part < 0.1 else f"{100 * part:.0f} %"


def _table(title: str) -> Table:
    return Table(
        title=title,
        box=SIMPLE_HEAD,
        title_justify="left",
        pad_edge=False,
        padding=(0, 1),
    )
