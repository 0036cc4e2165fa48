"""The checks of receptors: each a number, what the best published model scores, a band.

A check that fails says so; none is tuned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.check import FARHAT, Check
from il2sim.inference.crosstalk_checks import check_crosstalk
from il2sim.inference.culture import check_culture
from il2sim.inference.facts import (
    Response,
    beside,
    doses_nM,
    model_curves,
    read_facts,
    read_fitted,
    shipped,
)
from il2sim.inference.panel_checks import check_panel
from il2sim.inference.plate import hill_curve
from il2sim.inference.receptors import MANY_CD25, TIMES_H, Plan
from il2sim.inference.variance import check_variance
from il2sim.inference.yt1_checks import check_yt1

Floats = NDArray[np.float64]

MEASURED_RATIOS = {"NK": 31.0, "CD8": 55.0, "CD4 Tconv": 36.0}
"""Half-maximal IL-2 at 30 min over that of Treg: our Hill fit to the raw wells."""

PUBLISHED_RATIOS = {"NK": 9.5, "CD8": 9.3, "CD4 Tconv": 8.6}
"""The same by the published model, at the medians of its posterior."""

PUBLISHED_SLOPES = {
    ("Treg", "IL15"): (1.1, 1.1, 1.1, 1.3),
    ("NK", "IL2"): (0.9, 0.9, 0.9, 1.1),
    ("NK", "IL15"): (0.9, 0.9, 0.9, 1.1),
    ("CD8", "IL2"): (1.1, 1.0, 1.1, 1.3),
    ("CD8", "IL15"): (1.1, 1.1, 1.1, 1.2),
}
"""Hill slopes of the same by gate and ligand, at each of `TIMES_H`."""


def responses_of(plan: Plan) -> list[Response]:
    """The shipped facts beside the model at the shipped values."""
    return beside(read_facts(), model_curves(plan, plan.chosen, read_fitted()))


def check_receptors(plan: Plan, responses: Sequence[Response]) -> list[Check]:
    """Make every check.

    Parameters
    ----------
    plan
        The fit.
    responses
        Of `responses_of`.
    """
    makers: tuple[Callable[[Plan, Sequence[Response]], list[Check]], ...] = (
        _held_out,
        _never_fitted,
        _feinerman,
        _fallon,
        _consumption,
    )
    told = {
        (int(row["row"]), row["check"]): (float(row["low"]), float(row["high"]))
        for row in shipped("receptor_intervals.tsv")
    }
    made = [
        replace(one, spread=told.get((one.row, one.subject)))
        for one in checks_of_curves(plan, responses)
    ]
    made += [check for make in makers for check in make(plan, responses)]
    return (
        made
        + check_yt1()
        + check_panel()
        + check_crosstalk()
        + check_culture()
        + check_variance()
    )


def checks_of_curves(plan: Plan, responses: Sequence[Response]) -> list[Check]:
    """Make the checks that dose-responses are enough for."""
    makers = (_halves, _ratios, _slopes, _shift)
    return [check for make in makers for check in make(plan, responses)]


def _halves(plan: Plan, responses: Sequence[Response]) -> list[Check]:
    made = []
    for row, ligand, baseline, most in (
        (3, "IL2", 0.58, 0.30),
        (4, "IL15", 0.18, 0.18),
    ):
        off = [one.off for one in responses if one.ligand == ligand and one.time_h <= 1]
        made.append(
            Check(
                row,
                f"{ligand.replace('IL', 'IL-')}: half-maximal doses of ten gates, 0.5 "
                "and 1 h, root mean square of decades",
                float(np.sqrt(np.mean(np.square(off)))),
                *(0.0, most, f"{FARHAT}: {baseline:g}"),
                "four gates fitted, six predicted",
                published=baseline,
            )
        )
    return made


def _by_key(responses: Sequence[Response]) -> Mapping[tuple[str, str, float], Response]:
    return {(one.gate, one.ligand, one.time_h): one for one in responses}


def _ratios(plan: Plan, responses: Sequence[Response]) -> list[Check]:
    by = _by_key(responses)
    treg = by["Treg", "IL2", 0.5].model.half_nM
    return [
        Check(
            5,
            f"selectivity at 30 min: half-maximal IL-2 of {gate} over Treg",
            by[gate, "IL2", 0.5].model.half_nM / treg,
            *(measured / 1.5, measured * 1.5),
            f"{FARHAT}: {PUBLISHED_RATIOS[gate]:g}; measured {measured:g}",
            "fitted",
            published=PUBLISHED_RATIOS[gate],
        )
        for gate, measured in MEASURED_RATIOS.items()
    ]


def _slopes(plan: Plan, responses: Sequence[Response]) -> list[Check]:
    """Within 30 % up to 3, and at least 2.5 above, where it is poorly resolved."""
    chosen = [
        one
        for one in responses
        if one.gate in ("NK", "CD8") or (one.gate == "Treg" and one.ligand == "IL15")
    ]
    ours = [_meets(one.model.slope, one.slope) for one in chosen]
    theirs = [
        _meets(slope, one.slope)
        for one in chosen
        for time_h, slope in zip(
            TIMES_H, PUBLISHED_SLOPES[one.gate, one.ligand], strict=True
        )
        if time_h == one.time_h
    ]
    middle = float(np.median([one.model.slope for one in chosen]))
    return [
        Check(
            5,
            "Hill slopes through the dimer, part within their bands "
            f"(median {middle:.1f})",
            float(np.mean(ours)),
            *(0.8, np.inf),
            f"{FARHAT}: {np.mean(theirs):.2f}, slopes of 0.8-1.3; measured 1.4-5.2",
            "fitted",
            published=float(np.mean(theirs)),
        )
    ]


def _meets(slope: float, measured: float) -> bool:
    return abs(slope / measured - 1) <= 0.3 if measured <= 3 else slope >= 2.5


def _shift(plan: Plan, responses: Sequence[Response]) -> list[Check]:
    by = _by_key(responses)
    return [
        Check(
            5,
            f"NK by 4 h: gain in sensitivity to {ligand.replace('IL', 'IL-')}, fold",
            by["NK", ligand, 0.5].model.half_nM / by["NK", ligand, 4.0].model.half_nM,
            *(9 / 1.3, 11 * 1.3),
            f"{FARHAT}: 14; measured {measured}",
            "fitted",
            published=14.0,
        )
        for ligand, measured in (("IL2", 10), ("IL15", 12))
    ]


LEAST_UNSEEN = 0.9
"""R² that is wanted of whole curves that no fit saw."""


def _held_out(plan: Plan, responses: Sequence[Response]) -> list[Check]:
    """From the shipped fit: each gate predicted from the three others."""
    [row] = [
        one
        for one in shipped("receptor_candidates.tsv")
        if one["name"] == plan.chosen.name
    ]
    return [
        Check(
            5,
            f"whole curves of {gate}, 0.5-4 h, fitted without it: R²",
            float(row[f"held out {gate}"]),
            *(LEAST_UNSEEN, np.inf),
            f"{FARHAT}: not reported; replicates allow {most:.3f}",
            "held out; from the shipped fit",
        )
        for gate, (_, most) in _unseen("fitted").items()
    ]


def _never_fitted(plan: Plan, responses: Sequence[Response]) -> list[Check]:
    """Gates that are in no fit, and each ligand predicted from the other.

    Of a gate as much is wanted as of those that are fitted, or what its replicates
    allow where that is less.
    """
    gates = [
        Check(
            5,
            f"whole curves of {gate}, 0.5-4 h, in no fit: R²",
            found,
            *(min(LEAST_UNSEEN, most), np.inf),
            f"{FARHAT}: not reported; replicates allow {most:.3f}",
            "predicted; from the shipped fit",
            beyond=True,
        )
        for gate, (found, most) in _unseen("predicted").items()
    ]
    without = {
        row["what"]: float(row["R2"]) for row in shipped("receptor_held_out.tsv")
    }
    return gates + [
        Check(
            5,
            f"whole curves by {ligand.replace('IL', 'IL-')}, fitted without it: R²",
            without[f"{ligand}, fitted without it"],
            *(LEAST_UNSEEN, np.inf),
            f"{FARHAT}: not reported",
            "held out; from the shipped fit",
            beyond=True,
        )
        for ligand in ("IL2", "IL15")
    ]


def _unseen(used: str) -> dict[str, tuple[float, float]]:
    """R² of gates that were used in one way, and what their replicates allow."""
    return {
        row["gate"]: (float(row["R2"]), float(row["R2 by replicates"]))
        for row in shipped("receptor_predicted.tsv")
        if row["used"] == used
    }


CD25_OF_TREG = (1e3, 3e3, 1e4, 3e4)
"""CD25 that the closed form is tried at, [molecule/cell]: what the doses resolve."""


SETTLED = {"mix": 50.0, "fade": 1e-6, "meet": 1e-3}
"""Numbers of the fit where the closed form holds: ligand is there at once, cells stay
fresh, and IL-2 comes to CD122 by way of CD25 alone."""

SETTLES, IN_PLATE = "settled and by way of CD25 alone", "in the plate at 2 h"
"""How half-maximal IL-2 is found, in words."""


def _feinerman(plan: Plan, responses: Sequence[Response]) -> list[Check]:
    """Under the assumptions of the closed form, and as the plate is at 2 h."""
    span = "1,000 to 30,000 per cell: largest departure"
    return [
        Check(
            9,
            f"half-maximal IL-2 of Treg is inverse to CD25, {how}, {span}",
            _departure(halves_of_treg(plan, how)),
            *(0.0, 0.05, "Feinerman 2010: exact"),
            "predicted",
            published=0.0,
            beyond=beyond,
        )
        for how, beyond in ((SETTLES, False), (IN_PLATE, True))
    ]


def halves_of_treg(plan: Plan, how: str) -> list[float]:
    """Half-maximal IL-2 of Treg with each of `CD25_OF_TREG`, [nM].

    Parameters
    ----------
    plan
        The fit.
    how
        `SETTLES`, as the closed form assumes, or `IN_PLATE`.
    """
    fitted = dict(read_fitted())
    numbers, hours = (fitted | SETTLED, 4.0) if how == SETTLES else (fitted, 2.0)
    [treg] = [gate for gate in plan.gates if gate.name == "Treg"]
    found = []
    for cd25 in CD25_OF_TREG:
        alone = replace(plan, gates=(replace(treg, cd25=counted(cd25, numbers)),))
        curve = model_curves(alone, plan.chosen, numbers)["Treg", "IL2", hours]
        found.append(hill_curve(doses_nM(), curve).half_nM)
    return found


def _departure(halves: Sequence[float]) -> float:
    """How far half-maximal IL-2 times CD25 is from one number."""
    products = np.multiply(halves, CD25_OF_TREG)
    return float(products.max() / products.min() - 1)


def counted(cd25: float, fitted: Mapping[str, float]) -> float:
    """What a stain counts on cells of some CD25, both [molecule/cell].

    Examples
    --------
    >>> round(counted(35.0, {"dim": 100.0}))  # a tenth counted, a hundredth there
    350
    """
    steepness = np.log10(fitted.get("dim", 10.0))
    return float(MANY_CD25 * (cd25 / MANY_CD25) ** (1 / steepness))


FALLON_MEDIUM = {10.0: 6.5, 100.0: 92.8, 1000.0: 992.0}
"""IL-2 in the medium at 24 h, [pM], by that at the start."""

FALLON_GROWTH = {10.0: 1.13, 100.0: 3.99, 1000.0: 4.41}
"""Cells after 5 d over those at the start."""


def _fallon(plan: Plan, responses: Sequence[Response]) -> list[Check]:
    medium, growth = fallon_found()
    off = [
        *(medium / np.array(list(FALLON_MEDIUM.values())) - 1),
        *(growth / np.array(list(FALLON_GROWTH.values())) - 1),
    ]
    return [
        Check(
            11,
            "Fallon and Lauffenburger 2000: IL-2 left at 24 h and growth by 5 d, "
            "largest departure",
            float(np.max(np.abs(off))),
            *(0.0, 0.01, "exact"),
            "their model in our language",
        )
    ]


def fallon_found() -> tuple[Floats, Floats]:
    """What their model gives in our language.

    Returns
    -------
    tuple of numpy.ndarray
        As `FALLON_MEDIUM`, [pM], and as `FALLON_GROWTH`, [1].
    """
    from il2sim.engine.lower import lower
    from il2sim.engine.problem import Problem
    from il2sim.engine.schedule import Schedule
    from il2sim.engine.solve import solve
    from il2sim.models.published import fallon_2000

    model = fallon_2000()
    program = lower(model)
    starts = np.array(list(FALLON_MEDIUM))
    known = [model.parameters[name].engine_value for name in program.parameters]
    rows = np.tile(known, (len(starts), 1))
    [column] = [
        i for i, name in enumerate(program.parameters) if name.endswith("il2_at_start")
    ]
    rows[:, column] = starts / 1000
    problem = Problem(
        program,
        rows,
        np.ones((len(starts), 1)),
        Schedule.of([]),
        np.array([0.0, 24.0, 120.0]),
        120.0,
        ("IL-2", "cells"),
        tolerance=1e-7,
    )
    found = solve(problem).values
    return found[:, 1, 0], found[:, 2, 1] / found[:, 0, 1]


AUDIT = (0.03, 15.0)
"""What a resting cell takes of a saturated medium, least and most, [molecule/s]."""


def _consumption(plan: Plan, responses: Sequence[Response]) -> list[Check]:
    first, taken = zip(*uptake(plan).values(), strict=True)
    return [
        Check(
            19,
            f"resting cells at saturating IL-2, {when}, molecules/s per cell: {side}",
            value,
            *(*AUDIT, "QSP-IO: 1e6"),
            "from fitted rates",
            published=1e6,
        )
        for when, values in (("at first", first), ("sustained", taken))
        for side, value in (("least", min(values)), ("most", max(values)))
    ]


def uptake(plan: Plan) -> dict[str, tuple[float, float]]:
    """IL-2 that a resting cell takes at first and for good, [molecule/s], by gate.

    Each receptor taken inside takes one IL-2 with it; new ones come as fast as lost.
    The loss of empty CD122 is the fitted one, or what the candidate holds it at.
    """
    fitted = {**plan.chosen.fixed, **read_fitted()}
    lost_per_h = fitted.get("lose", fitted.get("trafficking.k_lose_cd122", np.nan))
    return {
        one.name: (
            one.cd122 * fitted["internalize"] / 60,
            one.cd122 * lost_per_h / 3600,
        )
        for one in plan.gates
        if one.name in plan.fitted
    }
