"""The shipped fit: receptors and STAT5 of blood cells, from the public plate.

All gates are wells of one cell type whose receptors are data, so one compiled model
serves them all. In each gate CD25 varies from cell to cell; the mean over cells is a
quadrature over wells. Cells are so few that they leave the medium as it is: together
they take less than a twentieth of the ligand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import UnknownName, closest
from il2sim.inference.fit_file import read_told
from il2sim.inference.observation import Observations
from il2sim.inference.plate import Well, replicate_noise, rise
from il2sim.inference.problem import FitProblem, Free, Part, Reading

if TYPE_CHECKING:
    from il2sim.symbolic import Model

Floats = NDArray[np.float64]

TIMES_H = (0.5, 1.0, 2.0, 4.0)
"""When the plate was read, [h]."""

NODES, APART = 9, 0.65
"""Of the quadrature over CD25 among cells of a gate: cells, and how many standard
deviations apart. A cell answers steeply, so nodes are close together rather than few
and well weighted."""

STAINED_SPREAD = 2.25
"""Geometric standard deviation of stained CD25 among cells of a gate: a variance of
0.93 squared means on Treg (receptor_moments.csv of meyer-lab/gcSolver.jl)."""

CELL = "Treg"
"""The cell type of the one model; its numbers are those of each well."""

NO_CD25_SITE_NM = 1e7
"""KD of IL-15 for CD25, [nM]: none."""

MANY_CD122 = 500.0
"""CD122 of a cell to which thresholds of others are compared, [molecule/cell]."""

MANY_CD25 = 3500.0
"""CD25 of a cell on whose count stainings agree, [molecule/cell]."""

FEW_CELLS = 100.0
"""In a well, [cell]: the medium stays as it is."""


@dataclass(frozen=True)
class Gate:
    """One cell type: its name here and in the file, and its receptors per cell.

    `other` are CD25 and CD122 by a second quantitation, where there is one.
    """

    name: str
    file: str
    cd25: float
    cd122: float
    other: tuple[float, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """One mechanism that is tried.

    Attributes
    ----------
    name, meaning
        Of it.
    mechanism, signaling
        Of the dish.
    medium
        Whether ligands are ``"ready"`` at once or ``"mixed"`` in over minutes.
    free
        Names of what is fitted.
    fixed
        Parameters that are not those of the tables, in the engine's units.
    """

    name: str
    meaning: str
    mechanism: str
    signaling: str
    free: tuple[str, ...]
    fixed: Mapping[str, float]
    medium: Literal["ready", "mixed"] = field(default="ready", kw_only=True)


@dataclass(frozen=True)
class Plan:
    """The fit file, read."""

    title: str
    told: Mapping[str, Any]
    gates: tuple[Gate, ...]
    candidates: tuple[Candidate, ...]
    free: Mapping[str, Mapping[str, Any]]

    @property
    def chosen(self) -> Candidate:
        """The mechanism that is shipped."""
        return self.candidate(self.told["chosen"])

    @property
    def fitted(self) -> tuple[str, ...]:
        """Names of the gates that are fitted; the others are predicted."""
        return tuple(self.told["fitted"])

    def with_other_counts(self) -> Plan:
        """The same with the second quantitation of receptors, where there is one."""
        gates = [
            replace(one, cd25=one.other[0], cd122=one.other[1]) if one.other else one
            for one in self.gates
        ]
        return replace(self, gates=tuple(gates))

    def candidate(self, name: str) -> Candidate:
        """Look a mechanism up.

        Raises
        ------
        UnknownName
            The fit has none of the name.
        """
        for one in self.candidates:
            if one.name == name:
                return one
        raise UnknownName(
            f"the fit of receptors has no candidate '{name}'.",
            got=repr(name),
            expected=closest(name, [one.name for one in self.candidates]),
        )

    def gate(self, name: str) -> Gate:
        """Look a gate up by its name here."""
        return next(one for one in self.gates if one.name == name)


def read_plan() -> Plan:
    """Read the shipped fit file.

    Examples
    --------
    >>> read_plan().gate("NK").cd122
    8503.0
    """
    told = read_told("receptors")
    return Plan(
        title=told["title"],
        told=told,
        gates=tuple(
            Gate(**(one | {"other": tuple(one.get("other", ()))}))
            for one in told["gate"]
        ),
        candidates=tuple(
            Candidate(**({"fixed": {}} | one | {"free": tuple(one["free"])}))
            for one in told["candidate"]
        ),
        free={one["name"]: one for one in told["free"]},
    )


@dataclass(frozen=True, eq=False)
class Layout:
    """Which wells the model has: gates, ligands and doses, each with its nodes.

    Attributes
    ----------
    gate, ligand, dose_nM
        Of each, shape ``(n_places,)``; each place is `NODES` wells.
    """

    gate: tuple[Gate, ...]
    ligand: tuple[str, ...]
    dose_nM: Floats  # noqa: N815 - the unit is written so

    @cached_property
    def columns(self) -> dict[str, Floats]:
        """What free numbers and parameters ask of each well, ``(n_wells,)`` each."""
        cd25 = np.repeat([one.cd25 for one in self.gate], NODES)
        cd25 *= np.tile(STAINED_SPREAD ** nodes()[0], len(self.gate))
        cd122 = np.repeat([one.cd122 for one in self.gate], NODES)
        is_il15 = [float(one == "IL15") for one in self.ligand]
        return {
            "cd25": cd25,
            "cd25_decades": np.log10(cd25 / MANY_CD25),
            "cd122": cd122,
            "cd122_decades": np.log10(cd122 / MANY_CD122),
            "is_il15": np.repeat(is_il15, NODES),
            "dose_nM": np.repeat(self.dose_nM, NODES),
        }


def nodes() -> tuple[Floats, Floats]:
    """Places and weights of the quadrature over a standard normal distribution.

    Examples
    --------
    >>> places, weights = nodes()
    >>> round(float(weights @ places**2), 2)  # the variance; one cell in 100 is beyond
    0.97
    """
    places = APART * (np.arange(NODES, dtype=np.float64) - (NODES - 1) / 2)
    weights = np.exp(-places * places / 2)
    return places, weights / weights.sum()


def model_of(candidate: Candidate) -> Model:
    """The dish of one cell type with a candidate's mechanism."""
    from il2sim.models.dish import dish
    from il2sim.models.lasting import LASTING
    from il2sim.models.mechanisms import PAIRED, steep
    from il2sim.models.stat5 import fading, threshold, titrated

    receptors = {"lasting": LASTING, "paired": PAIRED}[candidate.mechanism]
    ways = {
        "threshold": threshold,
        "steep": steep,
        "fading": fading,
        "titrated": titrated,
    }
    made = receptors.with_signaling(ways[candidate.signaling])
    return dish((CELL,), made.with_mixing() if candidate.medium == "mixed" else made)


