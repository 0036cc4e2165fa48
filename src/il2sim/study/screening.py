"""Molecules put on cells in a dish: dose-response, potency and selectivity.

Cells come as `Gates`: each cell type is a few wells of one compiled dish, of cells that
differ in their receptors, and a molecule is a set of values of the same dish. So
thousands of molecules are screened in one call of the engine, a subject for each
molecule, set of values of the cells, cell type, dose and cell. Where the values come
from is not known here (`inference/fitted_cells.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import BadProblem, UnknownName, closest
from il2sim.study.plane import planes_of
from il2sim.study.wells import Plate, incubate
from il2sim.symbolic import Model

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

DOSES_NM = np.logspace(-5, 2, 22)
"""Molecules in the medium, [nM]: three to a decade, and up to where plates end."""

MOST_HALF_NM = 45.0
"""Half-maximal doses above it are not told: a straight rise has its half at 50."""

PORTION = 50_000
"""Wells in one call of the engine."""

TOLERANCE = 1e-4
"""Of one step: half-maximal doses are within 1e-3 of those at a hundredth of it."""

MIDDLE = (0.05, 0.95)
"""Ends of 90 % of the draws."""


@dataclass(frozen=True)
class Candidate:
    """A molecule to be screened.

    Attributes
    ----------
    name
        In tables and figures.
    kd_alpha_nM, kd_beta_gamma_nM
        Affinities of one arm for CD25 and for CD122 with gamma-c, [nM].
    scale
        Of the affinities, as the catalog names it.
    kon_beta_gamma
        How fast an arm meets CD122 with gamma-c on a sensor, [1/(nM*min)]; None as the
        wild type of the scale.
    arms, cd25_arms
        Live arms, and arms that keep only their CD25 site.
    koff_trimer, kon_alpha
        How fast all three chains are left, [1/min], and CD25 is met, [1/(nM*min)]; None
        where not known.
    note
        What a reader of a prediction should know of these numbers.

    Raises
    ------
    BadProblem
        An affinity or a rate is not positive, no arm is live, a number of arms is not
        whole, or a number is not finite.
    """

    name: str
    kd_alpha_nM: float  # noqa: N815 - the unit is written so
    kd_beta_gamma_nM: float  # noqa: N815
    scale: str
    kon_beta_gamma: float | None = None
    arms: float = 1.0
    cd25_arms: float = 0.0
    koff_trimer: float | None = None
    kon_alpha: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        positive = {
            "an affinity for CD25 of {:g} nM": self.kd_alpha_nM,
            "an affinity for CD122 with gamma-c of {:g} nM": self.kd_beta_gamma_nM,
        }
        rates = {
            "a rate of {:g} 1/(nM*min) to CD122": self.kon_beta_gamma,
            "a rate of {:g} 1/(nM*min) to CD25": self.kon_alpha,
            "a rate of {:g} 1/min from the trimer": self.koff_trimer,
        }
        positive |= {said: one for said, one in rates.items() if one is not None}
        whole = {
            "{:g} live arms": (self.arms, 1),
            "{:g} dead arms": (self.cd25_arms, 0),
        }
        wrong = [
            said.format(one) for said, one in positive.items() if not 0 < one < np.inf
        ] + [
            said.format(one)
            for said, (one, least) in whole.items()
            if not (least <= one < np.inf and one == round(one))
        ]
        if wrong:
            raise BadProblem(
                f"the molecule '{self.name}' cannot be screened.",
                got=", ".join(wrong),
                expected="affinities and rates above zero, and whole arms, "
                "of which one or more are live",
                try_="il2sim screen --kd-alpha 10 --kd-betagamma 1 --valency 2",
            )


@dataclass(frozen=True, eq=False)
class Gates:
    """Cell types, each as wells of a dish of one cell type.

    Attributes
    ----------
    names
        Of the cell types, ``n_cells``.
    model, output
        The dish, and what of it is read, [%].
    weights
        Of cells of one type that differ, shape ``(n_nodes,)``, their sum one.
    values
        Parameters by name in the engine's units, shape ``(n_sets, n_cells, n_nodes)``.
        The first set is the best one, the others are draws.
    factors
        What numbers of a molecule are multiplied by on cells, by parameter, shape
        ``(n_sets,)``.
    binding
        Parameters of a molecule, in the engine's units.
    """

    names: tuple[str, ...]
    model: Model
    output: str
    weights: Floats
    values: Mapping[str, Floats]
    factors: Mapping[str, Floats]
    binding: Callable[[Candidate], Mapping[str, float]]

    @property
    def n_sets(self) -> int:
        """The best set and the draws."""
        return len(next(iter(self.values.values())))

    def best(self) -> Gates:
        """The same cells at the best set alone."""
        kept = {name: values[:1] for name, values in self.values.items()}
        first = {name: values[:1] for name, values in self.factors.items()}
        return replace(self, values=kept, factors=first)

    def only(self, names: Sequence[str]) -> Gates:
        """Some of the cell types, in the order given.

        Raises
        ------
        UnknownName
            One is not there.
        """
        for name in names:
            if name not in self.names:
                raise UnknownName(
                    "nothing is known of a cell type.",
                    got=f"'{name}'",
                    expected=closest(name, self.names),
                )
        rows = [self.names.index(name) for name in names]
        kept = {name: values[:, rows] for name, values in self.values.items()}
        return replace(self, names=tuple(names), values=kept)


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
        pSTAT5 over the most that the reference reaches in the same cell and set, [%]:
        5 % of the draws, the best set, 95 % of the draws; shape
        ``(3, n_molecules, n_cells, n_doses)``.
    halves
        Half-maximal doses, [nM], of the best set and of each draw; shape
        ``(n_molecules, n_sets, n_cells)``. Infinity where the highest dose is no
        plateau.
    """

    candidates: tuple[Candidate, ...]
    cells: tuple[str, ...]
    doses_nM: Floats  # noqa: N815 - the unit is written so
    time_h: float
    responses: Floats
    halves: Floats

    @property
    def n_draws(self) -> int:
        """How many draws there are beside the best set."""
        return int(self.halves.shape[1]) - 1

    @cached_property
    def selectivity(self) -> Floats:
        """Half-maximal doses over those of the first cell, shaped as `halves`."""
        with np.errstate(invalid="ignore"):
            found: Floats = self.halves / self.halves[:, :, :1]
        unknown = ~np.isfinite(self.halves) | ~np.isfinite(self.halves[:, :, :1])
        found[unknown] = np.nan
        return found

    def spread(self, values: Floats) -> Floats:
        """Find the best value and 90 % of the draws of something shaped as `halves`.

        Returns
        -------
        numpy.ndarray
            5 %, best, 95 %; shape ``(n_molecules, n_cells, 3)``. What is not a number
            counts as infinity.
        """
        return np.moveaxis(_around(np.where(np.isnan(values), np.inf, values)), 0, 2)


