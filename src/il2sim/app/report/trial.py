"""What the report of a trial says, gathered as plain values."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from il2sim.app import trial_tables
from il2sim.app.report.contents import card, sources_of
from il2sim.app.report.wording import in_words
from il2sim.app.tables import shown, shown_spread
from il2sim.study.protocol import as_protocol

if TYPE_CHECKING:
    from il2sim.formats.trial_file import TrialFile
    from il2sim.provenance import Provenance
    from il2sim.study.findings import Findings

FIGURES = {
    "flow": "Flow of subjects from enrollment to analysis.",
    "table1": "Table 1: subjects before treatment.",
    "spaghetti": "Every group over time: bands over all subjects, lines for some.",
    "predictive-check": "Visual predictive check: one trial inside what all read.",
    "waterfall": "Waterfall: the change of each subject of one trial.",
    "swimmer": "Swimmers: how long each subject of one trial was followed.",
    "survival": "Kaplan-Meier: the share free of the event over time.",
    "forest": "Forest: the effect on the primary endpoint in groups of subjects.",
    "power": "Power of one trial, and where its doubt comes from.",
    "exposure-response": "Exposure and response over all arms.",
    "escalation": "Toxicity by dose, doses recommended, and one escalation.",
}
"""What is seen in each figure, for those who read and those who listen."""


@dataclass(frozen=True, eq=False)
class ToldOfTrial:
    """What the report of a trial is made from.

    Attributes
    ----------
    file, text
        The trial as it was carried out.
    findings
        What came of it.
    summary
        As in ``summary.json``.
    figures
        The text of each SVG, by the name of its file.
    provenance
        What produced it.
    """

    file: TrialFile
    text: str
    findings: Findings
    summary: Mapping[str, Any]
    figures: Mapping[str, bytes]
    provenance: Provenance


def contents_of_trial(told: ToldOfTrial) -> dict[str, Any]:
    """Gather everything that the page shows."""
    summary = told.summary
    return {
        "file": told.file,
        "text": told.text,
        "summary": summary,
        "tiles": _tiles(summary),
        "arms": _arms(told),
        "endpoints": _endpoints(summary),
        "given": _given(summary),
        "effects": _effects(summary),
        "doses": _doses(summary),
        "figures": _figures(told.figures),
        "assumed": _assumed(told),
        "sources": sources_of(told.file.sources),
        "made": told.provenance.to_dict(),
        "card": card(),
    }


def _tiles(summary: Mapping[str, Any]) -> list[dict[str, str]]:
    """The primary endpoint: effect and power of each arm against the control."""
    mine = [one for one in summary["effects"] if one["endpoint"] == summary["primary"]]
    found = []
    for one in mine:
        found.append(
            {
                "name": f"{one['contrast']}, {one['arm']}",
                "value": shown(one["estimate"]),
                "range": f"{shown(one['low'])} to {shown(one['high'])}",
            }
        )
        found.append(
            {
                "name": f"power, {one['arm']}",
                "value": trial_tables.shown_power(one).split(" (")[0],
                "range": trial_tables.shown_power(one),
            }
        )
    return found


def _arms(told: ToldOfTrial) -> list[dict[str, Any]]:
    found = []
    for arm in told.findings.trial.arms:
        protocol = as_protocol(arm.regimen)
        rules = [*protocol.rules, protocol.repeat, protocol.rescue, protocol.dropout]
        found.append(
            {
                "name": arm.name,
                "prescription": str(protocol.regimen),
                "sentences": in_words(protocol.regimen),
                "rules": [str(one) for one in rules if one is not None],
                "missed": protocol.missed_percent,
            }
        )
    return found


def _endpoints(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    arms = summary["arms"]
    return [
        {
            "name": name,
            "cells": [trial_tables.shown_endpoint(arm[name]) for arm in arms.values()],
        }
        for name in next(iter(arms.values()))
    ]


def _given(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Doses given to each group, and what kept them back."""
    found = []
    for name, one in summary["doses"].items():
        n = max(1, one["subjects"])
        given = {key: 100 * value for key, value in one["share given"].items()}
        found.append(
            {
                "name": name,
                "n": one["subjects"],
                "share": shown_spread(given),
                "missed": one["missed a dose"],
                "left": one["left"],
                "rules": [
                    {
                        "rule": rule,
                        "who": met["who"],
                        "share": f"{100 * met['who'] / n:.0f} %",
                        "times": met["times"],
                    }
                    for rule, met in one["rules"].items()
                ],
            }
        )
    return found


def _effects(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": trial_tables.named(one, summary),
            "contrast": one["contrast"],
            "effect": trial_tables.shown_effect(one),
            "power": trial_tables.shown_power(one),
            "doubt": trial_tables.doubt_of(one),
            "is_primary": one["endpoint"] == summary["primary"],
        }
        for one in summary["effects"]
    ]


def _doses(summary: Mapping[str, Any]) -> list[dict[str, str]]:
    told = summary.get("escalation", {"doses": {}})
    return [
        {
            "name": name,
            "recommended": f"{100 * one['recommended']:.0f} % "
            f"({100 * one['low']:.0f}–{100 * one['high']:.0f} %)",
            "treated": f"{one['treated in one trial']:.1f}",
        }
        for name, one in told["doses"].items()
    ]


def _figures(drawn: Mapping[str, bytes]) -> list[dict[str, str]]:
    found = []
    for name, svg in drawn.items():
        data = base64.b64encode(svg).decode("ascii")
        known = name if name in FIGURES else name.split("-")[0]
        found.append(
            {
                "source": f"data:image/svg+xml;base64,{data}",
                "meaning": FIGURES[known],
            }
        )
    return found


def _assumed(told: ToldOfTrial) -> list[tuple[str, str, str]]:
    """Noise, uncertain parameters and dropout, with their sources."""
    trial = told.findings.trial
    rows = [
        (f"noise of {one.quantity}", f"{100 * one.cv:g} %", one.source)
        for one in trial.noise
    ]
    rows += [
        (f"uncertain {one.name}", f"log sd {one.log_sd:.2g}", one.source)
        for one in trial.uncertain
    ]
    if trial.dropout is not None:
        share, day = 100 * trial.dropout.share, trial.dropout.by_day
        rows.append(("dropout", f"{share:g} % by day {day:g}", trial.dropout.source))
    return rows
