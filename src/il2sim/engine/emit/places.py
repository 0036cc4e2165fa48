"""How plain code reaches the numbers of one lane.

The memory of a thread holds slots as wide as there are lanes (`layout.py`); the control
of a lane reads and writes its own place in them, and what the kernel was given. What it
does with them is written in `lane.py` and `pace.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from il2sim.engine.emit.builder import Function, Module, number
from il2sim.engine.emit.layout import (
    ARGUMENTS,
    LANE_COUNTS,
    Layout,
    Sizes,
    rounded,
)
from il2sim.engine.methods.table import Method
from il2sim.engine.precision import DOUBLE
from il2sim.engine.status import Status


class Places:
    """Functions of one lane, with its places in memory.

    Such a function is called with what the kernel was given, the memory of its thread,
    and the number of the lane.
    """

    def __init__(
        self, module: Module, sizes: Sizes, layout: Layout, method: Method
    ) -> None:
        self.module, self.sizes = module, sizes
        self.layout, self.method = layout, method

    def function(self, name: str, returns: str = "void") -> Function:
        """Begin a function of one lane."""
        return Function(
            self.module,
            name,
            ("a", "m", ("i64", "lane")),
            returns=returns,
            scalar=True,
        )

    def _own(self, f: Function, section: str, slot: int | str = 0) -> str:
        """Address of this lane's number in a slot."""
        first = self.layout[section]
        if isinstance(slot, int):
            return self.slot(f, str(first + slot))
        return self.slot(f, f.let(f"add i64 {slot}, {first}"))

    def slot(self, f: Function, slot: str) -> str:
        """Address of this lane's number in a slot of the whole memory."""
        start = f.let(f"mul i64 {slot}, {self.module.lanes}")
        place = f.let(f"add i64 {start}, %lane")
        return f.let(f"getelementptr double, ptr %m, i64 {place}")

    def read(self, f: Function, name: str, slot: int | str = 0) -> str:
        """Read this lane's number, or whole number, by its name."""
        kind = "i64" if name in LANE_COUNTS else "double"
        return f.let(f"load {kind}, ptr {self._own(f, name, slot)}")

    def write(self, f: Function, value: str, name: str, slot: int | str = 0) -> None:
        """Set this lane's number, or whole number."""
        kind = "i64" if name in LANE_COUNTS else "double"
        f.do(f"store {kind} {value}, ptr {self._own(f, name, slot)}")

    def given(self, f: Function, name: str, kind: str = "i64") -> str:
        """Read one of the things that the kernel was given."""
        return given(f, name, kind)

    def element(self, f: Function, name: str, index: str, kind: str) -> str:
        """Read an element of an array that the kernel was given."""
        where = f.let(
            f"getelementptr {kind}, ptr {self.given(f, name, 'ptr')}, i64 {index}"
        )
        return f.let(f"load {kind}, ptr {where}")

    def put(self, f: Function, value: str, name: str, index: str, kind: str) -> None:
        """Write an element of an array that the kernel was given."""
        where = f.let(
            f"getelementptr {kind}, ptr {self.given(f, name, 'ptr')}, i64 {index}"
        )
        f.do(f"store {kind} {value}, ptr {where}")

    def end(self, f: Function, status: Status) -> None:
        """End the subject of this lane with a status."""
        f.do(f"call void @end_lane(ptr %a, ptr %m, i64 %lane, i64 {int(status)})")


def number_of_stage(f: Function, layout: Layout, section: str, slot: str) -> str:
    """A number that the stages have left behind, of this lane, as a double."""
    lanes, precision = f.module.lanes, layout.precision
    first = layout[section] * lanes * (DOUBLE.bits // precision.bits)
    place = f.let(f"add i64 %lane, {first}")
    place = f.let(f"add i64 {place}, {f.let(f'mul i64 {slot}, {lanes}')}")
    where = f.let(f"getelementptr {precision.kind}, ptr %m, i64 {place}")
    value = f.let(f"load {precision.kind}, ptr {where}")
    if precision is DOUBLE:
        return value
    return f.let(f"fpext {precision.kind} {value} to double")


def round_sections(f: Function, layout: Layout, lengths: Mapping[str, int]) -> None:
    """Renew what stages read of some sections, if they cannot read them as they are."""
    if layout.precision is DOUBLE:
        return
    for name, length in lengths.items():
        exact = f.at("%m", layout[name])
        with f.count(length) as i:
            store_rounded(f, layout, name, f.doubles.load(exact, i), i)


def store_rounded(f: Function, layout: Layout, name: str, exact: str, i: str) -> None:
    """Renew what stages read of a number, if they cannot read it as it is."""
    if layout.precision is not DOUBLE:
        f.store(f.rounded(exact), f.at("%m", layout[rounded(name)]), i)


def given(f: Function, name: str, kind: str) -> str:
    """One of the things that the kernel is given."""
    place = ARGUMENTS.index(name)
    where = f.let(f"getelementptr i64, ptr %a, i64 {place}")
    return f.let(f"load {kind}, ptr {where}")


def power_of(f: Function, base: str, exponent: float) -> str:
    """A power of a plain number."""
    return f.let(f"call double @pow1(double {base}, double {number(exponent)})")


def larger(f: Function, a: str, b: str) -> str:
    """The larger of two plain numbers."""
    truth = f.let(f"fcmp ogt double {a}, {b}")
    return f.let(f"select i1 {truth}, double {a}, double {b}")


def smaller(f: Function, a: str, b: str) -> str:
    """The smaller of two plain numbers."""
    truth = f.let(f"fcmp olt double {a}, {b}")
    return f.let(f"select i1 {truth}, double {a}, double {b}")
