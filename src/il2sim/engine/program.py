"""`Program`: an ordered list of assignments.

A program is what the engine knows of a model: statements over numbered states and
parameters, in an order in which they can be carried out, and which statement is which
rate, start, formula or output. Equal statements are one statement. Nothing here knows
how a program is differentiated, emitted or solved.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from il2sim.errors import BadProblem

OPERATIONS = {
    "const": 0,
    "state": 0,
    "parameter": 0,
    "add": 2,
    "sub": 2,
    "mul": 2,
    "div": 2,
    "neg": 1,
    "pow": 2,
    "exp": 1,
    "log": 1,
    "sqrt": 1,
    "expm1": 1,
    "log1p": 1,
    "tanh": 1,
    "min": 2,
    "max": 2,
    "less": 2,
    "pick": 3,
}
"""Every operation and how many statements it takes.

``less(a, b)`` is 1 where a < b, else 0; ``pick(c, a, b)`` is a where c is not 0.
"""

FOLD: Mapping[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b if b else math.nan,
    "neg": lambda a: -a,
    "min": min,
    "max": max,
    "less": lambda a, b: float(a < b),
    "pick": lambda c, a, b: a if c else b,
}
"""Operations on plain numbers whose result is the same on every machine."""

POWERS_BY_MULTIPLYING = 4
"""Whole powers up to this one are products."""


@dataclass(frozen=True)
class Statement:
    """One assignment: an operation on earlier statements.

    `index` numbers a state or parameter; `value` is that of a constant.
    """

    op: str
    args: tuple[int, ...] = ()
    index: int = -1
    value: float = 0.0


@dataclass(frozen=True)
class Term:
    """What one event adds to one state in an hour: a statement of a program."""

    name: str
    state: str
    statement: int


@dataclass(frozen=True, eq=False)
class Program:
    """A model as assignments; see the attributes for what each list points to.

    Attributes
    ----------
    statements
        In an order in which they can be carried out.
    states, parameters, solved
        Names. A subject's parameter vector holds `parameters`, then `solved`.
    held
        States that keep their start while the resting state is sought.
    starts
        Per state, a statement of given parameters.
    formulas, limits
        Per solved parameter, a statement of states and given parameters that holds at
        rest, and the range that it must be in.
    rates
        Per state, its change per hour.
    outputs
        Per name, a statement of states and parameters.
    inlets
        Per route of a dose, the state that receives it.
    scales
        Per state, its typical size.
    """

    statements: tuple[Statement, ...]
    states: tuple[str, ...]
    parameters: tuple[str, ...]
    solved: tuple[str, ...]
    held: tuple[str, ...]
    starts: tuple[int, ...]
    formulas: tuple[int, ...]
    limits: tuple[tuple[float, float], ...]
    rates: tuple[int, ...]
    outputs: Mapping[str, int]
    inlets: Mapping[str, str]
    scales: tuple[float, ...]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of everything that shapes the computation."""
        return hashlib.sha256(text(self).encode()).hexdigest()

    def needed(self, roots: Iterable[int]) -> list[int]:
        """Number the statements that some stand on, themselves included, in order."""
        return needed(self.statements, roots)


def needed(statements: Sequence[Statement], roots: Iterable[int]) -> list[int]:
    """Number the statements that some stand on, themselves included, in order."""
    wanted, stack = set(), list(roots)
    while stack:
        one = stack.pop()
        if one not in wanted:
            wanted.add(one)
            stack.extend(statements[one].args)
    return sorted(wanted)


