"""Tangents carried along by a step: the discrete step itself, differentiated exactly.

A Rosenbrock step solves ``W kᵢ = f(Yᵢ) + Σⱼ cᵢⱼ kⱼ / h`` with ``W = I/(γh) - J(y₀)``.
Along a direction, with the step size as it is,

    W k̇ᵢ = f'(Yᵢ) Ẏᵢ + ∂f/∂p ṗ + Σⱼ cᵢⱼ k̇ⱼ / h + J̇ kᵢ,

so the factors of the plain step are used again, and J̇, the derivative of the Jacobian
along the direction, is found once for a step. Functions are written once and looped
over the directions, whose number is known only when the kernel runs: each direction
has a block of memory behind everything else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from il2sim.engine.elimination import Elimination
from il2sim.engine.emit.builder import Function
from il2sim.engine.emit.flow import FlowTable, Loop, Row, emit_loop
from il2sim.engine.emit.layout import Sizes
from il2sim.engine.emit.linearized import STATE, Linearized
from il2sim.engine.emit.places import given
from il2sim.engine.methods.table import Method, Rosenbrock, RungeKutta

M = TypeVar("M", bound=Method)


class TangentStep(ABC, Generic[M]):
    """Writes @carry, @keep_tangents, @prepare_directions and what they call."""

    def __init__(
        self, linearized: Linearized, sizes: Sizes, method: M, lu: Elimination
    ) -> None:
        self.module, self.linearized, self.lu = linearized.module, linearized, lu
        self.together = linearized.together
        self.wide = linearized.together * sizes.states
        self.layout, self.block = linearized.layout, linearized.block
        self.sizes, self.method = sizes, method

    def emit(self, inlets: tuple[int, ...]) -> None:
        """Write everything; `inlets` are the states dosed."""
        self.inlets = inlets
        self._emit_prepare()
        self._emit_carry()
        self._emit_when()
        self._emit_weigh()
        self._emit_keep()
        self._emit_show()

    # places

    def _section(self, f: Function, name: str) -> str:
        return f.at("%m", self.layout[name])

    def _own(self, f: Function, name: str) -> str:
        return f.at("%block", self.together * self.block[name])

    @contextmanager
    def _directions(self, f: Function) -> Iterator[str]:
        """Loop over the blocks of directions taken together."""
        n_directions = given(f, "n_directions", "i64")
        rounded = f.let(f"add i64 {n_directions}, {self.together - 1}")
        with f.count(f.let(f"udiv i64 {rounded}, {self.together}")) as number:
            slot = f.let(f"mul i64 {number}, {self.together * self.block.size}")
            slot = f.let(f"add i64 {slot}, {self.layout.size}")
            yield f.at("%m", slot)

    def _flow(self, f: Function, what: str, results: str, loop: str = "flow") -> None:
        """Tangents from those in the section `argument`."""
        between, last = self.linearized.tables[what]
        between.call(f, "flow", "%m", "%block", "%block")
        last.call(f, loop, "%m", "%block", results)

    def _call_slopes(self, f: Function, what: str, stage: int = 0) -> None:
        """Weights at the states in the section `stage`.

        Those of rates and Jacobian read what the rates of the stage have left behind.
        """
        places = [self._section(f, name) for name in ("stage", *STATE[1:])]
        places.append(f.at("%m", self.layout["shared"] + stage * self.sizes.shared))
        places.append(self._section(f, "slopes"))
        move = f.let(f"load i64, ptr {self._section(f, 'exponents_move')}")
        given_to = ", ".join(f"ptr {one}" for one in places)
        f.do(f"call void @{what}_slopes({given_to}, i64 {move})")

    def _copy(self, f: Function, source: str, target: str, length: int) -> None:
        with f.count(length) as i:
            f.store(f.load(source, i), target, i)

    # the step

    @abstractmethod
    def _begin(self, f: Function) -> None:
        """What happens once for a step, before the stages."""

    @abstractmethod
    def _begin_stage(self, f: Function, stage: int, i: str) -> str:
        """What is on the right-hand side of state i before the rates."""

    @abstractmethod
    def _end_stage(self, f: Function, stage: int, own: str) -> None:
        """From the right-hand side to the tangent of k."""

    def _emit_prepare(self) -> None:
        """Write @prepare_directions: what is steady, after a lane has a new subject."""
        f = Function(self.module, "prepare_directions", ("a", "m"))
        p, c, e = (self._section(f, name) for name in ("p", "c", "e"))
        f.do(f"call void @prepare_slopes(ptr {p}, ptr {c}, ptr {e})")
        moved = f.variable("i64", "0")
        f.set("i64", "0", moved)
        with self._directions(f) as block:
            for one in range(self.together):
                pdot, cdot = (
                    f.at(block, self.together * self.block[name] + one)
                    for name in ("pdot", "cdot")
                )
                places = ", ".join(f"ptr {at}" for at in (p, c, e, pdot, cdot))
                f.do(f"call void @prepare_tangent({places})")
            for slot in self.linearized.exponent_slots():
                for one in range(self.together):
                    tangent = f.load(block, self.together * slot + one)
                    bits = f.bits(f.compare("une", tangent, f.const(0.0)))
                    f.set("i64", f.let(f"or i64 {f.get('i64', moved)}, {bits}"), moved)
        place = self._section(f, "exponents_move")
        f.do(f"store i64 {f.get('i64', moved)}, ptr {place}")
        f.close()

    def _emit_carry(self) -> None:
        """Write @carry_all: the tangents at the end of the step just attempted."""
        f = Function(self.module, "carry_all", ("a", "m"))
        y, stage_y = self._section(f, "y"), self._section(f, "stage")
        self._copy(f, y, stage_y, self.sizes.states)
        self._begin(f)
        for stage in range(self.method.stages):
            if stage:
                place = self.layout["arguments"] + stage * self.sizes.states
                self._copy(f, f.at("%m", place), stage_y, self.sizes.states)
            self._call_slopes(f, "rates", stage)
            with self._directions(f) as block:
                f.do(f"call void @carry_{stage}(ptr %m, ptr {block})")
            self._emit_stage(stage)
        f.close()

    def _emit_when(self) -> None:
        """Write @carry_first and @carry: before a step is judged, or if it was good."""
        for name, how in (("carry_first", "ne"), ("carry", "eq")):
            f = Function(self.module, name, ("a", "m"))
            wanted = given(f, "tangents_judge", "i64")
            with f.when(f.let(f"icmp {how} i64 {wanted}, 0")):
                f.do("call void @carry_all(ptr %a, ptr %m)")
                if name == "carry_first":
                    f.do("call void @weigh_tangents(ptr %a, ptr %m)")
            f.close()

    def _emit_weigh(self) -> None:
        """Write @weigh_tangents: the error of a step is the largest of all norms.

        A tangent is measured relative to itself, and by the absolute tolerance of its
        state over the length of its direction.
        """
        f = Function(self.module, "weigh_tangents", ("a", "m"))
        tolerance = f.splat(given(f, "tolerance", "double"))
        absolute, lengths = (
            given(f, name, "ptr") for name in ("absolute", "direction_lengths")
        )
        most = f.let(f"sub i64 {given(f, 'n_directions', 'i64')}, 1")
        totals = [f.variable(f.vector, f.const(0.0)) for _ in range(self.together)]
        number = f.variable("i64", "0")
        with self._directions(f) as block:
            for total in totals:
                f.set(f.vector, f.const(0.0), total)
            first = f.get("i64", number)
            for one, total in enumerate(totals):
                place = f.let(f"add i64 {first}, {one}")
                inside = f.let(f"icmp slt i64 {place}, {most}")
                place = f.let(f"select i1 {inside}, i64 {place}, i64 {most}")
                length = _broadcast(f, lengths, place)
                with f.count(self.sizes.states) as i:
                    size = f.binary("fdiv", _broadcast(f, absolute, i), length)
                    slot = f.let(f"mul i64 {i}, {self.together}")
                    slot = f.let(f"add i64 {slot}, {one}")
                    ratio = self._part(f, block, slot, tolerance, size)
                    f.set(f.vector, f.fma(ratio, ratio, f.get(f.vector, total)), total)
                self._raise_error(f, f.get(f.vector, total))
            f.set("i64", f.let(f"add i64 {first}, {self.together}"), number)
        f.close()

    def _part(
        self, f: Function, block: str, slot: str, tolerance: str, size: str
    ) -> str:
        """Error of one tangent over its size."""
        wide = self.together
        before, after, kdot = (
            f.at(block, wide * self.block[name])
            for name in ("ydot", "next_ydot", "kdot")
        )
        larger = f.intrinsic("fabs", f.load(before, slot))
        other = f.intrinsic("fabs", f.load(after, slot))
        larger = f.pick(f.compare("ogt", larger, other), larger, other)
        return f.binary(
            "fdiv", self._error(f, kdot, slot), f.fma(tolerance, larger, size)
        )

    def _raise_error(self, f: Function, total: str) -> None:
        place = self._section(f, "error")
        mean = f.binary("fdiv", total, f.const(float(self.sizes.states)))
        norm, before = f.intrinsic("sqrt", mean), f.load(place, 0)
        less = f.compare("ole", norm, before)
        f.store(f.pick(less, before, norm), place, 0)

    @abstractmethod
    def _error(self, f: Function, kdot: str, slot: str) -> str:
        """Error of the tangent in a slot, of a step just attempted."""

    def _emit_stage(self, stage: int) -> None:
        """Write @carry_i: one stage along one direction."""
        f = Function(self.module, f"carry_{stage}", ("m", ("ptr", "block")))
        row = self.method.a[stage]
        names = ("ydot", "kdot", "argument")
        ydot, kdot, argument = (self._own(f, name) for name in names)
        own = f.at("%block", self.together * self.block["kdot"] + stage * self.wide)
        goes_on = stage > 0 and row[:-1] == self.method.a[stage - 1]
        with f.count(self.wide) as i:
            before = f.load(argument if goes_on else ydot, i)
            weights = (0.0,) * (stage - 1) + row[-1:] if goes_on else row
            moved = self._sum(f, weights, kdot, i, before)
            right = self._begin_stage(f, stage, i)  # of the k just read
            f.store(moved, argument, i)
            f.store(right, own, i)
        inputs = self._own(f, "inputs_dot")
        for number, state in enumerate(self.inlets):
            for one in range(self.together):
                moved = f.load(inputs, number * self.together + one)
                place = state * self.together + one
                f.store(f.binary("fadd", f.load(own, place), moved), own, place)
        self._flow(f, "rates", own, "flow_adding")
        self._end_stage(f, stage, own)
        f.close()

    def _sum(
        self, f: Function, row: tuple[float, ...], k: str, i: str, total: str
    ) -> str:
        for stage, weight in enumerate(row):
            if weight:
                total = f.fma(f.const(weight), self._k(f, k, stage, i), total)
        return total

    def _k(self, f: Function, k: str, stage: int, i: str) -> str:
        return f.load(k, f.let(f"add i64 {i}, {stage * self.wide}"))

    def _emit_keep(self) -> None:
        """Write @keep_tangents: accepted lanes move on."""
        f = Function(self.module, "keep_tangents", ("a", "m"))
        accepted = f.load(self._section(f, "accepted"), 0)
        truth = f.compare("une", accepted, f.const(0.0))
        with self._directions(f) as block:
            before, after = (
                f.at(block, self.together * self.block[name])
                for name in ("ydot", "next_ydot")
            )
            with f.count(self.wide) as i:
                moved = f.pick(truth, f.load(after, i), f.load(before, i))
                f.store(moved, before, i)
        f.close()

    # what is recorded

    def _emit_show(self) -> None:
        """Write @show_tangent and @show_tangent_now: of all outputs, one direction.

        The first is at the part theta of the step just made, by its dense output, the
        second before any step. @show_slopes and @show_slopes_now come before.
        """
        for end, y in (("", "between"), ("_now", "y")):
            f = Function(self.module, f"show_slopes{end}", ("m",))
            states = self.sizes.states
            self._copy(f, self._section(f, y), self._section(f, "stage"), states)
            self._call_slopes(f, "outputs")
            f.close()
        f = Function(self.module, "show_tangent", ("m", ("ptr", "block")))
        theta = f.load(self._section(f, "theta"), 0)
        rest = f.binary("fsub", f.const(1.0), theta)
        weights = self._weights(f, theta, f.binary("fmul", rest, theta))
        names = ("ydot", "next_ydot", "kdot", "argument")
        ydot, new, kdot, argument = (self._own(f, name) for name in names)
        with f.count(self.wide) as i:
            value = f.binary("fmul", rest, f.load(ydot, i))
            value = f.fma(theta, f.load(new, i), value)
            for stage, weight in enumerate(weights):
                value = f.fma(weight, self._k(f, kdot, stage, i), value)
            f.store(value, argument, i)
        self._flow(f, "outputs", self._section(f, "out_dot"))
        f.close()
        f = Function(self.module, "show_tangent_now", ("m", ("ptr", "block")))
        self._copy(f, self._own(f, "ydot"), self._own(f, "argument"), self.wide)
        self._flow(f, "outputs", self._section(f, "out_dot"))
        f.close()

    def _weights(self, f: Function, theta: str, both: str) -> list[str]:
        """What each stage adds between the ends: θ(1-θ)(h₁ + θ(h₂ + …))."""
        weights = []
        for column in zip(*self.method.dense, strict=True):
            total = f.const(column[-1])
            for entry in reversed(column[:-1]):
                total = f.fma(theta, total, f.const(entry))
            weights.append(f.binary("fmul", both, total))
        return weights


class RosenbrockTangent(TangentStep[Rosenbrock]):
    """The tangent of a step of a Rosenbrock method."""

    def _begin(self, f: Function) -> None:
        """The tangent of the Jacobian, by @begin_tangent."""
        self._call_slopes(f, "jacobian")
        with self._directions(f) as block:
            f.do(f"call void @begin_tangent(ptr %m, ptr {block})")
        self.substitutions = (
            self._substitution("forward", self.lu.order, scaled=False),
            self._substitution("backward", self.lu.order[::-1], scaled=True),
        )
        product = self._product()
        f = Function(self.module, "begin_tangent", ("m", ("ptr", "block")))
        self._copy(f, self._own(f, "ydot"), self._own(f, "argument"), self.wide)
        self._flow(f, "jacobian", self._own(f, "jdot"))
        k = self._section(f, "k")
        for one in range(self.together):
            jdot, kdot = (
                f.at("%block", self.together * self.block[name] + one)
                for name in ("jdot", "kdot")
            )
            product.call(f, "product", jdot, k, kdot)
        f.close()

    def _product(self) -> FlowTable:
        """The table of J̇ k, and @product: of all stages at a time, one direction."""
        emit_loop(
            self.module,
            Loop(
                "product",
                sides=self.method.stages,
                tangents_apart=self.sizes.states,
                results_apart=self.wide,
            ),
        )
        rows: dict[int, list[tuple[int, int]]] = {
            row: [] for row in range(self.sizes.states)
        }
        for slot, (row, column) in enumerate(self.linearized.made.entries):
            rows[row].append((column, self.together * slot))
        level = [Row(self.together * row, tuple(one)) for row, one in rows.items()]
        return FlowTable(self.module, "product", [level], together=1)

    def _begin_stage(self, f: Function, stage: int, i: str) -> str:
        """J̇ k is there already."""
        over_h = f.load(self._section(f, "over_h"), 0)
        kdot = self._own(f, "kdot")
        total = self._sum(f, self.method.c[stage], kdot, i, f.const(0.0))
        return f.fma(total, over_h, self._k(f, kdot, stage, i))

    def _end_stage(self, f: Function, stage: int, own: str) -> None:
        self._solve(f, own)
        if stage == self.method.stages - 1:
            argument, new = self._own(f, "argument"), self._own(f, "next_ydot")
            with f.count(self.wide) as i:
                f.store(f.binary("fadd", f.load(argument, i), f.load(own, i)), new, i)

    def _error(self, f: Function, kdot: str, slot: str) -> str:
        return self._k(f, kdot, self.method.stages - 1, slot)

    def _solve(self, f: Function, own: str) -> None:
        """By the code of the step, or by tables if there are several together."""
        factors = self._section(f, "factors")
        if self.together == 1:
            f.do(f"call void @solve(ptr {factors}, ptr {own})")
        else:
            loops = ("flow_adding", "flow_scaled")
            for loop, table in zip(loops, self.substitutions, strict=True):
                table.call(f, loop, factors, own, own)

    def _substitution(
        self, name: str, order: Sequence[int], *, scaled: bool
    ) -> FlowTable:
        """The table of one substitution: each row needs those before it."""
        slots = self.lu.slots
        levels: dict[int, int] = {}
        columns: dict[int, list[int]] = {row: [] for row in order}
        for row, column in slots:
            columns[row].append(column)
        rows: dict[int, list[Row]] = {}
        for row in order:
            before = [column for column in columns[row] if column in levels]
            levels[row] = 1 + max((levels[one] for one in before), default=0)
            terms = tuple((column, slots[row, column]) for column in before)
            if terms or scaled:
                one = Row(row, terms, slots[row, row])
                rows.setdefault(levels[row], []).append(one)
        ordered = [rows[level] for level in sorted(rows)]
        return self.linearized.table(name, ordered, scaled=scaled)


class ExplicitTangent(TangentStep[RungeKutta]):
    """The tangent of a step of an explicit method; its k are changes, not rates."""

    def _begin(self, f: Function) -> None:
        """Nothing: there is no Jacobian."""

    def _begin_stage(self, f: Function, stage: int, i: str) -> str:
        return f.const(0.0)

    def _end_stage(self, f: Function, stage: int, own: str) -> None:
        h = f.load(self._section(f, "h_try"), 0)
        with f.count(self.wide) as i:
            f.store(f.binary("fmul", f.load(own, i), h), own, i)
        if stage == self.method.stages - 1:
            new = self._own(f, "next_ydot")
            self._copy(f, self._own(f, "argument"), new, self.wide)

    def _error(self, f: Function, kdot: str, slot: str) -> str:
        return self._sum(f, self.method.error, kdot, slot, f.const(0.0))


def _broadcast(f: Function, table: str, index: str) -> str:
    """An element of a table of plain numbers, in every lane."""
    where = f.let(f"getelementptr double, ptr {table}, i64 {index}")
    return f.splat(f.let(f"load double, ptr {where}"))


TANGENT_STEPS: Mapping[type[Method], type[TangentStep[Any]]] = {
    Rosenbrock: RosenbrockTangent,
    RungeKutta: ExplicitTangent,
}
"""What writes the tangent of a step of each kind of method."""