def part_of(
    plan: Plan,
    candidate: Candidate,
    layout: Layout,
    reading: Reading,
    observations: Observations,
) -> Part:
    """Join wells with what was seen of them."""
    from il2sim.study.wells import Plate

    columns = layout.columns
    model = model_of(candidate)
    is_il15 = columns["is_il15"] > 0
    known = model.parameters["il2.kd_alpha"].engine_value
    values: dict[str, Any] = {
        f"{CELL}.cd25_at_rest": columns["cd25"],
        f"{CELL}.cd122_at_rest": columns["cd122"],
        f"{CELL}.seeded": FEW_CELLS,
        "il2.kd_alpha": np.where(is_il15, NO_CD25_SITE_NM, known),
        **candidate.fixed,
    }
    half = f"{CELL}.half_engaged"
    if half in model.parameters:
        is_share = "tenfold" in candidate.free
        values[half] = columns["cd122"] if is_share else MANY_CD122
    powers = {
        (name, parameter): power * columns[plan.free[name]["wells"]]
        for name in candidate.free
        if "wells" in plan.free[name]
        for parameter, power in plan.free[name]["moves"].items()
    }
    return Part(
        name=candidate.name,
        model=model,
        plate=Plate({"il2": columns["dose_nM"]}, times_h=TIMES_H, values=values),
        save=(f"pSTAT5 of {CELL}",),
        reading=reading,
        observations=observations,
        powers=powers,
    )


