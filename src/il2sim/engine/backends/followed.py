"""One subject followed by SciPy from event to event, and what is read off its course.

Every event is carried out here once more, in plain Python, from its description in
`events.py`; what is asked of the course between events is found on LSODA's own dense
output by SciPy's searches and Gauss's quadrature. A table of the course, made for many
times at once, only tells where to search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import brentq, minimize_scalar

from il2sim.engine.backends.raw import Raw
from il2sim.engine.evaluate import evaluate
from il2sim.engine.events import Kind
from il2sim.engine.problem import Floats, Problem
from il2sim.engine.reductions import Reduce, Reduction
from il2sim.engine.rules import MET, NOT_MET, Action
from il2sim.engine.status import Status

Function = Callable[[Floats, Floats], Floats]

TIGHTER = 1e-2
"""How much tighter than asked it solves, so that its own error does not count."""

TIGHTEST = 1e-12
"""Relative tolerances below this are rounding errors to LSODA."""

PARTS = 16
"""Places in every step of LSODA at which peaks and crossings are looked for."""

MOST_CYCLES = 1000
GAUSS = np.polynomial.legendre.leggauss(6)


@dataclass
class Piece:
    """The course between two events."""

    start: float
    stop: float
    values: Callable[[float], Floats]  # the outputs looked at, at a time
    table: Callable[[float, float], tuple[Floats, Floats]]  # on a grid in a window


def _looked_at(problem: Problem) -> list[str]:
    """Name the outputs that are saved, reduced or asked by a rule, each once."""
    reduced = [one.output for one in problem.reductions]
    by_rules = [one.output for one in problem.rules]
    return list(dict.fromkeys([*problem.save, *reduced, *by_rules]))


class Subject:
    """One subject on its way."""

    def __init__(
        self,
        problem: Problem,
        row: int,
        *,
        vector: Floats,
        start: Floats,
        raw: Raw,
        function: Callable[[Any], Function],
        jacobian: Function,
    ) -> None:
        self.problem, self.row, self.raw = problem, row, raw
        self.vector, self.start = vector.copy(), start
        program = problem.program
        self.rates, self.jacobian = function(program.rates), jacobian
        self.names = _looked_at(problem)
        self.outputs = function([program.outputs[name] for name in self.names])
        self.saved = [self.names.index(name) for name in problem.save]
        self.inlets = [program.states.index(one) for one in program.inlets.values()]
        self.y, self.t = start.copy(), 0.0
        self.inputs = np.zeros(len(self.inlets))
        self.factors, self.held = np.ones(len(self.inlets)), np.zeros(len(self.inlets))
        self.marks = 0
        self.given: dict[int, float] = {}
        self.pieces: list[Piece] = []
        self.sample, self.first_dose = 0, np.inf
        self.warming, self.cycles = False, 0
        self.status = Status.DONE

    def follow(self) -> None:
        """Solve from one event to the next, record, and reduce what was followed."""
        raw, row, end = self.raw, self.row, self.problem.end_h
        self.rest = self.outputs(self.y, self.vector)
        raw.resting[row] = self.rest[self.saved]
        raw.values[row, self.problem.sample_h < 0] = raw.resting[row]
        self.sample = int(np.count_nonzero(self.problem.sample_h < 0))
        self._record_up_to(0.0, lambda _: self.y)
        where = self.problem.schedule.events_of_subject(row)
        self.event, self.last = where.start, where.stop
        while self._goes_on() and (self.warming or self.t < end):
            self._give_due()
            if self._goes_on():
                self._record_late()
                self._interval(self._next_stop())
        raw.status[row] = self.status
        failed = self.status not in (Status.DONE, Status.STOPPED_BY_RULE)
        if failed:
            raw.failed_h[row] = self.t
        else:
            self._reduce()
        self.pieces.clear()  # a course is large

    def _goes_on(self) -> bool:
        return self.status == Status.DONE

    def _next_stop(self) -> float:
        end = self.problem.end_h
        if self.event < self.last:
            due = float(self.problem.schedule.times_h[self.event])
            if self.warming or due < end:
                return due
        return end

    # events

    def _give_due(self) -> None:
        schedule = self.problem.schedule
        while (
            self._goes_on()
            and self.event < self.last
            and schedule.times_h[self.event] <= self.t
        ):
            event, self.event = self.event, self.event + 1
            kind = Kind(int(schedule.kinds[event]))
            getattr(self, f"_on_{kind.name.lower()}")(event)

    def _amount(self, event: int) -> float:
        schedule = self.problem.schedule
        size = self.problem.bases[self.row, schedule.basis[event]]
        return float(schedule.amounts[event] * size)

    def _allowed(self, event: int) -> float:
        """The amount after what rules hold or reduce."""
        schedule, amount = self.problem.schedule, self._amount(event)
        if schedule.doses[event] < 0:
            return amount
        target = schedule.targets[event]
        barred = self.held[target] or self.marks & int(schedule.unless[event])
        return 0.0 if barred else amount * float(self.factors[target])

    def _on_add(self, event: int) -> None:
        state = self.inlets[self.problem.schedule.targets[event]]
        self.y[state] += self._allowed(event)
        self.first_dose = min(self.first_dose, self.t)

    def _on_start(self, event: int) -> None:
        schedule, rate = self.problem.schedule, self._allowed(event)
        self.given[int(schedule.doses[event])] = rate
        self.inputs[schedule.targets[event]] += rate
        self.first_dose = min(self.first_dose, self.t)

    def _on_end(self, event: int) -> None:
        schedule = self.problem.schedule
        dose = int(schedule.doses[event])
        rate = self._amount(event) if dose < 0 else self.given[dose]
        self.inputs[schedule.targets[event]] -= rate

    def _on_stop(self, event: int) -> None:
        self.inputs[self.problem.schedule.targets[event]] = 0.0

    def _on_set(self, event: int) -> None:
        schedule = self.problem.schedule
        self.vector[schedule.targets[event]] = schedule.amounts[event]

    def _on_reset(self, event: int) -> None:
        del event
        self.y, self.inputs = self.start.copy(), np.zeros(len(self.inlets))

    def _on_keep(self, event: int) -> None:
        self.aside = (self.y, self.inputs)
        self._on_reset(event)

    def _on_join(self, event: int) -> None:
        del event
        y, inputs = self.aside
        self.y, self.inputs = y + (self.y - self.start), inputs + self.inputs

    def _on_begin_cycle(self, event: int) -> None:
        self.cycle = (self.t, event + 1, self.y.copy())
        self.warming, self.cycles = True, 0

    def _on_end_cycle(self, event: int) -> None:
        """Repeat until a cycle changes nothing that the tolerance could show."""
        self.t, first, before = self.cycle
        size = np.maximum(np.abs(before), np.abs(self.y)) * self.problem.tolerance
        change = np.max(
            np.abs(self.y - before) / (size + np.asarray(self.problem.absolute))
        )
        if self.problem.schedule.amounts[event] or change <= TIGHTER:
            self.warming = False
            return
        self.cycles += 1
        self.event, self.cycle = first, (self.t, first, self.y.copy())
        if self.cycles >= MOST_CYCLES:
            self.status = Status.NO_STEADY_STATE

    def _on_check(self, event: int) -> None:
        schedule = self.problem.schedule
        rule = self.problem.rules[schedule.targets[event]]
        column = self.names.index(rule.output)
        value = self.outputs(self.y, self.vector)[column]
        if rule.relative:
            with np.errstate(divide="ignore", invalid="ignore"):  # nothing at rest
                value = value / self.rest[column]
        met = value >= rule.threshold if rule.above else value < rule.threshold
        met &= self.marks & rule.needs == rule.needs and not self.marks & rule.unless
        mark = MET if met else NOT_MET
        self.raw.decisions[self.row, schedule.doses[event]] = mark
        self.raw.looked_at[self.row, schedule.doses[event]] = value
        if not met:
            return
        self.marks = (self.marks | rule.sets) & ~rule.clears
        some = slice(None) if rule.target is None else rule.target
        if rule.action in (Action.HOLD, Action.RESUME):
            self.held[some] = rule.action == Action.HOLD
        elif rule.action in (Action.SCALE, Action.STOP):
            self.factors[some] *= rule.factor if rule.action == Action.SCALE else 0.0
        elif rule.action == Action.WITHDRAW:
            self.status = Status.STOPPED_BY_RULE

    # between events

    def _interval(self, stop: float) -> None:
        problem = self.problem
        running = np.zeros(len(self.y))
        np.add.at(running, self.inlets, self.inputs)
        vector = self.vector.copy()
        solution = solve_ivp(
            lambda _, state: self.rates(state, vector) + running,
            (self.t, stop),
            self.y,
            method="LSODA",
            jac=lambda _, state: self.jacobian(state, vector),
            rtol=max(TIGHTER * problem.tolerance, TIGHTEST),
            atol=TIGHTER * np.asarray(problem.absolute),
            dense_output=True,
        )
        if not solution.success or not np.all(np.isfinite(solution.y)):
            finite = np.all(np.isfinite(solution.y))
            self.status = Status.STEP_TOO_SMALL if finite else Status.NOT_FINITE
            return
        self.raw.attempts[self.row] += len(solution.t) - 1
        ends = {self.t: solution.y[:, 0], stop: solution.y[:, -1]}

        def state(time: float) -> Floats:
            return ends[time] if time in ends else np.asarray(solution.sol(time))

        if not self.warming:
            self._record_up_to(stop, state)
            self.pieces.append(
                Piece(
                    self.t,
                    stop,
                    cache(lambda time: self.outputs(state(time), vector)),
                    cache(partial(self._table, solution, vector)),
                )
            )
        self.y, self.t = ends[stop].copy(), stop

    def _table(
        self, solution: Any, vector: Floats, start: float, stop: float
    ) -> tuple[Floats, Floats]:
        times = _grid(solution.t, start, stop)
        vectors = np.broadcast_to(vector, (len(times), len(vector)))
        program = self.problem.program
        roots = [program.outputs[name] for name in self.names]
        return times, evaluate(program, roots, vectors, solution.sol(times).T)

    def _record_up_to(self, stop: float, state: Callable[[float], Floats]) -> None:
        times, after = self.problem.sample_h, self.problem.is_after
        while self.sample < len(times) and times[self.sample] <= stop:
            time = float(times[self.sample])
            waits = after[self.sample] and time == stop and stop < self.problem.end_h
            if waits and (stop == 0 or self._is_event(stop)):
                return
            self._record(state(time))

    def _is_event(self, time: float) -> bool:
        coming = self.problem.schedule.times_h[self.event : self.last]
        return bool(np.any(coming == time))

    def _record_late(self) -> None:
        times = self.problem.sample_h
        if (
            not self.warming
            and self.sample < len(times)
            and times[self.sample] <= self.t
        ):
            self._record(self.y)

    def _record(self, y: Floats) -> None:
        shown = self.outputs(y, self.vector)[self.saved]
        self.raw.values[self.row, self.sample] = shown
        self.sample += 1

    # what is asked of the course

    def _reduce(self) -> None:
        for place, reduction in enumerate(self.problem.reductions):
            self.raw.reduced[self.row, place] = self._reduced(reduction)

    def _reduced(self, asked: Reduction) -> float:
        column = self.names.index(asked.output)
        size = self.rest[column] if asked.relative else 1.0
        begin = (
            max(asked.start_h, self.first_dose) if asked.since_dose else (asked.start_h)
        )
        windows = []
        for piece in self.pieces:
            start, stop = max(begin, piece.start), min(asked.end_h, piece.stop)
            if start <= stop:
                windows.append((piece, start, stop))

        def course(piece: Piece) -> Callable[[float], float]:
            return lambda time: float(piece.values(float(time))[column] / size)

        if asked.kind is Reduce.VALUE:
            if asked.start_h <= 0:
                return float(self.rest[column] / size)
            return course(windows[0][0])(asked.start_h) if windows else np.nan

        def window(piece: Piece, start: float, stop: float) -> Window:
            times, values = piece.table(start, stop)
            return course(piece), times, values[:, column] / size

        found = _FIND[asked.kind]
        return found([window(*one) for one in windows], asked.threshold)


def _grid(steps: Floats, start: float, stop: float) -> Floats:
    """Times in a window: the steps of LSODA, each in parts."""
    steps = steps[(steps > start) & (steps < stop)]
    ends = [start, *steps, stop]
    parts = [np.linspace(a, b, PARTS, endpoint=False) for a, b in pairwise(ends)]
    return np.append(np.concatenate(parts), stop) if stop > start else np.array([start])


Course = Callable[[float], float]
Window = tuple[Course, Floats, Floats]
"""The course, times, and about what it is there."""


def _highest(windows: list[Window], sign: float) -> tuple[float, float]:
    """Time and value of the highest place, each sign times the course."""
    best = (np.nan, -np.inf)
    for course, times, about in windows:
        place = int(np.argmax(sign * about))
        near = times[max(place - 1, 0)], times[min(place + 1, len(times) - 1)]
        candidates = [(float(times[place]), sign * course(times[place]))]
        if near[0] < near[1]:
            fine = minimize_scalar(
                lambda time, course=course: -sign * course(time),
                bounds=near,
                method="bounded",
                options={"xatol": 1e-12 * (1 + abs(near[1]))},
            )
            candidates.append((float(fine.x), -float(fine.fun)))
        best = max(best, *candidates, key=lambda pair: pair[1])
    return best


def _peak(windows: list[Window], level: float) -> float:
    del level
    return _highest(windows, 1.0)[1] if windows else np.nan


def _trough(windows: list[Window], level: float) -> float:
    del level
    return -_highest(windows, -1.0)[1] if windows else np.nan


def _time_of_peak(windows: list[Window], level: float) -> float:
    del level
    return _highest(windows, 1.0)[0]


def _area(windows: list[Window], level: float) -> float:
    del level
    total = 0.0
    for course, times, _ in windows:
        for a, b in pairwise(times[::PARTS]):  # whole steps: Gauss needs no parts
            nodes = (a + b) / 2 + (b - a) / 2 * GAUSS[0]
            total += (
                (b - a)
                / 2
                * sum(
                    weight * course(node)
                    for node, weight in zip(nodes, GAUSS[1], strict=True)
                )
            )
    return total


def _above(windows: list[Window], level: float) -> Iterator[tuple[float, float]]:
    """Intervals in which the course is at least the level."""
    for course, times, about in windows:
        values = about - level
        if len(times) == 1 and course(times[0]) >= level:
            yield float(times[0]), float(times[0])
        for (a, b), (u, v) in zip(pairwise(times), pairwise(values), strict=True):
            if (u >= 0) != (v >= 0):
                u, v = course(a) - level, course(b) - level  # noqa: PLW2901 - exactly
            if u >= 0 and v >= 0:
                yield a, b
            elif u >= 0 or v >= 0:
                place = float(
                    brentq(lambda t, course=course: course(t) - level, a, b, xtol=1e-14)
                )
                yield (a, place) if u >= 0 else (place, b)


def _time_above(windows: list[Window], level: float) -> float:
    return float(sum(b - a for a, b in _above(windows, level)))


def _first_above(windows: list[Window], level: float) -> float:
    return float(min((a for a, _ in _above(windows, level)), default=np.inf))


def _first_below(windows: list[Window], level: float) -> float:
    turned = [(_minus(course), times, -about) for course, times, about in windows]
    return _first_above(turned, -level)


def _minus(course: Course) -> Course:
    return lambda time: -course(time)


_FIND: dict[Reduce, Callable[[list[Window], float], float]] = {
    Reduce.PEAK: _peak,
    Reduce.TROUGH: _trough,
    Reduce.TIME_OF_PEAK: _time_of_peak,
    Reduce.AREA: _area,
    Reduce.TIME_ABOVE: _time_above,
    Reduce.FIRST_ABOVE: _first_above,
    Reduce.FIRST_BELOW: _first_below,
}