def screen(
    gates: Gates,
    candidates: Sequence[Candidate],
    *,
    reference: Candidate,
    time_h: float = 1.0,
    doses_nM: Floats = DOSES_NM,  # noqa: N803 - the unit is written so
    workers: int | None = None,
    progress: Progress | None = None,
) -> Screening:
    """Find the dose-response of each cell type to each molecule.

    Draws of many molecules are those of a grid of them (`il2sim.study.plane`), where
    that is less work; the best set is solved for each molecule.

    Parameters
    ----------
    gates
        The cell types; selectivity is over the first.
    candidates
        The molecules.
    reference
        Whose most pSTAT5 is 100 %, such as the wild type.
    time_h
        When pSTAT5 is read, [h].
    doses_nM
        Of molecules in the medium, [nM], increasing, shape ``(n_doses,)``.
    workers
        Threads; default one for each core.
    progress
        Called with the number of molecules finished and of all, the reference and those
        of grids among them.

    Raises
    ------
    BadProblem
        No molecule is given, or the time is not after zero.
    """
    if not candidates:
        raise BadProblem("nothing is screened.", got="no molecule", expected="some")
    if not 0 < time_h < np.inf:
        raise BadProblem(
            "pSTAT5 cannot be read at this time.",
            got=f"{time_h:g} h",
            expected="hours after the molecule was given, such as 0.5 or 1",
            try_="--time 1",
        )
    wells = Wells(doses_nM, time_h, workers)
    found = _solved(gates, (reference, *candidates), wells, progress)
    return Screening(
        candidates=tuple(candidates),
        cells=gates.names,
        doses_nM=doses_nM,
        time_h=time_h,
        responses=_around(100 * found[1:] / found[:1].max(axis=3, keepdims=True)),
        halves=half_maximal(found[1:], doses_nM),
    )


@dataclass(frozen=True)
class Wells:
    """What all wells of a screening share."""

    doses_nM: Floats  # noqa: N815 - the unit is written so
    time_h: float
    workers: int | None


