"""YT-1 cells: how well a model meets the readings, fitted and left out.

Cells without CD25 are predicted from those with it, IL-15 from IL-2, the stain of
gamma-c from all others, and each the other way around. The score of stains counts the
untreated cells, as the published one does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.likelihood import Likelihood
from il2sim.inference.optimize import Fit, fit
from il2sim.inference.receptors import Candidate
from il2sim.inference.yt1 import CELL, LIGANDS, READ, Layout, Plan, Seen, problem_of

Floats = NDArray[np.float64]

LEFT_OUT: dict[str, Callable[[Seen], bool]] = {
    "CD25-": lambda one: not one.has_cd25,
    "CD25+": lambda one: one.has_cd25,
    "IL-15": lambda one: one.ligand == "il15",
    "IL-2": lambda one: one.ligand == "il2",
    "gamma-c": lambda one: one.what == "CD132",
    "gamma-c later": lambda one: one.what == "CD132" and one.time_min > FIRST_MIN,
}
"""What is left out in turn, by name."""

FIRST_MIN = 2.0
"""Of the first reading, which tells how much of the bound is seen, [min]."""

TOLERANCE = 1e-3
"""Of one step while fitting: the log density is then right to 1e-3."""

MOST = 60
"""Evaluations of a start at most."""

HALF_PUBLISHED = 981.0
"""Scale of pSTAT5 in the published fit, in its units of engaged receptors."""

PUBLISHED_MIN = 500.0
"""When pSTAT5 is read in the code of the published fit, [min]."""


@dataclass(frozen=True)
class Score:
    """How well readings of one kind are met.

    Attributes
    ----------
    r_squared
        Of the readings, in [%] as they were read.
    rmse
        Root mean square error, part of resting cells or of the most, [1].
    n
        Readings, untreated cells among them.
    """

    r_squared: float
    rmse: float
    n: int


def score(
    seen: Sequence[Seen], predicted: Floats, what: str, scatter: Floats | float = 0.0
) -> Score:
    """Compare predictions with readings of one kind.

    Parameters
    ----------
    seen
        Readings, of any kind.
    predicted
        Of each, [%].
    what
        Of `READ`.
    scatter
        Of the readings that `seen` stands for, if it lies on curves, [%].
    """
    chosen = np.array([one.what == what for one in seen])
    wanted = np.array([one.value for one in seen])[chosen]
    around = np.broadcast_to(scatter, chosen.shape)[chosen]
    off = predicted[chosen] - wanted
    some = {one.curve for one in seen if one.what == what}
    untreated = np.full(0 if what == "pSTAT5" else len(some), 100.0)
    every = np.concatenate([wanted, untreated])
    left = float(np.sum(off**2) + np.sum(around**2))
    spread = float(np.sum((every - every.mean()) ** 2) + np.sum(around**2))
    n = len(every)
    return Score(1 - left / spread, float(np.sqrt(left / n)) / 100, n)


def predict(
    plan: Plan, candidate: Candidate, seen: Sequence[Seen], point: Floats
) -> Floats:
    """What a candidate gives for each reading, [%]."""
    return Likelihood(problem_of(plan, candidate, seen)).signals(point)[0]


def predict_published(seen: Sequence[Seen]) -> Floats:
    """What Farhat 2021 gives for each reading, [%], at the medians of its posterior.

    Its pSTAT5 saturates in what is engaged, and is a part of the most of all wells. It
    is taken at `PUBLISHED_MIN`, whatever time the readings have.
    """
    from il2sim.models.published import farhat_2021
    from il2sim.study.wells import Plate, incubate

    model = farhat_2021((CELL,), *LIGANDS)
    layout = Layout(at_other_time(seen, PUBLISHED_MIN))
    known = {name: one.engine_value for name, one in model.parameters.items()}
    cd25 = np.where(layout.has_cd25 > 0, known[f"{CELL}.cd25_at_rest"], 1e-9)
    found = incubate(
        model,
        Plate(
            {ligand: layout.doses_nM(ligand) for ligand in LIGANDS},
            layout.times_h,
            {f"{CELL}.cd25_at_rest": cd25},
        ),
    )
    well, time = layout.place
    engaged = found[f"engaged on {CELL}"][well, time]
    signal = engaged / (engaged + HALF_PUBLISHED)
    kinds = np.array([one.what for one in seen])
    made = 100 * signal / np.max(signal[kinds == "pSTAT5"], initial=1e-12)
    for what in ("CD122", "CD132"):
        rest = known[f"{CELL}.{what.lower()}_at_rest"]
        there = found[f"{what} on {CELL}"][well, time]
        made = np.where(kinds == what, 100 * there / rest, made)
    return np.asarray(made)


def log_likelihood(
    plan: Plan, candidate: Candidate, seen: Sequence[Seen], point: Floats
) -> float:
    """Of readings at a point, without the prior, up to a constant."""
    likelihood = Likelihood(problem_of(plan, candidate, seen))
    off = likelihood(point[None], slopes=False).residuals[0]
    off = off[: likelihood.n_observed]
    return float(-0.5 * off @ off)


def fit_line(
    plan: Plan,
    candidate: Candidate,
    seen: Sequence[Seen],
    *,
    starts: int,
    first: Floats | None = None,
) -> Fit:
    """Fit a candidate to readings.

    One start is the center of the priors, one is told in the file, the others are
    drawn from the priors at their whole width: there is more than one best point. One
    that is given is added.
    """
    problem = problem_of(plan, candidate, seen)
    likelihood = Likelihood(problem, tolerance=TOLERANCE)
    widths = np.array([one.width for one in problem.free])
    drawn = np.random.default_rng(1).standard_normal((starts, len(widths)))
    drawn[:1] = 0.0
    points = problem.center + widths * drawn
    points = np.vstack([problem.inside(plan.told["start"]), points])
    if first is not None:
        points = np.vstack([first, points])
    return fit(likelihood, starts=len(points), first=points, most=MOST)


def judge(
    plan: Plan, candidate: Candidate, seen: Sequence[Seen], *, starts: int
) -> dict[str, Any]:
    """Fit a candidate to all readings, and to all but each kind in turn.

    Returns
    -------
    dict
        For tables and files: points and likelihoods, of all and by what was left out,
        scores of each kind of reading, and the likelihood of curves left out singly.
    """
    whole = fit_line(plan, candidate, seen, starts=starts)
    made: dict[str, Any] = {
        "point": whole.best.tolist(),
        "log_likelihood": log_likelihood(plan, candidate, seen, whole.best),
        "scores": _scores(plan, candidate, seen, whole.best),
        "left_out": {},
    }
    for name, is_out in LEFT_OUT.items():
        out = [one for one in seen if is_out(one)]
        rest = [one for one in seen if not is_out(one)]
        point = fit_line(plan, candidate, rest, starts=1, first=whole.best).best
        made["left_out"][name] = {
            "point": point.tolist(),
            "log_likelihood": log_likelihood(plan, candidate, out, point),
            "scores": _scores(plan, candidate, out, point),
        }
    return made | {"curves": judge_curves(plan, candidate, seen, whole.best)}


def judge_curves(
    plan: Plan, candidate: Candidate, seen: Sequence[Seen], best: Floats
) -> float:
    """Log likelihood of every curve, each predicted from all others.

    Each fit starts at the best point of all readings.
    """
    total = 0.0
    for curve in dict.fromkeys(one.curve for one in seen):
        out = [one for one in seen if one.curve == curve]
        rest = [one for one in seen if one.curve != curve]
        point = fit_line(plan, candidate, rest, starts=0, first=best).best
        total += log_likelihood(plan, candidate, out, point)
    return total


def _scores(
    plan: Plan, candidate: Candidate, seen: Sequence[Seen], point: Floats
) -> dict[str, Any]:
    predicted = predict(plan, candidate, seen, point)
    kinds = {one.what for one in seen}
    return {
        what: asdict(score(seen, predicted, what)) for what in READ if what in kinds
    }


def at_other_time(seen: Sequence[Seen], pstat5_min: float) -> list[Seen]:
    """The same readings, had pSTAT5 been read at another time, [min]."""
    return [
        replace(one, time_min=pstat5_min) if one.what == "pSTAT5" else one
        for one in seen
    ]
