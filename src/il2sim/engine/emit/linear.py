"""The linear algebra of a step, unrolled: factors once, a solve for each stage.

With ``M = J - I/(γh)`` instead of its negative, and the negative inverse of each pivot
kept on the diagonal, factors and solves are fused additions and nothing else. Code that
is too long for the registers moves more numbers than it computes, so the factors are
made in place, a few pivots to a function; and because a sum waits for each of its
terms, a solve takes nearby operations in the order in which their arguments are ready.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from il2sim.engine.elimination import Elimination
from il2sim.engine.emit.builder import Function, Module
from il2sim.engine.emit.builder import number as plain
from il2sim.engine.emit.layout import Layout
from il2sim.engine.emit.places import number_of_stage

UPDATES_TOGETHER = 48
"""Updates in one function of the factors: about what fits the registers."""

LATENCY = 4
"""Operations that can begin before the result of one is there; typical of fma."""

WINDOW = 64
"""Operations of a solve that are looked at for one that can begin."""


def emit_factor(module: Module, lu: Elimination, gamma: float) -> None:
    """Write @factor: the Jacobian in place becomes the factors of J - I/(γh).

    The diagonal holds the negative inverse of the pivots, the lower triangle the
    negative factors.
    """
    groups = list(_groups(lu))
    for number, pivots in enumerate(groups):
        f = Function(module, f"factor_{number}", ("w",))
        for pivot, below in pivots:
            _eliminate(f, lu, pivot, below)
        f.close()
    f = Function(module, "factor", ("w", "over_h"))
    over_h = f.rounded(f.doubles.load("%over_h", 0))
    shift = f.binary("fdiv", over_h, f.const(gamma))
    for row in lu.order:
        slot = lu.slots[row, row]
        f.store(f.binary("fsub", f.load("%w", slot), shift), "%w", slot)
    for number in range(len(groups)):
        f.do(f"call void @factor_{number}(ptr %w)")
    f.close()


def emit_singular(module: Module, diagonal: Iterable[int], layout: Layout) -> None:
    """Write @is_singular: whether a pivot of one lane was zero.

    `diagonal` are the slots of the pivots among the factors.
    """
    f = Function(
        module, "is_singular", ("m", ("i64", "lane")), returns="i1", scalar=True
    )
    found = "false"
    for slot in diagonal:
        pivot = number_of_stage(f, layout, "factors", str(slot))
        size = f.intrinsic("fabs", pivot)
        zero = f.let(f"fcmp oeq double {size}, {plain(math.inf)}")
        found = f.let(f"or i1 {found}, {zero}")
    f.close(found)


Below = tuple[tuple[int, tuple[int, ...]], ...]


def _groups(lu: Elimination) -> Iterator[list[tuple[int, Below]]]:
    """Pivots in order, few enough together."""
    group: list[tuple[int, Below]] = []
    size = 0
    for pivot, below in lu.updates:
        more = sum(len(columns) for _, columns in below)
        if group and size + more > UPDATES_TOGETHER:
            yield group
            group, size = [], 0
        group.append((pivot, below))
        size += more
    yield group


def _eliminate(f: Function, lu: Elimination, pivot: int, below: Below) -> None:
    """One pivot: its row is added to the rows below."""
    slots = lu.slots
    inverse = f.binary("fdiv", f.const(-1.0), f.load("%w", slots[pivot, pivot]))
    f.store(inverse, "%w", slots[pivot, pivot])
    for row, columns in below:
        factor = f.binary("fmul", f.load("%w", slots[row, pivot]), inverse)
        f.store(factor, "%w", slots[row, pivot])
        for column in columns:
            before = f.load("%w", slots[row, column])
            upper = f.load("%w", slots[pivot, column])
            f.store(f.fma(factor, upper, before), "%w", slots[row, column])


def emit_solve(module: Module, lu: Elimination) -> None:
    """Write @solve: forward and backward substitution in place."""
    f = Function(module, "solve", ("w", "b"))
    operations = _substitutions(lu)
    sources = _sources(operations)
    given: dict[int, str] = {}
    values: dict[int, str] = {}

    def read(source: int | None, row: int) -> str:
        if source is not None:
            return values[source]
        if row not in given:
            given[row] = f.load("%b", row)
        return given[row]

    for number in _when_ready(sources):
        (row, column), (own, other) = operations[number], sources[number]
        factor = f.load("%w", lu.slots[row, column])
        before = read(own, row)
        if row == column:
            values[number] = f.binary("fmul", before, factor)
            f.store(values[number], "%b", row)
        else:
            values[number] = f.fma(factor, read(other, column), before)
    f.close()


def _substitutions(lu: Elimination) -> list[tuple[int, int]]:
    """Row and column of each operation of a solve, one after the other."""
    place = {row: number for number, row in enumerate(lu.order)}
    columns: dict[int, list[int]] = {row: [] for row in lu.order}
    for row, column in lu.slots:
        columns[row].append(column)
    for row in lu.order:
        columns[row].sort(key=place.__getitem__)
    forward = [
        (row, one)
        for row in lu.order
        for one in columns[row]
        if place[one] < place[row]
    ]
    backward = []
    for row in reversed(lu.order):
        right = [one for one in columns[row] if place[one] > place[row]]
        backward += [(row, one) for one in reversed(right)] + [(row, row)]
    return forward + backward


Source = int | None
"""The operation that made a value; None for what was given."""


def _sources(operations: list[tuple[int, int]]) -> list[tuple[Source, Source]]:
    """Which operation made the two values that each works on."""
    last: dict[int, int] = {}
    sources = []
    for number, (row, column) in enumerate(operations):
        sources.append((last.get(row), last.get(column)))
        last[row] = number
    return sources


def _when_ready(sources: list[tuple[Source, Source]]) -> Iterator[int]:
    """The same operations, of the next few that are left the first that can begin.

    Each still works on the same values, so the bits do not change. Few enough are
    looked at that the values they wait for stay in registers.
    """
    there: dict[Source, float] = {None: 0.0}  # when each value is there
    left = list(range(len(sources)))
    clock = 0.0
    while left:
        soonest, first = math.inf, left[0]
        for number in left[:WINDOW]:
            own, other = sources[number]
            when = max(there.get(own, math.inf), there.get(other, math.inf))
            if when < soonest:
                soonest, first = when, number
            if when <= clock:
                break
        left.remove(first)
        clock = max(clock, soonest) + 1
        there[first] = clock + LATENCY - 1
        yield first
