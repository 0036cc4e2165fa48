"""Small, structured writing of LLVM IR, at any lane width.

Values are SSA names as text. A number of the model is one vector with a subject in each
lane (a plain number at width 1), kept in memory as slots of that width; whether it is a
double is a property of the module. No fast-math flag is ever written and every fused
multiplication is an explicit ``llvm.fma``, so the same text gives the same bits at
every width and on every target. Control flow is written by Python's ``with``, its
variables live on the stack and are promoted by LLVM. Nothing here knows a processor;
`machine` turns the text into its code.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from itertools import count

from il2sim.engine.precision import DOUBLE, Precision

_OURS = 'nobuiltin "no-builtins"'
"""A function called exp or pow is ours: LLVM must not know better, nor call a library.

Without it LLVM would replace a square by a product and the exponential of a constant
by what the library of this machine says, and write copying loops as calls of memcpy.
"""


def number(value: float, precision: Precision = DOUBLE) -> str:
    """A number as LLVM writes it exactly: a single one as the double that it equals.

    Examples
    --------
    >>> number(1.0)
    '0x3FF0000000000000'
    """
    exact = struct.pack("<d", precision.nearest(value))
    return f"0x{struct.unpack('<Q', exact)[0]:016X}"


@dataclass
class Table:
    """Numbers in the memory of a module, each once for every lane, under one name.

    They are no constants for LLVM, so they stay in one place.
    """

    precision: Precision
    lanes: int
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of its first number."""
        return f"@table{self.precision.mark}"

    def text(self) -> list[str]:
        """Its definition, if anything is in it."""
        if not self.numbers:
            return []
        one = self.precision.kind
        kind = f"[{len(self.numbers) * self.lanes} x {one}]"
        values = [f"{one} {value}" for value in self.numbers for _ in range(self.lanes)]
        return [f"{self.name} = global {kind} [{', '.join(values)}], align 64"]


@dataclass
class Module:
    """The text of a module, function after function, at one width and precision."""

    lanes: int
    precision: Precision = DOUBLE
    parts: list[str] = field(default_factory=list)
    intrinsics: set[str] = field(default_factory=set)
    tables: dict[Precision, Table] = field(default_factory=dict)

    def wider(self, times: int) -> Module:
        """A module for several numbers of each lane at once; its parts join this one.

        What waits for its own results, as a power does, takes hardly longer for
        several numbers than for one.
        """
        self.table()
        return replace(self, lanes=self.lanes * times)

    def of(self, precision: Precision) -> Module:
        """A module of other numbers; its parts join this one."""
        return replace(self, precision=precision)

    def table(self) -> Table:
        """Where its numbers are, as wide as the module that asked first."""
        return self.tables.setdefault(self.precision, Table(self.precision, self.lanes))

    @property
    def vector(self) -> str:
        """The type of one number for all lanes."""
        return _wide(self.precision.kind, self.lanes)

    def suffix(self, *, scalar: bool = False) -> str:
        """How intrinsics name the type."""
        kind = f"f{self.precision.bits}"
        return kind if scalar or self.lanes == 1 else f"v{self.lanes}{kind}"

    def text(self) -> str:
        """The whole module."""
        tables = [line for one in self.tables.values() for line in one.text()]
        return "\n".join([*sorted(self.intrinsics), *tables, *self.parts]) + "\n"


def _wide(kind: str, lanes: int) -> str:
    """The type of so many numbers together."""
    return kind if lanes == 1 else f"<{lanes} x {kind}>"


BRIEF = "noinline nounwind optsize"
"""Of functions whose loops stay loops: unrolled they take longer to be compiled."""


