"""Reductions of one lane: peaks, areas and crossings, found step by step.

Within a step an output is the cubic through its values at both ends and at the two
inner Lobatto points, so everything asked of it has a closed form but the place of a
crossing, which is bisected. The integral of that cubic is Lobatto's rule of order six.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from il2sim.engine.emit.builder import Function, number
from il2sim.engine.emit.layout import REDUCTION_SLOTS
from il2sim.engine.emit.places import Places, larger, smaller
from il2sim.engine.reductions import Reduce

_ROOT_FIFTH = math.sqrt(1 / 5)
NODE_PLACES = (0.0, 0.5 - 0.5 * _ROOT_FIFTH, 0.5 + 0.5 * _ROOT_FIFTH, 1.0)
"""Parts of a step at which outputs are looked at; the first is the end before."""

_OVERSHOOT = 0.25
"""How far, in parts of its range at the nodes, the cubic may leave that range."""

_A_LITTLE_MORE = 1 + 1e-9
"""Of a step: its end may be an event's time, which adding up misses by rounding."""

_BISECTIONS = 54  # every bit of a part of a step

_START = {
    Reduce.VALUE: math.nan,
    Reduce.PEAK: -math.inf,
    Reduce.TROUGH: -math.inf,  # of the negative
    Reduce.TIME_OF_PEAK: math.nan,
    Reduce.AREA: 0.0,
    Reduce.TIME_ABOVE: 0.0,
    Reduce.FIRST_ABOVE: math.inf,
    Reduce.FIRST_BELOW: math.inf,
}
_UPSIDE_DOWN = (Reduce.TROUGH, Reduce.FIRST_BELOW)


@dataclass(frozen=True)
class Piece:
    """A part of a step in which a cubic only rises or falls, and a level."""

    begin: str
    end: str
    begins_above: str
    ends_above: str
    level: str


@dataclass(frozen=True)
class Cubic:
    """An output within a step, over the part of it, and where it is looked at."""

    c: tuple[str, str, str, str]
    nodes: tuple[str, str, str, str]
    begin: str
    end: str

    def at(self, f: Function, part: str) -> str:
        """Its value; at the ends of the step exactly that of the node."""
        value = _horner(f, self.c, part)
        last = f.let(f"fcmp oeq double {part}, {number(1.0)}")
        return f.let(f"select i1 {last}, double {self.nodes[3]}, double {value}")


