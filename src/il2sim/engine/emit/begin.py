"""The first step after an event that a lane has not met: guessed from the rates.

With ``T = |f| / |J f|``, the time in which the rates change by their own size, the step
is half of ``T tolerance^(1/(p+1))``, p the order of the embedded method. As in Hairer,
Norsett & Wanner (Solving Ordinary Differential Equations I, section II.4) ``J f`` is
the difference of the rates after a small step along them, and norms are those of the
error. Where nothing moves, or nothing changes what moves, the step is the whole
interval. The unit of time does not matter.
"""

from __future__ import annotations

from collections.abc import Callable

from il2sim.engine.emit.builder import Function, number
from il2sim.engine.emit.layout import rounded
from il2sim.engine.emit.places import Places, power_of, round_sections
from il2sim.engine.emit.step import norm_of, scale_of

UNKNOWN = 0.0
"""A step that is still to be guessed."""

SHARE = 0.5  # of that step: a rejected attempt costs more than a short one
SMALL = 1e-2  # of the size of the states: the step along the rates


class Begin(Places):
    """Writes the functions that guess a first step."""

    def emit(self) -> None:
        """Write @guess, for all lanes, and @begin, for one."""
        self._emit_guess()
        self._emit_begin()

    def _emit_guess(self) -> None:
        """Write @guess: T of every lane into h_guess."""
        stages = self.module.of(self.layout.precision)
        f = Function(stages, "guess", ("m", ("double", "tolerance"), "absolute"))
        round_sections(f, self.layout, {"y": self.sizes.states})
        names = (rounded("y"), "k", "stage", "next_y")
        y, rates, moved, then = (f.at("%m", self.layout[name]) for name in names)
        tolerance = f.rounded(f.doubles.splat("%tolerance"))

        def norm(value: Callable[[str], str]) -> str:
            def part(i: str) -> str:
                before = f.load(y, i)
                size = scale_of(f, before, before, tolerance, i)
                return f.binary("fdiv", value(i), size)

            return norm_of(f, self.sizes.states, part)

        self._call_rates(f, y, rates)
        size, speed = norm(lambda i: f.load(y, i)), norm(lambda i: f.load(rates, i))
        part = f.binary("fmul", f.binary("fadd", size, f.const(1.0)), f.const(SMALL))
        part = f.binary("fdiv", part, speed)
        with f.count(self.sizes.states) as i:
            f.store(f.fma(part, f.load(rates, i), f.load(y, i)), moved, i)
        self._call_rates(f, moved, then)
        change = norm(lambda i: f.binary("fsub", f.load(then, i), f.load(rates, i)))
        time = f.binary("fdiv", f.binary("fmul", speed, part), change)
        f.doubles.store(f.widened(time), f.at("%m", self.layout["h_guess"]), 0)
        f.close()

    def _call_rates(self, f: Function, y: str, out: str) -> None:
        names = (rounded("p"), rounded("c"), "shared")
        p, c, shared = (f.at("%m", self.layout[name]) for name in names)
        f.do(f"call void @rates(ptr {y}, ptr {p}, ptr {c}, ptr {out}, ptr {shared})")
        f.do(f"call void @add_inputs(ptr %m, ptr {out})")

    def _emit_begin(self) -> None:
        """Write @begin: a lane that knows no step takes the guess, or all that is left.

        What is no positive number fails the comparison.
        """
        f = self.function("begin")
        known = f.let(f"fcmp one double {self.read(f, 'h')}, {number(UNKNOWN)}")
        with f.when(f.let(f"xor i1 {known}, true")):
            power = 1.0 / (self.method.error_order + 1)
            short = power_of(f, self.given(f, "tolerance", "double"), power)
            short = f.let(f"fmul double {short}, {number(SHARE)}")
            step = f.let(f"fmul double {short}, {self.read(f, 'h_guess')}")
            stop, t = self.read(f, "t_stop"), self.read(f, "t")
            left = f.let(f"fsub double {stop}, {t}")
            shorter = f.let(f"fcmp olt double {step}, {left}")
            some = f.let(f"fcmp ogt double {step}, {number(0.0)}")
            usable = f.let(f"and i1 {shorter}, {some}")
            step = f.let(f"select i1 {usable}, double {step}, double {left}")
            self.write(f, step, "h")
        f.close()
