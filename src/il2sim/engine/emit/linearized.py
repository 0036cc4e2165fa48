"""Tangents of a program as functions over memory, each in two parts.

What does not depend on the direction, the slopes, is computed once for a state; what
remains is multiplications and additions, carried out for every direction. Powers and
logarithms are all in the first part. In the same way, what depends on no state is
prepared once for a subject, or once for a direction of a subject.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from il2sim.engine.emit.builder import Function, Module
from il2sim.engine.emit.formulas import Formulas, Place, Ready, write_places
from il2sim.engine.program import Statement
from il2sim.engine.tangents import Tangents, tangents

STATE = ("y", "p", "c", "e")
"""Pointers to states, parameters, what is prepared, and what tangents add to that."""

ALONG = ("ydot", "pdot", "cdot")
"""Tangents of states, of parameters, and what is prepared for a direction."""


class Linearized:
    """The functions of the tangents of one program in one module."""

    def __init__(self, module: Module, formulas: Formulas) -> None:
        self.module = module
        self.made: Tangents = tangents(formulas.program)
        self.entries = sorted(self.made.jacobian)
        self.roots: Mapping[str, Sequence[int]] = {
            "rates": self.made.rates,
            "outputs": self.made.outputs,
            "jacobian": [self.made.jacobian[place] for place in self.entries],
        }
        self._sort(formulas)
        self.slopes = {what: self._slopes(what) for what in self.roots}

    def _sort(self, formulas: Formulas) -> None:
        """Which statements move with the states, which with the direction."""
        statements, program = self.made.program.statements, formulas.program
        n_states = len(program.states)
        n_vector = len(program.parameters) + len(program.solved)
        self.moving: set[int] = set()
        self.directed: set[int] = set()
        self.seeds: dict[int, tuple[str, int]] = {}
        for number, one in enumerate(statements):
            size = {"state": n_states, "parameter": n_vector}.get(one.op)
            if size is not None and one.index >= size:
                pointer = "%ydot" if one.op == "state" else "%pdot"
                self.seeds[number] = (pointer, one.index - size)
                self.directed.add(number)
            if one.op == "state" or self.moving.intersection(one.args):
                self.moving.add(number)
            if self.directed.intersection(one.args):
                self.directed.add(number)
        users = [
            number
            for number in self.made.program.needed(self._all_roots())
            if number in self.moving
        ]
        steady = self._used_by(users, moving=False, directed=False)
        known: dict[int, tuple[str, int]] = dict(formulas.prepared.ready)
        self.extra = sorted(steady - set(known))
        known |= {number: ("%e", slot) for slot, number in enumerate(self.extra)}
        along = self._used_by(users, moving=False, directed=True)
        along.update(
            root
            for root in self._all_roots()
            if root in self.directed - self.moving and root not in self.seeds
        )
        self.prepared_along = sorted(along)
        self.known: Ready = known

    def _all_roots(self) -> list[int]:
        return [root for roots in self.roots.values() for root in roots]

    def _used_by(
        self, users: Iterable[int], *, moving: bool, directed: bool
    ) -> set[int]:
        """Arguments of one kind, but those that can simply be read."""
        statements = self.made.program.statements
        return {
            arg
            for number in users
            for arg in statements[number].args
            if (arg in self.moving) == moving
            and (arg in self.directed) == directed
            and not _is_plain(statements[arg])
        }

    def _slopes(self, what: str) -> list[int]:
        """What is computed once for all directions, for one of the functions."""
        needed = self.made.program.needed(self.roots[what])
        users = [one for one in needed if one in self.moving and one in self.directed]
        return sorted(self._used_by(users, moving=True, directed=False))

    @property
    def most_slopes(self) -> int:
        """Slots that the slopes of any of the functions take."""
        return max(len(one) for one in self.slopes.values())

    def emit(self) -> None:
        """Write @prepare_slopes, @prepare_tangent, and slopes and tangents of all."""
        f = Function(self.module, "prepare_slopes", ("p", "c", "e"))
        places = [("%e", slot, one) for slot, one in enumerate(self.extra)]
        ready = {one: at for one, at in self.known.items() if at[0] == "%c"}
        self._write(f, places, ready)
        f = Function(self.module, "prepare_tangent", ("p", "c", "e", "pdot", "cdot"))
        places = [("%cdot", slot, one) for slot, one in enumerate(self.prepared_along)]
        self._write(f, places, {**self.known, **self.seeds})
        for what, roots in self.roots.items():
            slopes = self.slopes[what]
            f = Function(self.module, f"{what}_slopes", (*STATE, "s"))
            places = [("%s", slot, one) for slot, one in enumerate(slopes)]
            self._write(f, places, self.known)
            f = Function(self.module, f"{what}_tangent", (*STATE, "s", *ALONG, "out"))
            ready = {
                **self.known,
                **self.seeds,
                **{one: ("%s", slot) for slot, one in enumerate(slopes)},
                **{
                    one: ("%cdot", slot) for slot, one in enumerate(self.prepared_along)
                },
            }
            self._write(
                f, [("%out", slot, one) for slot, one in enumerate(roots)], ready
            )

    def _write(self, f: Function, places: Sequence[Place], ready: Ready) -> None:
        write_places(f, self.made.program.statements, places, ready)
        f.close()


def _is_plain(statement: Statement) -> bool:
    return statement.op in ("const", "parameter", "state")
