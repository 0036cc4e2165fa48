"""The control of one lane, written once for every device.

A lane takes a subject, records its resting state, gives its doses, chooses its steps,
records where it was asked to, and ends with a status; then it takes the next subject.
Each lane has its own time and its own step; the arithmetic of a lane never sees another
lane. The numbers of the step control are named below with their reasons.
"""

from __future__ import annotations

import math

from il2sim.engine.emit.builder import Function, Module, number
from il2sim.engine.emit.layout import ARGUMENTS, LANE_COUNTS, Layout, Sizes
from il2sim.engine.methods.table import Method
from il2sim.engine.schedule import ADD, CHANGE_RATE
from il2sim.engine.status import Status

SAFETY = 0.95  # of the step that the error would just allow
GROW_MOST = 6.0  # in one step; Hairer & Wanner II, section IV.8
SHRINK_MOST = 0.15  # in one step
ERROR_LEAST = 1e-6  # below it an error says no more about the next step
FIRST_STEP = 1e-3  # [h] the first guess of all; corrected by the error at once
STRETCH = 1.0001  # take the rest of an interval rather than leave a sliver


class Lane:
    """Writes the functions that look after one lane, on plain numbers."""

    def __init__(
        self,
        module: Module,
        sizes: Sizes,
        layout: Layout,
        method: Method,
        inlets: tuple[int, ...],
    ) -> None:
        self.module, self.sizes, self.layout = module, sizes, layout
        self.method, self.inlets = method, inlets

    def emit(self) -> None:
        """Write everything that the kernel calls for one lane."""
        self._emit_fill()
        self._emit_record()
        self._emit_greet()
        self._emit_aim()
        self._emit_advance()
        self._emit_end()
        self._emit_visit()
        self._emit_set_out()
        self._emit_judge()

    # places

    def _function(self, name: str, returns: str = "void") -> Function:
        return Function(
            self.module,
            name,
            ("a", "m", ("i64", "lane")),
            returns=returns,
            scalar=True,
        )

    def _own(self, f: Function, section: str, slot: int | str = 0) -> str:
        """Address of this lane's number in a slot."""
        first = self.layout[section]
        if isinstance(slot, int):
            start = str((first + slot) * self.module.lanes)
        else:
            number_of_slot = f.let(f"add i64 {slot}, {first}")
            start = f.let(f"mul i64 {number_of_slot}, {self.module.lanes}")
        place = f.let(f"add i64 {start}, %lane")
        return f.let(f"getelementptr double, ptr %m, i64 {place}")

    def read(self, f: Function, name: str, slot: int | str = 0) -> str:
        """Read this lane's number, or whole number, by its name."""
        kind = "i64" if name in LANE_COUNTS else "double"
        return f.let(f"load {kind}, ptr {self._own(f, name, slot)}")

    def write(self, f: Function, value: str, name: str, slot: int | str = 0) -> None:
        """Set this lane's number, or whole number."""
        kind = "i64" if name in LANE_COUNTS else "double"
        f.do(f"store {kind} {value}, ptr {self._own(f, name, slot)}")

    def _given(self, f: Function, name: str, kind: str = "i64") -> str:
        return given(f, name, kind)

    def _element(self, f: Function, name: str, index: str, kind: str) -> str:
        where = f.let(
            f"getelementptr {kind}, ptr {self._given(f, name, 'ptr')}, i64 {index}"
        )
        return f.let(f"load {kind}, ptr {where}")

    def _put(self, f: Function, value: str, name: str, index: str, kind: str) -> None:
        where = f.let(
            f"getelementptr {kind}, ptr {self._given(f, name, 'ptr')}, i64 {index}"
        )
        f.do(f"store {kind} {value}, ptr {where}")

    # a new subject

    def _emit_fill(self) -> None:
        """Write @fill: take the next subject; 1 if there was one."""
        f = self._function("fill", "i64")
        found = f.variable("i64", "0")
        stop = f.let(
            f"load atomic i64, ptr {self._given(f, 'stop', 'ptr')} seq_cst, align 8"
        )
        with f.when(f.let(f"icmp eq i64 {stop}, 0")):
            counter = self._given(f, "next", "ptr")
            subject = f.let(f"atomicrmw add ptr {counter}, i64 1 seq_cst")
            some = f.let(f"icmp slt i64 {subject}, {self._given(f, 'n_subjects')}")
            with f.when(some):
                self._copy_subject(f, subject)
                f.set("i64", "1", found)
        f.close(f.get("i64", found))

    def _copy_subject(self, f: Function, subject: str) -> None:
        self._copy_row(f, "parameters", subject, "p", self.sizes.parameters)
        self._copy_row(f, "starts", subject, "y", self.sizes.states)
        for section, length, value in (
            ("inputs", self.sizes.inlets, 0.0),
            ("peaks", self.sizes.outputs, -math.inf),
        ):
            with f.count(length) as i:
                self.write(f, number(value), section, i)
        for name in LANE_COUNTS:
            self.write(f, "0", name)
        for name, value in (
            ("t", 0.0),
            ("error_before", 1.0),
            ("h_after_dose", FIRST_STEP),
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
            value = self._element(f, table, place, "double")
            self.write(f, value, section, i)

    # what is recorded

    def _emit_record(self) -> None:
        """Write @record: outputs of this lane into the row of the next sample."""
        f = self._function("record")
        sample = self.read(f, "sample")
        row = f.let(f"mul i64 {self.read(f, 'subject')}, {self._given(f, 'n_times')}")
        row = f.let(f"add i64 {row}, {sample}")
        self._save_row(f, "out", "values", row)
        self.write(f, f.let(f"add i64 {sample}, 1"), "sample")
        f.close()

    def _emit_greet(self) -> None:
        """Write @greet: the resting state, and samples that are due before time."""
        f = self._function("greet")
        self._save_row(f, "out", "resting", self.read(f, "subject"))
        with f.repeat() as loop:
            sample = self.read(f, "sample")
            loop.leave_unless(
                f.let(f"icmp slt i64 {sample}, {self._given(f, 'n_times')}")
            )
            due = self._element(f, "sample_times", sample, "double")
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
        f = self._function("aim", "i64")
        found = f.variable("i64", "0")
        self.write(f, number(1.0), "theta")
        accepted = self.read(f, "accepted")
        sample = self.read(f, "sample")
        more = f.let(f"icmp slt i64 {sample}, {self._given(f, 'n_times')}")
        ready = f.let(f"fcmp une double {accepted}, {number(0.0)}")
        with f.when(f.let(f"and i1 {more}, {ready}")):
            due = self._element(f, "sample_times", sample, "double")
            reached = self._reached(f)
            with f.when(f.let(f"fcmp ole double {due}, {reached}")):
                gone = f.let(f"fsub double {due}, {self.read(f, 't')}")
                part = f.let(f"fdiv double {gone}, {self.read(f, 'h_try')}")
                at_end = f.let(f"fcmp oge double {due}, {reached}")
                one = number(1.0)
                part = f.let(f"select i1 {at_end}, double {one}, double {part}")
                self.write(f, self._smaller(f, part, one), "theta")
                self.write(f, "1", "new")
                f.set("i64", "1", found)
        f.close(f.get("i64", found))

    def _emit_advance(self) -> None:
        """Write @advance: the time moves to the end of the accepted step."""
        f = self._function("advance")
        self.write(f, self._reached(f), "t")
        self.write(f, self.read(f, "hits"), "boundary")
        f.close()

    def _save_row(self, f: Function, section: str, table: str, row: str) -> None:
        n_saved = self._given(f, "n_saved")
        first = f.let(f"mul i64 {row}, {n_saved}")
        with f.count(n_saved) as i:
            column = self._element(f, "saved", i, "i64")
            value = self.read(f, section, column)
            self._put(f, value, table, f.let(f"add i64 {first}, {i}"), "double")

    def _emit_end(self) -> None:
        """Write @end_lane: status and counts of the subject; the lane is free."""
        f = Function(
            self.module,
            "end_lane",
            ("a", "m", ("i64", "lane"), ("i64", "status")),
            scalar=True,
        )
        subject = self.read(f, "subject")
        self._put(f, "%status", "status", subject, "i64")
        self._put(f, self.read(f, "attempts"), "attempts", subject, "i64")
        self._put(f, self.read(f, "rejected"), "rejected", subject, "i64")
        self._save_row(f, "peaks", "peaks", subject)
        self.write(f, "-1", "subject")
        self.write(f, number(0.0), "accepted")
        finished = self._given(f, "finished", "ptr")
        f.let(f"atomicrmw add ptr {finished}, i64 1 seq_cst")
        f.close()

    # at the ends of intervals

    def _emit_visit(self) -> None:
        """Write @visit: at the end of an interval finish, or give doses and go on."""
        f = self._function("visit")
        self.write(f, "0", "boundary")
        t, end = self.read(f, "t"), self._given(f, "end", "double")
        with f.when(f.let(f"fcmp oge double {t}, {end}")):
            self._end(f, Status.DONE)
        with f.when(f.let(f"fcmp olt double {t}, {end}")):
            self._give_due(f, t)
            stop = f.variable("double", end)
            event = self.read(f, "event")
            n_events = self._given(f, "n_events")
            with f.when(f.let(f"icmp slt i64 {event}, {n_events}")):
                due = self._element(f, "event_times", event, "double")
                with f.when(f.let(f"fcmp olt double {due}, {end}")):
                    f.set("double", due, stop)
            self.write(f, f.get("double", stop), "t_stop")
            fresh = f.let(f"icmp ne i64 {self.read(f, 'fresh')}, 0")
            with f.when(fresh):
                self.write(f, self.read(f, "h_after_dose"), "h")
        f.close()

    def _end(self, f: Function, status: Status) -> None:
        f.do(f"call void @end_lane(ptr %a, ptr %m, i64 %lane, i64 {int(status)})")

    def _give_due(self, f: Function, t: str) -> None:
        n_events = self._given(f, "n_events")
        with f.repeat() as loop:
            event = self.read(f, "event")
            loop.leave_unless(f.let(f"icmp slt i64 {event}, {n_events}"))
            due = self._element(f, "event_times", event, "double")
            loop.leave_unless(f.let(f"fcmp ole double {due}, {t}"))
            self._give(f, event)
            self.write(f, f.let(f"add i64 {event}, 1"), "event")
            self.write(f, "1", "fresh")
            for name in ("dosed", "changed"):
                self.write(f, number(1.0), name)

    def _give(self, f: Function, event: str) -> None:
        kind = self._element(f, "event_kinds", event, "i64")
        target = self._element(f, "event_targets", event, "i64")
        row = f.let(f"mul i64 {self.read(f, 'subject')}, {self._given(f, 'n_bases')}")
        basis = self._element(f, "event_basis", event, "i64")
        size = self._element(f, "bases", f.let(f"add i64 {row}, {basis}"), "double")
        amount = self._element(f, "event_amounts", event, "double")
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

    # steps

    def _emit_set_out(self) -> None:
        """Write @set_out: the step to attempt, ending no later than the interval."""
        f = self._function("set_out")
        t, h = self.read(f, "t"), self.read(f, "h")
        stop = self.read(f, "t_stop")
        left = f.let(f"fsub double {stop}, {t}")
        wide = f.let(f"fmul double {h}, {number(STRETCH)}")
        hits = f.let(f"fcmp oge double {wide}, {left}")
        step = f.let(f"select i1 {hits}, double {left}, double {h}")
        self.write(f, step, "h_try")
        over = f.let(f"fdiv double {number(1.0)}, {step}")
        self.write(f, over, "over_h")
        self.write(f, f.let(f"zext i1 {hits} to i64"), "hits")
        f.close()

    def _emit_judge(self) -> None:
        """Write @judge: accept or reject, choose the next step, or give up."""
        f = self._function("judge")
        error = self.read(f, "error")
        good = f.let(f"fcmp ole double {error}, {number(1.0)}")
        attempts = f.let(f"add i64 {self.read(f, 'attempts')}, 1")
        self.write(f, attempts, "attempts")
        accepted = f.let(f"uitofp i1 {good} to double")
        self.write(f, accepted, "accepted")
        with f.when(good):
            self._accept(f, error)
        with f.when(f.let(f"xor i1 {good}, true")):
            self._reject(f, error)
        many = f.let(f"icmp sge i64 {attempts}, {self._given(f, 'most_steps')}")
        alive = f.let(f"icmp sge i64 {self.read(f, 'subject')}, 0")
        with f.when(f.let(f"and i1 {many}, {alive}")):
            self._fail(f, Status.TOO_MANY_STEPS)
        f.close()

    def _accept(self, f: Function, error: str) -> None:
        """PI control (Gustafsson 1991, doi:10.1145/210232.210242)."""
        step = self.read(f, "h_try")
        power = 1.0 / (self.method.error_order + 1)
        small = self._larger(f, error, number(ERROR_LEAST))
        now = self._power(f, small, -0.95 * power)
        before = self._power(f, self.read(f, "error_before"), 0.15 * power)
        factor = f.let(f"fmul double {now}, {before}")
        factor = f.let(f"fmul double {factor}, {number(SAFETY)}")
        factor = self._smaller(f, factor, number(GROW_MOST))
        factor = self._larger(f, factor, number(SHRINK_MOST))
        after_rejection = f.let(f"icmp ne i64 {self.read(f, 'rejected_last')}, 0")
        calm = self._smaller(f, factor, number(1.0))
        factor = f.let(f"select i1 {after_rejection}, double {calm}, double {factor}")
        grown = f.let(f"fmul double {step}, {factor}")
        hits = f.let(f"icmp ne i64 {self.read(f, 'hits')}, 0")
        kept = self._larger(f, grown, self.read(f, "h"))
        self.write(f, f.let(f"select i1 {hits}, double {kept}, double {grown}"), "h")
        self.write(f, small, "error_before")
        self.write(f, "0", "rejected_last")
        fresh = f.let(f"icmp ne i64 {self.read(f, 'fresh')}, 0")
        with f.when(fresh):
            self.write(f, grown, "h_after_dose")
            self.write(f, "0", "fresh")

    def _reject(self, f: Function, error: str) -> None:
        rejected = f.let(f"add i64 {self.read(f, 'rejected')}, 1")
        self.write(f, rejected, "rejected")
        self.write(f, "1", "rejected_last")
        power = -1.0 / (self.method.error_order + 1)
        factor = f.let(f"fmul double {self._power(f, error, power)}, {number(SAFETY)}")
        # An error that is not a number fails the comparison and shrinks most.
        usable = f.let(f"fcmp ogt double {factor}, {number(SHRINK_MOST)}")
        factor = f.let(
            f"select i1 {usable}, double {factor}, double {number(SHRINK_MOST)}"
        )
        step = f.let(f"fmul double {self.read(f, 'h_try')}, {factor}")
        self.write(f, step, "h")
        t = self.read(f, "t")
        moved = f.let(f"fadd double {t}, {step}")
        with f.when(f.let(f"fcmp ole double {moved}, {t}")):
            finite = f.let(f"fcmp ord double {error}, {number(0.0)}")
            with f.when(finite):
                self._fail(f, Status.STEP_TOO_SMALL)
            with f.when(f.let(f"xor i1 {finite}, true")):
                self._fail(f, Status.NOT_FINITE)

    def _fail(self, f: Function, status: Status) -> None:
        subject = self.read(f, "subject")
        self._put(f, self.read(f, "t"), "failed_time", subject, "double")
        worst = f.variable("double", number(-1.0))
        which = f.variable("i64", "-1")
        first = (self.method.stages - 1) * self.sizes.states
        tolerance = self._given(f, "tolerance", "double")
        with f.count(self.sizes.states) as i:
            error = self.read(f, "k", f.let(f"add i64 {i}, {first}"))
            size = f.let(f"fmul double {tolerance}, {self._size(f, i)}")
            absolute = self._element(f, "absolute", i, "double")
            size = f.let(f"fadd double {size}, {absolute}")
            ratio = f.intrinsic("fabs", f.let(f"fdiv double {error}, {size}"))
            worse = f.let(f"fcmp ugt double {ratio}, {f.get('double', worst)}")
            with f.when(worse):
                f.set("double", ratio, worst)
                f.set("i64", i, which)
        self._put(f, f.get("i64", which), "failed_state", subject, "i64")
        self._end(f, status)

    def _size(self, f: Function, i: str) -> str:
        return f.intrinsic("fabs", self.read(f, "y", i))

    def _power(self, f: Function, base: str, exponent: float) -> str:
        return f.let(f"call double @pow1(double {base}, double {number(exponent)})")

    def _larger(self, f: Function, a: str, b: str) -> str:
        truth = f.let(f"fcmp ogt double {a}, {b}")
        return f.let(f"select i1 {truth}, double {a}, double {b}")

    def _smaller(self, f: Function, a: str, b: str) -> str:
        truth = f.let(f"fcmp olt double {a}, {b}")
        return f.let(f"select i1 {truth}, double {a}, double {b}")


def given(f: Function, name: str, kind: str) -> str:
    """One of the things that the kernel is given."""
    place = ARGUMENTS.index(name)
    where = f.let(f"getelementptr i64, ptr %a, i64 {place}")
    return f.let(f"load {kind}, ptr {where}")
