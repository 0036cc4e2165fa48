"""A plate: many wells of one dish, each with its own dose, molecule and cells.

`incubate` is to a dish what `simulate` is to a body: it makes one `Problem` with a
subject for each well, so that a plate of thousands is one call of the engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il2sim.engine.problem import Problem
from il2sim.engine.program import Program
from il2sim.engine.records import Change, Given, Record
from il2sim.engine.schedule import Schedule
from il2sim.engine.solve import Device, Solution, solve
from il2sim.errors import BadProblem, UnknownName, closest
from il2sim.symbolic import Model
from il2sim.units import unit

Floats = NDArray[np.float64]

TOLERANCE = 1e-5
"""Of one step: dose-responses are compared over five decades."""

WASH_H = 1 / 60
"""A wash takes a minute, [h]."""

WASH_RATE = 1200.0
"""Medium exchanged in an hour of washing, [1/h]: exp(-20) stays after the minute."""

VOLUME = "well.volume"
_WASH = "well.k_wash"

_DOSES = "finite numbers of nM, zero or more"
_TIMES = "finite hours, zero or more"
_VALUES = "finite numbers"


@dataclass(frozen=True)
class Plate:
    """What is in each of ``n_wells`` wells, and when it is looked at.

    Attributes
    ----------
    doses_nM
        Ligand in the medium at time zero, [nM], by the name of its inlet; a number, or
        shape ``(n_wells,)``.
    times_h
        When to look, [h], increasing, shape ``(n_times,)``.
    values
        Parameters that are not those of the model, by name, in the engine's units
        (nmol, L, h, cell, molecule); a number, or shape ``(n_wells,)``.
    wash_h
        When the medium is exchanged, [h]; None for never.
    given_h
        When each ligand is put in, [h], by the name of its inlet; at zero unless named.

    Raises
    ------
    BadProblem
        A dose, a time or a value is not a finite number; a dose or a time is below
        zero; or there is no time. Which values may be below zero the model knows:
        `incubate` refuses the others.

    Examples
    --------
    >>> Plate({"il2": [0.1, 1.0, 10.0]}, times_h=[0.5, 4.0]).n_wells
    3
    """

    doses_nM: Mapping[str, ArrayLike]  # noqa: N815 - the unit is written so
    times_h: ArrayLike
    values: Mapping[str, ArrayLike] = field(default_factory=dict)
    wash_h: float | None = None
    given_h: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for ligand, dose in self.doses_nM.items():
            _refuse_impossible(f"the dose of '{ligand}'", dose, _DOSES)
        _refuse_impossible("'times_h' of a plate", self.times_h, _TIMES)
        if not np.size(self.times_h):
            raise BadProblem(
                "a plate is never looked at.",
                got="no times_h",
                expected=_TIMES,
                try_="times_h=[0.5]",
            )
        for name, value in self.values.items():
            _refuse_impossible(f"the value of '{name}'", value, _VALUES, least=-np.inf)
        if self.wash_h is not None:
            _refuse_impossible("'wash_h' of a plate", self.wash_h, _TIMES)
        for ligand, time_h in self.given_h.items():
            _refuse_impossible(f"the time of '{ligand}' in 'given_h'", time_h, _TIMES)

    @property
    def n_wells(self) -> int:
        """How many wells there are.

        Raises
        ------
        BadProblem
            Doses and values are given for different numbers of wells.
        """
        given = [*self.doses_nM.values(), *self.values.values()]
        sizes = {np.atleast_1d(np.asarray(one)).size for one in given} - {1}
        if len(sizes) > 1:
            raise BadProblem(
                "a plate has doses or values for different numbers of wells.",
                got=", ".join(map(str, sorted(sizes))),
                expected="one number of wells, or one value for all",
            )
        return sizes.pop() if sizes else 1


@dataclass(frozen=True, eq=False)
class Readings:
    """What is seen in each well.

    Attributes
    ----------
    names, units
        Of what was recorded, ``n_saved`` each.
    times_h
        [h], shape ``(n_times,)``.
    values
        Shape ``(n_wells, n_times, n_saved)``.
    status
        How each well's solve ended, shape ``(n_wells,)``.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    times_h: Floats
    values: Floats
    status: NDArray[np.int64]

    def __getitem__(self, name: str) -> Floats:
        """One quantity, shape ``(n_wells, n_times)``.

        Raises
        ------
        UnknownName
            It was not recorded.
        """
        if name not in self.names:
            raise UnknownName(
                f"'{name}' was not recorded.",
                got=f"'{name}'",
                expected=closest(name, self.names),
            )
        found: Floats = self.values[:, :, self.names.index(name)]
        return found


