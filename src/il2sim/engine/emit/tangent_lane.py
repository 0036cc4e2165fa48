"""What the control of one lane does for tangents: seeds, doses, records.

A lane that takes a subject takes its seeds; a dose moves tangents by the tangent of its
amount; whatever is recorded of outputs is recorded of their tangents, the direction
last.
"""

from __future__ import annotations

from il2sim.engine.elimination import Elimination
from il2sim.engine.emit.builder import Function, number
from il2sim.engine.emit.formulas import Formulas
from il2sim.engine.emit.layout import Layout, Sizes
from il2sim.engine.emit.linearized import Linearized
from il2sim.engine.emit.places import Places, given
from il2sim.engine.emit.tangent import TANGENT_STEPS
from il2sim.engine.events import Kind
from il2sim.engine.methods.table import Method


class TangentLane(Places):
    """Writes the functions that look after the tangents of one lane."""

    def __init__(self, linearized: Linearized, sizes: Sizes, method: Method) -> None:
        super().__init__(linearized.module, sizes, linearized.layout, method)
        self.block, self.together = linearized.block, linearized.together
        self.n_solved = len(linearized.formulas.program.solved)

    def emit(self, inlets: tuple[int, ...]) -> None:
        """Write everything that the kernel calls for tangents of one lane."""
        self.inlets = inlets
        self._emit_take_seeds()
        self._emit_give()
        self._emit_record()
        self._emit_look()

    # places

    def _place(self, f: Function, direction: str, section: str, slot: str) -> str:
        """Address of this lane's number in the block of a direction."""
        group = f.let(f"udiv i64 {direction}, {self.together}")
        first = f.let(f"mul i64 {group}, {self.block.size}")
        first = f.let(f"add i64 {first}, {self.block[section]}")
        first = f.let(f"add i64 {first}, {slot}")
        first = f.let(f"mul i64 {first}, {self.together}")
        first = f.let(f"add i64 {first}, {self.layout.size}")
        beside = f.let(f"urem i64 {direction}, {self.together}")
        first = f.let(f"add i64 {first}, {beside}")
        first = f.let(f"mul i64 {first}, {self.module.lanes}")
        place = f.let(f"add i64 {first}, %lane")
        return f.let(f"getelementptr double, ptr %m, i64 {place}")

    def _add(self, f: Function, more: str, place: str) -> None:
        before = f.let(f"load double, ptr {place}")
        f.do(f"store double {f.let(f'fadd double {before}, {more}')}, ptr {place}")

    # seeds

    def _emit_take_seeds(self) -> None:
        """Write @take_seeds: those of the subject that the lane has just taken."""
        f = self.function("take_seeds")
        n_given = self.sizes.parameters - self.n_solved
        with f.count(self.given(f, "n_directions")) as direction:
            for table, section, first, length in (
                ("seeds", "pdot", 0, n_given),
                ("solved_seeds", "pdot", n_given, self.n_solved),
                ("start_seeds", "ydot", 0, self.sizes.states),
            ):
                row = self._row(f, table, direction, length)
                with f.count(length) as i:
                    value = self.element(
                        f, table, f.let(f"add i64 {row}, {i}"), "double"
                    )
                    slot = f.let(f"add i64 {i}, {first}")
                    place = self._place(f, direction, section, slot)
                    f.do(f"store double {value}, ptr {place}")
            with f.count(self.sizes.inlets) as i:
                place = self._place(f, direction, "inputs_dot", i)
                f.do(f"store double {number(0.0)}, ptr {place}")
        f.close()

    def _row(self, f: Function, table: str, direction: str, length: int) -> str:
        """First element of this subject's row of seeds; all may share one."""
        step = self.given(f, f"{table}_step")
        row = f.let(f"mul i64 {self.read(f, 'subject')}, {step}")
        row = f.let(f"mul i64 {row}, {self.given(f, 'n_directions')}")
        row = f.let(f"add i64 {row}, {direction}")
        return f.let(f"mul i64 {row}, {length}")

    # doses

    def _emit_give(self) -> None:
        """Write @give_tangents: what an event does along every direction."""
        f = Function(
            self.module,
            "give_tangents",
            ("a", "m", ("i64", "lane"), ("i64", "event"), ("double", "size")),
            scalar=True,
        )
        kind = self.element(f, "event_kinds", "%event", "i64")
        target = self.element(f, "event_targets", "%event", "i64")
        adds = f.let(f"icmp eq i64 {kind}, {int(Kind.ADD)}")
        stops = f.let(f"icmp eq i64 {kind}, {int(Kind.STOP)}")
        ends = f.let(f"icmp eq i64 {kind}, {int(Kind.END)}")
        with f.count(self.given(f, "n_directions")) as direction:
            row = f.let(f"mul i64 {direction}, {self.given(f, 'n_events')}")
            place = f.let(f"add i64 {row}, %event")
            moved = self.element(f, "amount_seeds", place, "double")
            moved = f.let(f"fmul double {moved}, %size")
            for inlet, state in enumerate(self.inlets):
                here = f.let(f"icmp eq i64 {target}, {inlet}")
                with f.when(f.let(f"and i1 {here}, {adds}")):
                    self._add(f, moved, self._place(f, direction, "ydot", str(state)))
            with f.when(f.let(f"xor i1 {adds}, true")):
                place = self._place(f, direction, "inputs_dot", target)
                before = f.let(f"load double, ptr {place}")
                less = f.let(f"fneg double {moved}")
                change = f.let(f"select i1 {ends}, double {less}, double {moved}")
                after = f.let(f"fadd double {before}, {change}")
                zero = number(0.0)
                after = f.let(f"select i1 {stops}, double {zero}, double {after}")
                f.do(f"store double {after}, ptr {place}")
        f.close()

    # records

    def _emit_record(self) -> None:
        """Write @record_tangent and @greet_tangent: one direction, this lane."""
        arguments = ("a", "m", ("i64", "lane"), ("i64", "direction"))
        f = Function(self.module, "record_tangent", arguments, scalar=True)
        self._save(f, "tangents", self._sample_row(f, self.read(f, "sample")))
        f.close()
        f = Function(self.module, "greet_tangent", arguments, scalar=True)
        self._save(f, "resting_tangents", self.read(f, "subject"))
        sample = f.variable("i64", "0")
        with f.repeat() as loop:
            this = f.get("i64", sample)
            loop.leave_unless(f.let(f"icmp slt i64 {this}, {self.given(f, 'n_times')}"))
            due = self.element(f, "sample_times", this, "double")
            loop.leave_unless(f.let(f"fcmp ole double {due}, {number(0.0)}"))
            self._save(f, "tangents", self._sample_row(f, this))
            f.set("i64", f.let(f"add i64 {this}, 1"), sample)
        f.close()

    def _sample_row(self, f: Function, sample: str) -> str:
        row = f.let(f"mul i64 {self.read(f, 'subject')}, {self.given(f, 'n_times')}")
        return f.let(f"add i64 {row}, {sample}")

    def _save(self, f: Function, table: str, row: str) -> None:
        n_saved, n_directions = (
            self.given(f, name) for name in ("n_saved", "n_directions")
        )
        first = f.let(f"mul i64 {row}, {n_saved}")
        with f.count(n_saved) as i:
            column = self.element(f, "saved", i, "i64")
            slot = f.let(f"mul i64 {column}, {self.together}")
            beside = f.let(f"urem i64 %direction, {self.together}")
            value = self.read(f, "out_dot", f.let(f"add i64 {slot}, {beside}"))
            place = f.let(f"add i64 {first}, {i}")
            place = f.let(f"mul i64 {place}, {n_directions}")
            place = f.let(f"add i64 {place}, %direction")
            self.put(f, value, table, place, "double")

    def _emit_look(self) -> None:
        """Write @look_tangents and @welcome_tangents: every direction of new lanes."""
        f = Function(self.module, "look_tangents", ("a", "m"))
        self._each(f, "between", "show_tangent", "record_tangent")
        f.close()
        f = Function(self.module, "welcome_tangents", ("a", "m"))
        with f.count(self.module.lanes) as lane, f.when(self._is_new(f, lane)):
            f.do(f"call void @take_seeds(ptr %a, ptr %m, i64 {lane})")
        f.do("call void @prepare_directions(ptr %a, ptr %m)")
        self._each(f, "y", "show_tangent_now", "greet_tangent")
        f.close()

    def _is_new(self, f: Function, lane: str) -> str:
        place = f.let(f"add i64 {lane}, {self.layout['new'] * self.module.lanes}")
        where = f.let(f"getelementptr i64, ptr %m, i64 {place}")
        new = f.let(f"load i64, ptr {where}")
        return f.let(f"icmp ne i64 {new}, 0")

    def _each(self, f: Function, y: str, show: str, record: str) -> None:
        """Show outputs along every direction; each new lane records them."""
        f.do(f"call void @{show.replace('tangent', 'slopes')}(ptr %m)")
        with f.count(given(f, "n_directions", "i64")) as direction:
            beside = f.let(f"urem i64 {direction}, {self.together}")
            with f.when(f.let(f"icmp eq i64 {beside}, 0")):
                slot = f.let(f"mul i64 {direction}, {self.block.size}")
                slot = f.let(f"add i64 {slot}, {self.layout.size}")
                f.do(f"call void @{show}(ptr %m, ptr {f.at('%m', slot)})")
            with f.count(self.module.lanes) as lane, f.when(self._is_new(f, lane)):
                own = f"i64 {lane}, i64 {direction}"
                f.do(f"call void @{record}(ptr %a, ptr %m, {own})")


def emit_tangents(
    formulas: Formulas,
    sizes: Sizes,
    layout: Layout,
    method: Method,
    *,
    inlets: tuple[int, ...],
    lu: Elimination,
    together: int,
) -> tuple[Layout, Layout]:
    """Write all that tangents need, for so many directions `together`.

    Returns
    -------
    tuple
        The layout with what all directions share, and that of the block of one.
    """
    linearized = Linearized(formulas, sizes, layout, together=together)
    linearized.emit()
    TANGENT_STEPS[type(method)](linearized, sizes, method, lu).emit(inlets)
    TangentLane(linearized, sizes, method).emit(inlets)
    return linearized.layout, linearized.block
