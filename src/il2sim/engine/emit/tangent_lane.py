"""What the control of one lane does for tangents: seeds and records.

A lane that takes a subject takes its seeds; whatever is recorded of outputs is recorded
of their tangents, the direction last. Events are in `tangent_events.py`.
"""

from __future__ import annotations

from il2sim.engine.elimination import Elimination
from il2sim.engine.emit.builder import Function, number
from il2sim.engine.emit.formulas import Formulas
from il2sim.engine.emit.layout import Layout, Sizes
from il2sim.engine.emit.linearized import Linearized
from il2sim.engine.emit.places import given
from il2sim.engine.emit.tangent import TANGENT_STEPS
from il2sim.engine.emit.tangent_events import TangentEvents
from il2sim.engine.emit.tangent_places import TangentPlaces
from il2sim.engine.methods.table import Method


class TangentLane(TangentPlaces):
    """Writes the functions that look after the tangents of one lane."""

    def emit(self) -> None:
        """Write everything that the kernel calls for tangents of one lane."""
        self._emit_take_seeds()
        self._emit_record()
        self._emit_look()

    def _emit_take_seeds(self) -> None:
        """Write @take_seeds: those of the subject that the lane has just taken."""
        f = self.function("take_seeds")
        n_given = self.sizes.parameters - self.n_solved
        with f.count(self.given(f, "n_directions")) as direction:
            self.copy_seeds(f, "seeds", direction, ("pdot", 0, n_given))
            place = ("pdot", n_given, self.n_solved)
            self.copy_seeds(f, "solved_seeds", direction, place)
        f.do("call void @tangents_restart(ptr %a, ptr %m, i64 %lane)")
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
        self._each(f, "new", "show_tangent", "record_tangent")
        f.close()
        f = Function(self.module, "late_tangents", ("a", "m"))
        some = f.variable("i64", "0")
        f.set("i64", "0", some)
        with f.count(self.module.lanes) as lane:
            late = self._count(f, "late", lane)
            f.set("i64", f.let(f"or i64 {f.get('i64', some)}, {late}"), some)
        with f.when(f.let(f"icmp ne i64 {f.get('i64', some)}, 0")):
            self._each(f, "late", "show_tangent_now", "record_tangent")
        f.close()
        f = Function(self.module, "welcome_tangents", ("a", "m"))
        with f.count(self.module.lanes) as lane, f.when(self._is_set(f, "new", lane)):
            f.do(f"call void @take_seeds(ptr %a, ptr %m, i64 {lane})")
        f.do("call void @prepare_directions(ptr %a, ptr %m)")
        self._each(f, "new", "show_tangent_now", "greet_tangent")
        f.close()

    def _count(self, f: Function, name: str, lane: str) -> str:
        place = f.let(f"add i64 {lane}, {self.layout[name] * self.module.lanes}")
        where = f.let(f"getelementptr i64, ptr %m, i64 {place}")
        return f.let(f"load i64, ptr {where}")

    def _is_set(self, f: Function, name: str, lane: str) -> str:
        """Whether a lane that has a subject is marked."""
        marked = f.let(f"icmp ne i64 {self._count(f, name, lane)}, 0")
        busy = f.let(f"icmp sge i64 {self._count(f, 'subject', lane)}, 0")
        return f.let(f"and i1 {marked}, {busy}")

    def _each(self, f: Function, mark: str, show: str, record: str) -> None:
        """Show outputs along every direction; each lane with a mark records them."""
        f.do(f"call void @{show.replace('tangent', 'slopes')}(ptr %m)")
        with f.count(given(f, "n_directions", "i64")) as direction:
            beside = f.let(f"urem i64 {direction}, {self.together}")
            with f.when(f.let(f"icmp eq i64 {beside}, 0")):
                slot = f.let(f"mul i64 {direction}, {self.block.size}")
                slot = f.let(f"add i64 {slot}, {self.layout.size}")
                f.do(f"call void @{show}(ptr %m, ptr {f.at('%m', slot)})")
            with (
                f.count(self.module.lanes) as lane,
                f.when(self._is_set(f, mark, lane)),
            ):
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
    TangentLane(linearized, sizes, method, inlets).emit()
    TangentEvents(linearized, sizes, method, inlets).emit()
    return linearized.layout, linearized.block