class Function:
    """One function being written.

    Parameters
    ----------
    module
        Where it goes when `close` is called.
    name, arguments
        Arguments are all pointers unless given as (type, name).
    returns
        Its type, with the value given to `close`.
    scalar
        Write plain doubles although the module is wider (the control of one lane).
    """

    def __init__(
        self,
        module: Module,
        name: str,
        arguments: tuple[str | tuple[str, str], ...],
        *,
        returns: str = "void",
        scalar: bool = False,
        attributes: str = "",
    ) -> None:
        self.module = module
        self.scalar = scalar
        self.lanes = 1 if scalar else module.lanes
        self.precision = module.precision
        typed = [
            ("ptr noalias", one) if isinstance(one, str) else one for one in arguments
        ]
        signature = ", ".join(f"{kind} %{one}" for kind, one in typed)
        attributes = attributes or (BRIEF if scalar else "noinline nounwind")
        how = f"{attributes} {_OURS}"
        self._head = f"define {returns} @{name}({signature}) {how} {{\nentry:"
        self._returns = returns
        self._stack: list[str] = []
        self._lines: list[str] = []
        self._numbers = count(1)

    @property
    def vector(self) -> str:
        """The type of one number for all lanes."""
        return _wide(self.precision.kind, self.lanes)

    @property
    def whole(self) -> str:
        """The type of one whole number for all lanes."""
        return _wide(f"i{self.precision.bits}", self.lanes)

    @property
    def truth(self) -> str:
        """The type of one comparison for all lanes."""
        return _wide("i1", self.lanes)

    def of(self, precision: Precision) -> Function:
        """The same function, to go on writing it in other numbers."""
        same = copy(self)
        same.precision, same.module = precision, self.module.of(precision)
        return same

    @property
    def doubles(self) -> Function:
        """The same function, to go on writing it in doubles."""
        return self.of(DOUBLE)

    # values

    def fresh(self, stem: str = "v") -> str:
        """A name not used yet."""
        return f"%{stem}{next(self._numbers)}"

    def let(self, right: str) -> str:
        """Name the value of an instruction."""
        name = self.fresh()
        self._lines.append(f"  {name} = {right}")
        return name

    def do(self, line: str) -> None:
        """Write an instruction without a value."""
        self._lines.append(f"  {line}")

    def const(self, value: float) -> str:
        """A number, the same in every lane."""
        one = number(value, self.precision)
        if self.lanes == 1:
            return one
        return "<" + ", ".join([f"{self.precision.kind} {one}"] * self.lanes) + ">"

    def listed(self, value: float) -> str:
        """A number, the same in every lane, read from the table of the module.

        Where there are many, one address for all takes less code than one for each.
        """
        table, kind = self.module.table(), self.precision.kind
        one = number(value, self.precision)
        place = table.numbers.setdefault(one, len(table.numbers))
        if self.lanes == table.lanes:
            return self.load(table.name, place)
        first = place * table.lanes
        where = self.let(f"getelementptr {kind}, ptr {table.name}, i64 {first}")
        return self.splat(self.let(f"load {kind}, ptr {where}"))

    def splat(self, scalar: str) -> str:
        """A plain number in every lane."""
        if self.lanes == 1:
            return scalar
        kind, plain = self.vector, self.precision.kind
        one = self.let(f"insertelement {kind} undef, {plain} {scalar}, i32 0")
        zeros = f"<{self.lanes} x i32> zeroinitializer"
        return self.let(f"shufflevector {kind} {one}, {kind} undef, {zeros}")

    def whole_const(self, value: int) -> str:
        """A whole number, the same in every lane."""
        if self.lanes == 1:
            return str(value)
        kind = f"i{self.precision.bits}"
        return "<" + ", ".join([f"{kind} {value}"] * self.lanes) + ">"

    def binary(self, instruction: str, a: str, b: str) -> str:
        """One of fadd, fsub, fmul, fdiv."""
        return self.let(f"{instruction} {self.vector} {a}, {b}")

    def integer(self, instruction: str, a: str, b: str) -> str:
        """One of add, sub, and, or, shl, lshr, ashr on whole numbers."""
        return self.let(f"{instruction} {self.whole} {a}, {b}")

    def neg(self, a: str) -> str:
        """Minus a."""
        return self.let(f"fneg {self.vector} {a}")

    def fma(self, a: str, b: str, c: str) -> str:
        """a * b + c, rounded once."""
        return self.intrinsic("fma", a, b, c)

    def intrinsic(self, name: str, *args: str) -> str:
        """An exactly defined function of LLVM: fma, sqrt, rint, fabs, copysign."""
        full = f"llvm.{name}.{self.module.suffix(scalar=self.scalar)}"
        kinds = ", ".join([self.vector] * len(args))
        self.module.intrinsics.add(f"declare {self.vector} @{full}({kinds})")
        given = ", ".join(f"{self.vector} {arg}" for arg in args)
        return self.let(f"call {self.vector} @{full}({given})")

    def call(self, name: str, *args: str) -> str:
        """A function of our own from vectors to a vector."""
        given = ", ".join(f"{self.vector} {arg}" for arg in args)
        full = name + self.precision.mark
        return self.let(f"call {self.vector} @{full}({given})")

    def call_wide(
        self, name: str, times: int, calls: Sequence[Sequence[str]]
    ) -> list[str]:
        """The same function for several arguments, each a vector, in one call."""
        kind, mark = _wide(self.precision.kind, self.lanes * times), self.precision.mark
        columns = zip(*calls, strict=True)
        given = ", ".join(f"{kind} {self._packed(list(one))}" for one in columns)
        whole = self.let(f"call {kind} @{name}{mark}({given})")
        return [
            self.let(
                f"shufflevector {kind} {whole}, {kind} undef, "
                f"{_mask(number * self.lanes, self.lanes)}"
            )
            for number in range(times)
        ]

    def _packed(self, vectors: list[str]) -> str:
        """Vectors one after the other, two by two; their number is a power of two."""
        lanes = self.lanes
        while len(vectors) > 1:
            kind = _wide(self.precision.kind, lanes)
            lanes *= 2
            vectors = [
                self.let(
                    f"shufflevector {kind} {vectors[k]}, {kind} {vectors[k + 1]}, "
                    f"{_mask(0, lanes)}"
                )
                for k in range(0, len(vectors), 2)
            ]
        return vectors[0]

    def compare(self, how: str, a: str, b: str) -> str:
        """A comparison such as olt or ole; false for what is not a number."""
        return self.let(f"fcmp {how} {self.vector} {a}, {b}")

    def bits(self, truth: str) -> str:
        """A comparison of all lanes as a whole number, lane by lane from the lowest."""
        if self.lanes == 1:
            return self.let(f"zext i1 {truth} to i64")
        packed = self.let(f"bitcast {self.truth} {truth} to i{self.lanes}")
        return self.let(f"zext i{self.lanes} {packed} to i64")

    def pick(self, truth: str, a: str, b: str) -> str:
        """a where true, else b."""
        kind = self.vector
        return self.let(f"select {self.truth} {truth}, {kind} {a}, {kind} {b}")

    def as_whole(self, a: str) -> str:
        """The bits of a number."""
        return self.let(f"bitcast {self.vector} {a} to {self.whole}")

    def as_number(self, a: str) -> str:
        """The number with those bits."""
        return self.let(f"bitcast {self.whole} {a} to {self.vector}")

    def rounded(self, a: str) -> str:
        """A double, of one lane or of all, as the nearest number of this function."""
        return self._converted("fptrunc", a, DOUBLE.kind, self.precision.kind)

    def widened(self, a: str) -> str:
        """A number of this function as the double that it equals."""
        return self._converted("fpext", a, self.precision.kind, DOUBLE.kind)

    def _converted(self, how: str, a: str, before: str, after: str) -> str:
        if before == after:
            return a
        before, after = _wide(before, self.lanes), _wide(after, self.lanes)
        return self.let(f"{how} {before} {a} to {after}")

    # memory

    def at(self, pointer: str, slot: int | str, *, kind: str = "double") -> str:
        """Address of a slot; a slot is one number for every lane, a double mostly."""
        if isinstance(slot, int):
            place = str(slot * self.lanes)
        elif self.lanes == 1:
            place = slot
        else:
            place = self.let(f"mul i64 {slot}, {self.lanes}")
        return self.let(f"getelementptr {kind}, ptr {pointer}, i64 {place}")

    def load(self, pointer: str, slot: int | str) -> str:
        """Read a slot."""
        where = self.at(pointer, slot, kind=self.precision.kind)
        return self.let(f"load {self.vector}, ptr {where}, align {self._bytes}")

    def store(self, value: str, pointer: str, slot: int | str) -> None:
        """Write a slot."""
        where = self.at(pointer, slot, kind=self.precision.kind)
        self.do(f"store {self.vector} {value}, ptr {where}, align {self._bytes}")

    @property
    def _bytes(self) -> int:
        return self.precision.bits // 8

    # control, on plain values

    def variable(self, kind: str, start: str) -> str:
        """A place on the stack; LLVM turns it into a register."""
        name = self.fresh("x")
        self._stack.append(f"  {name} = alloca {kind}")
        self.do(f"store {kind} {start}, ptr {name}")
        return name

    def get(self, kind: str, place: str) -> str:
        """Read a scalar."""
        return self.let(f"load {kind}, ptr {place}")

    def set(self, kind: str, value: str, place: str) -> None:
        """Write a scalar."""
        self.do(f"store {kind} {value}, ptr {place}")

    def label(self, name: str) -> None:
        """Begin a block."""
        self._lines.append(f"{name}:")

    @contextmanager
    def when(self, truth: str) -> Iterator[None]:
        """Carry out the body if a plain comparison holds."""
        place = next(self._numbers)
        inside, after = f"when{place}", f"after{place}"
        self.do(f"br i1 {truth}, label %{inside}, label %{after}")
        self.label(inside)
        yield
        self.do(f"br label %{after}")
        self.label(after)

    @contextmanager
    def repeat(self) -> Iterator[Loop]:
        """Carry out the body again and again until it leaves."""
        place = next(self._numbers)
        loop = Loop(self, f"again{place}", f"left{place}")
        self.do(f"br label %{loop.top}")
        self.label(loop.top)
        yield loop
        self.do(f"br label %{loop.top}")
        self.label(loop.bottom)

    @contextmanager
    def count(self, stop: int | str, start: int | str = 0) -> Iterator[str]:
        """Carry out the body for each whole number from start to before stop."""
        place = self.variable("i64", str(start))
        with self.repeat() as loop:
            index = self.get("i64", place)
            loop.leave_unless(self.let(f"icmp slt i64 {index}, {stop}"))
            yield index
            self.set("i64", self.let(f"add i64 {index}, 1"), place)

    def close(self, value: str = "") -> None:
        """End the function and hand it to its module."""
        end = f"  ret {self._returns} {value}" if value else "  ret void"
        body = [self._head, *self._stack, *self._lines, end, "}", ""]
        self.module.parts.append("\n".join(body))


def _mask(first: int, length: int) -> str:
    """Which numbers a shuffle takes: so many in a row."""
    places = ", ".join(f"i32 {first + k}" for k in range(length))
    return f"<{length} x i32> <{places}>"


@dataclass
class Loop:
    """A loop being written."""

    function: Function
    top: str
    bottom: str

    def leave_unless(self, truth: str) -> None:
        """Leave the loop unless a plain comparison holds."""
        inside = self.function.fresh("inside").removeprefix("%")
        self.function.do(f"br i1 {truth}, label %{inside}, label %{self.bottom}")
        self.function.label(inside)
