"""The Jacobian of a `Program`, exact, sparse, and over shared statements.

Gradients are carried forward from the states through the statements, each as the few
partial derivatives that are not zero. What they need is written into a builder that
already holds the program, so nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from il2sim.engine.program import Program, ProgramBuilder, Statement

Gradient = dict[int, int]
"""State number to the statement that holds the partial derivative."""

Gradients = Sequence[Gradient] | Mapping[int, Gradient]
"""The gradient of each statement, by its number."""


@dataclass(frozen=True)
class Differentiated:
    """A program's statements, extended by those of its Jacobian.

    Attributes
    ----------
    statements
        Those of the program first, in its numbering.
    jacobian
        (row, column) to the statement with the derivative of that rate by that state.
    """

    statements: tuple[Statement, ...]
    jacobian: Mapping[tuple[int, int], int]


@lru_cache(maxsize=8)
def differentiate(program: Program) -> Differentiated:
    """Write the Jacobian of the rates by the states.

    Examples
    --------
    >>> b = ProgramBuilder(states=("x",), parameters=("k",))
    >>> rate = b.mul(b.parameter("k"), b.state("x"))
    >>> p = b.finish(rates=[rate], starts=[b.const(0)], outputs={}, scales=[1.0])
    >>> d = differentiate(p)
    >>> d.statements[d.jacobian[0, 0]].op
    'parameter'
    """
    builder = _continued(program)
    gradients: list[Gradient] = []
    for number, statement in enumerate(program.statements):
        if statement.op == "state":
            gradients.append({statement.index: builder.const(1.0)})
        elif not any(gradients[arg] for arg in statement.args):
            gradients.append({})
        else:
            rule = RULES[statement.op]
            gradients.append(rule(builder, number, statement.args, gradients))
    jacobian = {
        (row, column): partial
        for row, rate in enumerate(program.rates)
        for column, partial in sorted(gradients[rate].items())
        if builder.value_of(partial) != 0
    }
    return Differentiated(tuple(builder.statements), jacobian)


def _continued(program: Program) -> ProgramBuilder:
    builder = ProgramBuilder(
        states=program.states, parameters=program.parameters, solved=program.solved
    )
    for statement in program.statements:
        builder.statement(statement)
    return builder


Rule = Callable[[ProgramBuilder, int, tuple[int, ...], Gradients], Gradient]


def _chain(
    builder: ProgramBuilder, terms: list[tuple[Gradient, Callable[[int], int]]]
) -> Gradient:
    """Sum of gradients, each scaled by a function of its partial derivatives."""
    result: Gradient = {}
    for gradient, scaled in terms:
        for column, partial in gradient.items():
            term = scaled(partial)
            before = result.get(column)
            result[column] = term if before is None else builder.add(before, term)
    return result


def _add(b: ProgramBuilder, v: int, args: tuple[int, ...], g: Gradients) -> Gradient:
    return _chain(b, [(g[args[0]], lambda d: d), (g[args[1]], lambda d: d)])


def _sub(b: ProgramBuilder, v: int, args: tuple[int, ...], g: Gradients) -> Gradient:
    return _chain(b, [(g[args[0]], lambda d: d), (g[args[1]], b.neg)])


def _mul(b: ProgramBuilder, v: int, args: tuple[int, ...], g: Gradients) -> Gradient:
    x, y = args
    return _chain(b, [(g[x], lambda d: b.mul(d, y)), (g[y], lambda d: b.mul(d, x))])


def _div(b: ProgramBuilder, v: int, args: tuple[int, ...], g: Gradients) -> Gradient:
    x, y = args
    over = b.div(b.const(1.0), y)
    slope = b.neg(b.mul(v, over))
    return _chain(
        b, [(g[x], lambda d: b.mul(d, over)), (g[y], lambda d: b.mul(d, slope))]
    )


def _neg(b: ProgramBuilder, v: int, args: tuple[int, ...], g: Gradients) -> Gradient:
    return _chain(b, [(g[args[0]], b.neg)])


def _pow(b: ProgramBuilder, v: int, args: tuple[int, ...], g: Gradients) -> Gradient:
    """A base of zero or less gives zero, and so do its derivatives.

    There they are zero times something finite, so that nothing that is not a number
    arises, in derivatives of them either.
    """
    x, y = args
    base = b.pick(b.less(b.const(0.0), x), x, b.const(1.0))
    slope = b.mul(y, b.div(v, base))
    terms: list[tuple[Gradient, Callable[[int], int]]] = [
        (g[x], lambda d: b.mul(d, slope))
    ]
    if g[y]:
        by_power = b.mul(v, b.log(base))
        terms.append((g[y], lambda d: b.mul(d, by_power)))
    return _chain(b, terms)


def _exp(b: ProgramBuilder, v: int, args: tuple[int, ...], g: Gradients) -> Gradient:
    return _chain(b, [(g[args[0]], lambda d: b.mul(d, v))])


def _log(b: ProgramBuilder, v: int, args: tuple[int, ...], g: Gradients) -> Gradient:
    over = b.div(b.const(1.0), args[0])
    return _chain(b, [(g[args[0]], lambda d: b.mul(d, over))])


def _sqrt(b: ProgramBuilder, v: int, args: tuple[int, ...], g: Gradients) -> Gradient:
    slope = b.div(b.const(0.5), v)
    return _chain(b, [(g[args[0]], lambda d: b.mul(d, slope))])


def _expm1(b: ProgramBuilder, v: int, args: tuple[int, ...], g: Gradients) -> Gradient:
    """By the exponential itself: less one and one again would lose its digits."""
    slope = b.exp(args[0])
    return _chain(b, [(g[args[0]], lambda d: b.mul(d, slope))])


def _log1p(b: ProgramBuilder, v: int, args: tuple[int, ...], g: Gradients) -> Gradient:
    one = b.const(1.0)
    over = b.div(one, b.add(one, args[0]))
    return _chain(b, [(g[args[0]], lambda d: b.mul(d, over))])


def _tanh(b: ProgramBuilder, v: int, args: tuple[int, ...], g: Gradients) -> Gradient:
    slope = b.sub(b.const(1.0), b.mul(v, v))
    return _chain(b, [(g[args[0]], lambda d: b.mul(d, slope))])


def _either(b: ProgramBuilder, first: int, x: int, y: int, g: Gradients) -> Gradient:
    zero = b.const(0.0)
    return {
        column: b.pick(first, g[x].get(column, zero), g[y].get(column, zero))
        for column in sorted({*g[x], *g[y]})
    }


def _min(b: ProgramBuilder, v: int, args: tuple[int, ...], g: Gradients) -> Gradient:
    x, y = args
    return _either(b, b.less(x, y), x, y, g)


def _max(b: ProgramBuilder, v: int, args: tuple[int, ...], g: Gradients) -> Gradient:
    x, y = args
    return _either(b, b.less(y, x), x, y, g)


def _pick(b: ProgramBuilder, v: int, args: tuple[int, ...], g: Gradients) -> Gradient:
    choice, x, y = args
    return _either(b, choice, x, y, g)


def _less(b: ProgramBuilder, v: int, args: tuple[int, ...], g: Gradients) -> Gradient:
    return {}


RULES: Mapping[str, Rule] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "div": _div,
    "neg": _neg,
    "pow": _pow,
    "exp": _exp,
    "log": _log,
    "sqrt": _sqrt,
    "expm1": _expm1,
    "log1p": _log1p,
    "tanh": _tanh,
    "min": _min,
    "max": _max,
    "pick": _pick,
    "less": _less,
}
"""For each operation, the gradient of its result from those of its arguments."""
