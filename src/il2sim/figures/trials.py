"""Every figure of a trial, by the name of its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from il2sim.figures.comparisons import exposure_response, forest, power
from il2sim.figures.escalations import escalation
from il2sim.figures.flow import flow, table_figure
from il2sim.figures.persons import falling, swimmer, waterfall
from il2sim.figures.survival import survival
from il2sim.figures.visits import predictive_check, spaghetti
from il2sim.study.baseline import baseline

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from il2sim.study.findings import Findings
    from il2sim.study.trial_measure import Measure


def draw_trial(findings: Findings) -> dict[str, Figure]:
    """Draw everything that a trial of its design has.

    Parameters
    ----------
    findings
        Of a trial with at least one subject that was solved.
    """
    trial = findings.trial
    drawn = {
        "flow": flow(findings),
        "table1": table_figure(baseline(findings.plan)),
        "spaghetti": spaghetti(findings),
    }
    if trial.n_trials:
        drawn["predictive-check"] = predictive_check(findings)
        if trial.design == "parallel":
            drawn["swimmer"] = swimmer(findings)
        measure = falling(findings)
        if measure is not None and trial.design != "escalation":
            drawn["waterfall"] = waterfall(findings, measure)
    events = [one for one in trial.measures if one.is_event]
    for one in events if trial.design != "crossover" else []:
        name = "survival" if len(events) == 1 else f"survival-{_file_name(one)}"
        drawn[name] = survival(findings, one)
    if findings.compared:
        groups = _forest(findings)
        if groups is not None:
            drawn["forest"] = groups
        drawn["power"] = power(findings)
    exposures = [one for one in trial.measures if one.kind == "exposure"]
    if exposures:
        answer = _answer(findings)
        drawn["exposure-response"] = exposure_response(findings, exposures[0], answer)
    if findings.escalations:
        drawn["escalation"] = escalation(findings)
    return drawn


def _forest(findings: Findings) -> Figure | None:
    trial = findings.trial
    arm = next(i for i, one in enumerate(trial.arms) if one.name != trial.control)
    return forest(findings, trial.measure(trial.primary), arm)


def _answer(findings: Findings) -> Measure:
    """What exposure is compared with: the first yes or no, else the primary."""
    trial = findings.trial
    yes_or_no = [one for one in trial.measures if one.is_yes_or_no]
    primary = trial.measure(trial.primary)
    return next(iter(yes_or_no), primary)


def _file_name(measure: Measure) -> str:
    kept = "".join(one if one.isalnum() else "-" for one in measure.name.lower())
    return "-".join(part for part in kept.split("-") if part)
