"""What a protocol means for each subject: doses and checks for the engine, and back.

All subjects share one list of doses and checks; chance decides which of them a subject
follows (missed doses, days of visits, dropout), from its own stream of numbers. What
rules decide while it is treated is carried by marks of the engine; afterwards they tell
what was given. `translate.py` writes the list, `steering.py` uses it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from il2sim.engine import elementary
from il2sim.engine.records import Check, Given
from il2sim.engine.rules import MET, Action, Rule
from il2sim.engine.schedule import Schedule
from il2sim.study.protocol import Protocol
from il2sim.study.subjects import Floats, uniform

Truths = NDArray[np.bool_]
ALWAYS = -np.inf


@dataclass(frozen=True)
class Note:
    """What the log says when a check is met."""

    decision: str
    rule: str
    quantity: str
    unit: str


@dataclass(frozen=True)
class Entry:
    """A dose or a check, and which subjects follow it.

    Attributes
    ----------
    record
        For the engine.
    note
        Of a check that is logged.
    occasion
        Number of the dose time at which it is; who misses that follows it not.
    visit, not_visit
        Visit and day of it to which it belongs, or which stands in its place.
    is_shadow
        Part of the dose before it, as the label of given cells; no dose of its own.
    """

    record: Given | Check
    note: Note | None = None
    occasion: int | None = None
    visit: tuple[int, int] | None = None
    not_visit: tuple[int, int] | None = None
    is_shadow: bool = False


@dataclass(frozen=True, eq=False)
class Chance:
    """What chance decides about some subjects.

    Attributes
    ----------
    missed
        Which dose times each misses, shape ``(n_subjects, n_occasions)``.
    visit_days
        On which of its days each visit is, shape ``(n_subjects, n_visits)``.
    visits_h
        When each visit is, [h]; not-a-number where the subject has left.
    dropout_h
        When each leaves, [h], infinity for those who stay.
    """

    missed: Truths
    visit_days: NDArray[np.int64]
    visits_h: Floats
    dropout_h: Floats


@dataclass(frozen=True, eq=False)
class Plan:
    """A protocol for one model, as doses and checks.

    Attributes
    ----------
    protocol
        What is planned.
    entries
        In the order in which they are carried out.
    rules
        What the checks look at.
    occasions
        A name for each dose time; streams of chance are named after it.
    skipped
        The mark of a skipped dose, cleared before the next.
    end_h
        When nobody is followed any more, [h].
    """

    protocol: Protocol
    entries: tuple[Entry, ...]
    rules: tuple[Rule, ...]
    occasions: tuple[str, ...]
    skipped: int
    end_h: float

    @cached_property
    def checks(self) -> list[Entry]:
        """The entries that are checks, by their numbers."""
        return [one for one in self.entries if isinstance(one.record, Check)]

    @cached_property
    def doses(self) -> list[Entry]:
        """The entries that are doses."""
        given = [one for one in self.entries if isinstance(one.record, Given)]
        return [one for one in given if not one.is_shadow]

    def chance(self, seed: int, subjects: NDArray[np.uint64]) -> Chance:
        """Draw what chance decides.

        Parameters
        ----------
        seed
            Of the population.
        subjects
            Their numbers, shape ``(n_subjects,)``.
        """
        protocol, n = self.protocol, len(subjects)
        missed = np.zeros((n, len(self.occasions)), dtype=bool)
        if protocol.missed_percent:
            for place, name in enumerate(self.occasions):
                share = uniform(seed, subjects, f"missed dose {name}")
                missed[:, place] = share < protocol.missed_percent / 100.0
        days = np.zeros((n, len(protocol.visits)), dtype=np.int64)
        visits = np.zeros((n, len(protocol.visits)))
        for place, visit in enumerate(protocol.visits):
            share = uniform(seed, subjects, f"day of visit {visit.time_h!r}")
            days[:, place] = (share * len(visit.days_h)).astype(np.int64)
            visits[:, place] = np.array(visit.days_h)[days[:, place]]
        left = self._dropout(seed, subjects, visits)
        visits[visits >= left[:, None]] = np.nan
        return Chance(missed, days, visits, left)

    def _dropout(
        self, seed: int, subjects: NDArray[np.uint64], visits_h: Floats
    ) -> Floats:
        dropout, never = self.protocol.dropout, np.full(len(subjects), np.inf)
        if dropout is None or not dropout.percent:
            return never
        if dropout.each_h is not None:
            share = uniform(seed, subjects, "dropout")
            stays = elementary.log1p(-dropout.percent / 100.0)  # in each such time
            return dropout.each_h * elementary.log(share) / stays
        left = never
        for place, visit in enumerate(self.protocol.visits):
            share = uniform(seed, subjects, f"dropout at visit {visit.time_h!r}")
            leaves = share < dropout.percent / 100.0
            left = np.where(leaves, np.minimum(left, visits_h[:, place]), left)
        return left

    def kept(self, chance: Chance) -> Truths:
        """Which entries each subject follows, shape ``(n_subjects, n_entries)``."""
        n = len(chance.dropout_h)
        kept = np.ones((n, len(self.entries)), dtype=bool)
        for place, entry in enumerate(self.entries):
            column = entry.record.time_h < chance.dropout_h
            if entry.occasion is not None:
                column &= ~chance.missed[:, entry.occasion]
            if entry.visit is not None:
                visit, day = entry.visit
                column &= chance.visit_days[:, visit] == day
            if entry.not_visit is not None:
                visit, day = entry.not_visit
                column &= chance.visit_days[:, visit] != day
            kept[:, place] = column
        return kept

    def schedule(self, kept: Truths) -> Schedule:
        """The engine's schedule of subjects who follow some of the entries."""
        records = [entry.record for entry in self.entries]
        if kept.all():
            return Schedule.of(records)
        return Schedule.for_some(records, kept)

    def forced(self, decisions: NDArray[np.int8], kept: Truths) -> Forced:
        """The same with decisions as data: whatever was met before is met again.

        Parameters
        ----------
        decisions
            Of each check: not made, not met, met; shape ``(n_subjects, n_checks)``.
        kept
            Which entries each subject follows.
        """
        met = [
            replace(one, threshold=ALWAYS, above=True, needs=0, unless=0)
            for one in self.rules
        ]
        never = [replace(one, threshold=np.inf, above=True) for one in self.rules]
        n = len(self.rules)
        records: list[Given | Check] = []
        columns: list[Truths] = []
        number = 0
        for place, entry in enumerate(self.entries):
            record = entry.record
            if isinstance(record, Given):
                records.append(record)
                columns.append(kept[:, place])
                continue
            was_met = decisions[:, number] == MET
            records += [record, replace(record, rule=record.rule + n)]
            columns += [kept[:, place] & was_met, kept[:, place] & ~was_met]
            number += 1
        return Forced(
            rules=(*met, *never),
            schedule=Schedule.for_some(records, np.column_stack(columns)),
        )

    def given(
        self, decisions: NDArray[np.int8], chance: Chance
    ) -> tuple[Floats, Truths]:
        """What each subject got of each dose, and which doses it missed by chance.

        Parameters
        ----------
        decisions
            Of each check: not made, not met, met; shape ``(n_subjects, n_checks)``.
        chance
            Of the same subjects.

        Returns
        -------
        numpy.ndarray, numpy.ndarray
            [1], and truths; both of shape ``(n_subjects, n_doses)``.
        """
        there = self.kept(replace(chance, missed=np.zeros_like(chance.missed)))
        # Checks at the end that none of these subjects makes are in no schedule.
        unmade = len(self.checks) - decisions.shape[1]
        decisions = np.pad(decisions, ((0, 0), (0, unmade)))
        marks = np.zeros(len(there), dtype=np.int64)
        factor = np.ones(len(there))
        found, missed = [np.zeros((len(there), 0))], [np.zeros((len(there), 0), bool)]
        number = 0
        for place, entry in enumerate(self.entries):
            record = entry.record
            if entry.is_shadow:
                continue
            if isinstance(record, Given):
                barred = marks & record.unless
                away = chance.missed[:, entry.occasion]
                given = there[:, place] & (barred == 0) & ~away
                found.append(np.where(given, factor, 0.0)[:, None])
                due = there[:, place] & (barred & ~self.skipped == 0)
                missed.append((due & away & (factor > 0))[:, None])
                continue
            rule, met = self.rules[record.rule], decisions[:, number] == MET
            marks = np.where(met, (marks | rule.sets) & ~rule.clears, marks)
            if rule.action is Action.SCALE:
                factor = np.where(met, factor * rule.factor, factor)
            if rule.action is Action.WITHDRAW:
                factor = np.where(met, 0.0, factor)
            number += 1
        return np.hstack(found), np.hstack(missed)


@dataclass(frozen=True, eq=False)
class Forced:
    """Rules and schedule of a replay; each check stands there met, then not met."""

    rules: tuple[Rule, ...]
    schedule: Schedule
