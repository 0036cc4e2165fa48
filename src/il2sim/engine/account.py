"""`Account`: a change shared out among the events that make it, exactly.

An amount changes by events. For each event a state is added to the program that gathers
what the event adds beyond rest; the program solves these with everything else, so that
they sum to the change by the arithmetic of the method, whatever its step. In an account
by *event* every occurrence beyond its resting rate counts. In an account by *cause* an
event that goes on at its resting rate for each unit (a daughter divides, a blood cell
dies) counts for what brought the unit, and only what departs from that rate counts for
the event itself:

    x' - x'(rest) = A (x - x(rest)) + sum of u,     z' = A z + u  for each event alone,

with A the rates for each unit at rest, and u what an event adds beyond them. The
equation is linear in z, so the z sum to x - x(rest). Nothing here knows biology.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from il2sim.engine.evaluate import evaluate
from il2sim.engine.problem import Floats, Problem
from il2sim.engine.program import Program, ProgramBuilder, Statement, Term, rewrite
from il2sim.engine.resting import Rest
from il2sim.errors import BadProblem

AMOUNT = "the amount"
"""Output of an account's program that is shared out; the others are the shares."""


@dataclass(frozen=True, eq=False)
class Account:
    """A program that gathers shares beside everything else.

    Attributes
    ----------
    program
        Its outputs are `AMOUNT` and one for each of `names`; its last given parameters
        are rates at rest.
    names
        Events that have a share; those that never leave their resting rate have none.
    bare, rates_at_rest
        A program without the shares, and its statements that are computed at rest.
    inlets
        For each inlet that the amount holds, its number among the inlets and the
        statement of `bare` that is the weight of its state.
    """

    program: Program
    names: tuple[str, ...]
    bare: Program
    rates_at_rest: tuple[int, ...]
    inlets: Mapping[int, int]

    def problem(self, problem: Problem, rest: Rest) -> Problem:
        """The same problem with shares recorded.

        Parameters
        ----------
        problem
            Of the program that the account was opened for.
        rest
            Its resting states.
        """
        vector = np.hstack([problem.parameters, rest.solved])
        rates = evaluate(self.bare, self.rates_at_rest, vector, rest.states)
        return Problem(
            program=self.program,
            parameters=np.hstack([problem.parameters, rates]),
            bases=problem.bases,
            schedule=problem.schedule,
            sample_h=problem.sample_h,
            end_h=problem.end_h,
            save=(AMOUNT, *self.names),
            tolerance=problem.tolerance,
            most_steps=problem.most_steps,
        )

    def dosed(self, problem: Problem, rest: Rest) -> Floats:
        """What doses have added to the amount, shape ``(n_subjects, n_times)``."""
        vector = np.hstack([problem.parameters, rest.solved])
        total = np.zeros((problem.n_subjects, len(problem.sample_h)))
        for inlet, weight in self.inlets.items():
            given = problem.schedule.given_by(problem.sample_h, problem.bases, inlet)
            total += given * evaluate(self.bare, [weight], vector, rest.states)
        return total

    def rest(self, rest: Rest) -> Rest:
        """The resting states with shares, which begin at zero."""
        more = len(self.program.states) - rest.states.shape[1]
        return Rest(
            states=np.pad(rest.states, ((0, 0), (0, more))),
            solved=rest.solved,
            status=rest.status,
            state_tangents=np.pad(rest.state_tangents, ((0, 0), (0, 0), (0, more))),
            solved_tangents=rest.solved_tangents,
        )


def open_account(
    program: Program,
    terms: Sequence[Term],
    amounts: Mapping[str, float],
    *,
    by_cause: bool,
) -> Account:
    """Prepare to share out the change of an amount.

    Parameters
    ----------
    program
        Of the model.
    terms
        Everything that changes a state; terms of one name have one share.
    amounts
        States and outputs of the program that make up the amount, each with what one
        unit of it counts.
    by_cause
        Whether what goes on at its resting rate counts for what brought the unit.

    Raises
    ------
    BadProblem
        An output is no sum of states with constant weights, or is asked for by cause
        and doses enter it.
    """
    return _Opening(program, terms, by_cause=by_cause).account(amounts)


@dataclass(frozen=True)
class _Drive:
    """What an event adds: `rate` less its value at rest, times the carrying state."""

    rate: int
    at_rest: int
    carrier: str | None


Copier = Callable[[int], int]


