"""The panel of Fc fusions: how well a model meets it, fitted and left out.

A molecule that is left out is predicted blind: background and scale of each cell type,
day and time come from the other molecules. Those of a cell type that is left out come
from itself. Wells of a day and then days are put together as their means.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.likelihood import Likelihood
from il2sim.inference.optimize import Fit, fit
from il2sim.inference.panel import Plan, Seen, Tried, groups_of, point_of, problem_of
from il2sim.inference.receptors import TIMES_H

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

SCORED_H = TIMES_H[1:]
"""Times of the published score, [h]: with them the panel has its 1,584 means."""

TOLERANCE = 1e-3
"""Of one step while fitting."""

MOST = 40
"""Evaluations of a start at most; half as many where a best point is near."""

POOLED = "all"
"""Name of the score over all cell types."""

PUBLISHED_REACH = 2.1958e-3
"""Of the published equilibrium, from its code, [nM*cell/molecule]."""


@dataclass(frozen=True)
class Score:
    """How well means are met.

    Attributes
    ----------
    r_squared
        Of means over days.
    n
        How many there are.
    """

    r_squared: float
    n: int


def scaled(seen: Sequence[Seen], signals: Floats, known: Mask | None = None) -> Floats:
    """What would be read: with the best background and scale of each group.

    Parameters
    ----------
    seen
        Means, which have the groups.
    signals
        Of a model, shape ``(n_seen,)``.
    known
        Which means background and scale are found from; a group without any has its
        own. Default all.
    """
    groups = groups_of(seen)
    values = np.array([one.value for one in seen])
    used = np.ones(len(values), bool) if known is None else known
    made = np.empty(len(values))
    basis = np.stack([np.ones(len(values)), signals], axis=1)
    for group in np.unique(groups):
        rows = groups == group
        some = rows & used
        some = some if some.any() else rows
        best, *_ = np.linalg.lstsq(basis[some], values[some], rcond=None)
        made[rows] = basis[rows] @ best
    return made


def scores(
    seen: Sequence[Seen],
    predicted: Floats,
    *,
    among: Mask | None = None,
    scatter: Floats | None = None,
    times_h: Sequence[float] = SCORED_H,
) -> dict[str, Score]:
    """Compare predictions with means over days, of each cell type and of all.

    Parameters
    ----------
    seen
        Means.
    predicted
        Of each, in its fluorescence.
    among
        Which are compared; default all.
    scatter
        Of the means over wells of a day that `seen` stands for, if it lies on curves.
    times_h
        Which times count, [h].
    """
    compared = np.ones(len(seen), bool) if among is None else among
    around = np.zeros(len(seen)) if scatter is None else scatter
    by: dict[tuple[str, int, str, float, float], dict[str, list[int]]] = {}
    for i, one in enumerate(seen):
        if compared[i] and one.time_h in times_h:
            by.setdefault(one.condition, {}).setdefault(one.date, []).append(i)
    values = np.array([one.value for one in seen])
    days = [list(some.values()) for some in by.values()]
    cells = np.array([key[2] for key in by])

    def over_days(what: Floats) -> Floats:
        return np.array([np.mean([what[i].mean() for i in some]) for some in days])

    wanted, found = over_days(values), over_days(predicted)
    noise = over_days(around**2) / np.array([len(some) for some in days])
    made = {POOLED: _score(wanted, found, noise)}
    for cell in dict.fromkeys(cells):
        of = cells == cell
        made[str(cell)] = _score(wanted[of], found[of], noise[of])
    return made


def _score(wanted: Floats, found: Floats, noise: Floats) -> Score:
    left = np.sum((wanted - found) ** 2) + np.sum(noise)
    whole = np.sum((wanted - wanted.mean()) ** 2) + np.sum(noise)
    return Score(float(1 - left / whole), len(wanted))


def signals_of(
    plan: Plan, candidate: Tried, seen: Sequence[Seen], point: Floats
) -> Floats:
    """PSTAT5 that a candidate gives for each mean, [%]."""
    problem = problem_of(plan, candidate, seen)
    return Likelihood(problem, tolerance=TOLERANCE).signals(point)[0]


def signals_published(plan: Plan, seen: Sequence[Seen], *, counts: str) -> Floats:
    """Bound dimers by the published equilibrium, [molecule/cell], for each mean."""
    from il2sim.models.published import bound_at_equilibrium
    from il2sim.molecules import variant

    @cache
    def bound(molecule: str, arms: int, cell: str, dose_nM: float) -> float:  # noqa: N803
        numbers = variant(molecule).numbers
        kds = numbers["kd_alpha"].value, numbers["kd_beta_gamma"].value
        return bound_at_equilibrium(
            dose_nM / arms,
            plan.cells[cell].counts[counts],
            kds,
            valency=arms,
            reach=PUBLISHED_REACH,
        ).beta_gamma

    return np.array(
        [bound(one.molecule, one.arms, one.cell, one.dose_nM) for one in seen]
    )


def left_out(plan: Plan) -> dict[str, Callable[[Seen], bool]]:
    """What is left out in turn: each molecule with all its arms, and each cell type."""

    def of_molecule(name: str) -> Callable[[Seen], bool]:
        return lambda one: one.molecule == name

    def of_cell(name: str) -> Callable[[Seen], bool]:
        return lambda one: one.cell == name

    return {one: of_molecule(one) for one in plan.molecules.values()} | {
        one: of_cell(one) for one in plan.cells
    }


def log_likelihood(
    plan: Plan, seen: Sequence[Seen], predicted: Floats, among: Mask | None = None
) -> float:
    """Of means, up to a constant that all candidates share."""
    spreads = problem_spreads(plan, seen)
    off = (predicted - np.array([one.value for one in seen])) / spreads
    if among is not None:
        off = off[among]
    return float(-0.5 * off @ off)


def problem_spreads(plan: Plan, seen: Sequence[Seen]) -> Floats:
    """Noise of each mean, in its fluorescence."""
    from il2sim.inference.panel import observations_of

    return np.asarray(observations_of(seen, plan.told["noise"]).spreads)


def fit_panel(
    plan: Plan,
    candidate: Tried,
    seen: Sequence[Seen],
    *,
    starts: int,
    first: Floats | None = None,
) -> Fit:
    """Fit a candidate to some means, from one point near the best or from several."""
    likelihood = Likelihood(problem_of(plan, candidate, seen), tolerance=TOLERANCE)
    is_near = first is not None and first.ndim == 1
    most = MOST // 2 if is_near else MOST
    return fit(likelihood, starts=starts, seed=1, first=first, most=most)


def judge(
    plan: Plan,
    candidate: Tried,
    seen: Sequence[Seen],
    *,
    starts: int,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> dict[str, Any]:
    """Fit a candidate to all means, and to all but each molecule and cell type in turn.

    Returns
    -------
    dict
        For tables and files: points, likelihoods and scores, of all and by what was
        left out; and of molecules put together that were each predicted blind.
    """
    leave = left_out(plan)
    whole = fit_panel(plan, candidate, seen, starts=starts)
    progress(1, 1 + len(leave))
    predicted = scaled(seen, signals_of(plan, candidate, seen, whole.best))
    made: dict[str, Any] = {
        "point": whole.best.tolist(),
        "log_likelihood": log_likelihood(plan, seen, predicted),
        "scores": told(scores(seen, predicted)),
        "left_out": {},
    }
    for i, (name, is_out) in enumerate(leave.items()):
        rest = [one for one in seen if not is_out(one)]
        point = fit_panel(plan, candidate, rest, starts=1, first=whole.best).best
        made["left_out"][name] = judge_left_out(plan, candidate, seen, point, is_out)
        progress(2 + i, 1 + len(leave))
    return made


def over_times(seen: Sequence[Seen]) -> list[Seen]:
    """The same means, with one background and scale for all times of a day."""
    return [replace(one, is_over_times=True) for one in seen]


def judge_over_times(
    plan: Plan, candidate: Tried, seen: Sequence[Seen], first: Floats
) -> dict[str, Any]:
    """Fit a candidate with one background and scale for each cell type and day.

    It starts at a point and at the medians of the priors. The published score has as
    few scales, and no background.
    """
    some = over_times(seen)
    starts = np.stack([first, point_of(plan, candidate, {})])
    point = fit_panel(plan, candidate, some, starts=2, first=starts).best
    predicted = scaled(some, signals_of(plan, candidate, some, point))
    return {"point": point.tolist(), "scores": told(scores(some, predicted))}


def judge_left_out(
    plan: Plan,
    candidate: Tried,
    seen: Sequence[Seen],
    point: Floats,
    is_out: Callable[[Seen], bool],
) -> dict[str, Any]:
    """Score of what was left out, at the point of the fit without it."""
    out = np.array([is_out(one) for one in seen])
    predicted = scaled(seen, signals_of(plan, candidate, seen, point), ~out)
    return {
        "point": point.tolist(),
        "log_likelihood": log_likelihood(plan, seen, predicted, out),
        "scores": told(scores(seen, predicted, among=out)),
    }


def told(found: dict[str, Score]) -> dict[str, Any]:
    """Scores, for files."""
    return {name: asdict(one) for name, one in found.items()}


def blind(plan: Plan, seen: Sequence[Seen], signals: Callable[[str], Floats]) -> Floats:
    """Every mean, predicted from the other molecules.

    Parameters
    ----------
    signals
        Of a model that did not see the molecule of a name, for all means.
    """
    made = np.empty(len(seen))
    leave = left_out(plan)
    for name in plan.molecules.values():
        out = np.array([leave[name](one) for one in seen])
        if out.any():
            made[out] = scaled(seen, signals(name), ~out)[out]
    return made
