"""Small programs with known answers, for the tests of the engine.

Written with a `Term`, which is a statement that knows Python's operators.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from il2sim.engine.program import Program, ProgramBuilder

Number = float | int


@dataclass(frozen=True)
class Term:
    """One statement of a program being written."""

    builder: ProgramBuilder
    number: int

    def _other(self, other: Term | Number) -> int:
        return other.number if isinstance(other, Term) else self.builder.const(other)

    def _apply(self, op: str, *args: int) -> Term:
        return Term(self.builder, getattr(self.builder, op)(*args))

    def __add__(self, other: Term | Number) -> Term:
        return self._apply("add", self.number, self._other(other))

    def __sub__(self, other: Term | Number) -> Term:
        return self._apply("sub", self.number, self._other(other))

    def __mul__(self, other: Term | Number) -> Term:
        return self._apply("mul", self.number, self._other(other))

    def __truediv__(self, other: Term | Number) -> Term:
        return self._apply("div", self.number, self._other(other))

    def __pow__(self, other: Term | Number) -> Term:
        return self._apply("pow", self.number, self._other(other))

    def __radd__(self, other: Number) -> Term:
        return self._apply("add", self._other(other), self.number)

    def __rsub__(self, other: Number) -> Term:
        return self._apply("sub", self._other(other), self.number)

    def __rmul__(self, other: Number) -> Term:
        return self._apply("mul", self._other(other), self.number)

    def __rtruediv__(self, other: Number) -> Term:
        return self._apply("div", self._other(other), self.number)

    def __neg__(self) -> Term:
        return self._apply("neg", self.number)

    def call(self, op: str, *others: Term | Number) -> Term:
        """An operation by its name: exp, log, sqrt, min, max, less, pick."""
        return self._apply(op, self.number, *(self._other(one) for one in others))


Names = Mapping[str, Term]


def write(
    rates: Callable[[Names, Names], Mapping[str, Term | Number]],
    *,
    starts: Mapping[str, Number | str],
    parameters: Sequence[str] = (),
    outputs: Callable[[Names, Names], Mapping[str, Term]] | None = None,
    solved: Callable[[Names, Names], Mapping[str, Term]] | None = None,
    solved_names: Sequence[str] = (),
    limits: Sequence[tuple[float, float]] = (),
    held: Sequence[str] = (),
    inlets: Mapping[str, str] | None = None,
    scale: float = 1.0,
) -> Program:
    """Write a program; a start is a number or the name of a parameter.

    Without `outputs` every state is recorded.
    """
    builder = ProgramBuilder(
        states=tuple(starts), parameters=tuple(parameters), solved=tuple(solved_names)
    )
    y = {name: Term(builder, builder.state(name)) for name in starts}
    vector = (*parameters, *solved_names)
    p = {name: Term(builder, builder.parameter(name)) for name in vector}
    moved = rates(y, p)
    formulas = solved(y, p) if solved else {}
    shown = outputs(y, p) if outputs else y

    def number(value: Term | Number | str) -> int:
        if isinstance(value, Term):
            return value.number
        return p[value].number if isinstance(value, str) else builder.const(value)

    return builder.finish(
        rates=[number(moved[name]) for name in starts],
        starts=[number(start) for start in starts.values()],
        outputs={name: one.number for name, one in shown.items()},
        scales=[scale] * len(starts),
        held=tuple(held),
        formulas=[number(formulas[name]) for name in solved_names],
        limits=limits,
        inlets=inlets,
    )


def one_compartment() -> Program:
    """A drug that leaves in proportion to its amount: x' = -k x."""
    return write(
        lambda y, p: {"x": -p["k"] * y["x"]},
        starts={"x": 0.0},
        parameters=["k"],
        inlets={"iv": "x"},
    )


def absorbed() -> Program:
    """First-order absorption into one compartment."""
    return write(
        lambda y, p: {
            "depot": -p["ka"] * y["depot"],
            "x": p["ka"] * y["depot"] - p["k"] * y["x"],
        },
        starts={"depot": 0.0, "x": 0.0},
        parameters=["ka", "k"],
        inlets={"oral": "depot"},
    )


def chain(length: int = 3) -> Program:
    """Amounts that pass through rooms at one rate, and stay in the last."""
    names = [f"x{i}" for i in range(length)]

    def rates(y: Names, p: Names) -> dict[str, Term]:
        flows = [p["k"] * y[name] for name in names[:-1]]
        into = [None, *flows]
        out = [*flows, None]
        return {
            name: (gain if loss is None else -loss if gain is None else gain - loss)
            for name, gain, loss in zip(names, into, out, strict=True)
        }

    return write(
        rates,
        starts=dict.fromkeys(names, 0.0),
        parameters=["k"],
        inlets={"iv": "x0"},
        scale=1e-3,
    )


