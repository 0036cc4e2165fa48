"""The waist: above it words of the clinic, below it arrays.

`simulate` turns a model, a regimen or protocol and a population into a `Problem`, has
it solved, and labels what comes back. Doses become nmol here, by their product and
nothing else; the molecule in the product becomes values of the model's parameters, so
one compiled model serves every molecule, dose and interval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from il2sim.engine.precision import PrecisionName, check_precision
from il2sim.engine.problem import DEFAULT_METHOD, DEFAULT_TOLERANCE, Problem
from il2sim.engine.records import Given
from il2sim.engine.reductions import peaks_of
from il2sim.engine.schedule import Schedule
from il2sim.engine.trajectories import Trajectories
from il2sim.errors import BadProblem, BadRegimen, UnknownName, closest
from il2sim.molecules.cell_product import CellProduct
from il2sim.provenance import Provenance, provenance_of
from il2sim.study.dosing import amount_of, records_of
from il2sim.study.people import Treated
from il2sim.study.protocol import Protocol as Planned
from il2sim.study.protocol import as_protocol
from il2sim.study.regimen import Regimen
from il2sim.study.subjects import Floats, Subjects
from il2sim.units import Quantity, unit

if TYPE_CHECKING:
    from threading import Event

    from il2sim.engine.decisions import Decisions
    from il2sim.engine.program import Program
    from il2sim.engine.solve import Device, Solution
    from il2sim.molecules.product import Product
    from il2sim.study.course import Dose
    from il2sim.study.steering import Steering
    from il2sim.symbolic import Model

WEIGHT = "subject.weight"
"""Parameter of a model that takes the weight of a subject [kg], where it has one."""

AGE = "subject.age"
"""Parameter of a model that takes the age of a subject [yr], where it has one."""


class Products(Protocol):
    """Where a product is looked up by its name: the shipped catalog, or a user's."""

    def given(self, name: str) -> Product | CellProduct:
        """Find a product, or cells."""
        ...


