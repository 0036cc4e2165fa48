"""One attempt of a step, for all lanes at once: what all methods share, and Rosenbrock.

Of a Rosenbrock method the matrix is factored once, and every stage is a call of the
rates and of the triangular solve, in loops over the states: the code stays small, so it
is compiled fast and fits the instruction cache. Explicit methods are in `explicit.py`.
What every lane does with the outcome is decided in `lane.py`, the linear algebra is
written in `linear.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from il2sim.engine.elimination import Elimination, eliminate
from il2sim.engine.emit.builder import Function, Module
from il2sim.engine.emit.formulas import Formulas
from il2sim.engine.emit.layout import Layout, Sizes, rounded
from il2sim.engine.emit.linear import emit_factor, emit_singular, emit_solve
from il2sim.engine.emit.places import given, round_sections, store_rounded
from il2sim.engine.methods.table import Method, Rosenbrock
from il2sim.engine.precision import DOUBLE

M = TypeVar("M", bound=Method)


class Step(ABC, Generic[M]):
    """The functions of a step over the memory of one thread."""

    def __init__(self, module: Module, sizes: Sizes, layout: Layout, method: M) -> None:
        self.module = module
        self.stages = module.of(layout.precision)
        self.sizes = sizes
        self.layout = layout
        self.method = method

    @staticmethod
    @abstractmethod
    def eliminate(formulas: Formulas) -> Elimination:
        """Order and slots of the matrix that the method factors."""

    def emit(
        self, inlets: tuple[int, ...], formulas: Formulas, lu: Elimination
    ) -> None:
        """Write @attempt, @dense, @look_between, @look, @keep and @take_node.

        Besides them @round_prepared, what they call. `inlets` are the states dosed.
        """
        self._emit_matrix(formulas, lu)
        diagonal = (lu.slots[row, row] for row in lu.order)
        emit_singular(self.module, diagonal, self.layout)
        self._emit_rounded()
        self._emit_input(inlets)
        self._emit_attempt()
        self._emit_dense()
        self._emit_between()
        self._emit_keep()

    @abstractmethod
    def _emit_matrix(self, formulas: Formulas, lu: Elimination) -> None:
        """Write what the method needs of the matrix."""

    @abstractmethod
    def _emit_stages(self, f: Function) -> None:
        """All stages; the argument of the last one is left in next_y."""

    @abstractmethod
    def _emit_end(self, f: Function, i: str) -> tuple[str, str]:
        """Error of state i, and its new value, a double; stored where they belong."""

    def _section(self, f: Function, name: str) -> str:
        return f.at("%m", self.layout[name])

    def _emit_rounded(self) -> None:
        """Write @round_prepared: what stages read of a subject that is prepared."""
        f = Function(self.stages, "round_prepared", ("m",))
        lengths = {"p": self.sizes.parameters, "c": self.sizes.prepared}
        round_sections(f, self.layout, lengths)
        f.close()

    def _emit_input(self, inlets: tuple[int, ...]) -> None:
        """Write @add_inputs: what infusions add to the rates of the model."""
        f = Function(self.stages, "add_inputs", ("m", "out"))
        inputs = self._section(f, "inputs")
        for number, state in enumerate(inlets):
            given = f.rounded(f.doubles.load(inputs, number))
            f.store(f.binary("fadd", f.load("%out", state), given), "%out", state)
        f.close()

    def _emit_attempt(self) -> None:
        """Write @attempt: from y, h and the tolerances to the next y and the error."""
        f = Function(self.stages, "attempt", ("m", ("double", "tolerance"), "absolute"))
        round_sections(f, self.layout, {"y": self.sizes.states})
        self._emit_stages(f)
        self._emit_error(f)
        f.close()

    def _emit_rates(self, f: Function, stage: int, into: str) -> None:
        """Rates at the argument of a stage, inputs included, into some place."""
        names = (rounded("p"), rounded("c"), "shared")
        p, c, shared = (self._section(f, name) for name in names)
        shared = self._after(f, shared, stage * self.sizes.shared)
        argument = self._emit_argument(f, stage)
        places = ", ".join(f"ptr {one}" for one in (argument, p, c, into, shared))
        f.do(f"call void @rates({places})")
        f.do(f"call void @add_inputs(ptr %m, ptr {into})")

    def _emit_argument(self, f: Function, stage: int) -> str:
        """Where the rates of a stage are taken.

        The last ones lie near the end of the step, each a k after the one before; they
        are summed up in doubles, where the next state will be.
        """
        row, n = self.method.a[stage], self.sizes.states
        ends = stage >= self._first_near_end()
        goes_on = stage > self._first_near_end()
        row = (0.0,) * (stage - 1) + row[-1:] if goes_on else row
        near, start = ("next_y", "y") if ends else ("stage", rounded("y"))
        numbers = f.doubles if ends else f
        k, to = (self._section(f, name) for name in ("k", near))
        start = to if goes_on else self._section(f, start)
        with f.count(n) as i:
            beside = self._sum_beside(f, stage, i)
            total = self._sum(numbers, row, k, i, numbers.load(start, i))
            numbers.store(total, to, i)
            if ends:
                store_rounded(f, self.layout, "next_y", total, i)
            if self.sizes.arguments:
                f.store(total, self._argument(f, stage), i)
            if beside:
                f.store(beside, self._after(f, k, stage * n), i)
        return self._section(f, rounded("next_y")) if ends else to

    def _first_near_end(self) -> int:
        """The first stage from which each argument is a k after the one before."""
        rows, first = self.method.a, self.method.stages - 1
        while first > 0 and rows[first][:-1] == rows[first - 1]:
            first -= 1
        return first

    def _sum_beside(self, f: Function, stage: int, i: str) -> str:
        """What else is made of the stages before, and kept where the k will be."""
        del f, stage, i
        return ""

    def _argument(self, f: Function, stage: int) -> str:
        """Where tangents find what the rates of a stage were taken at."""
        return f.at("%m", self.layout["arguments"] + stage * self.sizes.states)

    def _sum(
        self, f: Function, row: Iterable[float], k: str, i: str, total: str
    ) -> str:
        """Add to a total what a row of the table takes of every stage before."""
        for stage, weight in enumerate(row):
            if weight:
                total = f.fma(f.const(weight), self._k(f, k, stage, i), total)
        return total

    def _k(self, f: Function, k: str, stage: int, i: str) -> str:
        place = f.let(f"add i64 {i}, {stage * self.sizes.states}")
        return self._of_stages(f, k, place)

    def _of_stages(self, f: Function, section: str, slot: str) -> str:
        """A number of the stages as one of those that a function computes in."""
        stages = f.of(self.layout.precision)
        value = stages.load(section, slot)
        return stages.widened(value) if f.precision is DOUBLE else value

    def _after(self, f: Function, section: str, slots: int) -> str:
        """Address of a slot of the stages in a section of theirs."""
        return f.at(section, slots, kind=self.layout.precision.kind)

    def _keep_error(self, f: Function, i: str) -> str:
        """The error of state i, kept after the stages."""
        k = self._section(f, "k")
        error = self._sum(f, self.method.error, k, i, f.const(0.0))
        f.store(
            error, k, f.let(f"add i64 {i}, {self.method.stages * self.sizes.states}")
        )
        return error

    def _emit_error(self, f: Function) -> None:
        y = self._section(f, rounded("y"))
        tolerance = f.rounded(f.doubles.splat("%tolerance"))

        def part(i: str) -> str:
            error, value = self._emit_end(f, i)
            size = scale_of(f, f.load(y, i), f.rounded(value), tolerance, i)
            return f.binary("fdiv", error, size)

        norm = f.widened(norm_of(f, self.sizes.states, part))
        f.doubles.store(norm, self._section(f, "error"), 0)

    def _emit_dense(self) -> None:
        """Write @dense: the coefficients of the solution between the ends.

        Only of the states that stand behind an output that is shown.
        """
        f = Function(self.stages, "dense", ("a", "m"))
        n, k = self.sizes.states, self._section(f, "k")
        dense = self._section(f, "dense")
        with self._each(f, "behind") as i:
            for number, row in enumerate(self.method.dense):
                total = self._sum(f, row, k, i, f.const(0.0))
                f.store(total, dense, f.let(f"add i64 {i}, {number * n}"))
        f.close()

    def _emit_between(self) -> None:
        """Write @look_between: outputs at the part theta of the step just made."""
        f = Function(self.module, "look_between", ("a", "m"))
        n = self.sizes.states
        names = ("y", "next_y", "dense", "between")
        y, new, dense, between = (self._section(f, name) for name in names)
        theta = f.load(self._section(f, "theta"), 0)
        rest = f.binary("fsub", f.const(1.0), theta)
        with self._each(f, "behind") as i:
            rows = [
                self._of_stages(f, dense, f.let(f"add i64 {i}, {number * n}"))
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
        f = Function(self.module, "look", ("a", "m"))
        self._call_outputs(f, self._section(f, "y"))
        f.close()

    @contextmanager
    def _each(self, f: Function, what: str) -> Iterator[str]:
        """Loop over what the kernel was given a list of."""
        numbers = given(f, what, "ptr")
        with f.count(given(f, f"n_{what}", "i64")) as place:
            where = f.let(f"getelementptr i64, ptr {numbers}, i64 {place}")
            yield f.let(f"load i64, ptr {where}")

    def _call_outputs(self, f: Function, y: str) -> None:
        p, c, out = (self._section(f, name) for name in ("p", "c", "out"))
        wanted = given(f, "outputs_wanted", "ptr")
        places = ", ".join(f"ptr {one}" for one in (y, p, c, out, wanted))
        f.do(f"call void @outputs({places})")

    def _emit_keep(self) -> None:
        """Write @keep: accepted lanes move on; and @take_node, what they show there."""
        f = Function(self.module, "keep", ("m",))
        accepted = f.load(self._section(f, "accepted"), 0)
        truth = f.compare("une", accepted, f.const(0.0))
        y, new = self._section(f, "y"), self._section(f, "next_y")
        with f.count(self.sizes.states) as i:
            f.store(f.pick(truth, f.load(new, i), f.load(y, i)), y, i)
        f.close()
        arguments = ("a", "m", "mask", ("i64", "node"))
        f = Function(self.module, "take_node", arguments)
        truth = f.compare("une", f.load("%mask", 0), f.const(0.0))
        n, out = self.sizes.outputs, self._section(f, "out")
        nodes = self._section(f, "nodes")
        first = f.let(f"mul i64 %node, {n}")
        with self._each(f, "shown") as i:
            place = f.let(f"add i64 {first}, {i}")
            value = f.pick(truth, f.load(out, i), f.load(nodes, place))
            f.store(value, nodes, place)
        f.close()


class RosenbrockStep(Step[Rosenbrock]):
    """A step of a Rosenbrock method."""

    @staticmethod
    def eliminate(formulas: Formulas) -> Elimination:
        """Order and slots of I/(γh) - J."""
        return eliminate(len(formulas.program.states), formulas.whole.jacobian)

    def _emit_matrix(self, formulas: Formulas, lu: Elimination) -> None:
        formulas.emit_jacobian(lu.slots, len(lu.slots))
        emit_factor(self.stages, lu, self.method.gamma)
        emit_solve(self.stages, lu)

    def _emit_stages(self, f: Function) -> None:
        w, over_h = self._section(f, "factors"), self._section(f, "over_h")
        names = (rounded("y"), rounded("p"), rounded("c"), "k", "shared")
        y, p, c, k, shared = (self._section(f, name) for name in names)
        places = ", ".join(f"ptr {one}" for one in (y, p, c, k, shared, w))
        f.do(f"call void @jacobian({places})")
        f.do(f"call void @factor(ptr {w}, ptr {over_h})")
        f.do(f"call void @add_inputs(ptr %m, ptr {k})")
        f.do(f"call void @solve(ptr {w}, ptr {k})")
        over_h, rates = f.rounded(f.doubles.load(over_h, 0)), self._section(f, "rates")
        for stage in range(1, self.method.stages):
            self._emit_rates(f, stage, rates)
            own = self._after(f, k, stage * self.sizes.states)
            with f.count(self.sizes.states) as i:
                total = f.fma(f.load(own, i), over_h, f.load(rates, i))
                f.store(total, own, i)
            f.do(f"call void @solve(ptr {w}, ptr {own})")

    def _sum_beside(self, f: Function, stage: int, i: str) -> str:
        """What the stages before leave on the right-hand side, times h."""
        row, k = self.method.c[stage], self._section(f, "k")
        return self._sum(f, row, k, i, f.const(0.0))

    def _emit_end(self, f: Function, i: str) -> tuple[str, str]:
        new, k = self._section(f, "next_y"), self._section(f, "k")
        last, wide = self._k(f, k, self.method.stages - 1, i), f.doubles
        value = wide.binary("fadd", wide.load(new, i), f.widened(last))
        wide.store(value, new, i)
        error = last if self.method.errs_by_last else self._keep_error(f, i)
        return error, value


def norm_of(f: Function, length: int, part: Callable[[str], str]) -> str:
    """Root of the mean square of what is written for every state."""
    total = f.variable(f.vector, f.const(0.0))
    with f.count(length) as i:
        one = part(i)
        f.set(f.vector, f.fma(one, one, f.get(f.vector, total)), total)
    mean = f.binary("fdiv", f.get(f.vector, total), f.const(float(length)))
    return f.intrinsic("sqrt", mean)


def scale_of(f: Function, before: str, after: str, tolerance: str, i: str) -> str:
    """Size that the error of state i is measured by: absolute plus relative."""
    where = f.let(f"getelementptr double, ptr %absolute, i64 {i}")
    absolute = f.rounded(f.doubles.splat(f.let(f"load double, ptr {where}")))
    one, other = f.intrinsic("fabs", before), f.intrinsic("fabs", after)
    larger = f.pick(f.compare("ogt", one, other), one, other)
    return f.fma(tolerance, larger, absolute)
