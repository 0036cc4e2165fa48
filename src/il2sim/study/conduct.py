"""Conduct a trial: what each subject is given, solved in portions.

Subjects of a portion are drawn once for each group, solved with the reductions of the
endpoints, and kept as plain arrays: `Records`. A portion may be any range of subjects;
its bits do not depend on the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from il2sim.engine.records import Given
from il2sim.engine.reductions import Reduction
from il2sim.engine.retries import some_of
from il2sim.engine.rules import MET
from il2sim.engine.status import Status
from il2sim.errors import BadProblem, UnknownName, closest
from il2sim.provenance import Provenance, provenance_of
from il2sim.study.allocation import Numbers
from il2sim.study.plan import Plan
from il2sim.study.simulate import Task, prepare
from il2sim.study.subjects import Floats
from il2sim.study.trial import Trial
from il2sim.study.trial_measure import DAY_H
from il2sim.units import Quantity

if TYPE_CHECKING:
    from il2sim.engine.precision import PrecisionName
    from il2sim.engine.problem import Problem
    from il2sim.engine.solve import Device, Solution
    from il2sim.symbolic import Model

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Records:
    """What was found for each subject and group that it was treated in, one row each.

    Attributes
    ----------
    subject, group
        Numbers; shape ``(n_rows,)``.
    status, failed_h, retries
        As in `Trajectories`.
    failed_state
        Name of the state to blame; empty where none is.
    visits
        `Trial.watch` at the visits, shape ``(n_rows, n_visits, n_watched)``.
    resting
        The same at rest, shape ``(n_rows, n_watched)``.
    reduced
        What the engine found for the endpoints, shape ``(n_rows, n_reductions)``.
    left_day
        When the subject left or was withdrawn, [d]; infinite for who stayed.
    share_given, missed
        What part of all planned amounts was given, [1], and how many doses the subject
        missed by chance.
    decided
        Met checks of rules, one row each: subject, group, and number of the check in
        the plan of the group; shape ``(n_decisions, 3)``, in this order.
    """

    subject: Numbers
    group: Numbers
    status: Numbers
    failed_h: Floats
    failed_state: NDArray[np.str_]
    retries: Numbers
    visits: Floats
    resting: Floats
    reduced: Floats
    left_day: Floats
    share_given: Floats
    missed: Numbers
    decided: Numbers

    def __len__(self) -> int:
        return len(self.subject)

    @property
    def is_done(self) -> NDArray[np.bool_]:
        """Which rows were solved to the end, or ended by a rule."""
        return np.isin(self.status, (Status.DONE, Status.STOPPED_BY_RULE))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Every array by name, for a file."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def rows(self, chosen: NDArray[Any]) -> Records:
        """Some rows, in the order asked for, with the decisions about all."""
        arrays = self.arrays()
        decided = arrays.pop("decided")
        every = {name: one[chosen] for name, one in arrays.items()}
        return Records(**every, decided=decided)

    @classmethod
    def joined(cls, parts: Sequence[Records]) -> Records:
        """Put portions together, in the order given.

        Raises
        ------
        BadProblem
            There is none.
        """
        if not parts:
            raise BadProblem("there is nothing to put together.", expected="a portion")
        every = [part.arrays() for part in parts]
        return cls(
            **{name: np.concatenate([one[name] for one in every]) for name in every[0]}
        )


@dataclass(frozen=True, eq=False)
class Conduct:
    """A trial ready to be carried out.

    Attributes
    ----------
    trial
        What is carried out.
    tasks
        One for each allocated group.
    group
        Of every subject, shape ``(n_subjects,)``.
    units
        Of every output of the model, by name.
    """

    trial: Trial
    tasks: tuple[Task, ...]
    group: Numbers
    units: Mapping[str, str]

    @property
    def n(self) -> int:
        """How many subjects there are."""
        return self.trial.population.n

    @cached_property
    def plans(self) -> tuple[Plan | None, ...]:
        """What the rules of each group are; None where it has none."""
        from il2sim.engine.lower import lower

        steered = [one.steering(lower(one.model), range(0)) for one in self.tasks]
        return tuple(None if one is None else one.plan for one in steered)

    @property
    def reductions(self) -> list[Reduction]:
        """What the engine finds: for each period, for each measure."""
        trial = self.trial
        return [
            reduction
            for start in trial.starts_day
            for measure in trial.measures
            for reduction in measure.reductions(start, start + trial.days)
        ]

    def provenance(self, device: str) -> Provenance:
        """What decides the numbers of the trial."""
        trial, first = self.trial, self.tasks[0]
        return provenance_of(
            model=first.model.name,
            fingerprint=first.model.fingerprint,
            inputs={
                "groups": [one.provenance(device).inputs for one in self.tasks],
                "trial": {
                    one.name: getattr(trial, one.name)
                    for one in fields(trial)
                    if one.name not in ("arms", "population")
                },
                "posterior": trial.posterior,
                "arms": [[one.name, str(one.regimen), one.ratio] for one in trial.arms],
            },
            seed=trial.population.seed,
            tolerance=first.tolerance,
            precision=first.precision,
            device=device,
        )

    def solve(
        self,
        some: range,
        *,
        device: Device = "cpu",
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> Records:
        """Solve some subjects, in every group that they are in."""
        groups = range(len(self.tasks))
        numbers = np.array(some)
        everywhere = self.trial.design == "escalation"
        parts = []
        for group in groups:
            rows = np.flatnonzero(
                np.ones(len(some), bool) if everywhere else self.group[numbers] == group
            )
            if rows.size:
                parts.append(self._solve_group(group, some, rows, device, workers))
            if progress is not None:
                progress(len(some) * (group + 1) // len(groups), len(some))
        joined = Records.joined(parts)
        found = joined.rows(np.lexsort((joined.group, joined.subject)))
        in_order = np.lexsort(joined.decided.T[::-1])
        return replace(found, decided=joined.decided[in_order])

    def problem(self, group: int, some: range) -> Problem:
        """The arrays of some subjects, treated as a group."""
        problem = self.tasks[group].problem(some)
        columns = {name: i for i, name in enumerate(problem.program.parameters)}
        parameters = np.array(problem.parameters)
        factors = self.trial.parameter_factors(np.array(some))
        for name, factor in factors.items():
            parameters[:, columns[name]] *= factor
        return replace(
            problem, parameters=parameters, reductions=tuple(self.reductions)
        )

    def _solve_group(
        self,
        group: int,
        some: range,
        rows: Numbers,
        device: Device,
        workers: int | None,
    ) -> Records:
        from il2sim.engine.solve import solve

        problem = some_of(self.problem(group, some), rows)
        solution = solve(problem, device=device, workers=workers)
        states = np.array([*problem.program.states, ""])
        numbers = np.array(some)[rows]
        return Records(
            **self._followed(group, numbers, solution),
            subject=numbers,
            group=np.full(len(rows), group),
            status=solution.status,
            failed_h=solution.failed_h,
            failed_state=states[solution.failed_state],
            retries=solution.retries,
            visits=solution.values,
            resting=solution.resting,
            reduced=solution.reduced,
        )

    def _followed(
        self, group: int, numbers: Numbers, solution: Solution
    ) -> dict[str, NDArray[Any]]:
        """What rules and chance did to the subjects of a group."""
        seed, plan, n = self.trial.population.seed, self.plans[group], len(numbers)
        left = np.full(n, np.inf)
        if self.trial.dropout is not None:
            left = self.trial.dropout.days(seed, numbers)
        if plan is None:
            return {
                "left_day": _until(left, self.trial.end_day),
                "share_given": np.ones(n),
                "missed": np.zeros(n, dtype=np.int64),
                "decided": np.zeros((0, 3), dtype=np.int64),
            }
        chance = plan.chance(seed, numbers.astype(np.uint64))
        given, missed = plan.given(solution.decisions, chance)
        records = (one.record for one in plan.doses)
        amounts = np.array([one.amount for one in records if isinstance(one, Given)])
        withdrawn = np.where(
            solution.status == Status.STOPPED_BY_RULE, solution.failed_h, np.inf
        )
        left_h = np.minimum(chance.dropout_h, withdrawn)
        told = np.array([one.note is not None for one in plan.checks], dtype=bool)
        made = solution.decisions  # the last checks are missing if nobody makes them
        rows, checks = np.nonzero((made == MET) & told[: made.shape[1]])
        return {
            "left_day": _until(np.minimum(left, left_h / DAY_H), self.trial.end_day),
            "share_given": (given * amounts).sum(axis=1) / amounts.sum(),
            "missed": missed.sum(axis=1),
            "decided": np.column_stack(
                (numbers[rows], np.full(len(rows), group), checks)
            ),
        }


def _until(left: Floats, end_day: float) -> Floats:
    """Who leaves after the end stays."""
    return np.where(left < end_day, left, np.inf)


def conduct(
    trial: Trial,
    model: Model,
    *,
    tolerance: float,
    precision: PrecisionName = "double",
) -> Conduct:
    """Check that a trial fits its model, before anything is solved.

    Raises
    ------
    UnknownName
        A quantity of the trial is no output of the model, or an uncertain parameter is
        none of its parameters.
    """
    for what, names, known in (
        (
            "shows no",
            [q for one in trial.measures for q in one.quantities],
            model.outputs,
        ),
        ("shows no", [one.quantity for one in trial.noise], model.outputs),
        ("has no parameter", trial.parameter_names, model.parameters),
    ):
        for name in names:
            if name not in known:
                raise UnknownName(
                    f"the model '{model.name}' {what} '{name}'.",
                    got=f"'{name}'",
                    expected=closest(name, known),
                )
    days = [start + day for start in trial.starts_day for day in trial.visits]
    times = np.unique([*days, trial.end_day]) * DAY_H
    tasks = tuple(
        replace(
            prepare(
                model,
                regimen,
                trial.persons,
                times=Quantity(times, "h"),
                save=trial.watch,
                tolerance=tolerance,
                factors=trial.factors,
            ),
            precision=precision,
        )
        for regimen in trial.courses()
    )
    units = {name: one.unit for name, one in model.outputs.items()}
    return Conduct(trial, tasks, trial.allocation(), units)
