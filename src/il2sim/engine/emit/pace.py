"""The pace of one lane: the step to attempt, and what its error makes of it.

Written once for every device. The numbers of the step control are named below, with
their reasons.
"""

from __future__ import annotations

import math

from il2sim.engine.emit.builder import Function, number
from il2sim.engine.emit.places import Places, larger, number_of_stage, smaller
from il2sim.engine.status import Status

SAFETY = 0.9  # of the step that the error would just allow
GROW_MOST = 6.0  # in one step; Hairer & Wanner II, section IV.8
SHRINK_MOST = 0.15  # in one step
ERROR_LEAST = 1e-6  # below it an error says no more about the next step
STRETCH = 1.0001  # take the rest of an interval rather than leave a sliver
NOW = 0.95  # weight of this error in the next step, and
BEFORE = 0.15  # of the one before: nearly plain control, calmed a little


class Pace(Places):
    """Writes the functions that choose and judge the steps of one lane."""

    def emit(self) -> None:
        """Write @set_out, @weigh (for all lanes at once) and @judge."""
        self._emit_set_out()
        self._emit_weigh()
        self._emit_judge()

    def _emit_set_out(self) -> None:
        """Write @set_out: the step to attempt, ending no later than the interval.

        The last two are equal: a sliver would cost as much as a whole step.
        """
        f = self.function("set_out")
        t, h = self.read(f, "t"), self.read(f, "h")
        stop = self.read(f, "t_stop")
        left = f.let(f"fsub double {stop}, {t}")
        wide = f.let(f"fmul double {h}, {number(STRETCH)}")
        hits = f.let(f"fcmp oge double {wide}, {left}")
        half = f.let(f"fmul double {left}, {number(1 / 2)}")
        step = smaller(f, h, half)
        step = f.let(f"select i1 {hits}, double {left}, double {step}")
        self.write(f, step, "h_try")
        over = f.let(f"fdiv double {number(1.0)}, {step}")
        self.write(f, over, "over_h")
        self.write(f, f.let(f"zext i1 {hits} to i64"), "hits")
        f.close()

    def _emit_weigh(self) -> None:
        """Write @weigh: what the errors make of the next steps, as powers of them.

        PI control (Gustafsson 1991, doi:10.1145/210232.210242).
        """
        f = Function(self.module, "weigh", ("m",))
        power = 1.0 / (self.method.error_order + 1)
        names = ("error", "error_before", "longer", "shorter")
        error, before, longer, shorter = (f.at("%m", self.layout[one]) for one in names)
        now, least = f.load(error, 0), f.const(ERROR_LEAST)
        small = f.pick(f.compare("ogt", now, least), now, least)
        factor = f.binary(
            "fmul",
            f.call("pow", small, f.const(-NOW * power)),
            f.call("pow", f.load(before, 0), f.const(BEFORE * power)),
        )
        f.store(f.binary("fmul", factor, f.const(SAFETY)), longer, 0)
        factor = f.call("pow", now, f.const(-power))
        f.store(f.binary("fmul", factor, f.const(SAFETY)), shorter, 0)
        f.close()

    def _emit_judge(self) -> None:
        """Write @judge: accept or reject, choose the next step, or give up."""
        f = self.function("judge")
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
        many = f.let(f"icmp sge i64 {attempts}, {self.given(f, 'most_steps')}")
        alive = f.let(f"icmp sge i64 {self.read(f, 'subject')}, 0")
        with f.when(f.let(f"and i1 {many}, {alive}")):
            self._fail(f, Status.TOO_MANY_STEPS)
        f.close()

    def _accept(self, f: Function, error: str) -> None:
        step = self.read(f, "h_try")
        small = larger(f, error, number(ERROR_LEAST))
        factor = smaller(f, self.read(f, "longer"), number(GROW_MOST))
        factor = larger(f, factor, number(SHRINK_MOST))
        after_rejection = f.let(f"icmp ne i64 {self.read(f, 'rejected_last')}, 0")
        calm = smaller(f, factor, number(1.0))
        factor = f.let(f"select i1 {after_rejection}, double {calm}, double {factor}")
        grown = f.let(f"fmul double {step}, {factor}")
        hits = f.let(f"icmp ne i64 {self.read(f, 'hits')}, 0")
        kept = larger(f, grown, self.read(f, "h"))
        chosen = f.let(f"select i1 {hits}, double {kept}, double {grown}")
        self.write(f, chosen, "h")
        self.write(f, small, "error_before")
        self.write(f, "0", "rejected_last")
        fresh = f.let(f"icmp ne i64 {self.read(f, 'fresh')}, 0")
        with f.when(fresh):
            self.write(f, chosen, "learned", self.read(f, "last_kind"))
            self.write(f, "0", "fresh")

    def _reject(self, f: Function, error: str) -> None:
        rejected = f.let(f"add i64 {self.read(f, 'rejected')}, 1")
        self.write(f, rejected, "rejected")
        self.write(f, "1", "rejected_last")
        factor = self.read(f, "shorter")
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
                singular = f.let("call i1 @is_singular(ptr %m, i64 %lane)")
                with f.when(singular):
                    self._fail(f, Status.SINGULAR)
                with f.when(f.let(f"xor i1 {singular}, true")):
                    self._fail(f, Status.NOT_FINITE)

    def _fail(self, f: Function, status: Status) -> None:
        subject = self.read(f, "subject")
        self.put(f, self.read(f, "t"), "failed_time", subject, "double")
        worst = f.variable("double", number(-1.0))
        which = f.variable("i64", "-1")
        farthest = f.variable("double", number(-1.0))
        lost = f.variable("i64", "-1")
        first = (self.sizes.kept - 1) * self.sizes.states
        tolerance = self.given(f, "tolerance", "double")
        with f.count(self.sizes.states) as i:
            place = f.let(f"add i64 {i}, {first}")
            error = number_of_stage(f, self.layout, "k", place)
            size = f.let(f"fmul double {tolerance}, {self._size(f, i)}")
            absolute = self.element(f, "absolute", i, "double")
            size = f.let(f"fadd double {size}, {absolute}")
            ratio = f.intrinsic("fabs", f.let(f"fdiv double {error}, {size}"))
            self._name(f, i, ratio, worst, which)
            # Of errors that are no numbers, the state farthest from its scale is named;
            # a state that is none itself is as far as can be.
            far = f.let(f"fdiv double {self._size(f, i)}, {absolute}")
            endless = f.let(f"fcmp uno double {far}, {far}")
            limit = number(math.inf)
            far = f.let(f"select i1 {endless}, double {limit}, double {far}")
            none = f.let(f"fcmp uno double {ratio}, {ratio}")
            far = f.let(f"select i1 {none}, double {far}, double {number(-1.0)}")
            self._name(f, i, far, farthest, lost)
        any_lost = f.let(f"icmp sge i64 {f.get('i64', lost)}, 0")
        named = f.let(
            f"select i1 {any_lost}, i64 {f.get('i64', lost)}, i64 {f.get('i64', which)}"
        )
        self.put(f, named, "failed_state", subject, "i64")
        self.end(f, status)

    @staticmethod
    def _name(f: Function, i: str, found: str, most: str, which: str) -> None:
        """Note a state if nothing was farther out before it."""
        more = f.let(f"fcmp ogt double {found}, {f.get('double', most)}")
        with f.when(more):
            f.set("double", found, most)
            f.set("i64", i, which)

    def _size(self, f: Function, i: str) -> str:
        return f.intrinsic("fabs", self.read(f, "y", i))