@dataclass(frozen=True, eq=False)
class Task:
    """A study ready to be solved: the model, what is given to whom, what is recorded.

    Attributes
    ----------
    model, regimen, population
        As given to `simulate`.
    times_h
        When to record, [h].
    save
        Names to record.
    tolerance
        Largest accepted relative error of one step, [1].
    products
        By name, everything that the regimen names.
    factors
        What the value of a parameter is multiplied by in every subject, [1].
    protocol
        What decides about the doses of the regimen; None if nothing does.
    decisions
        Of an earlier run, to be followed as they are instead of the rules.
    method
        That native code steps by, one of `il2sim.engine.methods.METHODS`.
    precision
        Of the stages of a step in native code.
    """

    model: Model
    regimen: Regimen
    population: Treated
    times_h: Floats
    save: tuple[str, ...]
    tolerance: float
    products: Mapping[str, Product | CellProduct]
    factors: Mapping[str, float] = field(default_factory=dict)
    protocol: Planned | None = None
    decisions: Decisions | None = None
    method: str = DEFAULT_METHOD
    precision: PrecisionName = "double"

    def __post_init__(self) -> None:
        check_precision(self.precision, self.tolerance)

    @property
    def molecules(self) -> Mapping[str, Product]:
        """The products that are no cells, by name."""
        found = self.products.items()
        return {name: o for name, o in found if not isinstance(o, CellProduct)}

    def problem(self, some: range | None = None) -> Problem:
        """The arrays of all subjects, or of some.

        Raises
        ------
        UnknownName
            The population varies a parameter that the model does not have.
        BadRegimen
            A route has no inlet in the model.
        """
        from il2sim.engine.lower import lower

        program = lower(self.model)
        subjects = self.population.draw(some)
        steering = self.steering(program, some)
        schedule, rules = (
            steering.followed() if steering else (self._schedule(program), ())
        )
        return Problem(
            program=program,
            parameters=self._parameters(program, subjects),
            bases=np.column_stack(
                (np.ones(len(subjects)), subjects.weight_kg, subjects.surface_m2)
            ),
            schedule=schedule,
            sample_h=self.times_h,
            end_h=float(self.times_h[-1]),
            save=self.save,
            tolerance=self.tolerance,
            method=self.method,
            precision=self.precision,
            rules=rules,
            reductions=peaks_of(self.save),
        )

    def refuse_protocol(self, work: str) -> None:
        """Complain where a question has an answer only if all get the same doses.

        Raises
        ------
        BadProblem
            The task has a protocol.
        """
        if self.protocol is not None:
            raise BadProblem(
                f"{work} follows a regimen, in which no rule decides.",
                got=str(self.protocol),
                expected="the regimen alone",
                try_=f"'{self.protocol.regimen}'",
            )

    def steering(self, program: Program, some: range | None = None) -> Steering | None:
        """How the protocol steers all subjects, or some; None without a protocol."""
        from il2sim.study.steering import Steering
        from il2sim.study.translate import translate

        if self.protocol is None:
            return None
        end_h = float(self.times_h[-1])
        plan = translate(self.protocol, self.model, self._give, end_h)
        log = self.decisions
        return Steering(
            plan,
            self.population.seed,
            range(self.population.n) if some is None else some,
            log if log is None or some is None else log.rows(some),
        )

    def provenance(self, device: str) -> Provenance:
        """What decides the numbers of this task."""
        values = {name: one.engine_value for name, one in self.model.parameters.items()}
        population = self.population
        return provenance_of(
            model=self.model.name,
            fingerprint=self.model.fingerprint,
            inputs={
                "regimen": str(self.protocol or self.regimen),
                "values": values,
                "molecule": self._molecule(),
                "doses": [self._amounts(name) for name in self.products],
                "population": population,
                "times": self.times_h,
                "save": self.save,
                "factors": self.factors,
                "method": self.method,
            },
            seed=population.seed,
            tolerance=self.tolerance,
            precision=self.precision,
            device=device,
        )

    def label(
        self,
        solution: Solution,
        program: Program,
        provenance: Provenance | None,
        prevalence: Floats | None = None,
    ) -> Trajectories:
        """Give names and units to what a backend returned."""
        outputs = [self.model.outputs[name] for name in self.save]
        states = np.array([*program.states, ""])
        return Trajectories(
            names=self.save,
            units=tuple(one.unit for one in outputs),
            times_h=self.times_h,
            values=solution.values,
            resting=solution.resting,
            peaks=solution.reduced,
            status=solution.status,
            failed_h=solution.failed_h,
            failed_state=states[solution.failed_state],
            steps=solution.steps,
            rejected=solution.rejected,
            retries=solution.retries,
            prevalence=np.zeros(0) if prevalence is None else prevalence,
            doses_h=np.array([dose.time_h for dose in self.regimen.doses]),
            provenance=provenance,
        )

    def _parameters(self, program: Program, subjects: Subjects) -> Floats:
        known = self.model.parameters
        columns = {name: i for i, name in enumerate(program.parameters)}
        values = np.empty((len(subjects), len(columns)))
        values[:] = [known[name].engine_value for name in program.parameters]
        for name, value in self._molecule().items():
            if name in columns:
                values[:, columns[name]] = value
        if WEIGHT in columns:
            values[:, columns[WEIGHT]] = subjects.weight_kg
        if AGE in columns:
            values[:, columns[AGE]] = subjects.age_y * unit("yr").factor
        for cell, count in subjects.counts.items():
            if f"{cell}.baseline" in columns:
                into = unit("cell/uL").factor
                values[:, columns[f"{cell}.baseline"]] = count * into
        for name, factor in subjects.factors.items():
            if name in columns:
                values[:, columns[name]] *= factor
            elif not self.population.is_optional(name):
                raise UnknownName(
                    f"the population '{self.population.name}' varies '{name}', which "
                    f"the model '{self.model.name}' does not have.",
                    got=f"'{name}'",
                    expected=closest(name, columns),
                )
        present = [name for name in self.factors if name in columns]
        values[:, [columns[name] for name in present]] *= [
            self.factors[name] for name in present
        ]
        return values

    def _molecule(self) -> dict[str, float]:
        variants = {one.variant.name: one.variant for one in self.molecules.values()}
        if len(variants) > 1:
            raise BadRegimen(
                "a regimen gives products with different molecules.",
                got=", ".join(f"'{name}'" for name in variants),
                expected="one molecule in one simulation",
            )
        for variant in variants.values():
            return variant.parameters()
        return {}  # cells alone: the molecule is the model's own

    def _amounts(self, name: str) -> list[float]:
        doses = [dose for dose in self.regimen.doses if dose.product == name]
        return [amount_of(self.products[name], dose) for dose in doses]

    def _schedule(self, program: Program) -> Schedule:
        end_h = self.times_h[-1]
        alike: dict[Dose, list[Given]] = {}  # of a course: units are slow to read
        given: list[Given] = []
        for dose in self.regimen.doses:
            kind = replace(dose, time_h=0.0)
            if kind not in alike:
                alike[kind] = self._give(kind)
            given += [replace(one, time_h=dose.time_h) for one in alike[kind]]
        return Schedule.of(one for one in given if one.time_h < end_h)

    def _give(self, dose: Dose) -> list[Given]:
        inlets = tuple(self.model.inlets)
        return records_of(dose, self.products, inlets, self.model.name)


