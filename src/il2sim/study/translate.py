"""A protocol translated into the engine's doses, checks and marks.

Each hold, each course that must be earned, each rescue and each step of a reduction has
a mark of its own. A dose is barred by the marks of its holds, of a skip, of the end of
its course and of a stop; a check is barred where nothing is given anyway. At one time
visits are looked at first, then rules before doses, then doses are given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from il2sim.engine.records import Check, Given
from il2sim.engine.rules import MOST_MARKS, Action, Rule
from il2sim.errors import BadRegimen, UnknownName, closest
from il2sim.study.holds import Condition, DoseRule
from il2sim.study.plan import ALWAYS, Entry, Note, Plan
from il2sim.study.protocol import Protocol, Repeat, Rescue
from il2sim.study.regimen import Regimen
from il2sim.units import convert

if TYPE_CHECKING:
    from il2sim.study.course import Dose
    from il2sim.symbolic import Model


def translate(
    protocol: Protocol, model: Model, give: Callable[[Dose], list[Given]], end_h: float
) -> Plan:
    """Write the doses and checks of a protocol.

    Parameters
    ----------
    protocol
        What is planned.
    model
        Its outputs are what rules look at.
    give
        Turns a dose into the engine's records, the first of them the dose itself.
    end_h
        When nobody is followed any more, [h].

    Raises
    ------
    UnknownName
        A rule looks at what the model does not show.
    UnitMismatch
        A threshold has a unit that does not fit its quantity.
    BadRegimen
        A threshold has no unit, or there are too many rules for one subject.
    """
    return _Writer(protocol, model, give, end_h).plan()


def threshold_of(condition: Condition, model: Model) -> float:
    """The threshold in the unit of the output, as ``>=`` or ``<`` must be asked.

    Raises
    ------
    UnknownName, UnitMismatch, BadRegimen
        As `translate`.
    """
    outputs = model.outputs
    if condition.quantity not in outputs:
        raise UnknownName(
            f"a rule looks at what the model '{model.name}' does not show.",
            got=f"'{condition.quantity}' in '{condition}'",
            expected=closest(condition.quantity, outputs),
        )
    if condition.is_fold:
        return condition.exact_threshold(condition.threshold)
    shown = outputs[condition.quantity].unit
    if condition.unit == "1" != shown:
        raise BadRegimen(
            f"the rule on {condition.quantity} has no unit.",
            got=f"'{condition}'",
            expected=f"a threshold in {shown}, or 'fold' before the sign",
        )
    value = float(convert(condition.threshold, condition.unit, shown))
    return condition.exact_threshold(value)


Seen = tuple[int, int] | None


@dataclass
class _Writer:
    """Writes a plan; every hold, course and rescue gets a mark."""

    protocol: Protocol
    model: Model
    give: Callable[[Dose], list[Given]]
    end_h: float
    rules: dict[Rule, int] = field(default_factory=dict)
    placed: list[tuple[tuple[float, int, int], Entry]] = field(default_factory=list)
    occasions: list[str] = field(default_factory=list)
    n_marks: int = 0
    first_bars: int = 0

    def plan(self) -> Plan:
        self._take_marks()
        self._start()
        self._courses()
        self._visits()
        self.placed.sort(key=lambda pair: pair[0])
        return Plan(
            self.protocol,
            tuple(entry for _, entry in self.placed),
            tuple(self.rules),
            tuple(self.occasions),
            self.skipped,
            self.end_h,
        )

    def _mark(self) -> int:
        if self.n_marks >= MOST_MARKS:
            raise BadRegimen(
                f"the protocol '{self.protocol.name}' has too many rules.",
                got="holds, reductions, courses and rescues beyond "
                f"{MOST_MARKS} in one subject",
                expected="fewer rules, visits with a rescue, or times of a reduction",
            )
        self.n_marks += 1
        return 1 << (self.n_marks - 1)

    def _take_marks(self) -> None:
        rules = self.protocol.rules
        self.stopped, self.rescued, self.ended = (self._mark() for _ in range(3))
        self.skipped = self._mark()
        self.held = {one: self._mark() for one in rules if one.decision == "hold"}
        self.reduced = {
            one: [self._mark() for _ in range(one.most_times)]
            for one in rules
            if one.decision == "reduce"
        }
        self.course_bars = [0, *(self._mark() for _ in range(1, self.protocol.courses))]
        visits = self.protocol.visits if self.protocol.rescue else ()
        self.rescue_bars = [self._mark() for _ in visits]
        self.first_bars = sum(self.course_bars) | sum(self.rescue_bars)

    @property
    def holds(self) -> int:
        return sum(self.held.values())

    def _start(self) -> None:
        """Courses and rescues that must be called for are barred at first."""
        if self.first_bars:
            self._put(0.0, 0, self._always(sets=self.first_bars))

    def _courses(self) -> None:
        repeat, regimen = self.protocol.repeat, self.protocol.regimen
        step = 0.0 if repeat is None else repeat.every_h
        for turn, bar in enumerate(self.course_bars):
            begin = turn * step
            if turn and repeat is not None:
                self._ask_for(repeat, turn, begin)
            self._block(regimen, begin, bar | self.rescued, f"of course {turn + 1}")

    def _ask_for(self, repeat: Repeat, turn: int, begin_h: float) -> None:
        """Whether a course is given is decided when it would begin."""
        before = self.course_bars[turn - 1] | self.stopped | self.rescued
        rule = self._rule(
            repeat.condition, unless=before, clears=self.course_bars[turn]
        )
        note = self._note("repeat", repeat, repeat.condition)
        self._put(begin_h, 1, rule, note)

    def _block(
        self, regimen: Regimen, begin_h: float, bars: int, name: str, seen: Seen = None
    ) -> None:
        """The doses of one course or rescue, and the checks before each."""
        shifted = regimen.shifted(begin_h)
        times = list(dict.fromkeys(dose.time_h for dose in shifted.doses))
        starts = {start for course in shifted.courses for start in course.starts_h}
        occasions: dict[float, int] = {}
        for time in times:
            occasions[time] = len(self.occasions)
            self.occasions.append(f"{name} at {time!r}")
            if time < self.end_h:
                where = _Where(occasions[time], seen, self._visit_at(time))
                is_start = time in starts
                self._before_dose(time, bars | self.stopped, where, is_start=is_start)
        barring = bars | self.stopped | self.ended | self.skipped | self.holds
        for dose in shifted.doses:
            if dose.time_h < self.end_h:
                for number, record in enumerate(self.give(dose)):
                    entry = Entry(
                        replace(record, unless=barring),
                        occasion=occasions[dose.time_h],
                        visit=seen,
                        is_shadow=number > 0,
                    )
                    self._place(dose.time_h, 9, entry)

    def _before_dose(
        self, time: float, bars: int, where: _Where, *, is_start: bool
    ) -> None:
        rules = self.protocol.rules
        kinds = {rule.decision for rule in rules}
        if is_start and "end course" in kinds:
            anew = self._always(unless=bars, clears=self.ended)
            self._put(time, 3, anew, None, _Where(None, where.visit, None))
        if "skip" in kinds:
            self._put(time, 3, self._always(clears=self.skipped), None, where)
        for rule in rules:
            if rule.is_seen_at_doses or (is_start and rule.at == "courses"):
                # a visit at this very time has looked already
                alone = where if rule.is_seen_at_visits else replace(where, other=None)
                for made, note in self._checks(rule, bars | self.ended):
                    self._put(time, 4, made, note, alone)

    def _visits(self) -> None:
        rescue = self.protocol.rescue
        for number, visit in enumerate(self.protocol.visits):
            for day, time in enumerate(visit.days_h):
                if time < self.end_h:
                    where = _Where(None, (number, day), None)
                    for rule in self.protocol.rules:
                        if rule.is_seen_at_visits:
                            for made, note in self._checks(rule, self.stopped):
                                self._put(time, 2, made, note, where)
                    if rescue is not None:
                        self._ask_for_rescue(rescue, number, time, where)

    def _ask_for_rescue(
        self, rescue: Rescue, number: int, time: float, where: _Where
    ) -> None:
        bar = self.rescue_bars[number]
        rule = self._rule(
            rescue.condition,
            unless=self.stopped | self.rescued,
            sets=self.rescued,
            clears=bar,
        )
        self._put(time, 2, rule, self._note("rescue", rescue, rescue.condition), where)
        name = f"of rescue at visit {number + 1}"
        self._block(rescue.regimen, time, bar, name, where.visit)

    def _visit_at(self, time: float) -> Seen:
        for number, visit in enumerate(self.protocol.visits):
            if time in visit.days_h:
                return number, visit.days_h.index(time)
        return None

    def _checks(self, rule: DoseRule, bars: int) -> Iterator[tuple[Rule, Note | None]]:
        """The engine's rules for one clinical rule, in order."""
        note = self._note(rule.decision, rule, rule.condition)
        if rule.decision == "skip":
            made = self._rule(
                rule.condition, unless=bars | self.holds, sets=self.skipped
            )
            yield made, note
        elif rule.decision == "hold":
            yield from self._hold(rule, bars, note)
        elif rule.decision == "reduce":
            yield from self._reduce(rule, bars, note)
        elif rule.decision == "withdraw":
            yield self._rule(rule.condition, action=Action.WITHDRAW), note
        else:
            mark = self.stopped if rule.decision == "stop" else self.ended
            yield self._rule(rule.condition, unless=bars | mark, sets=mark), note

    def _hold(
        self, rule: DoseRule, bars: int, note: Note
    ) -> Iterator[tuple[Rule, Note]]:
        mark = self.held[rule]
        until = rule.until or opposite(rule.condition)
        again = self._note("resume", rule, until)
        yield self._rule(until, needs=mark, unless=bars, clears=mark), again
        yield self._rule(rule.condition, unless=bars | mark, sets=mark), note

    def _reduce(
        self, rule: DoseRule, bars: int, note: Note
    ) -> Iterator[tuple[Rule, Note]]:
        """The last time first, so that no two act at one check."""
        marks, percent = self.reduced[rule], rule.to_percent or 100.0
        for turn in reversed(range(len(marks))):
            made = self._rule(
                rule.condition,
                action=Action.SCALE,
                factor=percent / 100.0,
                needs=marks[turn - 1] if turn else 0,
                unless=bars | marks[turn],
                sets=marks[turn],
            )
            yield made, note

    def _rule(
        self,
        condition: Condition,
        *,
        action: Action = Action.MARK,
        factor: float = 1.0,
        needs: int = 0,
        unless: int = 0,
        sets: int = 0,
        clears: int = 0,
    ) -> Rule:
        return Rule(
            condition.quantity,
            threshold_of(condition, self.model),
            action,
            above=condition.is_above,
            relative=condition.is_fold,
            factor=factor,
            needs=needs,
            unless=unless,
            sets=sets,
            clears=clears,
        )

    def _always(self, *, unless: int = 0, sets: int = 0, clears: int = 0) -> Rule:
        anything = next(iter(self.model.outputs))
        return Rule(
            anything, ALWAYS, Action.MARK, unless=unless, sets=sets, clears=clears
        )

    def _note(self, decision: str, rule: object, condition: Condition) -> Note:
        output = self.model.outputs.get(condition.quantity)
        unit = "1" if condition.is_fold or output is None else output.unit
        fold = " fold" if condition.is_fold else ""
        return Note(decision, str(rule), condition.quantity + fold, unit)

    def _put(
        self,
        time: float,
        rank: int,
        rule: Rule,
        note: Note | None = None,
        where: _Where | None = None,
    ) -> None:
        if time < self.end_h:
            where = where or _Where(None, None, None)
            record = Check(time, self.rules.setdefault(rule, len(self.rules)))
            self._place(
                time,
                rank,
                Entry(record, note, where.occasion, where.visit, where.other),
            )

    def _place(self, time: float, rank: int, entry: Entry) -> None:
        self.placed.append(((time, rank, len(self.placed)), entry))


@dataclass(frozen=True)
class _Where:
    """The occasion and visit a check belongs to, and the visit in its place."""

    occasion: int | None
    visit: Seen
    other: Seen


def opposite(condition: Condition) -> Condition:
    """The condition that holds when this one does not.

    Examples
    --------
    >>> print(opposite(Condition("CD8", "<", 300.0, "cell/uL")))
    CD8 >= 300 cell/uL
    """
    signs = {"<": ">=", ">=": "<", ">": "<=", "<=": ">"}
    return replace(condition, sign=signs[condition.sign])  # type: ignore[arg-type]