class ProgramBuilder:
    """Writes statements, each once, with what is plainly simpler made simpler.

    Examples
    --------
    >>> b = ProgramBuilder(states=("x",), parameters=("k",))
    >>> x = b.state("x")
    >>> b.mul(x, b.const(1.0)) == x
    True
    """

    def __init__(
        self,
        *,
        states: tuple[str, ...],
        parameters: tuple[str, ...],
        solved: tuple[str, ...] = (),
    ) -> None:
        self.states, self.parameters, self.solved = states, parameters, solved
        self.statements: list[Statement] = []
        self._known: dict[Statement, int] = {}
        self._steady: set[int] = set()
        self._state_index = {name: i for i, name in enumerate(states)}
        vector = (*parameters, *solved)
        self._parameter_index = {name: i for i, name in enumerate(vector)}

    def statement(self, one: Statement) -> int:
        """Number of a statement, written now or before."""
        if one not in self._known:
            number = self._known[one] = len(self.statements)
            self.statements.append(one)
            if one.op != "state" and self._steady.issuperset(one.args):
                self._steady.add(number)
        return self._known[one]

    def const(self, value: float) -> int:
        """A number."""
        return self.statement(Statement("const", value=float(value) + 0.0))

    def state(self, name: str) -> int:
        """The state of that name."""
        return self.statement(Statement("state", index=self._state_index[name]))

    def parameter(self, name: str) -> int:
        """The parameter of that name, given or solved."""
        return self.statement(Statement("parameter", index=self._parameter_index[name]))

    def value_of(self, number: int) -> float | None:
        """The value of a constant, None for anything else."""
        one = self.statements[number]
        return one.value if one.op == "const" else None

    def is_steady(self, number: int) -> bool:
        """Whether a statement stands on no state."""
        return number in self._steady

    def apply(self, op: str, *args: int) -> int:
        """Write an operation, folded if all its arguments are numbers."""
        values = [self.value_of(arg) for arg in args]
        if op in FOLD and all(value is not None for value in values):
            return self.const(FOLD[op](*values))
        return self.statement(Statement(op, args))

    def add(self, a: int, b: int) -> int:
        """a + b."""
        if self.value_of(a) == 0:
            return b
        if self.value_of(b) == 0:
            return a
        for one, other in ((a, b), (b, a)):
            if self.statements[other].op == "neg":
                return self.sub(one, self.statements[other].args[0])
        return self.apply("add", *sorted((a, b)))

    def sub(self, a: int, b: int) -> int:
        """a - b."""
        if self.value_of(b) == 0:
            return a
        if self.value_of(a) == 0:
            return self.neg(b)
        if self.statements[b].op == "neg":
            return self.add(a, self.statements[b].args[0])
        return self.const(0.0) if a == b else self.apply("sub", a, b)

    def mul(self, a: int, b: int) -> int:
        """a * b."""
        for one, other in ((a, b), (b, a)):
            value = self.value_of(one)
            if value == 0:
                return self.const(0.0)
            if value == 1:
                return other
            if value == -1:
                return self.neg(other)
        return self.apply("mul", *sorted((a, b)))

    def div(self, a: int, b: int) -> int:
        """a / b; what varies is multiplied by the inverse of what is steady."""
        if self.value_of(a) == 0:
            return a
        if self.value_of(b) == 1:
            return a
        if b in self._steady and a not in self._steady:
            return self.mul(a, self.apply("div", self.const(1.0), b))
        return self.apply("div", a, b)

    def neg(self, a: int) -> int:
        """Minus a."""
        one = self.statements[a]
        return one.args[0] if one.op == "neg" else self.apply("neg", a)

    def pow(self, a: int, b: int) -> int:
        """a to the power b; small whole powers are products."""
        power = self.value_of(b)
        if power is None or power != int(power) or power < 0:
            return self.apply("pow", a, b)
        if power > POWERS_BY_MULTIPLYING:
            return self.apply("pow", a, b)
        result = self.const(1.0)
        for _ in range(int(power)):
            result = self.mul(result, a)
        return result

    def exp(self, a: int) -> int:
        """e to the power a."""
        return self.apply("exp", a)

    def log(self, a: int) -> int:
        """Natural logarithm of a."""
        return self.apply("log", a)

    def sqrt(self, a: int) -> int:
        """Square root of a."""
        return self.apply("sqrt", a)

    def expm1(self, a: int) -> int:
        """e to the power a, less one; exact near zero."""
        return self.apply("expm1", a)

    def log1p(self, a: int) -> int:
        """Natural logarithm of one and a; exact near zero."""
        return self.apply("log1p", a)

    def tanh(self, a: int) -> int:
        """Hyperbolic tangent of a."""
        return self.apply("tanh", a)

    def min(self, a: int, b: int) -> int:
        """The smaller of a and b."""
        return self.apply("min", a, b)

    def max(self, a: int, b: int) -> int:
        """The larger of a and b."""
        return self.apply("max", a, b)

    def less(self, a: int, b: int) -> int:
        """1 where a < b, else 0."""
        return self.apply("less", a, b)

    def pick(self, c: int, a: int, b: int) -> int:
        """a where c is not 0, else b."""
        return a if a == b else self.apply("pick", c, a, b)

    def finish(
        self,
        *,
        rates: Iterable[int],
        starts: Iterable[int],
        outputs: Mapping[str, int],
        scales: Iterable[float],
        held: tuple[str, ...] = (),
        formulas: Iterable[int] = (),
        limits: Iterable[tuple[float, float]] = (),
        inlets: Mapping[str, str] | None = None,
    ) -> Program:
        """Close the program.

        Raises
        ------
        BadProblem
            A list does not have one entry for each state or solved parameter.
        """
        program = Program(
            statements=tuple(self.statements),
            states=self.states,
            parameters=self.parameters,
            solved=self.solved,
            held=held,
            starts=tuple(starts),
            formulas=tuple(formulas),
            limits=tuple(limits),
            rates=tuple(rates),
            outputs=dict(outputs),
            inlets=dict(inlets or {}),
            scales=tuple(scales),
        )
        for what in ("rates", "starts", "scales"):
            _check_length(what, getattr(program, what), self.states)
        for what in ("formulas", "limits"):
            _check_length(what, getattr(program, what), self.solved)
        return program