def prepare(
    model: Model,
    regimen: Regimen | Planned,
    population: Treated,
    *,
    times: Quantity,
    save: Sequence[str] | None = None,
    tolerance: float = DEFAULT_TOLERANCE,
    products: Products | None = None,
    factors: Mapping[str, float] | None = None,
) -> Task:
    """Check that everything fits together, before anything is solved.

    Raises
    ------
    UnknownName
        A product, or a name in `save` or `factors`, is not known, or a rule looks at
        what the model does not show.
    UnitMismatch
        The times are not times, a dose cannot be given in nmol, or the threshold of a
        rule has a unit that does not fit.
    BadRegimen
        The regimen names two molecules, or the threshold of a rule has no unit.
    """
    from il2sim.study.translate import threshold_of

    protocol = as_protocol(regimen)
    for condition in protocol.conditions:
        threshold_of(condition, model)
    names = tuple(model.outputs) if save is None else tuple(save)
    for name in names:
        if name not in model.outputs:
            raise UnknownName(
                f"the model '{model.name}' shows no '{name}'.",
                got=f"'{name}'",
                expected=closest(name, model.outputs),
            )
    for name in factors or {}:
        if name not in model.parameters:
            raise UnknownName(
                f"the model '{model.name}' has no parameter '{name}'.",
                got=f"'{name}'",
                expected=closest(name, model.parameters),
            )
    from il2sim.molecules import catalog

    look_up = catalog.given if products is None else products.given
    found = {name: look_up(name) for name in protocol.products}
    times_h = np.atleast_1d(np.asarray(times.to("h"), dtype=float))
    task = Task(
        model=model,
        regimen=protocol.whole,
        population=population,
        times_h=times_h,
        save=names,
        tolerance=tolerance,
        products=found,
        factors=dict(factors or {}),
        protocol=None if protocol.is_plain else protocol,
    )
    task._molecule()
    return task


