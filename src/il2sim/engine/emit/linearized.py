"""What the tangents of a program need in one module: weights, and tables of terms.

Weights are computed once for a state and serve every direction; those that depend on no
state are computed once for a subject. Powers and logarithms are all in them. How
tangents are summed up from them is written in `flow.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from il2sim.engine.emit.builder import Function
from il2sim.engine.emit.flow import FlowTable, Row, emit_flow
from il2sim.engine.emit.formulas import Formulas, Place, Ready, write_places
from il2sim.engine.emit.layout import Layout, Sizes, in_a_row
from il2sim.engine.tangents import Flow, Tangents, Terms, tangents

PART = 250
"""Weights that one function finds; the next ones read them from memory."""

STATE = ("y", "p", "c", "e")
"""Pointers to states, parameters, what is prepared, and what tangents add to that."""


class Linearized:
    """Weights and tables of one program in one module.

    Attributes
    ----------
    layout
        Of the memory of a thread, with what all directions share: `e` is steady, of
        which the first are plain numbers, `slopes` is not.
    block
        Of the memory of one direction; blocks of so many are `together`, each slot
        followed by the same slot of the next direction.
    """

    def __init__(
        self,
        formulas: Formulas,
        sizes: Sizes,
        layout: Layout,
        *,
        together: int,
    ) -> None:
        self.module, self.formulas = formulas.module, formulas
        self.together = together
        self.made: Tangents = tangents(formulas.program)
        self.flows: Mapping[str, Flow] = {
            "rates": self.made.rates,
            "outputs": self.made.outputs,
            "jacobian": self.made.jacobian,
        }
        statements = self.made.program.statements
        self.slopes = {
            what: sorted(
                weight
                for weight in _weights(flow)
                if weight not in self.made.steady and statements[weight].op != "state"
            )
            for what, flow in self.flows.items()
        }
        self.on_logs: set[int] = set()
        for number, one in enumerate(statements):
            if one.op == "log" or not self.on_logs.isdisjoint(one.args):
                self.on_logs.add(number)
        self.logs = {what: self._logs(what) for what in self.flows}
        self.exponents = sorted({one for some in self.logs.values() for one in some[1]})
        self.extra = self._extra()
        self.inputs = [
            one for one in self.made.prepared if statements[one].op != "parameter"
        ]
        most = max(len(one) for one in self.slopes.values())
        shared = {"e": len(self.extra), "slopes": most}
        shared["out_dot"] = together * sizes.outputs
        shared |= {"rates_before": sizes.states, "rates_after": sizes.states}
        shared |= {"exponents_move": 1}
        self.layout = in_a_row({k: max(1, n) for k, n in shared.items()}, layout)
        lengths = {
            "ydot": sizes.states,
            "next_ydot": sizes.states,
            "argument": sizes.states,
            "kdot": sizes.states * sizes.kept,
            "jdot": len(self.made.entries),
            "pdot": sizes.parameters,
            "cdot": len(self.inputs),
            "inputs_dot": sizes.inlets,
            "aside_dot": sizes.states + sizes.inlets,
            "between": max(len(flow.between) for flow in self.flows.values()),
        }
        self.block = in_a_row({k: max(1, n) for k, n in lengths.items()})

    def _logs(self, what: str) -> tuple[list[int], set[int]]:
        """Weights that stand on a logarithm, and the steady exponents they are for."""
        flow, steady = self.flows[what], self.made.steady
        sources: dict[int, set[int]] = {}
        for terms in (*(one for _, one in flow.between), *flow.results):
            for source, weight in terms:
                sources.setdefault(weight, set()).add(source)
        logs = [
            one
            for one in self.slopes[what]
            if sources[one] <= steady and one in self.on_logs
        ]
        return logs, {one for weight in logs for one in sources[weight]}

    def _extra(self) -> list[int]:
        """Steady values that only tangents need, as weights or for those of a state."""
        statements = self.made.program.statements
        steady = self.made.steady
        wanted = {one for flow in self.flows.values() for one in _weights(flow)}
        moving = [one for some in self.slopes.values() for one in some]
        users = [one for one in self.made.program.needed(moving) if one not in steady]
        used = {arg for number in users for arg in statements[number].args}
        plain = {one for one in used if statements[one].op == "const"}
        known = self.formulas.prepared.slots
        return sorted(
            one
            for one in ((used - plain) | wanted) & steady
            if one not in known and statements[one].op != "parameter"
        )

    def emit(self) -> None:
        """Write @prepare_slopes, @prepare_tangent, the slopes and the tables."""
        emit_flow(self.module, self.together)
        ready: Ready = self.formulas.prepared.ready
        places = [("%e", slot, one) for slot, one in enumerate(self.extra)]
        self._write("prepare_slopes", ("p", "c", "e"), places, ready)
        known: Ready = {**ready, **{one: (at, slot) for at, slot, one in places}}
        program = self.formulas.program
        n_vector = len(program.parameters) + len(program.solved)
        seeds = {
            number: ("%pdot", self.together * (one.index - n_vector))
            for number, one in enumerate(self.made.program.statements)
            if one.op == "parameter" and one.index >= n_vector
        }
        places = [
            ("%cdot", self.together * slot, self.made.prepared[one])
            for slot, one in enumerate(self.inputs)
        ]
        arguments = ("p", "c", "e", "pdot", "cdot")
        self._write("prepare_tangent", arguments, places, {**known, **seeds})
        self.tables: dict[str, tuple[FlowTable, FlowTable]] = {}
        for what in self.slopes:
            there = {one: (at, slot) for at, slot, one in self.formulas.shared}
            ready = known if what == "outputs" else {**known, **there}
            self._write_slopes(what, ready)
            self.tables[what] = self._tables(what)

    def _write_slopes(self, what: str, ready: Ready) -> None:
        """Write the weights of one flow; logarithms only if an exponent moves."""
        f = Function(
            self.module, f"{what}_slopes", (*STATE, "shared", "s", ("i64", "move"))
        )
        statements, seldom = self.made.program.statements, set(self.logs[what][0])
        places = [("%s", slot, one) for slot, one in enumerate(self.slopes[what])]
        often = [place for place in places if place[2] not in seldom]
        for number, part in enumerate(_parts(often)):
            name = f"{what}_slopes_{number}"
            self._write(name, (*STATE, "shared", "s"), part, ready)
            given = ", ".join(f"ptr %{one}" for one in (*STATE, "shared", "s"))
            f.do(f"call void @{name}({given})")
            ready = {**ready, **{one: (at, slot) for at, slot, one in part}}
        logs = [place for place in places if place[2] in seldom]
        with f.when(f.let("icmp eq i64 %move, 0")):
            for where, slot, _ in logs:
                f.store(f.const(0.0), where, slot)
        with f.when(f.let("icmp ne i64 %move, 0")):
            write_places(f, statements, logs, ready)
        f.close()

    def _write(
        self, name: str, arguments: tuple[str, ...], places: list[Place], ready: Ready
    ) -> None:
        f = Function(self.module, name, arguments)
        write_places(f, self.made.program.statements, places, ready)
        f.close()

    def _tables(self, what: str) -> tuple[FlowTable, FlowTable]:
        """Tables of what is between, and of the results."""
        flow = self.flows[what]
        places = self._places(what)
        levels: dict[int, int] = {}
        rows: dict[int, list[Row]] = {}
        for number, terms in flow.between:
            level = 1 + max((levels.get(source, 0) for source, _ in terms), default=0)
            levels[number] = level
            row = Row(places.tangents[number], places.of(terms))
            rows.setdefault(level, []).append(row)
        results = [
            Row(slot, places.of(terms)) for slot, terms in enumerate(flow.results)
        ]
        ordered = [rows[level] for level in sorted(rows)]
        return (
            self.table(f"{what}_between", ordered),
            self.table(f"{what}_results", [results]),
        )

    def table(
        self, name: str, levels: Sequence[Sequence[Row]], *, scaled: bool = False
    ) -> FlowTable:
        """A table for so many directions as are taken together."""
        return FlowTable(
            self.module, name, levels, together=self.together, scaled=scaled
        )

    def exponent_slots(self) -> list[int]:
        """Where the tangents of exponents are, in the block of a direction."""
        statements = self.made.program.statements
        at = {one: slot for slot, one in enumerate(self.inputs)}
        return [
            self.block["cdot"] + at[one]
            if one in at
            else self.block["pdot"] + statements[one].index
            for one in self.exponents
        ]

    def _places(self, what: str) -> _Places:
        """Where tangents and weights are, for one of the flows."""
        block, layout = self.block, self.layout
        statements = self.made.program.statements
        leaves = [
            (number, one)
            for number, one in enumerate(statements)
            if one.op in ("state", "parameter")
        ]
        tangents, weights = (
            {n: at[kind[one.op]] + one.index for n, one in leaves}
            for at, kind in (
                (block, {"state": "argument", "parameter": "pdot"}),
                (layout, {"state": "stage", "parameter": "p"}),
            )
        )
        between = [number for number, _ in self.flows[what].between]
        for where, section, numbers in (
            (tangents, block["cdot"], self.inputs),
            (tangents, block["between"], between),
            (weights, layout["e"], self.extra),
            (weights, layout["slopes"], self.slopes[what]),
        ):
            where.update({number: section + i for i, number in enumerate(numbers)})
        prepared = self.formulas.prepared.slots
        weights.update({one: layout["c"] + slot for one, slot in prepared.items()})
        return _Places(tangents, weights)


@dataclass(frozen=True)
class _Places:
    """Slots of tangents in the block of a direction, of weights in the memory."""

    tangents: Mapping[int, int]
    weights: Mapping[int, int]

    def of(self, terms: Terms) -> tuple[tuple[int, int], ...]:
        return tuple((self.tangents[one], self.weights[w]) for one, w in terms)


def _parts(places: list[Place]) -> Iterator[list[Place]]:
    """So few that the time to compile them grows with their number and no faster."""
    for first in range(0, len(places), PART):
        yield places[first : first + PART]


def _weights(flow: Flow) -> set[int]:
    every: Iterable[Terms] = (*(terms for _, terms in flow.between), *flow.results)
    return {weight for terms in every for _, weight in terms}
