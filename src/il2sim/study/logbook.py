"""From what the engine decided to a log that a clinician reads, and back again.

The engine knows checks by their numbers; here they get the words of the protocol. A log
replays: with its decisions as fixed data a study gives the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from il2sim.engine.decisions import Decisions
from il2sim.engine.records import Check
from il2sim.engine.rules import MET, NOT_CHECKED, NOT_MET
from il2sim.errors import BadProblem
from il2sim.study.vocabulary import write_number

if TYPE_CHECKING:
    from il2sim.study.plan import Chance, Plan
    from il2sim.study.subjects import Floats


def write_log(
    plan: Plan, chance: Chance, decisions: NDArray[np.int8], looked_at: Floats
) -> Decisions:
    """Write down what was decided about whom.

    Parameters
    ----------
    plan
        What was carried out.
    chance
        Doses missed, visits and dropouts.
    decisions, looked_at
        Of every check, and the value it compared; shape ``(n_subjects, n_checks)``.
    """
    given, missed = plan.given(decisions, chance)
    rows = [
        *_ruled(plan, decisions, looked_at),
        *_missed(plan, missed),
        *_left(plan, chance),
    ]
    subject, time, check = (
        np.array([row[i] for row in rows], dtype=kind)
        for i, kind in ((0, np.int64), (1, float), (2, np.int64))
    )
    order = np.lexsort((check, time, subject))
    texts = [np.array([row[i] for row in rows], dtype=np.str_) for i in range(3, 7)]
    decision, rule, quantity, unit = (text[order] for text in texts)
    return Decisions(
        subject=subject[order],
        time_h=time[order],
        decision=decision,
        rule=rule,
        quantity=quantity,
        value=np.array([row[7] for row in rows], dtype=float)[order],
        unit=unit,
        check=check[order],
        given_h=np.array([entry.record.time_h for entry in plan.doses]),
        given=given,
        visits_h=chance.visits_h,
        dropout_h=chance.dropout_h,
    )


def decided(log: Decisions, plan: Plan, chance: Chance) -> NDArray[np.int8]:
    """The decisions of a log, as the engine kept them.

    Returns
    -------
    numpy.ndarray
        For each check 0 not made, 1 not met, 2 met; shape ``(n_subjects, n_checks)``.

    Raises
    ------
    BadProblem
        The log is of another protocol or of other subjects.
    """
    checks = plan.checks
    met = log.check[log.check >= 0]
    if len(log.dropout_h) != len(chance.dropout_h) or met.max(initial=-1) >= len(
        checks
    ):
        raise BadProblem(
            "a log of decisions does not fit the protocol.",
            got=f"{len(log.dropout_h)} subjects, checks up to {met.max(initial=-1)}",
            expected=f"{len(chance.dropout_h)} subjects, {len(checks)} checks",
        )
    kept = plan.kept(chance)
    places = [i for i, one in enumerate(plan.entries) if isinstance(one.record, Check)]
    found = np.where(kept[:, places], NOT_MET, NOT_CHECKED).astype(np.int8)
    unlogged = [i for i, entry in enumerate(checks) if entry.note is None]
    found[:, unlogged] = np.where(found[:, unlogged] == NOT_MET, MET, NOT_CHECKED)
    found[log.subject[log.check >= 0], met] = MET
    return found


Row = tuple[Any, ...]


def _ruled(plan: Plan, decisions: NDArray[np.int8], values: Floats) -> list[Row]:
    checks = plan.checks
    return [
        (
            int(subject),
            checks[check].record.time_h,
            int(check),
            *(note.decision, note.rule, note.quantity, note.unit),
            float(values[subject, check]),
        )
        for subject, check in zip(*np.nonzero(decisions == MET), strict=True)
        if (note := checks[check].note) is not None
    ]


def _missed(plan: Plan, missed: NDArray[np.bool_]) -> list[Row]:
    words = (f"missed {write_number(plan.protocol.missed_percent)} %", "", "1", np.nan)
    times = [entry.record.time_h for entry in plan.doses]
    return [
        (int(subject), times[dose], -1, "missed", *words)
        for subject, dose in zip(*np.nonzero(missed), strict=True)
    ]


def _left(plan: Plan, chance: Chance) -> list[Row]:
    words = ("dropout", str(plan.protocol.dropout), "", "1", np.nan)
    left = np.flatnonzero(chance.dropout_h < plan.end_h)
    return [(int(one), float(chance.dropout_h[one]), -1, *words) for one in left]
