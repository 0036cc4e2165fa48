"""Molecules put on cells in a dish: dose-response, potency and selectivity.

Every molecule is a set of values of one compiled dish, so thousands are screened in one
call of the engine, a subject for each molecule, dose and draw. Intervals come from
draws of what is not known of the cells; those kept give the wild type the half-maximal
doses that were measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import BadProblem
from il2sim.evidence import measurement
from il2sim.study.wells import Plate, incubate
from il2sim.symbolic import Model
from il2sim.units import unit

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

DOSES_NM = np.logspace(-5, 3, 25)
"""Ligand in the medium, [nM]: three to a decade."""

MOST_HALF_NM = 300.0
"""Half-maximal doses above it are not told: a decade is needed to see a plateau."""

MEASURED = {
    "Treg": {0.5: "E331"},
    "CD4 Tconv": {0.5: "E334"},
    "CD8": {0.5: "E337", 1.0: "E340"},
    "NK": {0.5: "E338", 1.0: "E341"},
}
"""Half-maximal doses of the wild type in blood cells, by cell and hour."""

CANDIDATES = 20
"""Draws made for each that is kept."""

PORTION = 50_000
"""Wells in one call of the engine."""

UNCERTAIN = ("cd25_at_rest", "cd122_at_rest", "half_engaged")
"""What is drawn for each cell."""

SHARED = ("binding.k_assemble", "signaling.steepness", "trafficking.k_internalize")
"""What is drawn for all cells together."""

_SIGMAS = 2 * 1.6449  # from 5 to 95 % of a normal distribution


@dataclass(frozen=True)
class Candidate:
    """A molecule to be screened.

    Attributes
    ----------
    name
        In tables and figures.
    kd_alpha_nM, kd_beta_gamma_nM
        Affinities of one arm for CD25 and for CD122 with gamma-c, [nM].
    arms, cd25_arms
        Live arms, and arms that keep only their CD25 site.
    reach_nM
        What one receptor is to a molecule held, [nM*cell/molecule]; goes with the
        scale of the affinities.
    kon_beta_gamma
        How fast an arm meets CD122 with gamma-c, [1/(nM*min)].
    """

    name: str
    kd_alpha_nM: float  # noqa: N815 - the unit is written so
    kd_beta_gamma_nM: float  # noqa: N815
    reach_nM: float  # noqa: N815
    kon_beta_gamma: float
    arms: float = 1.0
    cd25_arms: float = 0.0

    def values(self) -> dict[str, float]:
        """Values of a dish's parameters, in the engine's units.

        Raises
        ------
        BadProblem
            A number is not positive.
        """
        if not min(self.kd_alpha_nM, self.kd_beta_gamma_nM, self.arms) > 0:
            raise BadProblem(
                f"the molecule '{self.name}' cannot be screened.",
                got=f"{self.kd_alpha_nM:g} nM, {self.kd_beta_gamma_nM:g} nM, "
                f"{self.arms:g} arms",
                expected="affinities and valency above zero",
            )
        return {
            "il2.kd_alpha": self.kd_alpha_nM,
            "il2.kd_beta_gamma": self.kd_beta_gamma_nM,
            "il2.kon_beta_gamma": self.kon_beta_gamma * unit("1/(nM*min)").factor,
            "il2.reach": self.reach_nM,
            "il2.arms": self.arms,
            "il2.cd25_arms": self.cd25_arms,
        }


@dataclass(frozen=True, eq=False)
class Screening:
    """What was found.

    Attributes
    ----------
    candidates, cells
        The molecules and the cell types, ``n_molecules`` and ``n_cells``.
    doses_nM
        [nM], shape ``(n_doses,)``.
    time_h
        When pSTAT5 was read, [h].
    responses
        pSTAT5 over the most that the reference reaches in the same cell and draw,
        [%], at 5, 50 and 95 % of the draws; shape
        ``(3, n_molecules, n_cells, n_doses)``.
    halves
        Half-maximal doses, [nM], of each draw; shape
        ``(n_molecules, n_draws, n_cells)``. Infinity where the highest dose is no
        plateau. Without draws there is one row, of the values of the tables.
    """

    candidates: tuple[Candidate, ...]
    cells: tuple[str, ...]
    doses_nM: Floats  # noqa: N815 - the unit is written so
    time_h: float
    responses: Floats
    halves: Floats

    @cached_property
    def selectivity(self) -> Floats:
        """Half-maximal doses over those of the first cell, shaped as `halves`."""
        with np.errstate(invalid="ignore"):
            found: Floats = self.halves / self.halves[:, :, :1]
        unknown = ~np.isfinite(self.halves) | ~np.isfinite(self.halves[:, :, :1])
        found[unknown] = np.nan
        return found

    def spread(self, values: Floats) -> Floats:
        """Find 5, 50 and 95 % over the draws of something shaped as `halves`.

        Returns
        -------
        numpy.ndarray
            Shape ``(n_molecules, n_cells, 3)``. What is not a number counts as
            infinity.
        """
        drawn = np.where(np.isnan(values), np.inf, values)
        # Between two draws infinity cannot be halved: the nearest draw is taken.
        found: Floats = np.quantile(drawn, [0.05, 0.5, 0.95], axis=1, method="nearest")
        return np.moveaxis(found, 0, 2)


def screen(
    model: Model,
    candidates: Sequence[Candidate],
    *,
    reference: Candidate,
    cells: Sequence[str],
    time_h: float = 1.0,
    draws: Mapping[str, Floats] | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Screening:
    """Find the dose-response of each cell type to each molecule.

    Parameters
    ----------
    model
        A dish of multivalent cells (`il2sim.models.mechanisms.MULTIVALENT`).
    candidates
        The molecules.
    reference
        Whose most pSTAT5 is 100 %, such as the wild type.
    cells
        Of the dish; selectivity is over the first.
    time_h
        When pSTAT5 is read, [h].
    draws
        Values of parameters in the engine's units, ``n_draws`` each, such as
        `plausible_draws` finds.
    workers
        Threads; default one for each core.
    progress
        Called with the number of wells finished and of all.

    Raises
    ------
    BadProblem
        No molecule is given, or one has a number that is not positive.
    """
    if not candidates:
        raise BadProblem("nothing is screened.", got="no molecule", expected="some")
    draws = draws or {}
    rows = [one.values() for one in (reference, *candidates)]
    parts = []
    each = _length(draws) * len(DOSES_NM)
    size = max(1, PORTION // each)
    for first in range(0, len(rows), size):
        part = rows[first : first + size]
        parts.append(
            _responses(model, part, draws, cells=cells, time_h=time_h, workers=workers)
        )
        if progress is not None:
            progress((first + len(part)) * each, len(rows) * each)
    found = np.concatenate(parts)
    return Screening(
        candidates=tuple(candidates),
        cells=tuple(cells),
        doses_nM=DOSES_NM,
        time_h=time_h,
        responses=np.quantile(
            100 * found[1:] / found[:1].max(axis=3, keepdims=True),
            [0.05, 0.5, 0.95],
            axis=1,
        ),
        halves=half_maximal(found[1:]),
    )


def _responses(
    model: Model,
    rows: Sequence[Mapping[str, float]],
    draws: Mapping[str, Floats],
    *,
    cells: Sequence[str],
    time_h: float,
    workers: int | None,
) -> Floats:
    """PSTAT5 [%], shape ``(n_rows, n_draws, n_cells, n_doses)``."""
    n, k, m = len(rows), _length(draws), len(DOSES_NM)
    values = {
        name: np.repeat([row[name] for row in rows], k * m) for name in rows[0]
    } | {name: np.tile(np.repeat(drawn, m), n) for name, drawn in draws.items()}
    seen = incubate(
        model,
        Plate({"il2": np.tile(DOSES_NM, n * k)}, [time_h], values),
        save=[f"pSTAT5 of {cell}" for cell in cells],
        tolerance=1e-4,
        workers=workers,
    )
    shaped: Floats = seen.values[:, 0, :].reshape(n, k, m, len(cells))
    return np.moveaxis(shaped, 3, 2)


def _length(draws: Mapping[str, Floats]) -> int:
    """How many draws there are; the values of the tables are one."""
    return len(next(iter(draws.values()))) if draws else 1


def half_maximal(responses: Floats) -> Floats:
    """Find the doses of half the maximum, [nM], over the last axis.

    Infinity where that is above 300 nM, so that the highest dose is no plateau, or
    where a well could not be solved. Of a curve with several rises the lowest dose
    counts.

    Examples
    --------
    >>> curve = 80 * DOSES_NM / (DOSES_NM + 0.5)
    >>> bool(abs(half_maximal(curve) / 0.5 - 1) < 0.02)
    True
    """
    flat = responses.reshape(-1, responses.shape[-1])
    found = np.array([_half(curve) for curve in flat])
    return found.reshape(responses.shape[:-1])


def _half(curve: Floats) -> float:
    top = int(np.argmax(curve))
    half = curve[top] / 2
    if not curve[top] > 0 or curve[0] > half:
        return np.inf
    place = int(np.argmax(curve[: top + 1] >= half))
    below, above = curve[place - 1], curve[place]
    # In the middle of a rise a Hill curve is straight in log dose and log odds.
    odds = [one / (curve[top] * (1 + 1e-9) - one) for one in (below, half, above)]
    x0, x, x1 = np.log(np.maximum(odds, 1e-300))
    ends = np.log(DOSES_NM[place - 1]), np.log(DOSES_NM[place])
    part = (x - x0) / (x1 - x0)
    dose = float(np.exp(ends[0] + part * (ends[1] - ends[0])))
    return dose if dose < MOST_HALF_NM else np.inf


def plausible_draws(
    model: Model,
    wild_type: Candidate,
    *,
    cells: Sequence[str],
    n: int,
    seed: int,
    workers: int | None = None,
) -> dict[str, Floats]:
    """Draw what is not known of the cells, and keep what agrees with the wild type.

    Each parameter is log-normal with 5 to 95 % on its range in the tables. Of
    `CANDIDATES` draws for each one wanted, those are kept whose half-maximal doses of
    the wild type are nearest to the measured ones (`MEASURED`), by the root mean
    square of logarithms.

    Parameters
    ----------
    model, cells, workers
        As for `screen`.
    wild_type
        The molecule that was measured.
    n
        How many to keep.
    seed
        Of the draws.

    Returns
    -------
    dict
        By parameter, in the engine's units, shape ``(n,)``.
    """
    rng = np.random.default_rng(seed)
    made = {
        name: _drawn(model, name, rng.normal(size=CANDIDATES * n))
        for name in _uncertain(cells)
    }
    errors = np.zeros(CANDIDATES * n)
    for time_h in (0.5, 1.0):
        found = screen(
            model,
            [wild_type],
            reference=wild_type,
            cells=cells,
            time_h=time_h,
            draws=made,
            workers=workers,
        )
        for i, cell in enumerate(cells):
            key = MEASURED.get(cell, {}).get(time_h)
            if key is not None:
                wanted = measurement(key).to("nM")
                errors += np.log(found.halves[0, :, i] / wanted) ** 2
    kept = np.sort(np.argsort(errors, kind="stable")[:n])
    return {name: drawn[kept] for name, drawn in made.items()}


def _uncertain(cells: Sequence[str]) -> Iterator[str]:
    yield from (f"{cell}.{name}" for cell in cells for name in UNCERTAIN)
    yield from SHARED


def _drawn(model: Model, name: str, normal: Floats) -> Floats:
    one = model.parameters[name]
    low, high = one.low or one.value, one.high or one.value
    sigma = np.log(high / low) / _SIGMAS
    drawn = one.value * np.exp(sigma * normal)
    kept: Floats = np.clip(drawn, low, high) * unit(one.unit).factor
    return kept
