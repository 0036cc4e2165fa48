"""The control of one lane, written once for every device.

A lane takes a subject, records its resting state, gives its doses, records where it was
asked to, and ends with a status; then it takes the next subject.
Each lane has its own time and its own step; the arithmetic of a lane never sees another
lane. How it chooses its steps is written in `pace.py`.
"""

from __future__ import annotations

import math

from il2sim.engine.emit.begin import UNKNOWN
from il2sim.engine.emit.builder import Function, Module, number
from il2sim.engine.emit.layout import LANE_COUNTS, Layout, Sizes
from il2sim.engine.emit.places import Places, smaller
from il2sim.engine.methods.table import Method
from il2sim.engine.schedule import ADD, CHANGE_RATE, KINDS
from il2sim.engine.status import Status


class Lane(Places):
    """Writes the functions that look after one lane, on plain numbers."""

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
        """Write everything that the kernel calls for one lane."""
        self._emit_fill()
        self._emit_record()
        self._emit_greet()
        self._emit_aim()
        self._emit_advance()
        self._emit_end()
        self._emit_visit()

    def _emit_fill(self) -> None:
        """Write @fill: take the next subject; 1 if there was one."""
        f = self.function("fill", "i64")
        found = f.variable("i64", "0")
        stop = f.let(
            f"load atomic i64, ptr {self.given(f, 'stop', 'ptr')} seq_cst, align 8"
        )
        with f.when(f.let(f"icmp eq i64 {stop}, 0")):
            counter = self.given(f, "next", "ptr")
            subject = f.let(f"atomicrmw add ptr {counter}, i64 1 seq_cst")
            some = f.let(f"icmp slt i64 {subject}, {self.given(f, 'n_subjects')}")
            with f.when(some):
                self._copy_subject(f, subject)
                f.set("i64", "1", found)
        f.close(f.get("i64", found))

    def _copy_subject(self, f: Function, subject: str) -> None:
        self._copy_row(f, "parameters", subject, "p", self.sizes.parameters)
        self._copy_row(f, "starts", subject, "y", self.sizes.states)
        for section, length, value in (
            ("inputs", self.sizes.inlets, 0.0),
            ("learned", KINDS, UNKNOWN),
            ("peaks", self.sizes.outputs, -math.inf),
        ):
            with f.count(length) as i:
                self.write(f, number(value), section, i)
        for name in LANE_COUNTS:
            self.write(f, "0", name)
        for name, value in (
            ("t", 0.0),
            ("error_before", 1.0),
            ("dosed", 0.0),
            ("changed", 0.0),
            ("accepted", 0.0),
        ):
            self.write(f, number(value), name)
        self.write(f, subject, "subject")
        for name in ("new", "fresh", "boundary"):
            self.write(f, "1", name)

    def _copy_row(
        self, f: Function, table: str, row: str, section: str, length: int
    ) -> None:
        first = f.let(f"mul i64 {row}, {length}")
        with f.count(length) as i:
            place = f.let(f"add i64 {first}, {i}")
            value = self.element(f, table, place, "double")
            self.write(f, value, section, i)

    def _emit_record(self) -> None:
        """Write @record: outputs of this lane into the row of the next sample."""
        f = self.function("record")
        sample = self.read(f, "sample")
        row = f.let(f"mul i64 {self.read(f, 'subject')}, {self.given(f, 'n_times')}")
        row = f.let(f"add i64 {row}, {sample}")
        self._save_row(f, "out", "values", row)
        self.write(f, f.let(f"add i64 {sample}, 1"), "sample")
        f.close()

    def _emit_greet(self) -> None:
        """Write @greet: the resting state, and samples that are due before time."""
        f = self.function("greet")
        self._save_row(f, "out", "resting", self.read(f, "subject"))
        with f.repeat() as loop:
            sample = self.read(f, "sample")
            loop.leave_unless(
                f.let(f"icmp slt i64 {sample}, {self.given(f, 'n_times')}")
            )
            due = self.element(f, "sample_times", sample, "double")
            loop.leave_unless(f.let(f"fcmp ole double {due}, {number(0.0)}"))
            f.do("call void @record(ptr %a, ptr %m, i64 %lane)")
        f.close()

    def _reached(self, f: Function) -> str:
        """The time at the end of the step just made, exact at ends of intervals."""
        hits = f.let(f"icmp ne i64 {self.read(f, 'hits')}, 0")
        t, step = self.read(f, "t"), self.read(f, "h_try")
        moved = f.let(f"fadd double {t}, {step}")
        stop = self.read(f, "t_stop")
        return f.let(f"select i1 {hits}, double {stop}, double {moved}")

    def _emit_aim(self) -> None:
        """Write @aim: theta of the next sample in the step; 1 if there is one."""
        f = self.function("aim", "i64")
        found = f.variable("i64", "0")
        self.write(f, number(1.0), "theta")
        accepted = self.read(f, "accepted")
        sample = self.read(f, "sample")
        more = f.let(f"icmp slt i64 {sample}, {self.given(f, 'n_times')}")
        ready = f.let(f"fcmp une double {accepted}, {number(0.0)}")
        with f.when(f.let(f"and i1 {more}, {ready}")):
            due = self.element(f, "sample_times", sample, "double")
            reached = self._reached(f)
            with f.when(f.let(f"fcmp ole double {due}, {reached}")):
                gone = f.let(f"fsub double {due}, {self.read(f, 't')}")
                part = f.let(f"fdiv double {gone}, {self.read(f, 'h_try')}")
                at_end = f.let(f"fcmp oge double {due}, {reached}")
                one = number(1.0)
                part = f.let(f"select i1 {at_end}, double {one}, double {part}")
                self.write(f, smaller(f, part, one), "theta")
                self.write(f, "1", "new")
                f.set("i64", "1", found)
        f.close(f.get("i64", found))

    def _emit_advance(self) -> None:
        """Write @advance: the time moves to the end of the accepted step."""
        f = self.function("advance")
        self.write(f, self._reached(f), "t")
        self.write(f, self.read(f, "hits"), "boundary")
        f.close()

    def _save_row(self, f: Function, section: str, table: str, row: str) -> None:
        n_saved = self.given(f, "n_saved")
        first = f.let(f"mul i64 {row}, {n_saved}")
        with f.count(n_saved) as i:
            column = self.element(f, "saved", i, "i64")
            value = self.read(f, section, column)
            self.put(f, value, table, f.let(f"add i64 {first}, {i}"), "double")

    def _emit_end(self) -> None:
        """Write @end_lane: status and counts of the subject; the lane is free."""
        f = Function(
            self.module,
            "end_lane",
            ("a", "m", ("i64", "lane"), ("i64", "status")),
            scalar=True,
        )
        subject = self.read(f, "subject")
        self.put(f, "%status", "status", subject, "i64")
        self.put(f, self.read(f, "attempts"), "attempts", subject, "i64")
        self.put(f, self.read(f, "rejected"), "rejected", subject, "i64")
        self._save_row(f, "peaks", "peaks", subject)
        self.write(f, "-1", "subject")
        self.write(f, number(0.0), "accepted")
        finished = self.given(f, "finished", "ptr")
        f.let(f"atomicrmw add ptr {finished}, i64 1 seq_cst")
        f.close()

    def _emit_visit(self) -> None:
        """Write @visit: at the end of an interval finish, or give doses and go on."""
        f = self.function("visit")
        self.write(f, "0", "boundary")
        t, end = self.read(f, "t"), self.given(f, "end", "double")
        with f.when(f.let(f"fcmp oge double {t}, {end}")):
            self.end(f, Status.DONE)
        with f.when(f.let(f"fcmp olt double {t}, {end}")):
            self._give_due(f, t)
            stop = f.variable("double", end)
            event = self.read(f, "event")
            n_events = self.given(f, "n_events")
            with f.when(f.let(f"icmp slt i64 {event}, {n_events}")):
                due = self.element(f, "event_times", event, "double")
                with f.when(f.let(f"fcmp olt double {due}, {end}")):
                    f.set("double", due, stop)
            self.write(f, f.get("double", stop), "t_stop")
            fresh = f.let(f"icmp ne i64 {self.read(f, 'fresh')}, 0")
            with f.when(fresh):
                step = self.read(f, "learned", self.read(f, "last_kind"))
                self.write(f, step, "h")
                self.write(f, number(1.0), "error_before")
        f.close()

    def _give_due(self, f: Function, t: str) -> None:
        n_events = self.given(f, "n_events")
        with f.repeat() as loop:
            event = self.read(f, "event")
            loop.leave_unless(f.let(f"icmp slt i64 {event}, {n_events}"))
            due = self.element(f, "event_times", event, "double")
            loop.leave_unless(f.let(f"fcmp ole double {due}, {t}"))
            self._give(f, event)
            self.write(f, f.let(f"add i64 {event}, 1"), "event")
            self.write(f, "1", "fresh")
            for name in ("dosed", "changed"):
                self.write(f, number(1.0), name)

    def _give(self, f: Function, event: str) -> None:
        kind = self.element(f, "event_kinds", event, "i64")
        self.write(f, kind, "last_kind")
        target = self.element(f, "event_targets", event, "i64")
        row = f.let(f"mul i64 {self.read(f, 'subject')}, {self.given(f, 'n_bases')}")
        basis = self.element(f, "event_basis", event, "i64")
        size = self.element(f, "bases", f.let(f"add i64 {row}, {basis}"), "double")
        if self.tangents:
            also = f"i64 %lane, i64 {event}, double {size}"
            f.do(f"call void @give_tangents(ptr %a, ptr %m, {also})")
        amount = self.element(f, "event_amounts", event, "double")
        amount = f.let(f"fmul double {amount}, {size}")
        adds = f.let(f"icmp eq i64 {kind}, {ADD}")
        for place, state in enumerate(self.inlets):
            here = f.let(f"icmp eq i64 {target}, {place}")
            with f.when(f.let(f"and i1 {here}, {adds}")):
                before = self.read(f, "y", state)
                after = f.let(f"fadd double {before}, {amount}")
                self.write(f, after, "y", state)
        with f.when(f.let(f"icmp ne i64 {kind}, {ADD}")):
            before = self.read(f, "inputs", target)
            changed = f.let(f"fadd double {before}, {amount}")
            changes = f.let(f"icmp eq i64 {kind}, {CHANGE_RATE}")
            rate = f.let(f"select i1 {changes}, double {changed}, double {number(0.0)}")
            self.write(f, rate, "inputs", target)
