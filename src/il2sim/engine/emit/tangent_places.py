"""How the control of one lane reaches its tangents, in blocks of directions."""

from __future__ import annotations

from il2sim.engine.emit.builder import Function
from il2sim.engine.emit.layout import Sizes
from il2sim.engine.emit.linearized import Linearized
from il2sim.engine.emit.places import Places
from il2sim.engine.methods.table import Method


class TangentPlaces(Places):
    """Functions of one lane, with its places along every direction."""

    def __init__(
        self,
        linearized: Linearized,
        sizes: Sizes,
        method: Method,
        inlets: tuple[int, ...],
    ) -> None:
        super().__init__(linearized.module, sizes, linearized.layout, method)
        self.block, self.together = linearized.block, linearized.together
        self.n_solved = len(linearized.formulas.program.solved)
        self.inlets = inlets

    def along(self, f: Function, direction: str, section: str, slot: int | str) -> str:
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

    def add_to(self, f: Function, place: str, more: str) -> None:
        """Add to a number in memory."""
        before = f.let(f"load double, ptr {place}")
        f.do(f"store double {f.let(f'fadd double {before}, {more}')}, ptr {place}")

    def copy(self, f: Function, source: str, target: str) -> None:
        """Copy a number in memory."""
        f.do(f"store double {f.let(f'load double, ptr {source}')}, ptr {target}")

    def seed_row(self, f: Function, table: str, direction: str, length: int) -> str:
        """First element of this subject's row of seeds; all may share one."""
        step = self.given(f, f"{table}_step")
        row = f.let(f"mul i64 {self.read(f, 'subject')}, {step}")
        row = f.let(f"mul i64 {row}, {self.given(f, 'n_directions')}")
        row = f.let(f"add i64 {row}, {direction}")
        return f.let(f"mul i64 {row}, {length}")

    def copy_seeds(
        self, f: Function, table: str, direction: str, place: tuple[str, int, int]
    ) -> None:
        """Copy a row of seeds to a section, from a slot on, so many."""
        section, first, length = place
        row = self.seed_row(f, table, direction, length)
        with f.count(length) as i:
            value = self.element(f, table, f.let(f"add i64 {row}, {i}"), "double")
            where = self.along(f, direction, section, f.let(f"add i64 {i}, {first}"))
            f.do(f"store double {value}, ptr {where}")
