"""`Problem`: everything one solve needs, as arrays, in the engine's units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il2sim.engine.directions import Directions
from il2sim.engine.events import Kind
from il2sim.engine.methods import METHODS, RODAS5P
from il2sim.engine.precision import PrecisionName, check_precision
from il2sim.engine.program import Program
from il2sim.engine.reductions import Reduction
from il2sim.engine.rules import Rule
from il2sim.engine.schedule import Schedule
from il2sim.errors import BadProblem, UnknownName, closest

Floats = NDArray[np.float64]

DEFAULT_METHOD = RODAS5P.name
DEFAULT_TOLERANCE = 1e-4
MOST_STEPS = 200_000


@dataclass(frozen=True, eq=False)
class Problem:
    """A program, its subjects, their doses, and what to record.

    Attributes
    ----------
    program
        What is solved.
    parameters
        Shape ``(n_subjects, n_parameters)``, in the order of the program.
    bases
        Sizes that doses are scaled by, shape ``(n_subjects, n_bases)``.
    schedule
        Doses, and what else happens when.
    sample_h
        When to record, [h], shape ``(n_times,)``, increasing. At the time of a dose
        the record is taken before it; times before zero show the resting state.
        A time may come twice in a row, to record after the events of that time too.
    end_h
        When to stop, [h].
    save
        Names of outputs to record, ``n_saved`` of them.
    tolerance
        Largest accepted relative error of one step, [1].
    absolute
        The same in absolute terms for each state; default tolerance times its scale.
    most_steps
        Attempts after which a subject is given up.
    method
        Name of the method that native code steps by, one of `METHODS`.
    directions
        Along what to differentiate the solution; None if it is not to be.
    rules
        What the checks of the schedule look at.
    reductions
        Numbers to find while solving, ``n_reductions`` of them.
    precision
        Of the stages of a step in native code: ``"single"`` is twice as fast.
    """

    program: Program
    parameters: Floats
    bases: Floats
    schedule: Schedule
    sample_h: Floats
    end_h: float
    save: tuple[str, ...]
    tolerance: float = DEFAULT_TOLERANCE
    absolute: Floats | None = None
    most_steps: int = MOST_STEPS
    method: str = DEFAULT_METHOD
    directions: Directions | None = None
    rules: tuple[Rule, ...] = ()
    reductions: tuple[Reduction, ...] = ()
    precision: PrecisionName = "double"

    def __post_init__(self) -> None:
        for name in ("parameters", "bases", "sample_h"):
            given = np.ascontiguousarray(getattr(self, name), dtype=float)
            object.__setattr__(self, name, given)
        if self.absolute is None:
            sizes = self.tolerance * np.array(self.program.scales)
            object.__setattr__(self, "absolute", sizes)
        self._check_shapes()
        self._check_times()
        looked_at = (rule.output for rule in self.rules)
        reduced = (reduction.output for reduction in self.reductions)
        for name in (*self.save, *looked_at, *reduced):
            if name not in self.program.outputs:
                raise UnknownName(
                    f"the model has no output '{name}'.",
                    got=f"'{name}'",
                    expected=closest(name, self.program.outputs),
                )
        if self.method not in METHODS:
            raise UnknownName(
                f"there is no method '{self.method}'.",
                got=f"'{self.method}'",
                expected=closest(self.method, METHODS),
            )
        if not 0 < self.tolerance < 1:
            raise _bad("tolerance", self.tolerance, "a number between 0 and 1")
        self._check_absolute()
        check_precision(self.precision, self.tolerance)
        if self.directions is not None:
            self._check_tangents()
            n_events = len(self.schedule.times_h)
            self.directions.check(self.program, self.n_subjects, n_events)

    def _check_shapes(self) -> None:
        wanted = len(self.program.parameters)
        if self.parameters.ndim != 2 or self.parameters.shape[1] != wanted:
            raise _bad(
                "parameters", self.parameters.shape, f"shape (n_subjects, {wanted})"
            )
        if self.bases.ndim != 2 or len(self.bases) != len(self.parameters):
            raise _bad("bases", self.bases.shape, "one row for each subject")
        if self.schedule.most_basis >= self.bases.shape[1]:
            raise _bad("bases", self.bases.shape, "a column for each basis of a dose")
        self._check_schedule()

    def _check_tangents(self) -> None:
        """They are exact for the numbers that are returned, which are doubles."""
        if self.precision != "double":
            raise BadProblem(
                "tangents need stages of double precision.",
                got=f"a precision of '{self.precision}'",
                expected="'double'",
                try_='precision="double"',
            )

    def _check_schedule(self) -> None:
        schedule, program = self.schedule, self.program
        rows = schedule.of_subject
        if rows is not None and len(rows) != self.n_subjects:
            raise _bad("schedule", f"{len(rows)} rows", f"{self.n_subjects} subjects")
        parameters = len(program.parameters) + len(program.solved)
        for kinds, most, what in (
            ((Kind.ADD, Kind.START), len(program.inlets), "inlets"),
            ((Kind.SET,), parameters, "parameters"),
            ((Kind.CHECK,), len(self.rules), "rules"),
        ):
            targets = schedule.targets[np.isin(schedule.kinds, kinds)]
            if targets.max(initial=-1) >= most:
                raise _bad("schedule", f"number {targets.max()}", f"{most} {what}")

    def _check_absolute(self) -> None:
        """A state that is zero is measured by its absolute tolerance alone."""
        given, wanted = np.asarray(self.absolute), len(self.program.states)
        if given.shape != (wanted,):
            raise _bad("absolute", given.shape, f"one for each of {wanted} states")
        if not np.all(np.isfinite(given)) or np.any(given <= 0):
            state = self.program.states[int(np.argmin(given > 0))]
            raise _bad("absolute", given, f"a number above 0, also for '{state}'")

    def _check_times(self) -> None:
        times = self.sample_h
        if times.ndim != 1 or not np.all(np.isfinite(times)):
            raise _bad("sample_h", times, "finite times in one row")
        steps = np.diff(times)
        if np.any(steps < 0) or np.any((steps[1:] == 0) & (steps[:-1] == 0)):
            raise _bad("sample_h", times, "increasing times, none more than twice")
        if not np.isfinite(self.end_h) or self.end_h <= 0:
            raise _bad("end_h", self.end_h, "a time after zero")
        if times.size and times[-1] > self.end_h:
            raise _bad("sample_h", times[-1], f"times up to the end, {self.end_h} h")

    @property
    def n_subjects(self) -> int:
        """How many subjects there are."""
        return len(self.parameters)

    @property
    def is_after(self) -> NDArray[np.bool_]:
        """Which records are taken after the events of their time."""
        return np.concatenate(([False], np.diff(self.sample_h) == 0))[
            : len(self.sample_h)
        ]

    def columns(self, names: Iterable[str]) -> list[int]:
        """Place of each name among the outputs of the program."""
        places = {name: i for i, name in enumerate(self.program.outputs)}
        return [places[name] for name in names]


def _bad(what: str, got: Any, expected: str) -> BadProblem:
    return BadProblem(
        f"the {what} of a problem cannot be used.", got=got, expected=expected
    )
