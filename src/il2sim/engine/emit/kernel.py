"""The kernel: lanes kept busy until no subject is left.

All lanes attempt a step together; then each is judged, records what it was asked for,
and is refilled when its subject is done. Several threads run the same kernel, each on
memory of its own, and share one counter of subjects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from il2sim.engine.emit.begin import UNKNOWN, Begin
from il2sim.engine.emit.builder import Function, Module, number
from il2sim.engine.emit.doses import Doses
from il2sim.engine.emit.explicit import ExplicitStep
from il2sim.engine.emit.formulas import Formulas
from il2sim.engine.emit.functions import emit_functions
from il2sim.engine.emit.lane import Lane
from il2sim.engine.emit.layout import Layout, Sizes, lay_out
from il2sim.engine.emit.pace import Pace
from il2sim.engine.emit.places import given
from il2sim.engine.emit.reduce import NODE_PLACES, Windows
from il2sim.engine.emit.step import RosenbrockStep, Step
from il2sim.engine.emit.tangent_lane import emit_tangents
from il2sim.engine.methods.table import Method, Rosenbrock, RungeKutta
from il2sim.engine.precision import DOUBLE, Precision
from il2sim.engine.program import Program
from il2sim.engine.tangents import tangents

STEPS: Mapping[type[Method], type[Step[Any]]] = {
    Rosenbrock: RosenbrockStep,
    RungeKutta: ExplicitStep,
}
"""What writes the step of each kind of method."""


@dataclass(frozen=True)
class Written:
    """A module's text and the memory that its kernel needs for each thread.

    Behind the layout are `per_block` slots for each block of directions of tangents.
    """

    text: str
    layout: Layout
    sizes: Sizes
    per_block: int = 0


def write_kernel(
    program: Program,
    method: Method,
    lanes: int,
    *,
    together: int = 0,
    precision: Precision = DOUBLE,
) -> Written:
    """Write everything that solves one program by one method at one width.

    Unless it is zero, tangents are carried along, so many directions `together`; the
    plain numbers have the same bits. Stages are computed in the `precision`, which is
    double if there are tangents.
    """
    module = Module(lanes)
    for one in dict.fromkeys((DOUBLE, precision)):
        emit_functions(module.of(one))
    _emit_plain_power(module, lanes)
    shared = tangents(program).costly if together else ()
    formulas = Formulas(module, program, shared, precision)
    step = STEPS[type(method)]
    lu = step.eliminate(formulas)
    inlets = inlet_states(program)
    sizes = Sizes(
        states=len(program.states),
        parameters=len(program.parameters) + len(program.solved),
        prepared=len(formulas.prepared),
        factors=len(lu.slots),
        outputs=len(program.outputs),
        inlets=len(inlets),
        kept=method.kept,
        dense=len(method.dense),
        shared=len(shared),
        arguments=method.stages if together else 0,
    )
    layout, block = lay_out(sizes, precision), None
    formulas.emit()
    if together:
        layout, block = emit_tangents(
            formulas, sizes, layout, method, inlets=inlets, lu=lu, together=together
        )
    step(module, sizes, layout, method).emit(inlets, formulas, lu)
    Lane(module, sizes, layout, method).emit()
    Doses(module, sizes, layout, method, inlets, tangents=together > 0).emit()
    Windows(module, sizes, layout, method).emit()
    Begin(module, sizes, layout, method).emit()
    Pace(module, sizes, layout, method).emit()
    _Kernel(module, layout, tangents=together > 0).emit()
    return Written(module.text(), layout, sizes, together * block.size if block else 0)


def inlet_states(program: Program) -> tuple[int, ...]:
    """Numbers of the states that doses enter, in the order of the inlets."""
    return tuple(program.states.index(name) for name in program.inlets.values())


def _emit_plain_power(module: Module, lanes: int) -> None:
    """Write @pow1: the power of one plain number, for the control of a lane."""
    f = Function(
        module,
        "pow1",
        (("double", "x"), ("double", "y")),
        returns="double",
        scalar=True,
    )
    if lanes == 1:
        f.close(f.call("pow", "%x", "%y"))
        return
    wide = []
    for name in ("%x", "%y"):
        one = f.let(f"insertelement {module.vector} undef, double {name}, i32 0")
        zeros = f"<{lanes} x i32> zeroinitializer"
        wide.append(
            f.let(
                f"shufflevector {module.vector} {one}, {module.vector} undef, {zeros}"
            )
        )
    kind = module.vector
    value = f.let(f"call {kind} @pow({kind} {wide[0]}, {kind} {wide[1]})")
    f.close(f.let(f"extractelement {kind} {value}, i32 0"))


class _Kernel:
    """Writes @kernel."""

    def __init__(self, module: Module, layout: Layout, *, tangents: bool) -> None:
        self.module, self.layout, self.tangents = module, layout, tangents
        self.f = Function(module, "kernel", ("a", "m"), attributes="nounwind")

    def emit(self) -> None:
        f = self.f
        with f.count(self.module.lanes) as lane:
            self._put_count("-1", "subject", lane)
            for name in ("h_try", "over_h"):
                self._put_number(number(1.0), name, lane)
            self._put_number(number(0.0), "accepted", lane)
        with f.repeat() as loop:
            active, renewed = self._fill_lanes()
            loop.leave_unless(f.let(f"icmp ne i64 {active}, 0"))
            with f.when(f.let(f"icmp ne i64 {renewed}, 0")):
                self._welcome()
            self._visit_lanes()
            self._begin_lanes()
            self._each_busy("set_out")
            tolerance = given(f, "tolerance", "double")
            absolute = given(f, "absolute", "ptr")
            f.do(f"call void @attempt(ptr %m, double {tolerance}, ptr {absolute})")
            self._tangents("carry_first")
            f.do("call void @weigh(ptr %m)")
            self._each_busy("judge")
            self._record_step()
            f.do("call void @keep(ptr %m)")
            self._tangents("keep_tangents")
            self._move_on()
        f.close()

    def _tangents(self, function: str) -> None:
        """Let the tangents follow, where there are any."""
        if self.tangents:
            self.f.do(f"call void @{function}(ptr %a, ptr %m)")

    # numbers of lanes

    def _place(self, name: str, lane: str) -> str:
        f = self.f
        place = f.let(f"add i64 {lane}, {self.layout[name] * self.module.lanes}")
        return f.let(f"getelementptr double, ptr %m, i64 {place}")

    def _count(self, name: str, lane: str) -> str:
        return self.f.let(f"load i64, ptr {self._place(name, lane)}")

    def _number(self, name: str, lane: str) -> str:
        return self.f.let(f"load double, ptr {self._place(name, lane)}")

    def _put_count(self, value: str, name: str, lane: str) -> None:
        self.f.do(f"store i64 {value}, ptr {self._place(name, lane)}")

    def _put_number(self, value: str, name: str, lane: str) -> None:
        self.f.do(f"store double {value}, ptr {self._place(name, lane)}")

    def _is_busy(self, lane: str) -> str:
        return self.f.let(f"icmp sge i64 {self._count('subject', lane)}, 0")

    def _is_set(self, name: str, lane: str) -> str:
        return self.f.let(f"icmp ne i64 {self._count(name, lane)}, 0")

    def _each_busy(self, function: str) -> None:
        with self.f.count(self.module.lanes) as lane, self.f.when(self._is_busy(lane)):
            self.f.do(f"call void @{function}(ptr %a, ptr %m, i64 {lane})")

    def _section(self, name: str) -> str:
        return self.f.at("%m", self.layout[name])

    # the parts of a round

    def _fill_lanes(self) -> tuple[str, str]:
        f = self.f
        active, renewed = f.variable("i64", "0"), f.variable("i64", "0")
        f.set("i64", "0", active)
        f.set("i64", "0", renewed)
        with f.count(self.module.lanes) as lane:
            idle = f.let(f"xor i1 {self._is_busy(lane)}, true")
            with f.when(idle):
                got = f.let(f"call i64 @fill(ptr %a, ptr %m, i64 {lane})")
                more = f.let(f"add i64 {f.get('i64', renewed)}, {got}")
                f.set("i64", more, renewed)
            busy = f.let(f"zext i1 {self._is_busy(lane)} to i64")
            f.set("i64", f.let(f"add i64 {f.get('i64', active)}, {busy}"), active)
        return f.get("i64", active), f.get("i64", renewed)

    def _welcome(self) -> None:
        """Prepare what is steady and record the resting state of new subjects."""
        f = self.f
        self._prepare()
        f.do("call void @look(ptr %a, ptr %m)")
        self._tangents("welcome_tangents")
        with f.count(self.module.lanes) as lane, f.when(self._is_set("new", lane)):
            self._put_count("0", "new", lane)
            f.do(f"call void @greet(ptr %a, ptr %m, i64 {lane})")

    def _prepare(self) -> None:
        f, p, c = self.f, self._section("p"), self._section("c")
        f.do(f"call void @prepare(ptr {p}, ptr {c})")
        f.do("call void @round_prepared(ptr %m)")

    def _visit_lanes(self) -> None:
        f = self.f
        due = f.variable("i64", "0")
        f.set("i64", "0", due)
        with f.count(self.module.lanes) as lane:
            count = self._count("boundary", lane)
            f.set("i64", f.let(f"or i64 {f.get('i64', due)}, {count}"), due)
        with f.when(f.let(f"icmp ne i64 {f.get('i64', due)}, 0")):
            with f.when(f.let(f"icmp ne i64 {given(f, 'n_rules', 'i64')}, 0")):
                f.do("call void @look(ptr %a, ptr %m)")
            with f.count(self.module.lanes) as lane:
                boundary = self._is_set("boundary", lane)
                with f.when(f.let(f"and i1 {self._is_busy(lane)}, {boundary}")):
                    f.do(f"call void @visit(ptr %a, ptr %m, i64 {lane})")
            self._see_changes()

    def _see_changes(self) -> None:
        """What was given is seen by the next step, and by records that waited."""
        f = self.f
        with f.when(self._any_count("renew")):
            self._prepare()
            self._tangents("prepare_directions")
        f.do("call void @look(ptr %a, ptr %m)")
        self._tangents("late_tangents")
        changed = self._section("changed")
        f.do(f"call void @take_node(ptr %a, ptr %m, ptr {changed}, i64 0)")
        with f.count(self.module.lanes) as lane:
            self._put_count("0", "renew", lane)
            self._put_number(number(0.0), "changed", lane)
            with f.when(self._is_set("late", lane)):
                self._put_count("0", "late", lane)
                with f.when(self._is_busy(lane)):
                    f.do(f"call void @record(ptr %a, ptr %m, i64 {lane})")

    def _any_count(self, name: str) -> str:
        f = self.f
        some = f.variable("i64", "0")
        f.set("i64", "0", some)
        with f.count(self.module.lanes) as lane:
            one = self._count(name, lane)
            f.set("i64", f.let(f"or i64 {f.get('i64', some)}, {one}"), some)
        return f.let(f"icmp ne i64 {f.get('i64', some)}, 0")

    def _begin_lanes(self) -> None:
        """Guess a first step for lanes that have none to remember."""
        f = self.f
        some = f.variable("i1", "false")
        f.set("i1", "false", some)
        with f.count(self.module.lanes) as lane:
            step = self._number("h", lane)
            none = f.let(f"fcmp oeq double {step}, {number(UNKNOWN)}")
            none = f.let(f"and i1 {none}, {self._is_busy(lane)}")
            f.set("i1", f.let(f"or i1 {f.get('i1', some)}, {none}"), some)
        with f.when(f.get("i1", some)):
            absolute = given(f, "absolute", "ptr")
            tolerance = given(f, "tolerance", "double")
            f.do(f"call void @guess(ptr %m, double {tolerance}, ptr {absolute})")
            self._each_busy("begin")

    def _record_step(self) -> None:
        """Reductions and samples of the step just accepted, by its dense output."""
        f = self.f
        some = f.variable("i1", "false")
        f.set("i1", "false", some)
        with f.count(self.module.lanes) as lane:
            truth = self._is_accepted(lane)
            f.set("i1", f.let(f"or i1 {f.get('i1', some)}, {truth}"), some)
        with f.when(f.get("i1", some)):
            self._tangents("carry")
            f.do("call void @dense(ptr %a, ptr %m)")
            with f.when(f.let(f"icmp ne i64 {given(f, 'n_reductions', 'i64')}, 0")):
                self._reduce_step()
            self._record_samples()

    def _is_accepted(self, lane: str) -> str:
        accepted = self._number("accepted", lane)
        return self.f.let(f"fcmp une double {accepted}, {number(0.0)}")

    def _reduce_step(self) -> None:
        f, accepted = self.f, self._section("accepted")
        for node, part in enumerate(NODE_PLACES):
            if node:
                f.store(f.const(part), self._section("theta"), 0)
                f.do("call void @look_between(ptr %a, ptr %m)")
                f.do(
                    f"call void @take_node(ptr %a, ptr %m, ptr {accepted}, i64 {node})"
                )
        with f.count(given(f, "n_reductions", "i64")) as one:
            sifted = f.let(f"call i64 @sift(ptr %a, ptr %m, i64 {one})")
            with f.when(f.let(f"icmp ne i64 {sifted}, 0")):
                self._reduce_lanes(one, sifted)
        f.do(f"call void @take_node(ptr %a, ptr %m, ptr {accepted}, i64 0)")

    def _reduce_lanes(self, one: str, sifted: str) -> None:
        f = self.f
        with f.count(self.module.lanes) as lane:
            cold = f.let(f"icmp eq i64 {self._count('warming', lane)}, 0")
            mark = f.let(f"and i64 1, {f.let(f'lshr i64 {sifted}, {lane}')}")
            wanted = f.let(f"and i1 {cold}, {f.let(f'icmp ne i64 {mark}, 0')}")
            with f.when(f.let(f"and i1 {wanted}, {self._is_accepted(lane)}")):
                f.do(f"call void @reduce(ptr %a, ptr %m, i64 {lane}, i64 {one})")

    def _record_samples(self) -> None:
        f = self.f
        with f.repeat() as loop:
            due = f.variable("i64", "0")
            f.set("i64", "0", due)
            with f.count(self.module.lanes) as lane:
                wanted = f.let(f"call i64 @aim(ptr %a, ptr %m, i64 {lane})")
                f.set("i64", f.let(f"or i64 {f.get('i64', due)}, {wanted}"), due)
            loop.leave_unless(f.let(f"icmp ne i64 {f.get('i64', due)}, 0"))
            f.do("call void @look_between(ptr %a, ptr %m)")
            self._tangents("look_tangents")
            with f.count(self.module.lanes) as lane, f.when(self._is_set("new", lane)):
                self._put_count("0", "new", lane)
                f.do(f"call void @record(ptr %a, ptr %m, i64 {lane})")

    def _move_on(self) -> None:
        """Advance the time of accepted lanes; at the end of an interval exactly."""
        f = self.f
        with f.count(self.module.lanes) as lane, f.when(self._is_accepted(lane)):
            self._put_number(number(0.0), "accepted", lane)
            f.do(f"call void @advance(ptr %a, ptr %m, i64 {lane})")
