"""Published trials in the plane of Treg against effectors, as folds over rest.

From the studies, the trial cards, and single rows of the evidence: every trial that
says something of Treg and of an effector. What stands in two of them is shown once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from il2sim.evidence import library
from il2sim.formats.card_file import read_cards
from il2sim.formats.study_file import read_study, studies
from il2sim.study.comparison import UNCHANGED, Expected

TREG = ("Treg", "CD25bright Treg")
EFFECTORS = ("CD8", "CD4 Tconv")
"""What the plane shows against each other, the first that a trial tells of."""

FOLDS = ("peak fold", "end fold", "fold")

DIRECTIONS = {
    "up": (1.0, None),
    "down": (None, 1.0),
    "ns": (1.0 - UNCHANGED, 1.0 + UNCHANGED),
}
"""Between which folds a direction lies."""

FURTHER = {"E290": ("CD8", "CD4 Tconv")}
"""Treg folds of trials without a study or card: effectors that stayed as they were, by
the same row."""


@dataclass(frozen=True)
class Trial:
    """What one trial says, before it is known whether the plane can show it."""

    study: str
    title: str
    regimen: str
    rows: Sequence[Expected]


@lru_cache(maxsize=1)
def published() -> list[dict[str, Any]]:
    """Published trials in the plane, one entry for each effector of each."""
    found: list[dict[str, Any]] = []
    seen: dict[str, set[str]] = {one: set() for one in EFFECTORS}
    for trial in _trials():
        for effector in EFFECTORS:
            x, y = _first(trial, TREG), _first(trial, (effector,))
            if x is None or y is None or seen[effector] & {*x.evidence}:
                continue
            seen[effector].update(x.evidence)
            found.append(
                {
                    "study": trial.study,
                    "title": trial.title,
                    "regimen": trial.regimen,
                    "treg": _shown(x),
                    "effector": _shown(y),
                }
            )
    return found


def _trials() -> Iterator[Trial]:
    for name in studies():
        study = read_study(name)
        rows = [row.expected() for row in study.compare]
        yield Trial(name, study.title, study.regimen, rows)
    for card in read_cards():
        for name, arm in card.arms.items():
            rows = [one.expected for one in card.measured if one.arm == name]
            yield Trial("", card.title, str(arm.regimen or ""), rows)
    for key, effectors in FURTHER.items():
        yield _further(key, effectors)


def _further(key: str, effectors: Sequence[str]) -> Trial:
    row = library.measurement(key)
    told = row.conditions
    low, high = row.published_range() or (None, None)
    rows = [Expected("Treg", "fold", (key,), low=low, high=high, note=row.note)]
    rows += [Expected(one, "fold", (key,), direction="ns") for one in effectors]
    parts = ("product", "dose", "dose_unit", "schedule")
    regimen = " ".join(told.get(name, "") for name in parts)
    return Trial("", f"{told['product']}, {told['population']}", regimen, rows)


def _first(trial: Trial, names: Sequence[str]) -> Expected | None:
    for name in names:
        for row in trial.rows:
            if row.name == name and row.endpoint in FOLDS:
                return row
    return None


def _shown(row: Expected) -> dict[str, Any]:
    is_direction = row.low is None and row.high is None
    low, high = (
        DIRECTIONS[row.direction or "ns"] if is_direction else (row.low, row.high)
    )
    return {
        "name": row.name,
        "endpoint": row.endpoint,
        "low": low,
        "high": high,
        "shown": row.shown(),
        "is_direction": is_direction,
        "evidence": list(row.evidence),
        "note": row.note,
    }