def _solved(
    gates: Gates,
    molecules: Sequence[Candidate],
    wells: Wells,
    progress: Progress | None,
) -> Floats:
    """PSTAT5 [%] of molecules, shape ``(n_molecules, n_sets, n_cells, n_doses)``."""
    planes = planes_of(molecules) if gates.n_sets > 1 else []
    held = [place for plane in planes for place in plane.places]
    alone = np.setdiff1d(np.arange(len(molecules)), np.array(held, dtype=int))
    grids = sum(len(plane.grid) for plane in planes)
    tell = _teller(progress, len(molecules) + grids)
    shape = (gates.n_sets, len(gates.names), len(wells.doses_nM))
    found = np.empty((len(molecules), *shape))
    if alone.size:
        found[alone] = _in_portions(gates, [molecules[i] for i in alone], wells, tell)
    for plane in planes:
        some = [molecules[i] for i in plane.places]
        best = _in_portions(gates.best(), some, wells, tell)
        found[plane.places] = plane.moved(
            best, _in_portions(gates, plane.grid, wells, tell)
        )
    return found


def _teller(progress: Progress | None, total: int) -> Callable[[int], None]:
    """Count molecules that are finished, and tell so."""
    done = 0

    def tell(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(done, total)

    return tell


def _in_portions(
    gates: Gates,
    molecules: Sequence[Candidate],
    wells: Wells,
    tell: Callable[[int], None],
) -> Floats:
    """Solve molecules, a portion at a time."""
    rows = [gates.binding(one) for one in molecules]
    each = gates.n_sets * len(gates.names) * len(wells.doses_nM) * len(gates.weights)
    size = max(1, PORTION // each)
    parts = []
    for first in range(0, len(rows), size):
        part = rows[first : first + size]
        parts.append(_responses(gates, part, wells))
        tell(len(part))
    return np.concatenate(parts)


def _responses(
    gates: Gates, rows: Sequence[Mapping[str, float]], wells: Wells
) -> Floats:
    """PSTAT5 [%] of a portion, shape ``(n_rows, n_sets, n_cells, n_doses)``."""
    n_cells, n_nodes = len(gates.names), len(gates.weights)
    shape = (len(rows), gates.n_sets, n_cells, len(wells.doses_nM), n_nodes)

    def each(values: Floats) -> Floats:
        return np.asarray(np.broadcast_to(values, shape).ravel())

    of_cells = {
        name: each(values[None, :, :, None, :])
        for name, values in gates.values.items()
        if name not in rows[0]
    }
    of_molecules = {
        name: each(
            np.array([row[name] for row in rows])[:, None, None, None, None]
            * gates.factors.get(name, np.ones(1))[None, :, None, None, None]
        )
        for name in rows[0]
    }
    seen = incubate(
        gates.model,
        Plate(
            {"il2": each(wells.doses_nM[:, None])},
            [wells.time_h],
            {**of_cells, **of_molecules},
        ),
        save=[gates.output],
        tolerance=TOLERANCE,
        workers=wells.workers,
    )
    found: Floats = seen.values[:, 0, 0].reshape(shape) @ gates.weights
    return found


def _around(values: Floats) -> Floats:
    """5 % of the draws, the best set, 95 %, of sets along the second axis.

    The best set may lie outside of few draws, and is then an end. Between two draws
    infinity cannot be halved: the nearest draw is taken.
    """
    best, drawn = values[:, 0], values[:, 1:]
    if not drawn.shape[1]:
        return np.stack([best, best, best])
    low, high = np.quantile(drawn, MIDDLE, axis=1, method="nearest")
    return np.stack([np.fmin(low, best), best, np.fmax(high, best)])


def half_maximal(
    responses: Floats,
    doses_nM: Floats = DOSES_NM,  # noqa: N803
) -> Floats:
    """Find the doses of half the maximum, [nM], over the last axis.

    Infinity where that is above 45 nM, so that the rise is as good as straight, or
    where a well could not be solved. Of a curve with several rises the lowest dose
    counts.

    Examples
    --------
    >>> curve = 80 * DOSES_NM / (DOSES_NM + 0.5)
    >>> bool(abs(half_maximal(curve) / 0.5 - 1) < 0.02)
    True
    """
    flat = responses.reshape(-1, responses.shape[-1])
    found = np.array([_half(curve, doses_nM) for curve in flat])
    return found.reshape(responses.shape[:-1])


def _half(curve: Floats, doses_nM: Floats) -> float:  # noqa: N803
    top = int(np.argmax(curve))
    half = curve[top] / 2
    if not curve[top] > 0 or curve[0] >= half:
        return np.inf
    place = int(np.argmax(curve[: top + 1] >= half))
    below, above = curve[place - 1], curve[place]
    # In the middle of a rise a Hill curve is straight in log dose and log odds.
    odds = [one / (curve[top] * (1 + 1e-9) - one) for one in (below, half, above)]
    x0, x, x1 = np.log(np.maximum(odds, 1e-300))
    ends = np.log(doses_nM[place - 1]), np.log(doses_nM[place])
    part = (x - x0) / (x1 - x0)
    dose = float(np.exp(ends[0] + part * (ends[1] - ends[0])))
    return dose if dose < MOST_HALF_NM else np.inf
