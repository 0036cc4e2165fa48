"""Cells of the shipped fits, as molecules are screened on them (`study/screening.py`).

Each scale of affinities has a fit of its own: unfused IL-2 with one arm was seen on the
plate of blood cells (`receptors.py`), Fc fusions with one and two arms on the panel
(`panel.py`). The best set is the shipped point, so a screening of the wild type is the
curve of the fit. Of the plate draws of the posterior ship. Of the panel its normal
approximation ships, values with intervals and correlations, and draws are made of it.

Unfused IL-2 with several arms was seen by neither: its affinities are brought to the
scale of fusions by their ratio to the wild type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import BadProblem
from il2sim.evidence.fitted import fitted_draws, fitted_numbers
from il2sim.inference import panel, receptors
from il2sim.inference.facts import shipped
from il2sim.inference.likelihood import Likelihood
from il2sim.inference.observation import Observations
from il2sim.inference.problem import FitProblem, Reading
from il2sim.models.dish import CELLS
from il2sim.models.fusions import FUSED, SCALE, UNFUSED
from il2sim.molecules import Variant, catalog
from il2sim.molecules.scales import ratios_of_trimer
from il2sim.molecules.variant import NO_BINDING_NM, NUMBERS
from il2sim.study.screening import Candidate, Gates
from il2sim.units import unit

Floats = NDArray[np.float64]

PLATE, PANEL = "plate", "panel"
"""Names of the fits: unfused IL-2 on blood cells, and Fc fusions on four cell types."""

HOURS = (min(receptors.TIMES_H), max(receptors.TIMES_H))
"""When both were read, first and last, [h]."""

_SIGMAS = 2 * 1.6449  # between the ends of 90 % of a normal distribution


def fit_of(candidate: Candidate) -> str:
    """Which fit a prediction of a molecule stands on.

    Examples
    --------
    >>> fit_of(Candidate("mine", 10.0, 1.0, "unfused IL-2"))
    'plate'
    >>> fit_of(Candidate("mine", 10.0, 1.0, "unfused IL-2", arms=2.0))
    'panel'
    """
    is_single = candidate.arms == 1 and candidate.cd25_arms == 0
    return PLATE if is_single and candidate.scale != SCALE else PANEL


def unused(candidate: Candidate) -> tuple[str, ...]:
    """Rates of a molecule that differ from what its fit takes, and are not used.

    On the plate capture by CD25 is taken as settled, and several arms leave by their
    bonds one after the other.

    Examples
    --------
    >>> unused(Candidate("mine", 10.0, 1.0, "unfused IL-2", kon_alpha=1.0))
    ('kon_alpha',)
    >>> unused(Candidate("mine", 10.0, 1.0, "unfused IL-2", koff_trimer=1.0))
    ()
    """
    wild = _numbers(UNFUSED)
    if fit_of(candidate) == PLATE:
        name, given, taken = "kon_alpha", candidate.kon_alpha, wild["kon_alpha"]
    else:
        name, given, taken = "koff_trimer", candidate.koff_trimer, 0.0
        if candidate.scale != SCALE:
            taken = _left(candidate.kd_beta_gamma_nM, wild)
    if given is None or (
        name == "kon_alpha" and candidate.kd_alpha_nM >= NO_BINDING_NM
    ):
        return ()
    told = given * unit(NUMBERS[name][0]).factor
    return () if np.isclose(told, taken, rtol=1e-6, atol=0.0) else (name,)


def cells_of(fit: str, n_draws: int = 0, *, seed: int = 1) -> Gates:
    """Cells of one of the fits at its best point, and at draws of its posterior.

    Parameters
    ----------
    fit
        `PLATE` or `PANEL`.
    n_draws
        How many draws.
    seed
        Of the draws: which of those that ship, and what is drawn of the panel.

    Raises
    ------
    BadProblem
        More draws are wanted than ship.

    Examples
    --------
    >>> cells_of("plate", 3).values["Treg.cd122_at_rest"].shape  # sets, cells, nodes
    (4, 4, 9)
    """
    made: dict[str, Callable[[int, int], Gates]] = {PLATE: _plate, PANEL: _panel}
    return made[fit](n_draws, seed)


def _plate(n_draws: int, seed: int) -> Gates:
    plan = receptors.read_plan()
    layout = receptors.Layout(
        gate=tuple(plan.gate(one) for one in CELLS),
        ligand=("IL2",) * len(CELLS),
        dose_nM=np.ones(len(CELLS)),
    )
    _, weights = receptors.nodes()
    part = receptors.part_of(plan, plan.chosen, layout, *_nothing_seen(weights))
    problem = FitProblem(receptors.free_of(plan, plan.chosen), (part,))
    best = {name: one.value for name, one in fitted_numbers("receptors.tsv").items()}
    drawn = fitted_draws("receptor_draws.tsv")
    if n_draws > len(drawn):
        raise BadProblem(
            "more draws are wanted than ship with the fit of the plate.",
            got=n_draws,
            expected=f"at most {len(drawn)}",
            try_=f"--draws {len(drawn)}",
        )
    chosen = np.random.default_rng(seed).permutation(len(drawn))[:n_draws]
    points = [best, *(drawn[i] for i in chosen)]
    inside = np.array([problem.inside(one) for one in points])
    return _gates(problem, inside, weights, _on_the_plate)


def _panel(n_draws: int, seed: int) -> Gates:
    plan = panel.read_plan()
    places = [(FUSED, 1, cell, 1.0) for cell in CELLS]
    _, weights = panel.nodes()
    part = panel.part_of(plan, plan.chosen, places, *_nothing_seen(weights))
    free = receptors.free_numbers(plan.free, plan.chosen.free, part.model)
    problem = FitProblem(free, (part,))
    points = _panel_points(problem, n_draws, seed)
    return _gates(problem, points, weights, _on_the_panel)


def _panel_points(problem: FitProblem, n_draws: int, seed: int) -> Floats:
    """The shipped point and draws of its normal approximation, within their bounds."""
    rows = {row["name"]: row for row in shipped("panel.tsv")}
    together = {row["name"]: row for row in shipped("panel_correlations.tsv")}
    ends = {
        key: problem.inside({name: float(row[key]) for name, row in rows.items()})
        for key in ("value", "low", "high")
    }
    spread = (ends["high"] - ends["low"]) / _SIGMAS
    correlations = np.array(
        [[float(together[i][j]) for j in problem.names] for i in problem.names]
    )
    drawn = np.random.default_rng(seed).multivariate_normal(
        ends["value"], correlations * np.outer(spread, spread), size=n_draws
    )
    low, high = np.array([one.bounds for one in problem.free]).T
    return np.vstack([ends["value"], np.clip(drawn, low, high)])


def _nothing_seen(weights: Floats) -> tuple[Reading, Observations]:
    n = len(CELLS)
    at = np.zeros(n, dtype=np.int64)
    reading = receptors.reading_of(np.arange(n), at, weights)
    return reading, Observations.of(np.zeros(n), 1.0)


def _gates(
    problem: FitProblem,
    points: Floats,
    weights: Floats,
    binding: Callable[[Candidate], Mapping[str, float]],
) -> Gates:
    """Cells at points on the scales of a problem whose wells are the cells."""
    [part] = problem.parts
    [moved] = Likelihood(problem).parameters_of(points)
    shape = (len(points), len(CELLS), len(weights))
    met = "il2.kon_beta_gamma"
    [meet] = [k for k, one in enumerate(problem.free) if met in one.moves]
    free = problem.free[meet]
    return Gates(
        names=CELLS,
        model=part.model,
        output=part.save[0],
        weights=weights,
        values={name: values.reshape(shape) for name, values in moved.items()},
        factors={met: np.exp(points[:, meet] - free.inside(free.at))},
        binding=binding,
    )


def _on_the_plate(one: Candidate) -> dict[str, float]:
    """One arm: what holds the trimer is the dimer, so it is left as that is.

    Unless it is known how it is left.
    """
    wild = _numbers(UNFUSED)
    alpha, beta, met = _of_one_arm(one)
    return {
        "il2.kd_alpha": alpha,
        "il2.kd_beta_gamma": beta,
        "il2.kon_beta_gamma": met,
        "il2.koff_trimer": _left(beta, wild)
        if one.koff_trimer is None
        else one.koff_trimer * unit(NUMBERS["koff_trimer"][0]).factor,
    }


def _left(beta: float, wild: Mapping[str, float]) -> float:
    """How fast the trimer is left, by the affinity for the dimer."""
    ratio = ratios_of_trimer({"kd_beta_gamma": beta / wild["kd_beta_gamma"]})
    return wild["koff_trimer"] * ratio["koff_trimer"]


def _on_the_panel(one: Candidate) -> dict[str, float]:
    numbers = _of_one_arm(one)
    if one.scale != SCALE:
        names = ("kd_alpha", "kd_beta_gamma", "kon_beta_gamma")
        ratio = [_numbers(FUSED)[name] / _numbers(UNFUSED)[name] for name in names]
        numbers = tuple(np.multiply(numbers, ratio).tolist())
    alpha, beta, met = numbers
    return {
        "il2.kd_alpha": alpha,
        "il2.kon_alpha": _met_cd25(one),
        "il2.kd_beta_gamma": beta,
        "il2.kon_beta_gamma": met,
        "il2.arms": one.arms,
        "il2.cd25_arms": one.cd25_arms,
    }


def _met_cd25(one: Candidate) -> float:
    """How fast CD25 is met; not at all without a site for it.

    An affinity alone would not do: an arm that lands on CD25 and lets go can be held by
    the others.
    """
    if one.kd_alpha_nM >= NO_BINDING_NM:
        return 0.0
    if one.kon_alpha is None:
        return _numbers(UNFUSED)["kon_alpha"]
    return one.kon_alpha * unit(NUMBERS["kon_alpha"][0]).factor


def _of_one_arm(one: Candidate) -> tuple[float, ...]:
    """Both affinities and the rate to the dimer on a sensor, in the engine's units."""
    if one.kon_beta_gamma is None:
        met = _numbers(FUSED if one.scale == SCALE else UNFUSED)["kon_beta_gamma"]
    else:
        met = one.kon_beta_gamma * unit("1/(nM*min)").factor
    return one.kd_alpha_nM, one.kd_beta_gamma_nM, met


@lru_cache(maxsize=2)
def _numbers(name: str) -> dict[str, float]:
    """Numbers of a molecule of the catalog, in the engine's units."""
    molecule: Variant = catalog.variant(name)
    return {
        key: one.value * unit(one.unit).factor for key, one in molecule.numbers.items()
    }