class Windows(Places):
    """Writes the functions that find the reductions of one lane."""

    def emit(self) -> None:
        """Write @open_windows, @sift, @reduce and @close_windows."""
        self._emit_root()
        self._emit_open()
        self._emit_sift()
        self._emit_reduce()
        self._emit_close()

    @contextmanager
    def _each(self, f: Function) -> Iterator[str]:
        with f.count(self.given(f, "n_reductions")) as one:
            yield one

    def _result(self, f: Function, one: str, which: int = 0) -> str:
        place = f.let(f"mul i64 {one}, {REDUCTION_SLOTS}")
        place = f.let(f"add i64 {place}, {self.given(f, 'tail')}")
        return self.slot(f, f.let(f"add i64 {place}, {which}"))

    def _is(self, f: Function, kind: str, *kinds: Reduce) -> str:
        truth = "false"
        for wanted in kinds:
            same = f.let(f"icmp eq i64 {kind}, {int(wanted)}")
            truth = f.let(f"or i1 {truth}, {same}")
        return truth

    def _emit_open(self) -> None:
        """Write @open_windows: nothing found yet, but what is asked of time zero."""
        f = self.function("open_windows")
        with self._each(f) as one:
            kind = self.element(f, "reduction_kinds", one, "i64")
            for wanted, start in _START.items():
                with f.when(self._is(f, kind, wanted)):
                    f.do(f"store double {number(start)}, ptr {self._result(f, one)}")
            best = self._result(f, one, 1)
            f.do(f"store double {number(-math.inf)}, ptr {best}")
            begins = self.element(f, "reduction_starts", one, "double")
            now = f.let(f"fcmp ole double {begins}, {number(0.0)}")
            with f.when(f.let(f"and i1 {now}, {self._is(f, kind, Reduce.VALUE)}")):
                nodes = self._nodes(f, one)
                f.do(f"store double {nodes[0]}, ptr {self._result(f, one)}")
        f.close()

    def _emit_close(self) -> None:
        """Write @close_windows: what was found becomes a result of the subject."""
        f = self.function("close_windows")
        row = f.let(
            f"mul i64 {self.read(f, 'subject')}, {self.given(f, 'n_reductions')}"
        )
        with self._each(f) as one:
            kind = self.element(f, "reduction_kinds", one, "i64")
            found = f.let(f"load double, ptr {self._result(f, one)}")
            upside = self._is(f, kind, Reduce.TROUGH)
            minus = f.let(f"fneg double {found}")
            value = f.let(f"select i1 {upside}, double {minus}, double {found}")
            none = f.let(f"fcmp oeq double {found}, {number(-math.inf)}")
            nan = number(math.nan)
            value = f.let(f"select i1 {none}, double {nan}, double {value}")
            place = f.let(f"add i64 {row}, {one}")
            self.put(f, value, "reduced", place, "double")
        f.close()

    def _emit_sift(self) -> None:
        """Write @sift: lanes in whose step a reduction may find anything, as bits.

        Peaks are asked of everything that is recorded, and most steps have no new one;
        a value is asked of one step.
        """
        f = Function(self.module, "sift", ("a", "m", ("i64", "one")), returns="i64")
        found = f.variable("i64", str((1 << self.module.lanes) - 1))
        kind = self.element(f, "reduction_kinds", "%one", "i64")
        for upside, kinds in (
            (False, (Reduce.PEAK, Reduce.TIME_OF_PEAK)),
            (True, (Reduce.TROUGH,)),
        ):
            with f.when(self._is(f, kind, *kinds)):
                f.set("i64", f.bits(self._may_be_best(f, upside=upside)), found)
        with f.when(self._is(f, kind, Reduce.VALUE)):
            asked = f.splat(self.element(f, "reduction_starts", "%one", "double"))
            t, h = (f.load(f.at("%m", self.layout[name]), 0) for name in ("t", "h_try"))
            late = f.compare("oge", f.fma(h, f.const(_A_LITTLE_MORE), t), asked)
            f.set("i64", f.bits(late), found)
        f.close(f.get("i64", found))

    def _may_be_best(self, f: Function, *, upside: bool) -> str:
        """Lanes in whose step the cubic may pass the best so far."""
        nodes, n = f.at("%m", self.layout["nodes"]), self.sizes.outputs
        column = self.element(f, "reduction_outputs", "%one", "i64")
        high = low = f.load(nodes, column)
        for node in range(1, len(NODE_PLACES)):
            value = f.load(nodes, f.let(f"add i64 {column}, {node * n}"))
            high = f.pick(f.compare("ogt", value, high), value, high)
            low = f.pick(f.compare("olt", value, low), value, low)
        reach = f.binary("fmul", f.binary("fsub", high, low), f.const(_OVERSHOOT))
        low, high = f.binary("fsub", low, reach), f.binary("fadd", high, reach)
        bound = f.neg(low) if upside else high
        slot = f.let(f"mul i64 %one, {REDUCTION_SLOTS}")
        slot = f.let(f"add i64 {slot}, {self.given(f, 'tail')}")
        best = f.load("%m", f.let(f"add i64 {slot}, 1"))
        relative = self.element(f, "reduction_relative", "%one", "i64")
        rest = f.load(f.at("%m", self.layout["out_at_rest"]), column)
        fold = f.let(f"icmp ne i64 {relative}, 0")
        one = f.const(1.0)
        size = f.let(f"select i1 {fold}, {f.vector} {rest}, {f.vector} {one}")
        passed = f.compare("ogt", bound, f.binary("fmul", best, size))
        turned = f.compare("ole", size, f.const(0.0))
        return f.let(f"or {f.truth} {passed}, {turned}")

    def _emit_reduce(self) -> None:
        """Write @reduce: the step just accepted, for one reduction."""
        arguments = ("a", "m", ("i64", "lane"), ("i64", "one"))
        f = Function(self.module, "reduce", arguments, scalar=True)
        t, h = self.read(f, "t"), self.read(f, "h_try")
        hits = f.let(f"icmp ne i64 {self.read(f, 'hits')}, 0")
        moved = f.let(f"fadd double {t}, {h}")
        stop = self.read(f, "t_stop")
        reached = f.let(f"select i1 {hits}, double {stop}, double {moved}")
        begins = self.element(f, "reduction_starts", "%one", "double")
        since = self.element(f, "reduction_since_dose", "%one", "i64")
        since = f.let(f"icmp ne i64 {since}, 0")
        opened = larger(f, begins, self.read(f, "first_dose"))
        begins = f.let(f"select i1 {since}, double {opened}, double {begins}")
        ends = self.element(f, "reduction_ends", "%one", "double")
        begins, ends = larger(f, begins, t), smaller(f, ends, reached)
        with f.when(f.let(f"fcmp ole double {begins}, {ends}")):
            begin = self._part(f, begins, reached)
            cubic = self._cubic(f, "%one", begin, self._part(f, ends, reached))
            self._find(f, "%one", cubic)
        f.close()

    def _part(self, f: Function, time: str, reached: str) -> str:
        """Where a time lies in the step."""
        gone = f.let(f"fsub double {time}, {self.read(f, 't')}")
        part = f.let(f"fdiv double {gone}, {self.read(f, 'h_try')}")
        last = f.let(f"fcmp oge double {time}, {reached}")
        part = f.let(f"select i1 {last}, double {number(1.0)}, double {part}")
        return smaller(f, part, number(1.0))

    def _nodes(self, f: Function, one: str) -> tuple[str, str, str, str]:
        """The output at the four nodes, as a fold if that is asked for."""
        column = self.element(f, "reduction_outputs", one, "i64")
        relative = self.element(f, "reduction_relative", one, "i64")
        relative = f.let(f"icmp ne i64 {relative}, 0")
        rest = self.read(f, "out_at_rest", column)
        size = f.let(f"select i1 {relative}, double {rest}, double {number(1.0)}")
        values = []
        for node in range(len(NODE_PLACES)):
            place = f.let(f"add i64 {column}, {node * self.sizes.outputs}")
            value = self.read(f, "nodes", place)
            values.append(f.let(f"fdiv double {value}, {size}"))
        first, second, third, fourth = values
        return first, second, third, fourth

    def _cubic(self, f: Function, one: str, begin: str, end: str) -> Cubic:
        """Newton's interpolation; the inner nodes add up to one."""
        kind = self.element(f, "reduction_kinds", one, "i64")
        upside = self._is(f, kind, *_UPSIDE_DOWN)
        turned = []
        for value in self._nodes(f, one):
            minus = f.let(f"fneg double {value}")
            turned.append(f.let(f"select i1 {upside}, double {minus}, double {value}"))
        _, p, q, _ = NODE_PLACES
        v0, v1, v2, v3 = turned
        slope01 = _slope(f, v0, v1, p)
        slope12 = _slope(f, v1, v2, q - p)
        slope23 = _slope(f, v2, v3, 1 - q)
        bend012 = _slope(f, slope01, slope12, q)
        bend123 = _slope(f, slope12, slope23, 1 - p)
        c3 = f.let(f"fsub double {bend123}, {bend012}")
        c2 = f.let(f"fsub double {bend012}, {c3}")
        c1 = f.fma(bend012, number(-p), slope01)
        c1 = f.fma(c3, number(p * q), c1)
        return Cubic((v0, c1, c2, c3), (v0, v1, v2, v3), begin, end)

    def _find(self, f: Function, one: str, cubic: Cubic) -> None:
        kind = self.element(f, "reduction_kinds", one, "i64")
        with f.when(self._is(f, kind, Reduce.VALUE)):
            self._find_value(f, one, cubic)
        with f.when(self._is(f, kind, Reduce.AREA)):
            self._find_area(f, one, cubic)
        extreme = (Reduce.PEAK, Reduce.TROUGH, Reduce.TIME_OF_PEAK)
        with f.when(self._is(f, kind, *extreme)):
            self._find_peak(f, one, cubic, kind)
        crossing = (Reduce.TIME_ABOVE, Reduce.FIRST_ABOVE, Reduce.FIRST_BELOW)
        with f.when(self._is(f, kind, *crossing)):
            self._find_crossing(f, one, cubic, kind)

    def _find_value(self, f: Function, one: str, cubic: Cubic) -> None:
        """At the begin of the window, before what is given at that time."""
        place = self._result(f, one)
        found = f.let(f"load double, ptr {place}")
        asked = self.element(f, "reduction_starts", one, "double")
        inside = f.let(f"fcmp oge double {asked}, {self.read(f, 't')}")
        new = f.let(f"fcmp uno double {found}, {number(0.0)}")
        with f.when(f.let(f"and i1 {new}, {inside}")):
            f.do(f"store double {cubic.at(f, cubic.begin)}, ptr {place}")

    def _find_area(self, f: Function, one: str, cubic: Cubic) -> None:
        place = self._result(f, one)
        sides = []
        for part in (cubic.begin, cubic.end):
            total = number(0.0)
            for power in (4, 3, 2, 1):
                share = f.let(f"fmul double {cubic.c[power - 1]}, {number(1 / power)}")
                total = f.fma(part, total, share)
            sides.append(f.let(f"fmul double {part}, {total}"))
        area = f.let(f"fsub double {sides[1]}, {sides[0]}")
        area = f.let(f"fmul double {area}, {self.read(f, 'h_try')}")
        before = f.let(f"load double, ptr {place}")
        f.do(f"store double {f.let(f'fadd double {before}, {area}')}, ptr {place}")

    def _find_peak(self, f: Function, one: str, cubic: Cubic, kind: str) -> None:
        is_time = self._is(f, kind, Reduce.TIME_OF_PEAK)
        kept, best = self._result(f, one), self._result(f, one, 1)
        first, second = self._turns(f, cubic)
        for part in (cubic.begin, first, second, cubic.end):
            value = cubic.at(f, part)
            with f.when(f.let(f"fcmp ogt double {value}, {self._best(f, one)}")):
                f.do(f"store double {value}, ptr {best}")
                time = self._time(f, part)
                shown = f.let(f"select i1 {is_time}, double {time}, double {value}")
                f.do(f"store double {shown}, ptr {kept}")

    def _best(self, f: Function, one: str) -> str:
        return f.let(f"load double, ptr {self._result(f, one, 1)}")

    def _time(self, f: Function, part: str) -> str:
        return f.fma(part, self.read(f, "h_try"), self.read(f, "t"))

    def _turns(self, f: Function, cubic: Cubic) -> tuple[str, str]:
        """Where the cubic turns inside the window, in order; else at its begin."""
        _, c1, c2, c3 = cubic.c
        three = f.let(f"fmul double {c3}, {number(3.0)}")
        inside = f.let(f"fmul double {three}, {c1}")
        inside = f.fma(c2, c2, f.let(f"fneg double {inside}"))
        root = f.intrinsic("copysign", f.intrinsic("sqrt", inside), c2)
        q = f.let(f"fneg double {f.let(f'fadd double {c2}, {root}')}")
        places = []
        for top, bottom in ((q, three), (c1, q)):
            part = f.let(f"fdiv double {top}, {bottom}")
            after = f.let(f"fcmp ogt double {part}, {cubic.begin}")
            before = f.let(f"fcmp olt double {part}, {cubic.end}")
            valid = f.let(f"and i1 {after}, {before}")
            places.append(
                f.let(f"select i1 {valid}, double {part}, double {cubic.begin}")
            )
        return smaller(f, *places), larger(f, *places)

    def _find_crossing(self, f: Function, one: str, cubic: Cubic, kind: str) -> None:
        """Piece by piece between turns, where the cubic only rises or only falls."""
        level = self.element(f, "reduction_thresholds", one, "double")
        upside = self._is(f, kind, *_UPSIDE_DOWN)
        minus = f.let(f"fneg double {level}")
        level = f.let(f"select i1 {upside}, double {minus}, double {level}")
        first, second = self._turns(f, cubic)
        places = (cubic.begin, first, second, cubic.end)
        values = [cubic.at(f, part) for part in places]
        above = [f.let(f"fcmp oge double {value}, {level}") for value in values]
        for i in range(len(places) - 1):
            piece = Piece(places[i], places[i + 1], above[i], above[i + 1], level)
            with f.when(f.let(f"or i1 {above[i]}, {above[i + 1]}")):
                begin, end = self._part_above(f, cubic, piece)
                with f.when(self._is(f, kind, Reduce.TIME_ABOVE)):
                    self._add_length(f, one, begin, end)
                with f.when(self._is(f, kind, Reduce.FIRST_ABOVE, Reduce.FIRST_BELOW)):
                    self._keep_earlier(f, one, begin)

    def _part_above(self, f: Function, cubic: Cubic, piece: Piece) -> tuple[str, str]:
        """From where to where a piece, at least one end of it, is above its level."""
        crossing = f.variable("double", number(0.0))
        f.set("double", piece.begin, crossing)
        with f.when(f.let(f"xor i1 {piece.begins_above}, {piece.ends_above}")):
            numbers = (*cubic.c, piece.begin, piece.end, piece.level)
            given = ", ".join(f"double {value}" for value in numbers)
            f.set("double", f.let(f"call double @root({given})"), crossing)
        part = f.get("double", crossing)
        begin, end = (
            f.let(f"select i1 {above}, double {place}, double {part}")
            for above, place in (
                (piece.begins_above, piece.begin),
                (piece.ends_above, piece.end),
            )
        )
        return begin, end

    def _keep_earlier(self, f: Function, one: str, part: str) -> None:
        place = self._result(f, one)
        found = f.let(f"load double, ptr {place}")
        f.do(f"store double {smaller(f, self._time(f, part), found)}, ptr {place}")

    def _add_length(self, f: Function, one: str, begin: str, end: str) -> None:
        place = self._result(f, one)
        length = f.let(f"fsub double {end}, {begin}")
        before = f.let(f"load double, ptr {place}")
        total = f.fma(length, self.read(f, "h_try"), before)
        f.do(f"store double {total}, ptr {place}")

    def _emit_root(self) -> None:
        """Write @root: where a cubic passes a level between two parts."""
        names = ("c0", "c1", "c2", "c3", "begin", "end", "level")
        f = Function(
            self.module,
            "root",
            tuple(("double", name) for name in names),
            returns="double",
            scalar=True,
        )
        c = ("%c0", "%c1", "%c2", "%c3")
        low, high = (f.variable("double", f"%{one}") for one in ("begin", "end"))
        begins = f.let(f"fcmp oge double {_horner(f, c, '%begin')}, %level")
        with f.count(_BISECTIONS):
            both = f.let(f"fadd double {f.get('double', low)}, {f.get('double', high)}")
            middle = f.let(f"fmul double {both}, {number(0.5)}")
            here = f.let(f"fcmp oge double {_horner(f, c, middle)}, %level")
            same = f.let(f"icmp eq i1 {here}, {begins}")
            for place, moves in ((low, same), (high, f.let(f"xor i1 {same}, true"))):
                old = f.get("double", place)
                f.set(
                    "double",
                    f.let(f"select i1 {moves}, double {middle}, double {old}"),
                    place,
                )
        f.close(f.get("double", high))


def _horner(f: Function, c: tuple[str, str, str, str], part: str) -> str:
    value = f.fma(part, c[3], c[2])
    value = f.fma(part, value, c[1])
    return f.fma(part, value, c[0])


def _slope(f: Function, before: str, after: str, width: float) -> str:
    change = f.let(f"fsub double {after}, {before}")
    return f.let(f"fmul double {change}, {number(1 / width)}")
