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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from il2sim.engine.emit.builder import Function, Module
from il2sim.engine.emit.layout import Layout, Sizes
from il2sim.engine.emit.linearized import ALONG, STATE, Linearized
from il2sim.engine.emit.places import given
from il2sim.engine.methods.table import Method, Rosenbrock, RungeKutta

M = TypeVar("M", bound=Method)


def shared_lengths(sizes: Sizes, linearized: Linearized) -> dict[str, int]:
    """Sections that all directions of a thread share."""
    return {
        "e": max(1, len(linearized.extra)),
        "slopes": max(1, linearized.most_slopes),
        "argument_dot": sizes.states,
        "memory": sizes.states,
        "out_dot": max(1, sizes.outputs),
    }


def block_lengths(sizes: Sizes, linearized: Linearized) -> dict[str, int]:
    """Sections of the block of one direction."""
    return {
        "ydot": sizes.states,
        "next_ydot": sizes.states,
        "kdot": sizes.states * sizes.kept,
        "jdot": max(1, len(linearized.entries)),
        "pdot": sizes.parameters,
        "cdot": max(1, len(linearized.prepared_along)),
        "inputs_dot": max(1, sizes.inlets),
    }


class TangentStep(ABC, Generic[M]):
    """Writes @carry, @keep_tangents, @prepare_directions and what they call."""

    def __init__(
        self,
        module: Module,
        sizes: Sizes,
        layout: Layout,
        block: Layout,
        method: M,
    ) -> None:
        self.module, self.sizes, self.method = module, sizes, method
        self.layout, self.block = layout, block

    def emit(self, inlets: tuple[int, ...], linearized: Linearized) -> None:
        """Write everything; `inlets` are the states dosed."""
        self.inlets = inlets
        self._emit_product(linearized)
        for stage in range(self.method.stages):
            self._emit_stage(stage)
        self._emit_prepare()
        self._emit_carry()
        self._emit_keep()
        self._emit_show()

    # places

    def _section(self, f: Function, name: str) -> str:
        return f.at("%m", self.layout[name])

    def _own(self, f: Function, name: str) -> str:
        return f.at("%block", self.block[name])

    @contextmanager
    def _directions(self, f: Function) -> Iterator[tuple[str, str]]:
        """Loop over the directions: number and block of each."""
        with f.count(given(f, "n_directions", "i64")) as number:
            slot = f.let(f"mul i64 {number}, {self.block.size}")
            slot = f.let(f"add i64 {slot}, {self.layout.size}")
            yield number, f.at("%m", slot)

    def _state(self, f: Function, y: str) -> str:
        rest = (self._section(f, name) for name in STATE[1:])
        return ", ".join(f"ptr {one}" for one in (y, *rest, self._section(f, "slopes")))

    def _along(self, f: Function, ydot: str) -> str:
        rest = (self._own(f, name) for name in ALONG[1:])
        return ", ".join(f"ptr {one}" for one in (ydot, *rest))

    # the step

    @abstractmethod
    def _emit_product(self, linearized: Linearized) -> None:
        """Write what the method needs of the Jacobian's tangent."""

    @abstractmethod
    def _begin(self, f: Function) -> None:
        """What happens once for a step, before the stages."""

    @abstractmethod
    def _end_stage(self, f: Function, stage: int, own: str) -> None:
        """From the tangent of the rates to that of k."""

    def _emit_prepare(self) -> None:
        """Write @prepare_directions: what is steady, after a lane has a new subject."""
        f = Function(self.module, "prepare_directions", ("a", "m"))
        p, c, e = (self._section(f, name) for name in ("p", "c", "e"))
        f.do(f"call void @prepare_slopes(ptr {p}, ptr {c}, ptr {e})")
        with self._directions(f) as (_, block):
            pdot, cdot = (f.at(block, self.block[name]) for name in ("pdot", "cdot"))
            f.do(
                f"call void @prepare_tangent(ptr {p}, ptr {c}, ptr {e}, "
                f"ptr {pdot}, ptr {cdot})"
            )
        f.close()

    def _emit_carry(self) -> None:
        """Write @carry: the tangents at the end of the step just attempted."""
        f = Function(self.module, "carry", ("a", "m"))
        n, k = self.sizes.states, self._section(f, "k")
        y, stage_y = self._section(f, "y"), self._section(f, "stage")
        self._begin(f)
        for stage in range(self.method.stages):
            if stage:
                with f.count(n) as i:
                    total = self._sum(f, self.method.a[stage], k, i, f.load(y, i))
                    f.store(total, stage_y, i)
            at = stage_y if stage else y
            f.do(f"call void @rates_slopes({self._state(f, at)})")
            with self._directions(f) as (_, block):
                f.do(f"call void @carry_{stage}(ptr %m, ptr {at}, ptr {block})")
        f.close()

    def _emit_stage(self, stage: int) -> None:
        """Write @carry_i: one stage along one direction."""
        f = Function(self.module, f"carry_{stage}", ("m", "at", "block"))
        n, last = self.sizes.states, stage == self.method.stages - 1
        ydot, kdot = self._own(f, "ydot"), self._own(f, "kdot")
        argument = (
            self._own(f, "next_ydot") if last else self._section(f, "argument_dot")
        )
        own = f.at("%block", self.block["kdot"] + stage * n)
        with f.count(n) as i:
            total = self._sum(f, self.method.a[stage], kdot, i, f.load(ydot, i))
            f.store(total, argument, i)
        f.do(
            f"call void @rates_tangent({self._state(f, '%at')}, "
            f"{self._along(f, argument)}, ptr {own})"
        )
        inputs = self._own(f, "inputs_dot")
        for number, state in enumerate(self.inlets):
            moved = f.load(inputs, number)
            f.store(f.binary("fadd", f.load(own, state), moved), own, state)
        self._end_stage(f, stage, own)
        f.close()

    def _sum(
        self, f: Function, row: tuple[float, ...], k: str, i: str, total: str
    ) -> str:
        for stage, weight in enumerate(row):
            if weight:
                place = f.let(f"add i64 {i}, {stage * self.sizes.states}")
                total = f.fma(f.const(weight), f.load(k, place), total)
        return total

    def _emit_keep(self) -> None:
        """Write @keep_tangents: accepted lanes move on."""
        f = Function(self.module, "keep_tangents", ("a", "m"))
        accepted = f.load(self._section(f, "accepted"), 0)
        truth = f.compare("une", accepted, f.const(0.0))
        with self._directions(f) as (_, block):
            before, after = (
                f.at(block, self.block[name]) for name in ("ydot", "next_ydot")
            )
            with f.count(self.sizes.states) as i:
                moved = f.pick(truth, f.load(after, i), f.load(before, i))
                f.store(moved, before, i)
        f.close()

    def _emit_show(self) -> None:
        """Write @show_tangent and @show_tangent_now: of all outputs, one direction.

        The slopes of the outputs are there already; the first is at the part theta of
        the step just made, by its dense output, the second before any step.
        """
        f = Function(self.module, "show_tangent", ("m", "block"))
        n, argument = self.sizes.states, self._section(f, "argument_dot")
        theta = f.load(self._section(f, "theta"), 0)
        rest = f.binary("fsub", f.const(1.0), theta)
        weights = self._weights(f, theta, f.binary("fmul", rest, theta))
        names = ("ydot", "next_ydot", "kdot")
        ydot, new, kdot = (self._own(f, name) for name in names)
        with f.count(n) as i:
            value = f.binary("fmul", rest, f.load(ydot, i))
            value = f.fma(theta, f.load(new, i), value)
            for stage, weight in enumerate(weights):
                place = f.let(f"add i64 {i}, {stage * n}")
                value = f.fma(weight, f.load(kdot, place), value)
            f.store(value, argument, i)
        self._call_outputs(f, "between", argument)
        f = Function(self.module, "show_tangent_now", ("m", "block"))
        self._call_outputs(f, "y", self._own(f, "ydot"))

    def _weights(self, f: Function, theta: str, both: str) -> list[str]:
        """What each stage adds between the ends: θ(1-θ)(h₁ + θ(h₂ + …))."""
        weights = []
        for column in zip(*self.method.dense, strict=True):
            total = f.const(column[-1])
            for entry in reversed(column[:-1]):
                total = f.fma(theta, total, f.const(entry))
            weights.append(f.binary("fmul", both, total))
        return weights

    def _call_outputs(self, f: Function, y: str, ydot: str) -> None:
        f.do(
            f"call void @outputs_tangent({self._state(f, self._section(f, y))}, "
            f"{self._along(f, ydot)}, ptr {self._section(f, 'out_dot')})"
        )
        f.close()


