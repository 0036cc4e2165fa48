"""The control of one lane, written once for every device.

A lane takes a subject, records its resting state, gives its doses, records where it was
asked to, and ends with a status; then it takes the next subject.
Each lane has its own time and its own step; the arithmetic of a lane never sees another
lane. How it chooses its steps is written in `pace.py`, what events do in `doses.py`,
and what is found on the way in `reduce.py`.
"""

from __future__ import annotations

import math

from il2sim.engine.emit.begin import UNKNOWN
from il2sim.engine.emit.builder import Function, number
from il2sim.engine.emit.layout import LANE_COUNTS
from il2sim.engine.emit.places import Places, smaller
from il2sim.engine.events import KINDS
from il2sim.engine.status import Status


class Lane(Places):
    """Writes the functions that look after one lane, on plain numbers."""

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
        for section, value in (
            ("inputs", 0.0),
            ("dose_factors", 1.0),
            ("doses_held", 0.0),
        ):
            with f.count(self.sizes.inlets) as i:
                self.write(f, number(value), section, i)
        with f.count(KINDS) as i:
            self.write(f, number(UNKNOWN), "learned", i)
        for name in LANE_COUNTS:
            self.write(f, "0", name)
        for name, value in (
            ("t", 0.0),
            ("error_before", 1.0),
            ("first_dose", math.inf),
            ("changed", 0.0),
            ("accepted", 0.0),
        ):
            self.write(f, number(value), name)
        self.write(f, subject, "subject")
        for name in ("new", "fresh", "boundary"):
            self.write(f, "1", name)
        schedule = self.element(f, "schedules", subject, "i64")
        after = f.let(f"add i64 {schedule}, 1")
        first = self.element(f, "first_events", schedule, "i64")
        self.write(f, first, "event")
        self.write(f, self.element(f, "first_events", after, "i64"), "last_event")

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
        with f.count(self.sizes.outputs) as i:
            value = self.read(f, "out", i)
            self.write(f, value, "out_at_rest", i)
            self.write(f, value, "nodes", i)
        f.do("call void @open_windows(ptr %a, ptr %m, i64 %lane)")
        with f.repeat() as loop:
            sample = self.read(f, "sample")
            loop.leave_unless(
                f.let(f"icmp slt i64 {sample}, {self.given(f, 'n_times')}")
            )
            due = self.element(f, "sample_times", sample, "double")
            loop.leave_unless(f.let(f"fcmp ole double {due}, {number(0.0)}"))
            loop.leave_unless(f.let(f"xor i1 {self._is_after(f, sample)}, true"))
            f.do("call void @record(ptr %a, ptr %m, i64 %lane)")
        f.close()

    def _is_after(self, f: Function, sample: str) -> str:
        """Whether a record is taken after the events of its time."""
        after = self.element(f, "sample_after", sample, "i64")
        return f.let(f"icmp ne i64 {after}, 0")

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
        cold = f.let(f"icmp eq i64 {self.read(f, 'warming')}, 0")
        ready = f.let(f"and i1 {cold}, {ready}")
        with f.when(f.let(f"and i1 {more}, {ready}")):
            due = self.element(f, "sample_times", sample, "double")
            reached = self._reached(f)
            within = f.let(f"fcmp ole double {due}, {reached}")
            late = self._is_late(f, sample, due, reached)
            with f.when(f.let(f"and i1 {within}, {f.let(f'xor i1 {late}, true')}")):
                gone = f.let(f"fsub double {due}, {self.read(f, 't')}")
                part = f.let(f"fdiv double {gone}, {self.read(f, 'h_try')}")
                at_end = f.let(f"fcmp oge double {due}, {reached}")
                one = number(1.0)
                part = f.let(f"select i1 {at_end}, double {one}, double {part}")
                self.write(f, smaller(f, part, one), "theta")
                self.write(f, "1", "new")
                f.set("i64", "1", found)
        f.close(f.get("i64", found))

    def _is_late(self, f: Function, sample: str, due: str, reached: str) -> str:
        """Whether a record has to wait for what happens at the end of the step."""
        hits = f.let(f"icmp ne i64 {self.read(f, 'hits')}, 0")
        here = f.let(f"fcmp oeq double {due}, {reached}")
        more = f.let(f"fcmp olt double {reached}, {self.given(f, 'end', 'double')}")
        late = f.let(f"and i1 {self._is_after(f, sample)}, {hits}")
        return f.let(f"and i1 {late}, {f.let(f'and i1 {here}, {more}')}")

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
        f.do("call void @close_windows(ptr %a, ptr %m, i64 %lane)")
        self.write(f, "-1", "subject")
        self.write(f, number(0.0), "accepted")
        finished = self.given(f, "finished", "ptr")
        f.let(f"atomicrmw add ptr {finished}, i64 1 seq_cst")
        f.close()

    def _emit_visit(self) -> None:
        """Write @visit: at the end of an interval finish, or give doses and go on."""
        f = self.function("visit")
        self.write(f, "0", "boundary")
        cold = f.let(f"icmp eq i64 {self.read(f, 'warming')}, 0")
        over = f.let(
            f"fcmp oge double {self.read(f, 't')}, {self.given(f, 'end', 'double')}"
        )
        over = f.let(f"and i1 {cold}, {over}")
        with f.when(over):
            self.end(f, Status.DONE)
        with f.when(f.let(f"xor i1 {over}, true")):
            f.do("call void @give_due(ptr %a, ptr %m, i64 %lane)")
            self._look_ahead(f)
            self._note_late(f)
            fresh = f.let(f"icmp ne i64 {self.read(f, 'fresh')}, 0")
            with f.when(fresh):
                step = self.read(f, "learned", self.read(f, "last_kind"))
                self.write(f, step, "h")
                self.write(f, number(1.0), "error_before")
        f.close()

    def _look_ahead(self, f: Function) -> None:
        """The interval ends at the next event or at the end; a cycle at its own."""
        end = self.given(f, "end", "double")
        stop = f.variable("double", number(0.0))
        f.set("double", end, stop)
        event = self.read(f, "event")
        with f.when(f.let(f"icmp slt i64 {event}, {self.read(f, 'last_event')}")):
            due = self.element(f, "event_times", event, "double")
            warm = f.let(f"icmp ne i64 {self.read(f, 'warming')}, 0")
            sooner = f.let(f"fcmp olt double {due}, {end}")
            with f.when(f.let(f"or i1 {warm}, {sooner}")):
                f.set("double", due, stop)
        self.write(f, f.get("double", stop), "t_stop")

    def _note_late(self, f: Function) -> None:
        """A record of this time that waited for its events is taken now."""
        sample = self.read(f, "sample")
        more = f.let(f"icmp slt i64 {sample}, {self.given(f, 'n_times')}")
        cold = f.let(f"icmp eq i64 {self.read(f, 'warming')}, 0")
        busy = f.let(f"icmp sge i64 {self.read(f, 'subject')}, 0")
        with f.when(f.let(f"and i1 {f.let(f'and i1 {more}, {cold}')}, {busy}")):
            due = self.element(f, "sample_times", sample, "double")
            with f.when(f.let(f"fcmp ole double {due}, {self.read(f, 't')}")):
                self.write(f, "1", "late")