def saturable() -> Program:
    """Elimination by a saturable enzyme (Michaelis-Menten)."""
    return write(
        lambda y, p: {"x": -p["v"] * y["x"] / (p["k"] + y["x"])},
        starts={"x": "start"},
        parameters=["v", "k", "start"],
        inlets={"iv": "x"},
    )


def logistic() -> Program:
    """Growth to a limit; its own rate as a power, exponential, logarithm and root."""

    def rates(y: Names, p: Names) -> dict[str, Term]:
        x = y["x"]
        same = (x.call("log") * 0.5).call("exp") * x.call("sqrt") * x**0.3 / x**0.3
        return {"x": p["r"] * same * (1 - x / p["most"])}

    return write(rates, starts={"x": "start"}, parameters=["r", "most", "start"])


def robertson() -> Program:
    """Chemistry with rates nine orders apart (Robertson 1966)."""

    def rates(y: Names, p: Names) -> dict[str, Term]:
        slow = 0.04 * y["a"]
        back = 1e4 * y["b"] * y["c"]
        fast = 3e7 * y["b"] ** 2
        return {"a": back - slow, "b": slow - back - fast, "c": fast}

    return write(rates, starts={"a": 1.0, "b": 0.0, "c": 0.0}, scale=1e-6)


def hires() -> Program:
    """High irradiance response of a plant, eight states (Schäfer 1975)."""
    y0 = {f"y{i}": 0.0 for i in range(1, 9)} | {"y1": 1.0, "y8": 0.0057}

    def rates(y: Names, p: Names) -> dict[str, Term]:
        y1, y2, y3, y4, y5, y6, y7, y8 = (y[f"y{i}"] for i in range(1, 9))
        pair = 280 * y6 * y8
        return {
            "y1": -1.71 * y1 + 0.43 * y2 + 8.32 * y3 + 0.0007,
            "y2": 1.71 * y1 - 8.75 * y2,
            "y3": -10.03 * y3 + 0.43 * y4 + 0.035 * y5,
            "y4": 8.32 * y2 + 1.71 * y3 - 1.12 * y4,
            "y5": -1.745 * y5 + 0.43 * y6 + 0.43 * y7,
            "y6": -pair + 0.69 * y4 + 1.71 * y5 - 0.43 * y6 + 0.69 * y7,
            "y7": pair - 1.81 * y7,
            "y8": -pair + 1.81 * y7,
        }

    return write(rates, starts=y0, scale=1e-4)


def van_der_pol() -> Program:
    """An oscillator that waits and jumps; stiffness is a parameter."""

    def rates(y: Names, p: Names) -> dict[str, Term]:
        return {
            "x": y["v"],
            "v": p["stiffness"] * ((1 - y["x"] ** 2) * y["v"] - y["x"]),
        }

    return write(rates, starts={"x": 2.0, "v": 0.0}, parameters=["stiffness"])


def sink() -> Program:
    """Cells held at their number, a drug that they take up, and a solved death rate.

    At rest: drug = made / (cleared + taken * cells), death = birth * (1 + drug).
    """

    def rates(y: Names, p: Names) -> dict[str, Term]:
        taken = p["taken"] * y["cells"] * y["drug"]
        born = p["birth"] * (1 + y["drug"]) * y["cells"]
        return {
            "drug": p["made"] - p["cleared"] * y["drug"] - taken,
            "bound": taken - p["lost"] * y["bound"],
            "cells": born - p["death"] * y["cells"],
        }

    return write(
        rates,
        starts={"drug": 0.0, "bound": 0.0, "cells": "cells at rest"},
        parameters=["made", "cleared", "taken", "lost", "birth", "cells at rest"],
        solved=lambda y, p: {"death": p["birth"] * (1 + y["drug"])},
        solved_names=["death"],
        limits=[(0.0, 1.0)],
        held=["cells"],
        inlets={"iv": "drug"},
        scale=1e-3,
    )


def functions() -> Program:
    """Every elementary function, of a state and of a parameter."""
    return write(
        lambda y, p: {
            "x": y["x"].call("expm1") - y["z"].call("sqrt") * p["k"].call("tanh"),
            "y": (y["x"] * y["y"]).call("log1p") + y["y"].call("log").call("exp"),
            "z": (y["x"] - y["z"] * p["k"]).call("tanh") * y["y"],
        },
        starts={"x": 0.1, "y": 0.2, "z": 0.3},
        parameters=["k"],
    )
