"""What happens to one lane at a time: doses, infusions, changes, steady states, rules.

Each kind of event is one function of the lane and the event. The time of a lane is set
back at the end of a cycle that is not steady yet; while a cycle is repeated nothing is
recorded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from il2sim.engine.emit.builder import Function, Module, number
from il2sim.engine.emit.layout import REDUCTION_SLOTS, Layout, Sizes
from il2sim.engine.emit.places import Places, larger
from il2sim.engine.events import Kind
from il2sim.engine.methods.table import Method
from il2sim.engine.rules import MET, NOT_MET, Action
from il2sim.engine.status import Status

QUIET = frozenset((Kind.BEGIN_CYCLE, Kind.END_CYCLE, Kind.CHECK))
"""Events that move nothing themselves: the steps go on as they were."""

MOST_CYCLES = 1000  # repetitions after which there is no steady state


class Doses(Places):
    """Writes the functions that carry out the events of one lane."""

    def __init__(
        self,
        module: Module,
        sizes: Sizes,
        layout: Layout,
        method: Method,
        inlets: tuple[int, ...],
        *,
        tangents: bool,
    ) -> None:
        super().__init__(module, sizes, layout, method)
        self.inlets, self.tangents = inlets, tangents

    def emit(self) -> None:
        """Write @give_due, and a function for each kind of event."""
        kinds: Mapping[Kind, Callable[[Function], None]] = {
            Kind.ADD: self._add,
            Kind.START: self._start,
            Kind.END: self._end_infusion,
            Kind.STOP: self._stop,
            Kind.SET: self._set,
            Kind.RESET: self._reset,
            Kind.KEEP: self._keep,
            Kind.JOIN: self._join,
            Kind.BEGIN_CYCLE: self._begin_cycle,
            Kind.END_CYCLE: self._end_cycle,
            Kind.CHECK: self._check,
        }
        for kind, write in kinds.items():
            arguments = ("a", "m", ("i64", "lane"), ("i64", "event"))
            f = Function(self.module, _name(kind), arguments, scalar=True)
            write(f)
            f.close()
        self._emit_give_due(list(kinds))

    def _emit_give_due(self, kinds: list[Kind]) -> None:
        """Write @give_due: carry out what is due; a cycle may set the time back."""
        f = self.function("give_due")
        with f.repeat() as loop:
            event = self.read(f, "event")
            last = self.read(f, "last_event")
            loop.leave_unless(f.let(f"icmp slt i64 {event}, {last}"))
            loop.leave_unless(f.let(f"icmp sge i64 {self.read(f, 'subject')}, 0"))
            due = self.element(f, "event_times", event, "double")
            loop.leave_unless(f.let(f"fcmp ole double {due}, {self.read(f, 't')}"))
            self.write(f, f.let(f"add i64 {event}, 1"), "event")
            self.write(f, number(1.0), "changed")
            kind = self.element(f, "event_kinds", event, "i64")
            for one in kinds:
                with f.when(f.let(f"icmp eq i64 {kind}, {int(one)}")):
                    if one not in QUIET:
                        self.write(f, "1", "fresh")
                        self.write(f, str(int(one)), "last_kind")
                    f.do(
                        f"call void @{_name(one)}"
                        f"(ptr %a, ptr %m, i64 %lane, i64 {event})"
                    )
        f.close()

    # doses

    def _size(self, f: Function) -> str:
        """What the amount of the event is multiplied by: the size of the subject."""
        row = f.let(f"mul i64 {self.read(f, 'subject')}, {self.given(f, 'n_bases')}")
        basis = self.element(f, "event_basis", "%event", "i64")
        return self.element(f, "bases", f.let(f"add i64 {row}, {basis}"), "double")

    def _allowed_size(self, f: Function, target: str) -> str:
        """The same after what rules hold or reduce."""
        size = self._size(f)
        factor = self.read(f, "dose_factors", target)
        reduced = f.let(f"fmul double {size}, {factor}")
        held = self.read(f, "doses_held", target)
        free = f.let(f"fcmp oeq double {held}, {number(0.0)}")
        unmarked = self._is_unmarked(f, "event_unless", "%event")
        free = f.let(f"and i1 {free}, {unmarked}")
        reduced = f.let(f"select i1 {free}, double {reduced}, double {number(0.0)}")
        ruled = self._is_ruled(f)
        return f.let(f"select i1 {ruled}, double {reduced}, double {size}")

    def _allowed(self, f: Function, target: str) -> str:
        """Amount of the event after what rules hold or reduce."""
        size = self._allowed_size(f, target)
        self._move_tangents(f, size)
        amount = self.element(f, "event_amounts", "%event", "double")
        return f.let(f"fmul double {amount}, {size}")

    def _move_tangents(self, f: Function, size: str) -> None:
        self._tangents(f, "give", f", i64 %event, double {size}")

    def _tangents(self, f: Function, what: str, also: str = "") -> None:
        """Let the tangents follow, where there are any."""
        if self.tangents:
            f.do(f"call void @tangents_{what}(ptr %a, ptr %m, i64 %lane{also})")

    def _target(self, f: Function) -> str:
        return self.element(f, "event_targets", "%event", "i64")

    def _add(self, f: Function) -> None:
        target = self._target(f)
        amount = self._allowed(f, target)
        for place, state in enumerate(self.inlets):
            with f.when(f.let(f"icmp eq i64 {target}, {place}")):
                before = self.read(f, "y", state)
                self.write(f, f.let(f"fadd double {before}, {amount}"), "y", state)
        self._tangents(f, "shift", ", i64 %event")
        self._note_first(f)

    def _note_first(self, f: Function) -> None:
        first, t = self.read(f, "first_dose"), self.read(f, "t")
        earlier = f.let(f"fcmp olt double {t}, {first}")
        first = f.let(f"select i1 {earlier}, double {t}, double {first}")
        self.write(f, first, "first_dose")

    def _given_slot(self, f: Function) -> str:
        """Where the rate given by a dose is kept until its infusion ends."""
        reductions = self.given(f, "n_reductions")
        skipped = f.let(f"mul i64 {reductions}, {REDUCTION_SLOTS}")
        dose = self.element(f, "event_doses", "%event", "i64")
        place = f.let(f"add i64 {skipped}, {dose}")
        return f.let(f"add i64 {place}, {self.given(f, 'tail')}")

    def _is_ruled(self, f: Function) -> str:
        dose = self.element(f, "event_doses", "%event", "i64")
        return f.let(f"icmp sge i64 {dose}, 0")

    def _start(self, f: Function) -> None:
        target = self._target(f)
        rate = self._allowed(f, target)
        with f.when(self._is_ruled(f)):
            f.do(f"store double {rate}, ptr {self.slot(f, self._given_slot(f))}")
        before = self.read(f, "inputs", target)
        self.write(f, f.let(f"fadd double {before}, {rate}"), "inputs", target)
        self._note_first(f)

    def _end_infusion(self, f: Function) -> None:
        target = self._target(f)
        rate = f.variable("double", number(0.0))
        amount = self.element(f, "event_amounts", "%event", "double")
        f.set("double", f.let(f"fmul double {amount}, {self._size(f)}"), rate)
        with f.when(self._is_ruled(f)):
            where = self.slot(f, self._given_slot(f))
            f.set("double", f.let(f"load double, ptr {where}"), rate)
        given = f.let(f"fdiv double {f.get('double', rate)}, {amount}")
        some = f.let(f"fcmp une double {amount}, {number(0.0)}")
        size = f.let(f"select i1 {some}, double {given}, double {self._size(f)}")
        self._move_tangents(f, size)
        before = self.read(f, "inputs", target)
        left = f.let(f"fsub double {before}, {f.get('double', rate)}")
        self.write(f, left, "inputs", target)

    def _stop(self, f: Function) -> None:
        self._move_tangents(f, number(1.0))
        self.write(f, number(0.0), "inputs", self._target(f))

    # states and parameters

    def _set(self, f: Function) -> None:
        value = self.element(f, "event_amounts", "%event", "double")
        self.write(f, value, "p", self._target(f))
        self.write(f, "1", "renew")
        self._tangents(f, "set", ", i64 %event")

    @contextmanager
    def _each_start(self, f: Function) -> Iterator[tuple[str, str]]:
        """Every state, and its value at the start."""
        row = f.let(f"mul i64 {self.read(f, 'subject')}, {self.sizes.states}")
        with f.count(self.sizes.states) as i:
            yield i, self.element(f, "starts", f.let(f"add i64 {row}, {i}"), "double")

    def _reset(self, f: Function) -> None:
        with self._each_start(f) as (i, start):
            self.write(f, start, "y", i)
        with f.count(self.sizes.inlets) as i:
            self.write(f, number(0.0), "inputs", i)
        self._tangents(f, "restart")

    def _keep(self, f: Function) -> None:
        with f.count(self.sizes.states) as i:
            self.write(f, self.read(f, "y", i), "aside", i)
        with f.count(self.sizes.inlets) as i:
            place = f.let(f"add i64 {i}, {self.sizes.states}")
            self.write(f, self.read(f, "inputs", i), "aside", place)
        self._tangents(f, "keep")
        self._reset(f)

    def _join(self, f: Function) -> None:
        """What the steady state adds to the start is added to what was kept aside."""
        with self._each_start(f) as (i, start):
            more = f.let(f"fsub double {self.read(f, 'y', i)}, {start}")
            whole = f.let(f"fadd double {self.read(f, 'aside', i)}, {more}")
            self.write(f, whole, "y", i)
        with f.count(self.sizes.inlets) as i:
            place = f.let(f"add i64 {i}, {self.sizes.states}")
            kept = self.read(f, "aside", place)
            rate = f.let(f"fadd double {kept}, {self.read(f, 'inputs', i)}")
            self.write(f, rate, "inputs", i)
        self._tangents(f, "join")

    # steady states

    def _begin_cycle(self, f: Function) -> None:
        self.write(f, self.read(f, "t"), "cycle_start")
        self.write(f, self.read(f, "event"), "cycle_event")
        self.write(f, "0", "cycles")
        self.write(f, "1", "warming")
        self.write(f, number(math.inf), "cycle_change")
        self._note_cycle(f)

    def _note_cycle(self, f: Function) -> None:
        with f.count(self.sizes.states) as i:
            self.write(f, self.read(f, "y", i), "cycle_y", i)

    def _end_cycle(self, f: Function) -> None:
        self.write(f, self.read(f, "cycle_start"), "t")
        change = self._change(f)
        once = self.element(f, "event_amounts", "%event", "double")
        once = f.let(f"fcmp une double {once}, {number(0.0)}")
        steady = f.let(f"or i1 {once}, {self._is_steady(f, change)}")
        with f.when(steady):
            self.write(f, "0", "warming")
        with f.when(f.let(f"xor i1 {steady}, true")):
            cycles = f.let(f"add i64 {self.read(f, 'cycles')}, 1")
            self.write(f, cycles, "cycles")
            self.write(f, self.read(f, "cycle_event"), "event")
            self.write(f, change, "cycle_change")
            self._note_cycle(f)
            with f.when(f.let(f"icmp sge i64 {cycles}, {MOST_CYCLES}")):
                self.end(f, Status.NO_STEADY_STATE)

    def _change(self, f: Function) -> str:
        """Largest change of a state in a cycle, in units of its tolerance."""
        most = f.variable("double", number(0.0))
        f.set("double", number(0.0), most)
        tolerance = self.given(f, "tolerance", "double")
        with f.count(self.sizes.states) as i:
            now, before = self.read(f, "y", i), self.read(f, "cycle_y", i)
            size = larger(f, f.intrinsic("fabs", now), f.intrinsic("fabs", before))
            absolute = self.element(f, "absolute", i, "double")
            size = f.let(
                f"fadd double {f.let(f'fmul double {tolerance}, {size}')}, {absolute}"
            )
            moved = f.intrinsic("fabs", f.let(f"fsub double {now}, {before}"))
            part = f.let(f"fdiv double {moved}, {size}")
            f.set("double", larger(f, part, f.get("double", most)), most)
        return f.get("double", most)

    def _is_steady(self, f: Function, change: str) -> str:
        """Whether what is left to come is within the tolerance.

        Changes that shrink by the same ratio r each cycle add up to r/(1-r) times the
        last one.
        """
        ratio = f.let(f"fdiv double {change}, {self.read(f, 'cycle_change')}")
        rest = f.let(f"fsub double {number(1.0)}, {ratio}")
        left = f.let(f"fdiv double {f.let(f'fmul double {change}, {ratio}')}, {rest}")
        small = f.let(f"fcmp ole double {change}, {number(1.0)}")
        little = f.let(f"fcmp ole double {left}, {number(1.0)}")
        shrinks = f.let(f"fcmp ogt double {rest}, {number(0.0)}")
        still = f.let(f"fcmp oeq double {change}, {number(0.0)}")
        steady = f.let(f"and i1 {small}, {f.let(f'and i1 {little}, {shrinks}')}")
        return f.let(f"or i1 {still}, {steady}")

    # rules

    def _check(self, f: Function) -> None:
        rule = self._target(f)
        value = self._value(f, rule)
        holds = self._holds(f, rule, value)
        met = f.let(f"and i1 {holds}, {self._may_act(f, rule)}")
        row = f.let(f"mul i64 {self.read(f, 'subject')}, {self.given(f, 'n_checks')}")
        place = self.element(f, "event_doses", "%event", "i64")
        mark = f.let(f"select i1 {met}, i8 {MET}, i8 {NOT_MET}")
        place = f.let(f"add i64 {row}, {place}")
        self.put(f, mark, "decisions", place, "i8")
        self.put(f, value, "looked_at", place, "double")
        with f.when(met):
            self._mark(f, rule)
            action = self.element(f, "rule_actions", rule, "i64")
            target = self.element(f, "rule_targets", rule, "i64")
            with f.count(self.sizes.inlets) as inlet:
                same = f.let(f"icmp eq i64 {inlet}, {target}")
                everyone = f.let(f"icmp slt i64 {target}, 0")
                with f.when(f.let(f"or i1 {same}, {everyone}")):
                    self._act(f, rule, action, inlet)
            with f.when(f.let(f"icmp eq i64 {action}, {int(Action.WITHDRAW)}")):
                self.end(f, Status.STOPPED_BY_RULE)

    def _value(self, f: Function, rule: str) -> str:
        """What the rule looks at."""
        column = self.element(f, "rule_outputs", rule, "i64")
        value = self.read(f, "out", column)
        fold = f.let(f"fdiv double {value}, {self.read(f, 'out_at_rest', column)}")
        relative = self.element(f, "rule_relative", rule, "i64")
        relative = f.let(f"icmp ne i64 {relative}, 0")
        return f.let(f"select i1 {relative}, double {fold}, double {value}")

    def _holds(self, f: Function, rule: str, value: str) -> str:
        """Whether the condition of the rule holds."""
        threshold = self.element(f, "rule_thresholds", rule, "double")
        above = f.let(f"fcmp oge double {value}, {threshold}")
        below = f.let(f"fcmp olt double {value}, {threshold}")
        wants = self.element(f, "rule_above", rule, "i64")
        wants = f.let(f"icmp ne i64 {wants}, 0")
        return f.let(f"select i1 {wants}, i1 {above}, i1 {below}")

    def _is_unmarked(self, f: Function, what: str, place: str) -> str:
        """Whether the lane carries none of the marks named."""
        barring = self.element(f, what, place, "i64")
        common = f.let(f"and i64 {self.read(f, 'marks')}, {barring}")
        return f.let(f"icmp eq i64 {common}, 0")

    def _may_act(self, f: Function, rule: str) -> str:
        """Whether the lane carries every mark that the rule needs and none it bars."""
        needs = self.element(f, "rule_needs", rule, "i64")
        there = f.let(f"and i64 {self.read(f, 'marks')}, {needs}")
        has_all = f.let(f"icmp eq i64 {there}, {needs}")
        return f.let(f"and i1 {has_all}, {self._is_unmarked(f, 'rule_unless', rule)}")

    def _mark(self, f: Function, rule: str) -> None:
        """Set what the rule sets, then clear what it clears."""
        sets = self.element(f, "rule_sets", rule, "i64")
        marks = f.let(f"or i64 {self.read(f, 'marks')}, {sets}")
        kept = f.let(f"xor i64 {self.element(f, 'rule_clears', rule, 'i64')}, -1")
        self.write(f, f.let(f"and i64 {marks}, {kept}"), "marks")

    def _act(self, f: Function, rule: str, action: str, inlet: str) -> None:
        """HOLD and RESUME set a mark; STOP and SCALE change the factor for good."""
        for wanted, value in ((Action.HOLD, 1.0), (Action.RESUME, 0.0)):
            with f.when(f.let(f"icmp eq i64 {action}, {int(wanted)}")):
                self.write(f, number(value), "doses_held", inlet)
        before = self.read(f, "dose_factors", inlet)
        factor = self.element(f, "rule_factors", rule, "double")
        scaled = f.let(f"fmul double {before}, {factor}")
        for wanted, result in ((Action.SCALE, scaled), (Action.STOP, number(0.0))):
            with f.when(f.let(f"icmp eq i64 {action}, {int(wanted)}")):
                self.write(f, result, "dose_factors", inlet)


def _name(kind: Kind) -> str:
    return f"event_{kind.name.lower()}"