def incubate(
    model: Model,
    plate: Plate,
    *,
    save: Sequence[str] | None = None,
    tolerance: float = TOLERANCE,
    device: Device = "cpu",
    workers: int | None = None,
) -> Readings:
    """Put ligands on cells and look at them later.

    Parameters
    ----------
    model
        A dish (`il2sim.models.dish`).
    plate
        What is in each well.
    save
        Names of outputs to record; default all.
    tolerance
        Largest accepted relative error of one step, [1].
    device
        ``"reference"`` is slow and arbitrates.
    workers
        Threads; default one for each core.

    Raises
    ------
    UnknownName
        The model has no such inlet, parameter or output.
    BadProblem
        Times do not increase, the numbers of wells differ, or a value is below zero,
        though neither the parameter of the model nor its range is.

    Examples
    --------
    >>> from il2sim.models.dish import dish
    >>> plate = Plate({"il2": [0.01, 100.0]}, times_h=[0.5])
    >>> seen = incubate(dish(("NK",)), plate, save=["pSTAT5 of NK"])
    >>> bool(seen["pSTAT5 of NK"][0, 0] < 5 < 50 < seen["pSTAT5 of NK"][1, 0])
    True
    """
    names = tuple(model.outputs) if save is None else tuple(save)
    problem = problem_of(model, plate, save=names, tolerance=tolerance)
    found: Solution = solve(problem, device=device, workers=workers)
    return Readings(
        names=names,
        units=tuple(model.outputs[name].unit for name in names),
        times_h=problem.sample_h,
        values=found.values,
        status=found.status,
    )


def problem_of(
    model: Model, plate: Plate, *, save: Sequence[str], tolerance: float = TOLERANCE
) -> Problem:
    """Make the arrays of a plate.

    The column of the bases that scales a dose is the nmol of its ligand in each well.

    Raises
    ------
    UnknownName, BadProblem
        As in `incubate`.
    """
    from il2sim.engine.lower import lower

    program = lower(model)
    parameters = _parameters(model, program, plate)
    times_h = np.atleast_1d(np.asarray(plate.times_h, dtype=float))
    columns = {name: i for i, name in enumerate(program.parameters)}
    volume_l = parameters[:, columns[VOLUME]]
    bases = np.ones((plate.n_wells, len(plate.doses_nM)))
    for i, dose in enumerate(plate.doses_nM.values()):
        bases[:, i] = volume_l * np.asarray(dose, dtype=float)
    return Problem(
        program=program,
        parameters=parameters,
        bases=bases,
        schedule=Schedule.of(_records(program, plate, columns)),
        sample_h=times_h,
        end_h=float(times_h[-1]),
        save=tuple(save),
        tolerance=tolerance,
        absolute=_absolute(model, program, tolerance),
    )


def _refuse_impossible(
    what: str,
    given: ArrayLike,
    expected: str,
    *,
    least: float = 0.0,
    try_: str | None = None,
) -> None:
    """Complain of the first number that is not finite, or below the least."""
    try:
        numbers = np.atleast_1d(np.asarray(given, dtype=float))
    except (TypeError, ValueError):
        numbers = np.empty((0, 0))
    if numbers.ndim != 1:
        raise BadProblem(
            f"{what} is neither a number nor a row of numbers.",
            got=repr(given),
            expected=expected,
            try_=try_,
        )
    bad = ~np.isfinite(numbers) | (numbers < least)
    if np.any(bad):
        i = int(np.argmax(bad))
        place = f" at [{i}]" if np.ndim(given) else ""
        raise BadProblem(
            f"{what} is not possible.",
            got=f"{numbers[i]:g}{place}",
            expected=expected,
            try_=try_,
        )


def _refuse_below_zero(model: Model, plate: Plate) -> None:
    """Complain of negative values, but where the model has a negative one or range."""
    for name, value in plate.values.items():
        told = model.parameters[name]
        if told.value >= 0 and (told.low is None or told.low >= 0):
            _refuse_impossible(
                f"the value of '{name}'",
                value,
                f"zero or more, finite; the model has {told.value:g} {told.unit}",
                try_=f"values={{'{name}': {told.engine_value:.6g}}}",
            )


def _parameters(model: Model, program: Program, plate: Plate) -> Floats:
    known = {name: one.engine_value for name, one in model.parameters.items()}
    for name in plate.values:
        if name not in known:
            raise UnknownName(
                f"the model '{model.name}' has no parameter '{name}'.",
                got=f"'{name}'",
                expected=closest(name, known),
            )
    _refuse_below_zero(model, plate)
    rows = np.empty((plate.n_wells, len(program.parameters)))
    for i, name in enumerate(program.parameters):
        rows[:, i] = np.asarray(plate.values.get(name, known[name]), dtype=float)
    return rows


def _records(
    program: Program, plate: Plate, columns: Mapping[str, int]
) -> list[Record]:
    inlets = list(program.inlets)
    records: list[Record] = []
    for i, ligand in enumerate(plate.doses_nM):
        if ligand not in inlets:
            raise UnknownName(
                "nothing of this name can be put into the medium.",
                got=f"'{ligand}'",
                expected=closest(ligand, inlets),
            )
        given_h = plate.given_h.get(ligand, 0.0)
        records.append(Given(given_h, inlets.index(ligand), 1.0, basis=i))
    if plate.wash_h is not None:
        records.append(Change(plate.wash_h, columns[_WASH], WASH_RATE))
        records.append(Change(plate.wash_h + WASH_H, columns[_WASH], 0.0))
    return records


def _absolute(model: Model, program: Program, tolerance: float) -> Floats:
    """Errors that do not count: ligands are picomolar in a well, not in a body.

    In the medium 1e-6 nM; in cells a hundredth of a molecule in each.
    """
    sizes = tolerance * np.array(program.scales)
    volume_l = model.parameters[VOLUME].engine_value
    for i, name in enumerate(program.states):
        written = model.names[name].quantity.unit
        if written == "nmol":
            sizes[i] = tolerance * 1e-6 * volume_l
        elif written == "molecule/cell":
            sizes[i] = tolerance * 1e-2 * unit(written).factor
    return sizes
