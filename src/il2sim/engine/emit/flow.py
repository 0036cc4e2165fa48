"""Tangents as loops over tables: what to multiply by what, and where to add it.

Written out, the tangents of a large model are more code than the instruction cache
holds, and all of it would be fetched again for every direction. As a table it is one
short loop, and costs nothing to compile. Results with equally many terms follow each
other, so that the ends of the inner loop can be foreseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from il2sim.engine.emit.builder import BRIEF, Function, Module


@dataclass(frozen=True)
class Loop:
    """What a loop over a table does.

    Its arguments are groups of rows, how many, their slots, and where weights, tangents
    and results are.

    Attributes
    ----------
    name
        Of the function.
    adds
        Whether sums are added to what is there already.
    scaled
        Whether each sum is multiplied by a weight more.
    sides
        How many sums are found at a time by the same weights, because reading a table
        costs as much as what is done by it.
    tangents_apart, results_apart
        Slots from one of them to the next.
    unrolled
        Sums of up to so many terms are written out; the others are loops.
    """

    name: str
    adds: bool = False
    scaled: bool = False
    sides: int = 1
    tangents_apart: int = 1
    results_apart: int = 1
    unrolled: int = 2


def emit_flow(module: Module, together: int) -> None:
    """Write @flow, @flow_adding and @flow_scaled: sums of products, by a table.

    So many directions are taken `together`, side by side in a slot. Sums that are added
    to something, as those of the rates, are the longer ones.
    """
    emit_loop(module, Loop("flow", sides=together, unrolled=5))
    emit_loop(module, Loop("flow_adding", adds=True, sides=together, unrolled=8))
    emit_loop(
        module, Loop("flow_scaled", adds=True, scaled=True, sides=together, unrolled=5)
    )


def emit_loop(module: Module, loop: Loop) -> None:
    """Write one function."""
    _Flow(module, loop).emit()


class _Flow:
    """Writes a loop."""

    def __init__(self, module: Module, loop: Loop) -> None:
        self.loop = loop
        self.f = f = Function(
            module,
            loop.name,
            (
                ("ptr", "groups"),
                ("i64", "n_groups"),
                ("ptr", "rows"),
                ("ptr", "weights"),
                ("ptr", "tangents"),
                ("ptr", "results"),
            ),
            attributes=BRIEF,
        )
        self.here = f.variable("ptr", "%rows")
        zero = f.const(0.0)
        self.totals = [f.variable(f.vector, zero) for _ in range(loop.sides)]

    def emit(self) -> None:
        f = self.f
        with f.count("%n_groups") as group:
            pair = f.let(f"shl i64 {group}, 1")
            rows = _whole(f, "%groups", pair)
            terms = _whole(f, "%groups", f.let(f"or i64 {pair}, 1"))
            for length in range(self.loop.unrolled + 1):
                with f.when(f.let(f"icmp eq i64 {terms}, {length}")), f.count(rows):
                    result = self._begin()
                    for _ in range(length):
                        self._add_term()
                    self._end(result)
            with (
                f.when(f.let(f"icmp ugt i64 {terms}, {self.loop.unrolled}")),
                f.count(rows),
            ):
                result = self._begin()
                with f.count(terms):
                    self._add_term()
                self._end(result)
        f.close()

    def _begin(self) -> str:
        """Begin a sum; the address of its result."""
        f, result = self.f, self._next("%results")
        for side, total in enumerate(self.totals):
            place = side * self.loop.results_apart
            first = f.load(result, place) if self.loop.adds else f.const(0.0)
            f.set(f.vector, first, total)
        return result

    def _add_term(self) -> None:
        f = self.f
        tangent, weight = self._next_two("%tangents", "%weights")
        weight = f.load(weight, 0)
        for side, total in enumerate(self.totals):
            other = f.load(tangent, side * self.loop.tangents_apart)
            f.set(f.vector, f.fma(weight, other, f.get(f.vector, total)), total)

    def _end(self, result: str) -> None:
        f = self.f
        scale = f.load(self._next("%weights"), 0) if self.loop.scaled else ""
        for side, total in enumerate(self.totals):
            value = f.get(f.vector, total)
            if scale:
                value = f.binary("fmul", value, scale)
            f.store(value, result, side * self.loop.results_apart)

    def _next(self, base: str) -> str:
        """Address of the slot that the table names next."""
        f = self.f
        place = f.get("ptr", self.here)
        f.set("ptr", f.let(f"getelementptr i32, ptr {place}, i64 1"), self.here)
        offset = f.let(f"zext i32 {f.let(f'load i32, ptr {place}')} to i64")
        return f.let(f"getelementptr i8, ptr {base}, i64 {offset}")

    def _next_two(self, first: str, second: str) -> tuple[str, str]:
        """The same for two at once, the first in the lower half of what is read."""
        f = self.f
        place = f.get("ptr", self.here)
        f.set("ptr", f.let(f"getelementptr i32, ptr {place}, i64 2"), self.here)
        both = f.let(f"load i64, ptr {place}, align 4")
        low = f.let(f"and i64 {both}, {(1 << 32) - 1}")
        high = f.let(f"lshr i64 {both}, 32")
        return (
            f.let(f"getelementptr i8, ptr {first}, i64 {low}"),
            f.let(f"getelementptr i8, ptr {second}, i64 {high}"),
        )


def _whole(f: Function, table: str, index: str) -> str:
    where = f.let(f"getelementptr i32, ptr {table}, i64 {index}")
    return f.let(f"zext i32 {f.let(f'load i32, ptr {where}')} to i64")


@dataclass(frozen=True)
class Row:
    """One sum: slots of its result, and of tangent and weight of each term.

    Slots of results and tangents are those of one direction. `scale` is the slot of a
    weight that the sum is multiplied by.
    """

    result: int
    terms: tuple[tuple[int, int], ...]
    scale: int = -1


class FlowTable:
    """A table in a module, and calls of a loop over it."""

    def __init__(
        self,
        module: Module,
        name: str,
        levels: Sequence[Sequence[Row]],
        *,
        together: int,
        scaled: bool = False,
    ) -> None:
        """Write the table; rows of one level depend on those of the levels before."""
        self.name = name
        groups: list[int] = []
        slots: list[int] = []
        for level in levels:
            ordered = sorted(level, key=lambda row: len(row.terms))
            for length, some in groupby(ordered, key=lambda row: len(row.terms)):
                same = list(some)
                groups += [len(same), length]
                for row in same:
                    slots.append(together * row.result)
                    for tangent, weight in row.terms:
                        slots += [together * tangent, weight]
                    slots += [row.scale] if scaled else []
        self.n_groups = len(groups) // 2
        _write_table(module, f"{name}_groups", groups)
        wide = 8 * module.lanes
        _write_table(module, f"{name}_rows", [wide * slot for slot in slots])

    def call(
        self, f: Function, loop: str, weights: str, tangents: str, results: str
    ) -> None:
        """Carry it out by a loop, over three places in memory."""
        if self.n_groups:
            f.do(
                f"call void @{loop}(ptr @{self.name}_groups, "
                f"i64 {self.n_groups}, ptr @{self.name}_rows, "
                f"ptr {weights}, ptr {tangents}, ptr {results})"
            )


def _write_table(module: Module, name: str, values: Sequence[int]) -> None:
    listed = ", ".join(f"i32 {value}" for value in values)
    kind = f"[{len(values)} x i32]"
    module.parts.append(f"@{name} = internal constant {kind} [{listed}]\n")