def free_of(plan: Plan, candidate: Candidate) -> tuple[Free, ...]:
    """What is fitted, in the units of the engine."""
    return free_numbers(plan.free, candidate.free, model_of(candidate))


def free_numbers(
    told: Mapping[str, Mapping[str, Any]], names: Sequence[str], model: Model
) -> tuple[Free, ...]:
    """Free numbers of a fit file, some of them by name.

    A number that moves one parameter is in its units; of others `at` says where the
    parameters are those of the model.
    """
    from il2sim.units import unit

    made = []
    for name in names:
        one = told[name]
        at = one.get("at")
        if at is None:
            [parameter] = one["moves"]
            size = unit(one["unit"]).factor
            at = model.parameters[parameter].engine_value / size
        made.append(
            Free(
                name,
                one["median"],
                one["spread"],
                one["moves"],
                at,
                scale=one.get("scale", "log"),
                low=one.get("low"),
                high=one.get("high"),
            )
        )
    return tuple(made)


def problem_of_plate(
    plan: Plan,
    candidate: Candidate,
    wells: Sequence[Well],
    *,
    gates: Sequence[str] | None = None,
    ligands: Sequence[str] = ("IL2", "IL15"),
) -> tuple[FitProblem, list[Well]]:
    """Make the problem of some gates and ligands, and list its observations.

    Parameters
    ----------
    plan, candidate
        Of the fit.
    wells
        Of the plate.
    gates
        Names here; default those that are fitted.
    ligands
        As the file writes them.
    """
    names = {plan.gate(one).file: plan.gate(one) for one in gates or plan.fitted}
    seen = [
        one
        for one in wells
        if one.gate in names and one.ligand in ligands and not one.is_disturbed
    ]
    places = sorted({(one.gate, one.ligand, one.dose_nM) for one in seen})
    layout = Layout(
        gate=tuple(names[gate] for gate, _, _ in places),
        ligand=tuple(ligand for _, ligand, _ in places),
        dose_nM=np.array([dose for _, _, dose in places]),
    )
    number = {place: i for i, place in enumerate(places)}
    at = np.array([number[one.gate, one.ligand, one.dose_nM] for one in seen])
    time = np.array([TIMES_H.index(one.time_h) for one in seen])
    part = part_of(
        plan,
        candidate,
        layout,
        reading_of(at, time, nodes()[1]),
        _observations(plan.told, seen, wells),
    )
    return FitProblem(free_of(plan, candidate), (part,)), seen


def reading_of(
    place: NDArray[np.int64], time: NDArray[np.int64], weights: Floats
) -> Reading:
    """Each observation as the mean over the cells of a place at one of the times.

    Parameters
    ----------
    place, time
        Numbers of them, shape ``(n_observed,)``.
    weights
        Of the cells of every place, shape ``(n_nodes,)``; each is a well.
    """
    n, each = len(place), len(weights)
    return Reading(
        observation=np.repeat(np.arange(n), each),
        well=(place[:, None] * each + np.arange(each)).ravel(),
        time=np.repeat(time, each),
        output=np.zeros(n * each, dtype=np.int64),
        weight=np.tile(weights, n),
    )


def _observations(
    told: Mapping[str, Any], seen: Sequence[Well], wells: Sequence[Well]
) -> Observations:
    """Make observations of wells that are seen, with the noise of the whole plate.

    Each curve has a background and a scale of its own, and noise that goes together;
    the scales of the curves of a gate and replicate are alike.
    """
    own = replicate_noise(wells)
    curves = _numbered(
        [(one.gate, one.replicate, one.time_h, one.ligand) for one in seen]
    )
    values = np.array([one.signal for one in seen])
    spreads = np.array(
        [np.hypot(told["noise"], own[one.gate, one.time_h]) for one in seen]
    )
    for curve in np.unique(curves):
        low, high = rise(values[curves == curve])
        spreads[curves == curve] *= high - low
    return Observations.of(values, spreads, groups=curves).linked(
        curves,
        _numbered([(one.gate, one.replicate) for one in seen]),
        told["together"],
        float(np.log(told["steady"])),
    )


def _numbered(keys: Sequence[tuple[object, ...]]) -> NDArray[np.int64]:
    known = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return np.array([known[key] for key in keys], dtype=np.int64)