def _check_length(what: str, given: tuple[object, ...], names: tuple[str, ...]) -> None:
    if len(given) != len(names):
        raise BadProblem(
            f"the {what} of a program do not fit its names.",
            got=f"{len(given)} of them",
            expected=f"{len(names)}",
        )


def text(program: Program) -> str:
    """Print a program, one assignment on each line."""
    names = (program.states, (*program.parameters, *program.solved))
    lines = [
        f"v{number} = {_right(statement, *names)}"
        for number, statement in enumerate(program.statements)
    ]
    for what in ("starts", "rates"):
        lines += [
            f"{what} {name} = v{number}"
            for name, number in zip(program.states, getattr(program, what), strict=True)
        ]
    for name, number, limit in zip(
        program.solved, program.formulas, program.limits, strict=True
    ):
        lines.append(f"solved {name} = v{number} in {limit}")
    lines += [f"output {name} = v{number}" for name, number in program.outputs.items()]
    lines += [f"inlet {route} -> {name}" for route, name in program.inlets.items()]
    lines += [f"held {name}" for name in program.held]
    for what in ("states", "parameters", "solved"):  # also those that no line reads
        lines.append(f"{what} " + "; ".join(getattr(program, what)))
    lines.append("scales " + " ".join(float(one).hex() for one in program.scales))
    return "\n".join(lines) + "\n"


def _right(
    statement: Statement, states: tuple[str, ...], parameters: tuple[str, ...]
) -> str:
    if statement.op == "const":
        return float(statement.value).hex()
    if statement.op == "state":
        return f"state {statement.index} ({states[statement.index]})"
    if statement.op == "parameter":
        return f"parameter {statement.index} ({parameters[statement.index]})"
    return f"{statement.op} " + " ".join(f"v{arg}" for arg in statement.args)


def rewrite(
    program: Program,
    builder: ProgramBuilder,
    leaf: Callable[[Statement, Callable[[int], int]], int],
) -> Callable[[int], int]:
    """Copy statements into another builder, with states and parameters replaced.

    `leaf` gets a state or parameter statement and the copier itself, and returns what
    stands for it in `builder`. The result copies one statement by its number.
    """
    done: dict[int, int] = {}

    def copy(number: int) -> int:
        if number not in done:
            one = program.statements[number]
            if one.op == "const":
                done[number] = builder.const(one.value)
            elif one.op in ("state", "parameter"):
                done[number] = leaf(one, copy)
            else:
                made: int = getattr(builder, one.op)(*(copy(arg) for arg in one.args))
                done[number] = made
        return done[number]

    return copy
