"""Statements of a program as functions over memory.

Each function reads slots of states, parameters and values prepared once for each
subject, and writes slots. What does not depend on states is prepared once. Products
that are only added become fused multiplications.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from il2sim.engine.derivatives import Differentiated, differentiate
from il2sim.engine.emit.builder import Function, Module
from il2sim.engine.emit.functions import TOGETHER, emit_rare
from il2sim.engine.precision import DOUBLE, Precision
from il2sim.engine.program import Program, Statement

ARGUMENTS = ("y", "p", "c")
"""Pointers to states, parameters, and what is prepared for a subject."""

Ready = Mapping[int, tuple[str, int]]
"""Statements that are there already: number to pointer and slot."""

Place = tuple[str, int, int]
"""Where a statement goes: pointer, slot, number of the statement."""


@dataclass(frozen=True)
class Prepared:
    """Which statements are prepared once for each subject, and in which slot."""

    slots: Mapping[int, int]
    steady: frozenset[int]

    def __len__(self) -> int:
        return len(self.slots)

    @property
    def ready(self) -> Ready:
        """Where each is found."""
        return {number: ("%c", slot) for number, slot in self.slots.items()}


def prepare(program: Program, whole: Differentiated) -> Prepared:
    """Choose what to prepare: steady values that something unsteady stands on."""
    steady: set[int] = set()
    for number, statement in enumerate(whole.statements):
        if statement.op != "state" and all(arg in steady for arg in statement.args):
            steady.add(number)
    used = {
        arg
        for number, statement in enumerate(whole.statements)
        if number not in steady
        for arg in statement.args
        if arg in steady
    }
    used.update(one for one in whole.jacobian.values() if one in steady)
    used.update(one for one in program.rates if one in steady)
    used.update(one for one in program.outputs.values() if one in steady)
    plain = {one for one in used if whole.statements[one].op in ("const", "parameter")}
    slots = {number: slot for slot, number in enumerate(sorted(used - plain))}
    return Prepared(slots, frozenset(steady))


class Formulas:
    """The functions of one program in one module.

    Rates leave the values of the statements `shared` behind: tangents need them too.
    They and the Jacobian are found in the precision of the stages; what is prepared and
    shown is in doubles.
    """

    def __init__(
        self,
        module: Module,
        program: Program,
        shared: Sequence[int] = (),
        precision: Precision = DOUBLE,
    ) -> None:
        self.module, self.stages = module, module.of(precision)
        self.shared: list[Place] = [
            ("%shared", slot, one) for slot, one in enumerate(shared)
        ]
        self.program = program
        self.whole = differentiate(program)
        self.prepared = prepare(program, self.whole)

    def emit(self) -> None:
        """Write @prepare, @rates, @outputs, and what they call besides exp and log."""
        prepared = self.prepared
        for one in dict.fromkeys((self.module.precision, self.stages.precision)):
            wanted = {statement.op for statement in self.whole.statements}
            emit_rare(self.module.of(one), wanted)
        function = Function(self.module, "prepare", ("p", "c"))
        places = [("%c", slot, number) for number, slot in prepared.slots.items()]
        write_places(function, self.whole.statements, places, {})
        function.close()
        self._emit_rates()
        self._emit_outputs()

    def _emit_outputs(self) -> None:
        """Write @outputs: those that are wanted, each on its own.

        A study asks for few of them, and some cost as much as a part of the rates.
        """
        function = Function(self.module, "outputs", (*ARGUMENTS, "out", "wanted"))
        for slot, one in enumerate(self.program.outputs.values()):
            where = function.let(f"getelementptr i64, ptr %wanted, i64 {slot}")
            wanted = function.let(f"load i64, ptr {where}")
            with function.when(function.let(f"icmp ne i64 {wanted}, 0")):
                places = [("%out", slot, one)]
                write_places(
                    function, self.whole.statements, places, self.prepared.ready
                )
        function.close()

    def emit_jacobian(self, slots: Mapping[tuple[int, int], int], size: int) -> None:
        """Write @jacobian: rates, and their derivatives into the given slots.

        The two share most of their statements. Slots without a derivative are zero.
        """
        function = Function(self.stages, "jacobian", (*ARGUMENTS, "out", "shared", "w"))
        entries = {slots[place]: one for place, one in self.whole.jacobian.items()}
        places = self._places_of_rates()
        places += [("%w", slot, one) for slot, one in sorted(entries.items())]
        write_places(function, self.whole.statements, places, self.prepared.ready)
        for slot in sorted(set(range(size)) - set(entries)):
            function.store(function.const(0.0), "%w", slot)
        function.close()

    def _emit_rates(self) -> None:
        function = Function(self.stages, "rates", (*ARGUMENTS, "out", "shared"))
        places, ready = self._places_of_rates(), self.prepared.ready
        write_places(function, self.whole.statements, places, ready)
        function.close()

    def _places_of_rates(self) -> list[Place]:
        rates = [("%out", slot, one) for slot, one in enumerate(self.program.rates)]
        return [*rates, *self.shared]


def write_places(
    function: Function,
    statements: Sequence[Statement],
    places: Sequence[Place],
    ready: Ready,
) -> None:
    """Compute statements and store each at once.

    What a place stands on is written just before it, so that few values wait for
    their use at a time and most stay in registers. Powers come first, several at once.
    """
    roots = [number for _, _, number in places]
    groups = _powers_together(
        function, statements, _order(statements, roots, ready), ready
    )
    first = [one for group in groups for one in _arguments(statements, group)]
    order = _order(statements, [*first, *roots], ready)
    single = _products_used_once(statements, order, set(roots), ready)
    waiting: dict[int, list[tuple[str, int]]] = {}
    for where, slot, number in places:
        waiting.setdefault(number, []).append((where, slot))
    leads = {group[0]: group for group in groups}
    values: dict[int, str] = {}
    for number in order:
        if number in ready:
            values[number] = function.load(*ready[number])
        elif number in leads:
            calls = [
                [values[arg] for arg in statements[one].args] for one in leads[number]
            ]
            found = function.call_wide("pow_together", TOGETHER, calls)
            values.update(zip(leads[number], found, strict=True))
        elif number not in single and number not in values:
            values[number] = _write_one(function, statements, number, values, single)
        for where, slot in waiting.get(number, ()):
            function.store(values[number], where, slot)


def _powers_together(
    function: Function,
    statements: Sequence[Statement],
    order: Sequence[int],
    ready: Ready,
) -> list[list[int]]:
    """Powers that do not stand on each other, so many as one call takes."""
    if function.lanes == 1:
        return []
    depth: dict[int, int] = {}
    levels: dict[int, list[int]] = {}
    for number in order:
        args = () if number in ready else statements[number].args
        depth[number] = max((depth[arg] for arg in args), default=0)
        if number not in ready and statements[number].op == "pow":
            levels.setdefault(depth[number], []).append(number)
            depth[number] += 1
    return [
        level[k : k + TOGETHER]
        for _, level in sorted(levels.items())
        for k in range(0, len(level) - TOGETHER + 1, TOGETHER)
    ]


def _arguments(statements: Sequence[Statement], group: Sequence[int]) -> list[int]:
    """Arguments of all of a group, then the group."""
    return [*(arg for one in group for arg in statements[one].args), *group]


def _order(
    statements: Sequence[Statement], roots: Iterable[int], ready: Ready
) -> list[int]:
    """What some statements stand on, each as late as possible, roots in order."""
    done: dict[int, None] = {}
    for root in roots:
        stack = [(root, False)]
        while stack:
            one, is_complete = stack.pop()
            if is_complete:
                done.setdefault(one)
            elif one not in done:
                stack.append((one, True))
                if one not in ready:
                    stack.extend((arg, False) for arg in reversed(statements[one].args))
    return list(done)


def _products_used_once(
    statements: Sequence[Statement],
    order: list[int],
    roots: set[int],
    ready: Ready,
) -> set[int]:
    """Products whose only use is in a sum: they are fused with it.

    A sum fuses its first such product only.
    """
    uses: dict[int, int] = {}
    for number in order:
        if number not in ready:
            for arg in statements[number].args:
                uses[arg] = uses.get(arg, 0) + 1
    fused: set[int] = set()
    for number in order:
        if number in ready or statements[number].op not in ("add", "sub"):
            continue
        for arg in statements[number].args:
            free = arg not in ready and arg not in roots
            if free and statements[arg].op == "mul" and uses[arg] == 1:
                fused.add(arg)
                break
    return fused


def _write_one(
    function: Function,
    statements: Sequence[Statement],
    number: int,
    values: Mapping[int, str],
    fused: set[int],
) -> str:
    statement = statements[number]
    op, args = statement.op, statement.args
    if op == "const":
        return function.const(statement.value)
    if op == "state":
        return function.load("%y", statement.index)
    if op == "parameter":
        return function.load("%p", statement.index)
    if op in ("add", "sub") and fused.intersection(args):
        return _fused(function, statements, statement, values, fused)
    return _OPERATIONS[op](function, *(values[arg] for arg in args))


def _fused(
    function: Function,
    statements: Sequence[Statement],
    statement: Statement,
    values: Mapping[int, str],
    fused: set[int],
) -> str:
    first, second = statement.args
    product, other = (first, second) if first in fused else (second, first)
    a, b = (values[arg] for arg in statements[product].args)
    rest = values[other]
    if statement.op == "sub":
        if product == first:
            rest = function.neg(rest)
        else:
            a = function.neg(a)
    return function.fma(a, b, rest)


def _less(function: Function, a: str, b: str) -> str:
    truth = function.compare("olt", a, b)
    return function.pick(truth, function.const(1.0), function.const(0.0))


def _choose(function: Function, choice: str, a: str, b: str) -> str:
    return function.pick(function.compare("une", choice, function.const(0.0)), a, b)


def _smaller(function: Function, a: str, b: str) -> str:
    return function.pick(function.compare("olt", a, b), a, b)


def _larger(function: Function, a: str, b: str) -> str:
    return function.pick(function.compare("olt", b, a), a, b)


_OPERATIONS: Mapping[str, Callable[..., str]] = {
    "add": lambda f, a, b: f.binary("fadd", a, b),
    "sub": lambda f, a, b: f.binary("fsub", a, b),
    "mul": lambda f, a, b: f.binary("fmul", a, b),
    "div": lambda f, a, b: f.binary("fdiv", a, b),
    "neg": lambda f, a: f.neg(a),
    "pow": lambda f, a, b: f.call("pow", a, b),
    "exp": lambda f, a: f.call("exp", a),
    "log": lambda f, a: f.call("log", a),
    "sqrt": lambda f, a: f.intrinsic("sqrt", a),
    "expm1": lambda f, a: f.call("expm1", a),
    "log1p": lambda f, a: f.call("log1p", a),
    "tanh": lambda f, a: f.call("tanh", a),
    "min": _smaller,
    "max": _larger,
    "less": _less,
    "pick": _choose,
}
