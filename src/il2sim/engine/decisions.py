"""`Decisions`: what was decided about each subject while it was treated, and why.

One row for each decision, in columns, so that it is a table as it stands; beside it
what each subject was given of each dose and when it was seen. This file knows neither
protocols nor how decisions come about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import BadProblem

Floats = NDArray[np.float64]
Texts = NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Decisions:
    """The log of decisions of some subjects.

    Attributes
    ----------
    subject
        Row of the subject in its trajectories, shape ``(n_decisions,)``, increasing.
    time_h
        When, [h].
    decision
        Such as ``"skip"``, ``"hold"``, ``"resume"``, ``"missed"`` or ``"dropout"``.
    rule
        The rule as it is written in the protocol.
    quantity, value, unit
        What was looked at, its value, and its unit; empty and not-a-number where a
        decision looks at nothing.
    check
        Number of the check, -1 where a decision is none.
    given_h
        When each dose is due, [h], shape ``(n_doses,)``.
    given
        What was given of each, [1], shape ``(n_subjects, n_doses)``.
    visits_h
        When each subject was seen, [h], not-a-number where it was not; shape
        ``(n_subjects, n_visits)``.
    dropout_h
        When each left, [h], infinity for those who stayed; shape ``(n_subjects,)``.
    """

    subject: NDArray[np.int64]
    time_h: Floats
    decision: Texts
    rule: Texts
    quantity: Texts
    value: Floats
    unit: Texts
    check: NDArray[np.int64]
    given_h: Floats
    given: Floats
    visits_h: Floats
    dropout_h: Floats

    def __post_init__(self) -> None:
        for one in fields(self):
            view = np.asarray(getattr(self, one.name)).view()
            view.setflags(write=False)
            object.__setattr__(self, one.name, view)
        lengths = {len(getattr(self, name)) for name in COLUMNS}
        if len(lengths) != 1:
            raise BadProblem(
                "the columns of a log of decisions do not fit together.",
                got=f"lengths {sorted(lengths)}",
                expected="one row for each decision",
            )

    def __len__(self) -> int:
        return len(self.subject)

    def of(self, subject: int) -> list[str]:
        """The decisions about one subject, one line each, in order of time."""
        return [
            f"{self.time_h[i]:g} h: {self.decision[i]}"
            + (f" ({self.rule[i]})" if self.rule[i] else "")
            + (
                f", {self.quantity[i]} {self.value[i]:.4g} {self.unit[i]}".rstrip("1 ")
                if self.quantity[i]
                else ""
            )
            for i in np.flatnonzero(self.subject == subject)
        ]

    def counts(self) -> dict[str, int]:
        """How many subjects met each kind of decision at least once."""
        kinds = sorted(set(self.decision.tolist()))
        return {
            kind: len(np.unique(self.subject[self.decision == kind])) for kind in kinds
        }

    def columns(self) -> dict[str, list[Any]]:
        """The log as a table, as written in ``decisions.csv``."""
        return {
            heading: getattr(self, name).tolist() for name, heading in COLUMNS.items()
        }

    def by_subject(self) -> dict[str, list[Any]]:
        """What each subject was given and until when it was seen, one column each."""
        left = np.where(np.isfinite(self.dropout_h), self.dropout_h / 24.0, np.nan)
        return {
            "doses given": np.count_nonzero(self.given, axis=1).tolist(),
            "doses given, in whole ones": self.given.sum(axis=1).tolist(),
            "visits": np.isfinite(self.visits_h).sum(axis=1).tolist(),
            "dropout [d]": left.tolist(),
        }

    def rows(self, some: range) -> Decisions:
        """The decisions about some of the subjects, numbered from zero."""
        kept = (self.subject >= some.start) & (self.subject < some.stop)
        part: dict[str, Any] = {name: getattr(self, name)[kept] for name in COLUMNS}
        part["subject"] = part["subject"] - some.start
        chosen = slice(some.start, some.stop)
        each = {name: getattr(self, name)[chosen] for name in EACH}
        return Decisions(**part, **each, given_h=self.given_h)


COLUMNS = {
    "subject": "subject",
    "time_h": "time [h]",
    "decision": "decision",
    "rule": "rule",
    "quantity": "quantity",
    "value": "value",
    "unit": "unit",
    "check": "check",
}
"""Columns of the log, and their headings in a table."""

EACH = ("given", "visits_h", "dropout_h")
"""Arrays with one row for each subject."""


def joined(parts: Sequence[Decisions], lengths: Sequence[int]) -> Decisions:
    """The logs of portions as one, in the order given.

    Parameters
    ----------
    parts
        Of portions of one study.
    lengths
        How many subjects each portion has.
    """
    starts = np.cumsum([0, *lengths[:-1]])
    whole: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in (*COLUMNS, *EACH)
    }
    whole["subject"] = np.concatenate(
        [part.subject + start for part, start in zip(parts, starts, strict=True)]
    )
    return Decisions(**whole, given_h=parts[0].given_h)


def arrays_of(decisions: Decisions) -> dict[str, NDArray[Any]]:
    """Every array by name, to be kept in a file."""
    return {one.name: getattr(decisions, one.name) for one in fields(decisions)}


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Decisions:
    """What `arrays_of` took apart."""
    return Decisions(**arrays)