class RosenbrockTangent(TangentStep[Rosenbrock]):
    """The tangent of a step of a Rosenbrock method."""

    def _emit_product(self, linearized: Linearized) -> None:
        """Write @add_product: memory, and J̇ times k, onto the right-hand side."""
        f = Function(self.module, "add_product", ("jdot", "k", "memory", "out"))
        rows: dict[int, list[tuple[int, int]]] = {}
        for slot, (row, column) in enumerate(linearized.entries):
            rows.setdefault(row, []).append((slot, column))
        for row in range(self.sizes.states):
            total = f.binary("fadd", f.load("%out", row), f.load("%memory", row))
            for slot, column in rows.get(row, ()):
                total = f.fma(f.load("%jdot", slot), f.load("%k", column), total)
            f.store(total, "%out", row)
        f.close()

    def _begin(self, f: Function) -> None:
        y = self._section(f, "y")
        f.do(f"call void @jacobian_slopes({self._state(f, y)})")
        with self._directions(f) as (_, block):
            ydot, pdot, cdot = (f.at(block, self.block[name]) for name in ALONG)
            f.do(
                f"call void @jacobian_tangent({self._state(f, y)}, ptr {ydot}, "
                f"ptr {pdot}, ptr {cdot}, ptr {f.at(block, self.block['jdot'])})"
            )

    def _end_stage(self, f: Function, stage: int, own: str) -> None:
        n, memory = self.sizes.states, self._section(f, "memory")
        kdot = self._own(f, "kdot")
        over_h = f.load(self._section(f, "over_h"), 0)
        with f.count(n) as i:
            total = self._sum(f, self.method.c[stage], kdot, i, f.const(0.0))
            f.store(f.binary("fmul", total, over_h), memory, i)
        k = f.at("%m", self.layout["k"] + stage * n)
        jdot, w = self._own(f, "jdot"), self._section(f, "factors")
        f.do(f"call void @add_product(ptr {jdot}, ptr {k}, ptr {memory}, ptr {own})")
        f.do(f"call void @solve(ptr {w}, ptr {own})")
        if stage == self.method.stages - 1:
            new = self._own(f, "next_ydot")
            with f.count(n) as i:
                f.store(f.binary("fadd", f.load(new, i), f.load(own, i)), new, i)


class ExplicitTangent(TangentStep[RungeKutta]):
    """The tangent of a step of an explicit method; its k are changes, not rates."""

    def _emit_product(self, linearized: Linearized) -> None:
        """Nothing: there is no Jacobian."""

    def _begin(self, f: Function) -> None:
        """Nothing."""

    def _end_stage(self, f: Function, stage: int, own: str) -> None:
        h = f.load(self._section(f, "h_try"), 0)
        with f.count(self.sizes.states) as i:
            f.store(f.binary("fmul", f.load(own, i), h), own, i)


TANGENT_STEPS: Mapping[type[Method], type[TangentStep[Any]]] = {
    Rosenbrock: RosenbrockTangent,
    RungeKutta: ExplicitTangent,
}
"""What writes the tangent of a step of each kind of method."""
