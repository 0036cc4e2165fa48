"""A change over time, shared out exactly among the processes that make it.

`attribute` says what raised or lowered the number of cells, `consumption` where the
IL-2 that was given went. Both solve the study once more with the shares beside it
(`il2sim.engine.account`), so the shares sum to the change of every subject to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from il2sim.engine.status import Status
from il2sim.engine.trajectories import SAME_TIME_H
from il2sim.errors import BadProblem, UnknownName, closest
from il2sim.study.endpoints import mean, spread
from il2sim.study.subjects import Floats
from il2sim.units import unit

if TYPE_CHECKING:
    from threading import Event

    from il2sim.engine.account import Account
    from il2sim.engine.solve import Device
    from il2sim.provenance import Provenance
    from il2sim.study.simulate import Task
    from il2sim.symbolic import Model
    from il2sim.symbolic.model import Change

By = Literal["cause", "event"]

NOUNS = {
    "divide": "division",
    "die": "death",
    "convert": "conversion",
    "enter_blood": "entry into blood",
    "leave_blood": "margination",
}
"""How a process is called in a table, where its own name is a verb of the model."""

FATES = {
    "circulation: filter_out": "kidney",
    "circulation: lose_bound": "lost with soluble CD25",
    "site: destroy": "destroyed at the injection site",
    "secretion: secrete": "secreted by activated cells",
}
"""What happens to IL-2 other than by the receptors of a population."""

SUM = "sum"
"""The last row of a table of shares."""

DOSES = "doses"
"""The share that doses bring."""

IN_FLUIDS = "IL-2 in the fluids"
"""The amount that `consumption` shares out."""


@dataclass(frozen=True, eq=False)
class Attribution:
    """Shares of a change.

    Attributes
    ----------
    quantity, unit
        What changed, and in which unit.
    by
        ``"cause"`` or ``"event"``; see `attribute`.
    parts
        Names of the shares, ``n_parts`` of them.
    times_h
        [h], shape ``(n_times,)``.
    shares
        In `unit`, shape ``(n_subjects, n_times, n_parts)``; not-a-number where a
        subject failed.
    change
        Their sum: value less resting value, shape ``(n_subjects, n_times)``.
    resting
        In `unit`, shape ``(n_subjects,)``.
    status
        How each subject ended, a `Status`.
    doses_h
        When doses began, [h].
    provenance
        Of the run that is explained.
    prevalence
        How many persons each subject stands for, [1], shape ``(n_subjects,)``; None is
        one each.
    """

    quantity: str
    unit: str
    by: By
    parts: tuple[str, ...]
    times_h: Floats
    shares: Floats
    change: Floats
    resting: Floats
    status: NDArray[np.int64]
    doses_h: Floats
    provenance: Provenance | None = None
    prevalence: Floats | None = None

    @property
    def is_done(self) -> NDArray[np.bool_]:
        """Which subjects were solved, shape ``(n_subjects,)``."""
        return np.asarray(self.status == Status.DONE)

    @property
    def gap(self) -> float:
        """Most that the sum of shares misses the change by, over the largest share.

        Rounding leaves 1e-9 or less.
        """
        if not self.is_done.any():
            return float("nan")
        apart = np.abs(self.shares.sum(axis=2) - self.change)[self.is_done]
        size = np.abs(self.shares[self.is_done]).max(initial=0.0)
        return float(apart.max() / size) if size else 0.0

    def relative(self) -> Attribution:
        """Shares of the change of the fold over rest, [1]."""
        return self._scaled(self.resting, "1")

    def of_dose(self) -> Attribution:
        """Where the doses went, as a part of what was given until the last time, [%].

        What left counts upwards here, and the sum is what is gone.

        Raises
        ------
        UnknownName
            The quantity receives no doses.
        """
        if DOSES not in self.parts:
            raise UnknownName(f"no doses enter '{self.quantity}'.", got=self.parts)
        place = self.parts.index(DOSES)
        given = self.shares[:, :, place]
        gone = replace(
            self,
            parts=self.parts[:place] + self.parts[place + 1 :],
            shares=-np.delete(self.shares, place, axis=2),
            change=given - self.change,
        )
        return gone._scaled(given[:, -1] / 100, "%")

    def until(self, time_h: float) -> Attribution:
        """The same up to a time, [h], and nothing after it."""
        kept = self.times_h <= time_h + SAME_TIME_H
        return replace(
            self,
            times_h=self.times_h[kept],
            shares=self.shares[:, kept],
            change=self.change[:, kept],
            doses_h=self.doses_h[self.doses_h < time_h - SAME_TIME_H],
        )

    def _scaled(self, by: Floats, unit: str) -> Attribution:
        by = np.where(by == 0, np.nan, by)
        return replace(
            self,
            unit=unit,
            shares=self.shares / by[:, None, None],
            change=self.change / by[:, None],
            resting=self.resting / by,
        )

    def mean(self) -> Floats:
        """Means over the subjects that were solved, shape ``(n_times, n_parts)``.

        Means of shares sum to the mean of the change; medians do not.
        """
        done, stand = self.shares[self.is_done], self._stand
        if stand is None:
            return np.asarray(done.mean(axis=0))
        weights = stand / np.sum(stand)
        return np.asarray(np.sum(done * weights[:, None, None], axis=0))

    def table(self, time_h: float) -> list[dict[str, Any]]:
        """One row for each share at one time: mean, 5 and 95 %; the sum is last.

        Raises
        ------
        BadProblem
            Nothing was recorded then.
        """
        near = np.flatnonzero(np.abs(self.times_h - time_h) <= SAME_TIME_H)
        if not near.size:
            raise BadProblem(
                f"the shares of '{self.quantity}' are not known at {time_h:g} h.",
                got=f"{time_h:g} h",
                expected="a recorded time",
            )
        columns = dict(zip(self.parts, self.shares[:, near[0]].T, strict=True))
        return [
            {
                "share": name,
                **_summary(values[self.is_done], self._stand),
                "unit": self.unit,
            }
            for name, values in {**columns, SUM: self.change[:, near[0]]}.items()
        ]

    @property
    def _stand(self) -> Floats | None:
        """Prevalence of the solved; None where all are alike, so that bits are kept."""
        if self.prevalence is None or np.ptp(self.prevalence) == 0:
            return None
        return self.prevalence[self.is_done]


def _summary(values: Floats, prevalence: Floats | None) -> dict[str, float]:
    told = spread(values, prevalence)
    if prevalence is not None:
        middle = mean(values, prevalence)
    else:
        middle = float(np.mean(values)) if values.size else float("nan")
    return {"mean": middle, "q05": told.q05, "q95": told.q95}


def attribute(
    task: Task,
    quantity: str,
    *,
    by: By = "cause",
    some: range | None = None,
    device: Device = "cpu",
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancel: Event | None = None,
) -> Attribution:
    """Share out the change of one quantity over time among the processes.

    Parameters
    ----------
    task
        The study (`il2sim.study.simulate.prepare`).
    quantity
        An output that is a sum of amounts (``"memory Treg"``, ``"Treg pool"``), or a
        state of the model. Ratios and fractions have no shares that sum.
    by
        ``"event"``: every division, death or move beyond its number at rest counts for
        itself. ``"cause"``: what goes on at its resting rate for each cell counts for
        what brought the cell; so a daughter's daughters, and the cells that a naive
        pool sends on, count for the division or the export that they come from, and
        death only as far as a cell dies faster or slower than at rest.
    some
        Only these subjects.
    device, workers, progress
        As in `simulate`.
    cancel
        When set no further subject is begun; see `il2sim.engine.solve`.

    Raises
    ------
    UnknownName
        The model has no such quantity.
    BadProblem
        The quantity is no sum of amounts, or doses enter it and `by` is ``"cause"``.

    Examples
    --------
    >>> from il2sim.models import body
    >>> from il2sim.study.populations import adults
    >>> from il2sim.study.regimen import Regimen
    >>> from il2sim.study.simulate import prepare
    >>> from il2sim.units import days
    >>> task = prepare(
    ...     body(),
    ...     Regimen.parse("aldesleukin 1 MIU/m2 sc daily for 7 days"),
    ...     adults(n=1, seed=1),
    ...     times=days(0, 7, every=1),
    ... )
    >>> why = attribute(task, "naive Treg")
    >>> why.parts[1], bool(why.gap < 1e-8)
    ('naive Treg: division', True)
    """
    if by not in get_args(By):
        raise UnknownName(
            f"there is no account by '{by}'.", got=f"'{by}'", expected="cause or event"
        )
    account = _account(task.model, quantity, by)
    return _carry_out(
        task,
        account,
        (quantity, by),
        some,
        device=device,
        workers=workers,
        progress=progress,
        cancel=cancel,
    )


def consumption(
    task: Task,
    *,
    some: range | None = None,
    device: Device = "cpu",
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancel: Event | None = None,
) -> Attribution:
    """Follow the IL-2 given to where it went: cells by population, kidney, the rest.

    The amount is IL-2 at the injection site, in plasma and in tissue fluid, beyond
    rest. What the receptors of a population take from the fluids less what they give
    back counts for the population. All shares are beyond what is secreted and consumed
    at rest, so doses and consumption sum to what is still in the fluids.

    Parameters
    ----------
    task, some, device, workers, progress, cancel
        As in `attribute`.

    Returns
    -------
    Attribution
        By event, in nmol; consumption is negative. `Attribution.of_dose` gives
        per cent of the doses.
    """
    account = _fluids(task.model)
    return _carry_out(
        task,
        account,
        (IN_FLUIDS, "event"),
        some,
        device=device,
        workers=workers,
        progress=progress,
        cancel=cancel,
    )


def _carry_out(
    task: Task,
    account: Account,
    asked: tuple[str, By],
    some: range | None,
    *,
    device: Device,
    workers: int | None,
    progress: Callable[[int, int], None] | None,
    cancel: Event | None,
) -> Attribution:
    from il2sim.engine.solve import find_rest, solve

    quantity, by = asked
    task.refuse_protocol("attribution")
    task = replace(task, precision="double")  # shares add up to the last digits
    problem = task.problem(some)
    rest = find_rest(problem, device=device, workers=workers, cancel=cancel)
    solution = solve(
        account.problem(problem, rest),
        device=device,
        workers=workers,
        progress=progress,
        cancel=cancel,
        rest=account.rest(rest),
    )
    values, resting = solution.values, solution.resting[:, 0]
    parts, shares = account.names, values[:, :, 1:]
    if account.inlets:
        given = account.dosed(problem, rest)
        parts, shares = (DOSES, *parts), np.dstack([given, shares])
    return Attribution(
        quantity=quantity,
        unit=_unit_of(task.model, quantity),
        by=by,
        parts=parts,
        times_h=task.times_h,
        shares=shares,
        change=values[:, :, 0] - resting[:, None],
        resting=resting,
        status=solution.status,
        doses_h=np.array([dose.time_h for dose in task.regimen.doses]),
        provenance=task.provenance(device),
        prevalence=task.population.prevalence(some),
    )


def _unit_of(model: Model, quantity: str) -> str:
    if quantity == IN_FLUIDS:
        return "nmol"
    if quantity in model.outputs:
        return model.outputs[quantity].unit
    return model.resolve(quantity).quantity.unit


@lru_cache(maxsize=16)
def _account(model: Model, quantity: str, by: By) -> Account:
    from il2sim.engine.account import open_account
    from il2sim.engine.lower import lower, terms

    known = (*model.outputs, *model.states)
    if quantity not in known:
        raise UnknownName(
            f"the model '{model.name}' shows no '{quantity}'.",
            got=f"'{quantity}'",
            expected=closest(quantity, known),
        )
    counts = 1.0
    if quantity not in model.outputs:
        counts /= unit(_unit_of(model, quantity)).factor
    named = [replace(term, name=_words(term.name)) for term in terms(model)]
    return open_account(lower(model), named, {quantity: counts}, by_cause=by == "cause")


def _words(name: str) -> str:
    """A process in words: ``"A: divide"`` is ``"A: division"``."""
    component, _, process = name.partition(": ")
    noun = NOUNS.get(process, process.replace("_", " "))
    return component if component.endswith(noun) else f"{component}: {noun}"


@lru_cache(maxsize=8)
def _fluids(model: Model) -> Account:
    from il2sim.engine.account import open_account
    from il2sim.engine.lower import lower, terms

    moves = [
        [
            change
            for change in model.changes
            if change.process is process and change.component is component
        ]
        for component in model.components
        for process in component.processes.values()
    ]
    fluids = _joined_fluids(model, moves)
    inside = {
        (change.component.name, change.process.name)
        for move in moves
        if _is_plain_move(model, move) and move[0].state in fluids
        for change in move
    }
    named = [
        replace(term, name=_fate(change, term.name))
        for change, term in zip(model.changes, terms(model), strict=True)
        if (change.component.name, change.process.name) not in inside
    ]
    amounts = dict.fromkeys(fluids, 1.0)
    return open_account(lower(model), named, amounts, by_cause=False)


def _joined_fluids(model: Model, moves: Iterable[list[Change]]) -> list[str]:
    """Inlets, and every state that their content is moved to."""
    found = list(dict.fromkeys(model.inlets.values()))
    plain = [move for move in moves if _is_plain_move(model, move)]
    for state in found:  # grows while it is read
        for move in plain:
            states = [change.state for change in move]
            if state in states:
                found += [other for other in states if other not in found]
    return found


def _is_plain_move(model: Model, move: list[Change]) -> bool:
    """Whether a process moves an amount from one state to another, as it is."""
    units = {model.resolve(change.state).quantity.unit for change in move}
    return (
        len(units) == 1
        and sum(change.times for change in move) == 0
        and not any(change.exchange for change in move)
    )


def _fate(change: Change, name: str) -> str:
    cell = change.component.labels.get("cell")
    if cell is not None and change.exchange is not None:
        return cell
    return FATES.get(name, _words(name))