def simulate(  # noqa: PLR0913 - the front door; every choice has a default
    model: Model,
    regimen: Regimen | Planned,
    population: Treated,
    *,
    times: Quantity,
    save: Sequence[str] | None = None,
    tolerance: float = DEFAULT_TOLERANCE,
    precision: PrecisionName = "double",
    device: Device = "cpu",
    on_failure: Literal["raise", "keep"] = "keep",
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    products: Products | None = None,
    factors: Mapping[str, float] | None = None,
    method: str = DEFAULT_METHOD,
) -> Trajectories:
    """Follow every subject of a population through one regimen.

    Each subject starts from the resting state of the model and receives the regimen
    scaled to its own weight or surface. Subjects never influence each other.

    Parameters
    ----------
    model
        What is solved. ``print(model)`` lists its names, units and defaults.
    regimen
        What is given, by which route and when; its products name the molecule. Or a
        protocol, whose rules, visits, missed doses and dropouts decide for each
        subject; what they decided is in the `decisions` of the result.
    population
        Who is treated: a `Population` to draw from, or `People` who are kept.
    times
        When to record, [time], shape ``(n_times,)``, increasing. Negative times show
        the resting state; at the time of a dose the record is taken before it.
    save
        Names to record, ``n_saved`` of them. Default: all outputs of the model.
    tolerance
        Largest accepted relative error of one step, [1].
    precision
        ``"single"`` lets native code compute the stages of a step in single numbers,
        about twice as fast; for tolerances from 1e-5 up.
    device
        ``"reference"`` is slow and arbitrates; ``"cpu"`` agrees with it within
        ``10 * tolerance``.
    on_failure
        ``"keep"`` returns all subjects and marks the failed ones; ``"raise"`` raises
        for the first subject that could not be solved.
    workers
        Threads; default one for each core.
    progress
        Called with the number of subjects finished and of all.
    products
        A catalog of your own (`il2sim.molecules.read_catalog`).
    factors
        What to multiply values of the model's parameters by, [1]: a question, not a
        measurement. The molecule's own numbers, such as ``"il2.kd_alpha"``, too.
    method
        That native code steps by, one of `il2sim.engine.methods.METHODS`.

    Returns
    -------
    Trajectories
        ``values`` has shape ``(n_subjects, n_times, n_saved)`` with one unit per saved
        name; ``status`` has shape ``(n_subjects,)``.

    Raises
    ------
    UnknownName
        A name in `save`, in the population or in the regimen is not known.
    UnitMismatch
        A dose or a time has a unit that cannot be converted.
    BadRegimen
        The regimen does not fit the model.
    BadProblem
        The tolerance is too fine for the precision.
    SolveFailed
        A subject could not be solved and `on_failure` is ``"raise"``.

    Notes
    -----
    Equal inputs give equal bits; subject *i* does not depend on how many there are.

    Examples
    --------
    >>> from il2sim.models import body
    >>> from il2sim.study.populations import adults
    >>> from il2sim.units import days
    >>> run = simulate(
    ...     body(),
    ...     Regimen.parse("aldesleukin 1 MIU/m2 sc daily for 3 days"),
    ...     adults(n=2, seed=1),
    ...     times=days(0, 4, every=1),
    ...     save=["memory Treg", "plasma IL-2"],
    ... )
    >>> run.values.shape
    (2, 5, 2)
    """
    task = prepare(
        model,
        regimen,
        population,
        times=times,
        save=save,
        tolerance=tolerance,
        products=products,
        factors=factors,
    )
    task = replace(task, method=method, precision=precision)
    run = solve_task(task, device=device, workers=workers, progress=progress)
    if on_failure == "raise" and run.n_failed:
        raise run.first_failure()
    return run


def solve_task(
    task: Task,
    some: range | None = None,
    *,
    device: Device = "cpu",
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancel: Event | None = None,
) -> Trajectories:
    """Solve a task for all its subjects, or for some; see `engine.solve.solve`."""
    from il2sim.engine.solve import solve

    problem = task.problem(some)
    solution = solve(
        problem, device=device, workers=workers, progress=progress, cancel=cancel
    )
    run = task.label(
        solution,
        problem.program,
        task.provenance(device),
        task.population.prevalence(some),
    )
    steering = task.steering(problem.program, some)
    return replace(run, decisions=steering.write(solution) if steering else None)