class _Opening:
    """One pass over a program, whose statements are copied to `draft` and numbered."""

    def __init__(
        self, program: Program, terms: Sequence[Term], *, by_cause: bool
    ) -> None:
        self.base, self.by_cause = program, by_cause
        self.entered = set(program.inlets.values())
        self.draft = ProgramBuilder(
            states=program.states, parameters=program.parameters, solved=program.solved
        )
        self.copy = _copier(program, self.draft)
        self.terms: dict[str, list[Term]] = {name: [] for name in program.states}
        for one in terms:
            self.terms[one.state].append(one)
        self.at_rest: list[int] = []
        self.drives: dict[tuple[str, str], list[_Drive]] = {}
        self.links: dict[str, dict[str, int]] = {}

    def account(self, amounts: Mapping[str, float]) -> Account:
        weights = self._weights(amounts)
        if self.by_cause and self.entered & set(weights):
            raise BadProblem(
                "what doses bring cannot be shared out by cause.",
                got="an amount that doses enter",
                expected="an account by event for what is given, by cause for cells",
            )
        self._follow(weights)
        names = tuple(dict.fromkeys(name for name, _ in self.drives))
        shares = [(name, state) for name in names for state in self._reached(name)]
        bare = self._program(self.draft, self.copy)
        final = ProgramBuilder(
            states=(*self.base.states, *(_share(*one) for one in shares)),
            parameters=(*self.base.parameters, *map(_rate, range(len(self.at_rest)))),
            solved=self.base.solved,
        )
        copy = _copier(bare, final)
        rates = [self._growth(final, copy, shares, *one) for one in shares]

        def weighed(name: str | None) -> int:
            return _total(
                final,
                (
                    final.mul(copy(weight), final.state(_share(name, state)))
                    for state, weight in weights.items()
                    if name is None or (name, state) in shares
                ),
            )

        outputs = {AMOUNT: weighed(None)} | {name: weighed(name) for name in names}
        program = self._program(
            final, _copier(self.base, final), shares, rates, outputs
        )
        inlets = {
            number: weights[state]
            for number, state in enumerate(self.base.inlets.values())
            if state in weights
        }
        return Account(program, names, bare, tuple(self.at_rest), inlets)

    def _program(
        self,
        builder: ProgramBuilder,
        copy: Copier,
        shares: Sequence[tuple[str, str]] = (),
        rates: Sequence[int] = (),
        outputs: Mapping[str, int] | None = None,
    ) -> Program:
        base, zero = self.base, builder.const(0.0)
        size = dict(zip(base.states, base.scales, strict=True))
        return builder.finish(
            rates=[*map(copy, base.rates), *rates],
            starts=[*map(copy, base.starts), *(zero for _ in shares)],
            outputs=outputs or {},
            scales=[*base.scales, *(size[state] for _, state in shares)],
            held=(*base.held, *(_share(*one) for one in shares)),
            formulas=list(map(copy, base.formulas)),
            limits=base.limits,
            inlets=base.inlets,
        )

    def _weights(self, amounts: Mapping[str, float]) -> dict[str, int]:
        """What one unit of each state counts."""
        draft, base = self.draft, self.base
        sums: dict[str, int] = {}
        for name, by in amounts.items():
            is_output = name in base.outputs
            root = self.copy(base.outputs[name]) if is_output else draft.state(name)
            found = _linear(draft, root)
            if not found:
                raise BadProblem(
                    f"the change of '{name}' cannot be shared out.",
                    got=f"'{name}' is a ratio, a product or a curve of amounts"
                    if found is None
                    else f"'{name}' never changes",
                    expected="a sum of amounts, such as the count of a population",
                )
            for index, weight in found.items():
                state = base.states[index]
                more = draft.mul(weight, draft.const(by))
                sums[state] = draft.add(sums.get(state, draft.const(0.0)), more)
        return sums

    def _follow(self, wanted: Iterable[str]) -> None:
        """Find what drives each state, and which states carry shares to it."""
        waiting = list(wanted)
        while waiting:
            state = waiting.pop(0)
            if state not in self.links:
                self.links[state] = {}
                for term in self.terms[state]:
                    self._read(term)
                waiting += self.links[state]
        for carriers in self.links.values():
            for carrier, rate in carriers.items():
                carriers[carrier] = self._keep(rate)

    def _read(self, term: Term) -> None:
        draft, rate = self.draft, self.copy(term.statement)
        carrier = self._carrier(term.state, rate)
        if carrier is not None:
            rate = _without(draft, rate, self.base.states.index(carrier))
            links = self.links[term.state]
            links[carrier] = draft.add(links.get(carrier, draft.const(0.0)), rate)
        if not draft.is_steady(rate):
            drive = _Drive(rate, self._keep(rate), carrier)
            self.drives.setdefault((term.name, term.state), []).append(drive)

    def _carrier(self, state: str, rate: int) -> str | None:
        """The state whose units go through the event: its own, or the only factor.

        What doses enter carries nothing: what it drives is a cause.
        """
        if not self.by_cause:
            return None
        found = {self.base.states[index] for index in _factors(self.draft, rate)}
        found -= self.entered
        if state in found:
            return state
        return found.pop() if len(found) == 1 else None

    def _keep(self, rate: int) -> int:
        """Number a rate among those computed at rest."""
        if rate not in self.at_rest:
            self.at_rest.append(rate)
        return self.at_rest.index(rate)

    def _reached(self, name: str) -> list[str]:
        """The states to which a share of this name gets."""
        found = [state for one, state in self.drives if one == name]
        for state in found:  # grows while it is read
            found += [
                other
                for other, carriers in self.links.items()
                if state in carriers and other not in found
            ]
        return found

    def _growth(
        self,
        final: ProgramBuilder,
        copy: Copier,
        shares: Sequence[tuple[str, str]],
        name: str,
        state: str,
    ) -> int:
        """What is added to one share in an hour."""
        parts = []
        for drive in self.drives.get((name, state), ()):
            rest = final.parameter(_rate(drive.at_rest))
            excess = final.sub(copy(drive.rate), rest)
            if drive.carrier is not None:
                excess = final.mul(excess, final.state(drive.carrier))
            parts.append(excess)
        for carrier, rate in self.links[state].items():
            if (name, carrier) in shares:
                carried = final.state(_share(name, carrier))
                parts.append(final.mul(final.parameter(_rate(rate)), carried))
        return _total(final, parts)


