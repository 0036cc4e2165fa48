"""Findings of a trial: every arm by itself, what it was given, and all side by side.

How two arms are compared is in `compared.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from il2sim.study import interim
from il2sim.study.compared import Compared, compare_arms, each_trial, shared_out
from il2sim.study.conduct import Conduct, Records
from il2sim.study.effects import clopper_pearson, kaplan_meier, wilson
from il2sim.study.endpoints import spread
from il2sim.study.escalation import Escalated, escalate
from il2sim.study.trial import Trial
from il2sim.study.trial_readings import Readings, read


@dataclass(frozen=True, eq=False)
class Findings:
    """Everything that was found.

    Attributes
    ----------
    plan, records
        The trial, and what came of its subjects.
    readings
        As a trial's staff would have written them down.
    arms
        Endpoints of each arm, by name: as written in ``summary.json``.
    doses
        What was given to each group and which rules held, reduced or stopped it, as
        written in ``summary.json``.
    compared
        Arms against the control; none in an escalation.
    escalations
        One for each simulated trial, where doses are escalated.
    """

    plan: Conduct
    records: Records
    readings: Readings
    arms: Mapping[str, dict[str, Any]]
    doses: Mapping[str, dict[str, Any]]
    compared: tuple[Compared, ...]
    escalations: tuple[Escalated, ...]

    @property
    def trial(self) -> Trial:
        """What was planned."""
        return self.plan.trial

    def of(self, measure: str) -> list[Compared]:
        """Comparisons on one endpoint."""
        return [one for one in self.compared if one.measure == measure]

    def to_dict(self) -> dict[str, Any]:
        """As written in ``summary.json``."""
        told: dict[str, Any] = {
            "trials": self.trial.n_trials,
            "subjects of one trial": self.trial.size,
            "arms": dict(self.arms),
            "doses": dict(self.doses),
            "effects": [one.to_dict() for one in self.compared],
        }
        if self.trial.interim is not None:
            told["looks"] = {
                "shares": list(self.trial.interim.looks),
                "boundaries": list(
                    interim.boundaries(self.trial.interim, self.trial.alpha)
                ),
            }
        if self.escalations:
            told["escalation"] = chosen_doses(self.trial, self.escalations)
        return told


def find(plan: Conduct, records: Records) -> Findings:
    """Read, summarize and compare.

    Parameters
    ----------
    plan, records
        The trial, and what came of all its subjects.
    """
    trial = plan.trial
    readings, again = read(plan, records), read(plan, records, again=1)
    numbers = range(len(trial.arms))
    compared: list[Compared] = []
    if trial.design != "escalation":
        compared = [
            compare_arms(trial, readings, again, measure, arm)
            for measure in trial.measures
            for arm in numbers
            if trial.arms[arm].name != trial.control
        ]
    return Findings(
        plan=plan,
        records=records,
        readings=readings,
        arms={
            trial.arms[arm].name: arm_summary(trial, readings, again, arm)
            for arm in numbers
        },
        doses={
            name: dose_summary(plan, records, group)
            for group, name in enumerate(trial.groups())
        },
        compared=tuple(compared),
        escalations=tuple(_escalations(trial, readings)),
    )


def _escalations(trial: Trial, readings: Readings) -> Iterator[Escalated]:
    """Every simulated trial, with the subjects in order of enrollment."""
    rule = trial.escalation
    if rule is None:
        return
    toxic = readings.values[:, trial.measure_names.index(rule.toxicity)]
    for some in each_trial(trial, readings):
        table = np.full((trial.size, len(trial.arms)), np.nan)
        table[readings.subject[some] % trial.size, readings.arm[some]] = toxic[some]
        known = np.all(np.isfinite(table), axis=1)  # a failed subject is replaced
        yield escalate(rule, table[known] == 1)


def chosen_doses(trial: Trial, escalations: Sequence[Escalated]) -> dict[str, Any]:
    """How often each dose was recommended, as written in ``summary.json``."""
    chosen = np.array([one.chosen for one in escalations])
    treated = np.zeros(len(trial.arms))
    for one in escalations:
        np.add.at(treated, list(one.doses), list(one.sizes))
    told: dict[str, Any] = {"trials": len(escalations), "doses": {}}
    for arm, dose in enumerate(trial.arms):
        n = int(np.sum(chosen == arm))
        low, high = clopper_pearson(n, len(chosen)) if len(chosen) else (0.0, 1.0)
        told["doses"][dose.name] = {
            "recommended": n / max(1, len(chosen)),
            "low": low,
            "high": high,
            "treated in one trial": float(treated[arm]) / max(1, len(chosen)),
        }
    told["none tolerable"] = float(np.mean(chosen < 0)) if len(chosen) else math.nan
    return told


def arm_summary(
    trial: Trial, readings: Readings, again: Readings, arm: int
) -> dict[str, Any]:
    """Endpoints of one arm over all trials, as written in ``summary.json``."""
    mine = readings.rows(readings.arm == arm)
    second = again.rows(again.arm == arm)
    told: dict[str, Any] = {}
    for i, measure in enumerate(trial.measures):
        values = mine.values[:, i]
        known = np.isfinite(values)
        one: dict[str, Any] = {"n": int(known.sum())}
        if measure.is_event:
            curve = kaplan_meier(values[known], mine.is_event[known, i])
            one |= {
                "events": int(mine.is_event[known, i].sum()),
                "median [d]": curve.median,
                "free at end": float(curve.share[-1]),
            }
        elif measure.is_yes_or_no:
            yes = float(np.sum(values[known]))
            low, high = wilson(yes, int(known.sum()))
            share = yes / max(1, int(known.sum()))
            one |= {"share": share, "low": low, "high": high}
        else:
            one |= spread(values).to_dict()
            one["variance"] = shared_out(
                measure, values, second.values[:, i], mine.trial
            ).to_dict()
            if measure.grades:
                counts = np.bincount(
                    values[known].astype(int), minlength=len(measure.grades) + 1
                )
                one["of each grade"] = counts.tolist()
        told[measure.name] = one
    return told


def dose_summary(plan: Conduct, records: Records, group: int) -> dict[str, Any]:
    """What was given to a group, from the log of decisions.

    Returns
    -------
    dict
        The part of the planned amounts that was given, how many subjects missed a dose
        by chance or left, and for each rule how many subjects it met, and how often.
    """
    mine = records.group == group
    steered = plan.plans[group]
    found = records.decided[records.decided[:, 1] == group]
    rules: dict[str, dict[str, Any]] = {}
    notes = [] if steered is None else [one.note for one in steered.checks]
    for check in np.unique(found[:, 2]):
        note = notes[check]
        if note is None:
            continue
        who = found[found[:, 2] == check, 0]
        one = rules.setdefault(
            note.rule, {"decision": note.decision, "who": set(), "times": 0}
        )
        one["who"] |= set(who.tolist())
        one["times"] += len(who)
    return {
        "subjects": int(mine.sum()),
        "share given": spread(records.share_given[mine]).to_dict(),
        "missed a dose": int(np.count_nonzero(records.missed[mine])),
        "left": int(np.isfinite(records.left_day[mine]).sum()),
        "rules": {rule: {**one, "who": len(one["who"])} for rule, one in rules.items()},
    }
