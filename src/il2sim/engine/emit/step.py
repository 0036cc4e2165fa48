"""One attempt of a step, of any Rosenbrock table, for all lanes at once.

The matrix is factored once and every stage is a call of the rates and of the triangular
solve, in loops over the states: the code stays small, so it is compiled fast and fits
the instruction cache. What every lane does with the outcome is decided in `lane.py`,
the linear algebra is written in `linear.py`.
"""

from __future__ import annotations

from il2sim.engine.emit.builder import Function, Module
from il2sim.engine.emit.layout import Layout, Sizes
from il2sim.engine.methods.table import Method


class Step:
    """The functions of a step over the memory of one thread."""

    def __init__(
        self, module: Module, sizes: Sizes, layout: Layout, method: Method
    ) -> None:
        self.module = module
        self.sizes = sizes
        self.layout = layout
        self.method = method

    def emit(self, inlets: tuple[int, ...]) -> None:
        """Write @attempt, @between and @keep; `inlets` are the states dosed."""
        self._emit_input(inlets)
        self._emit_attempt()
        self._emit_dense()
        self._emit_between()
        self._emit_keep()

    def _section(self, f: Function, name: str) -> str:
        return f.at("%m", self.layout[name])

    def _emit_input(self, inlets: tuple[int, ...]) -> None:
        """Write @add_inputs: what infusions add to the rates of the model."""
        f = Function(self.module, "add_inputs", ("m", "out"))
        inputs = self._section(f, "inputs")
        for number, state in enumerate(inlets):
            given = f.load(inputs, number)
            f.store(f.binary("fadd", f.load("%out", state), given), "%out", state)
        f.close()

    def _emit_attempt(self) -> None:
        """Write @attempt: from y, h and the tolerances to the next y and the error."""
        f = Function(self.module, "attempt", ("m", ("double", "tolerance"), "absolute"))
        w, over_h = self._section(f, "factors"), self._section(f, "over_h")
        y, p, c, k = (self._section(f, name) for name in ("y", "p", "c", "k"))
        f.do(f"call void @jacobian(ptr {y}, ptr {p}, ptr {c}, ptr {k}, ptr {w})")
        f.do(f"call void @factor(ptr {w}, ptr {over_h})")
        for stage in range(self.method.stages):
            self._emit_stage(f, stage)
        self._emit_error(f)
        f.close()

    def _emit_stage(self, f: Function, stage: int) -> None:
        n, method = self.sizes.states, self.method
        y, k = self._section(f, "y"), self._section(f, "k")
        last = stage == method.stages - 1
        argument = self._section(f, "next_y" if last else "stage")
        own = f.at("%m", self.layout["k"] + stage * n)
        if stage:
            with f.count(n) as i:
                total = f.load(y, i)
                for before, a in enumerate(method.a[stage]):
                    total = f.fma(f.const(a), self._k(f, k, before, i), total)
                f.store(total, argument, i)
            p, c = self._section(f, "p"), self._section(f, "c")
            f.do(f"call void @rates(ptr {argument}, ptr {p}, ptr {c}, ptr {own})")
        f.do(f"call void @add_inputs(ptr %m, ptr {own})")
        if stage:
            over_h = f.load(self._section(f, "over_h"), 0)
            with f.count(n) as i:
                total = f.const(0.0)
                for before, factor in enumerate(method.c[stage]):
                    total = f.fma(f.const(factor), self._k(f, k, before, i), total)
                f.store(f.fma(total, over_h, f.load(own, i)), own, i)
        f.do(f"call void @solve(ptr {self._section(f, 'factors')}, ptr {own})")

    def _k(self, f: Function, k: str, stage: int, i: str) -> str:
        place = f.let(f"add i64 {i}, {stage * self.sizes.states}")
        return f.load(k, place)

    def _emit_error(self, f: Function) -> None:
        """Add the last k to the argument of its stage; the norm is the mean square."""
        n = self.sizes.states
        y, new, k = (self._section(f, name) for name in ("y", "next_y", "k"))
        tolerance = splat(f, "%tolerance")
        total = f.variable(f.vector, f.const(0.0))
        with f.count(n) as i:
            error = self._k(f, k, self.method.stages - 1, i)
            value = f.binary("fadd", f.load(new, i), error)
            f.store(value, new, i)
            size = scale_of(f, f.load(y, i), value, tolerance, i)
            ratio = f.binary("fdiv", error, size)
            f.set(f.vector, f.fma(ratio, ratio, f.get(f.vector, total)), total)
        mean = f.binary("fdiv", f.get(f.vector, total), f.const(float(n)))
        f.store(f.intrinsic("sqrt", mean), self._section(f, "error"), 0)

    def _emit_dense(self) -> None:
        """Write @dense: the coefficients of the solution between the ends."""
        f = Function(self.module, "dense", ("m",))
        n, k = self.sizes.states, self._section(f, "k")
        dense = self._section(f, "dense")
        with f.count(n) as i:
            stages = [self._k(f, k, one, i) for one in range(self.method.stages)]
            for number, row in enumerate(self.method.dense):
                total = f.const(0.0)
                for coefficient, value in zip(row, stages, strict=True):
                    total = f.fma(f.const(coefficient), value, total)
                f.store(total, dense, f.let(f"add i64 {i}, {number * n}"))
        f.close()

    def _emit_between(self) -> None:
        """Write @look_between: outputs at the part theta of the step just made."""
        f = Function(self.module, "look_between", ("m",))
        n = self.sizes.states
        names = ("y", "next_y", "dense", "between")
        y, new, dense, between = (self._section(f, name) for name in names)
        theta = f.load(self._section(f, "theta"), 0)
        rest = f.binary("fsub", f.const(1.0), theta)
        with f.count(n) as i:
            rows = [
                f.load(dense, f.let(f"add i64 {i}, {number * n}"))
                for number in range(len(self.method.dense))
            ]
            inner = rows[-1]
            for row in reversed(rows[:-1]):
                inner = f.fma(theta, inner, row)
            value = f.fma(rest, inner, f.load(new, i))
            value = f.fma(theta, value, f.binary("fmul", rest, f.load(y, i)))
            f.store(value, between, i)
        self._call_outputs(f, between)
        f.close()
        f = Function(self.module, "look", ("m",))
        self._call_outputs(f, self._section(f, "y"))
        f.close()

    def _call_outputs(self, f: Function, y: str) -> None:
        p, c, out = (self._section(f, name) for name in ("p", "c", "out"))
        f.do(f"call void @outputs(ptr {y}, ptr {p}, ptr {c}, ptr {out})")

    def _emit_keep(self) -> None:
        """Write @keep: accepted lanes move on; and @raise_peaks by a mask."""
        f = Function(self.module, "keep", ("m",))
        accepted = f.load(self._section(f, "accepted"), 0)
        truth = f.compare("une", accepted, f.const(0.0))
        y, new = self._section(f, "y"), self._section(f, "next_y")
        with f.count(self.sizes.states) as i:
            f.store(f.pick(truth, f.load(new, i), f.load(y, i)), y, i)
        f.close()
        f = Function(self.module, "raise_peaks", ("m", "mask"))
        truth = f.compare("une", f.load("%mask", 0), f.const(0.0))
        out, peaks = self._section(f, "out"), self._section(f, "peaks")
        with f.count(self.sizes.outputs) as i:
            value, before = f.load(out, i), f.load(peaks, i)
            higher = f.let(f"and {f.truth} {truth}, {f.compare('ogt', value, before)}")
            f.store(f.pick(higher, value, before), peaks, i)
        f.close()


def splat(f: Function, scalar: str) -> str:
    """A plain number in every lane."""
    if f.lanes == 1:
        return scalar
    one = f.let(f"insertelement {f.vector} undef, double {scalar}, i32 0")
    zeros = f"<{f.lanes} x i32> zeroinitializer"
    return f.let(f"shufflevector {f.vector} {one}, {f.vector} undef, {zeros}")


def scale_of(f: Function, before: str, after: str, tolerance: str, i: str) -> str:
    """Size that the error of state i is measured by: absolute plus relative."""
    where = f.let(f"getelementptr double, ptr %absolute, i64 {i}")
    absolute = splat(f, f.let(f"load double, ptr {where}"))
    one, other = f.intrinsic("fabs", before), f.intrinsic("fabs", after)
    larger = f.pick(f.compare("ogt", one, other), one, other)
    return f.fma(tolerance, larger, absolute)