def _share(name: str | None, state: str) -> str:
    """The state that holds a share; the state itself for the whole."""
    return state if name is None else f"{state} by {name}"


def _rate(number: int) -> str:
    return f"rate at rest {number}"


def _total(builder: ProgramBuilder, parts: Iterable[int]) -> int:
    total = builder.const(0.0)
    for part in parts:
        total = builder.add(total, part)
    return total


def _copier(program: Program, builder: ProgramBuilder) -> Copier:
    """Copy statements into a builder that has the same names, and more."""
    vector = (*program.parameters, *program.solved)

    def leaf(one: Statement, copy: Copier) -> int:
        if one.op == "state":
            return builder.state(program.states[one.index])
        return builder.parameter(vector[one.index])

    return rewrite(program, builder, leaf)


def _linear(builder: ProgramBuilder, number: int) -> dict[int, int] | None:
    """The weight of each state in a sum of states; None if it is no such sum."""
    one = builder.statements[number]
    if builder.is_steady(number):
        return {}
    if one.op == "state":
        return {one.index: builder.const(1.0)}
    if one.op not in ("add", "sub", "neg", "mul", "div"):
        return None
    first, last = one.args[0], one.args[-1]
    if one.op == "mul" and builder.is_steady(first):
        first, last = last, first
    inner = _linear(builder, first)
    if one.op in ("mul", "div"):
        if inner is None or not builder.is_steady(last):
            return None
        scale = builder.mul if one.op == "mul" else builder.div
        return {index: scale(weight, last) for index, weight in inner.items()}
    if one.op == "neg":
        return inner and {index: builder.neg(by) for index, by in inner.items()}
    return _joined(builder, one.op, inner, _linear(builder, last))


def _joined(
    builder: ProgramBuilder,
    op: str,
    one: dict[int, int] | None,
    other: dict[int, int] | None,
) -> dict[int, int] | None:
    if one is None or other is None:
        return None
    join, zero = getattr(builder, op), builder.const(0.0)
    return {
        index: join(one.get(index, zero), other.get(index, zero))
        for index in {**one, **other}
    }


def _factors(builder: ProgramBuilder, number: int) -> set[int]:
    """States by which a product can be divided."""
    one = builder.statements[number]
    if one.op == "state":
        return {one.index}
    if one.op == "mul":
        return _factors(builder, one.args[0]) | _factors(builder, one.args[1])
    return _factors(builder, one.args[0]) if one.op in ("div", "neg") else set()


def _without(builder: ProgramBuilder, number: int, index: int) -> int:
    """A product divided by one of its factors."""
    one = builder.statements[number]
    if one.op == "state":
        return builder.const(1.0)
    first = one.args[0]
    if one.op == "neg":
        return builder.neg(_without(builder, first, index))
    other = one.args[1]
    if one.op == "mul" and index not in _factors(builder, first):
        first, other = other, first
    join = builder.mul if one.op == "mul" else builder.div
    return join(_without(builder, first, index), other)
