"""SBML: a program as a model that other simulators read; the one door to libsbml.

States become species' amounts by rate rules, shared expressions and outputs become
assignment rules, doses become events at their times. Numbers are in the engine's units
(nmol, L, h, cell, molecule, kg), as the notes of the model say: SBML knows no IU, and
what a number means is said in its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from il2sim.engine.events import Kind
from il2sim.engine.program import Program, Statement
from il2sim.engine.schedule import Schedule
from il2sim.errors import BadProblem

if TYPE_CHECKING:
    from il2sim.engine.problem import Floats

LEVEL, VERSION = 3, 2
NOTES = "Units: amounts nmol, volumes L, times h, counts cell or molecule, weights kg."

_TEXTS: Mapping[str, str] = {
    "add": "({0} + {1})",
    "sub": "({0} - {1})",
    "mul": "{0} * {1}",
    "div": "({0}) / ({1})",
    "neg": "(-{0})",
    "exp": "exp({0})",
    "log": "ln({0})",
    "sqrt": "sqrt({0})",
    "expm1": "(exp({0}) - 1)",
    "log1p": "ln(1 + {0})",
    "tanh": "tanh({0})",
    "less": "piecewise(1, {0} < {1}, 0)",
    "min": "piecewise({0}, {0} < {1}, {1})",
    "max": "piecewise({0}, {1} < {0}, {1})",
    "pick": "piecewise({1}, {0} != 0, {2})",
    "pow": "piecewise({0} ^ {1}, {0} > 0, 0)",
}


def write_sbml(
    program: Program,
    vector: Floats,
    starts: Floats,
    *,
    schedule: Schedule | None = None,
    sizes: Floats | None = None,
    name: str = "il2sim",
) -> str:
    """Write a program, its values for one subject, and what the subject is given.

    Parameters
    ----------
    program
        What is written.
    vector
        Given and solved parameters, shape ``(n_parameters + n_solved,)``.
    starts
        States at time zero, shape ``(n_states,)``.
    schedule, sizes
        One schedule of boluses and infusions, and the sizes that its amounts are
        multiplied by, shape ``(n_bases,)``.
    name
        Of the model.

    Returns
    -------
    str
        SBML level 3 version 2. States have the identifiers ``y0``, ``y1`` ...,
        parameters ``p0`` ..., outputs ``o0`` ..., sizes ``b0`` ..., in the order of the
        program; the rate into an inlet is ``r0`` ...

    Raises
    ------
    BadProblem
        The schedule holds more than boluses and infusions.
    """
    return _Writer(program, name).write(vector, starts, schedule, sizes)


class _Writer:
    """One document being written."""

    def __init__(self, program: Program, name: str) -> None:
        import libsbml

        self.library, self.program = libsbml, program
        self.document = libsbml.SBMLDocument(LEVEL, VERSION)
        self.model = self.document.createModel()
        self.model.setId(name.replace(" ", "_").replace("-", "_"))
        self.model.setName(name)
        self.model.setNotes(
            f'<body xmlns="http://www.w3.org/1999/xhtml"><p>{NOTES}</p></body>'
        )
        self.shared = _shared(program)

    def write(
        self,
        vector: Floats,
        starts: Floats,
        schedule: Schedule | None,
        sizes: Floats | None,
    ) -> str:
        program = self.program
        names = (*program.parameters, *program.solved)
        for i, (one, value) in enumerate(zip(names, vector, strict=True)):
            self._quantity(f"p{i}", one, float(value), constant=True)
        for i, (one, value) in enumerate(zip(program.states, starts, strict=True)):
            self._quantity(f"y{i}", one, float(value), constant=False)
        for i, inlet in enumerate(program.inlets):
            self._quantity(f"r{i}", f"rate into {inlet}", 0.0, constant=False)
        for number in self.shared:
            self._assign(f"v{number}", "", self._right(program.statements[number]))
        self._rates()
        for i, (one, number) in enumerate(program.outputs.items()):
            self._assign(f"o{i}", one, self._text(number))
        if schedule is not None:
            sizes = np.ones(schedule.most_basis + 1) if sizes is None else sizes
            for i, size in enumerate(sizes):
                self._quantity(
                    f"b{i}", "size of the subject", float(size), constant=True
                )
            self._events(schedule)
        return str(self.library.writeSBMLToString(self.document))

    def _quantity(self, key: str, name: str, value: float, *, constant: bool) -> None:
        one = self.model.createParameter()
        one.setId(key)
        one.setConstant(constant)
        one.setValue(value)
        if name:
            one.setName(name)

    def _math(self, text: str) -> Any:
        tree = self.library.parseL3Formula(text)
        if tree is None:
            raise BadProblem(
                "a formula cannot be written as SBML.",
                got=text[:80],
                expected=self.library.getLastParseL3Error(),
            )
        return tree

    def _assign(self, key: str, name: str, text: str) -> None:
        self._quantity(key, name, float("nan"), constant=False)
        self.model.getParameter(key).unsetValue()
        rule = self.model.createAssignmentRule()
        rule.setVariable(key)
        rule.setMath(self._math(text))

    def _rates(self) -> None:
        inlets = list(self.program.inlets.values())
        for i, (state, number) in enumerate(
            zip(self.program.states, self.program.rates, strict=True)
        ):
            infused = [f"r{k}" for k, one in enumerate(inlets) if one == state]
            rule = self.model.createRateRule()
            rule.setVariable(f"y{i}")
            rule.setMath(self._math(" + ".join([self._text(number), *infused])))

    def _text(self, number: int) -> str:
        statement = self.program.statements[number]
        if number in self.shared:
            return f"v{number}"
        return self._right(statement)

    def _right(self, statement: Statement) -> str:
        if statement.op == "const":
            return f"({statement.value!r})"
        if statement.op == "state":
            return f"y{statement.index}"
        if statement.op == "parameter":
            return f"p{statement.index}"
        return _TEXTS[statement.op].format(*(self._text(arg) for arg in statement.args))

    def _events(self, schedule: Schedule) -> None:
        allowed = (Kind.ADD, Kind.START, Kind.END, Kind.STOP)
        if len(schedule) != 1 or not np.all(np.isin(schedule.kinds, allowed)):
            raise BadProblem(
                "this schedule cannot be written as SBML.",
                got=sorted({Kind(int(one)).name for one in schedule.kinds}),
                expected="one schedule of boluses and infusions",
            )
        states = list(self.program.states)
        inlets = [states.index(one) for one in self.program.inlets.values()]
        for number, time in enumerate(schedule.times_h):
            target = int(schedule.targets[number])
            amount = f"{float(schedule.amounts[number])!r} * b{schedule.basis[number]}"
            kind = Kind(int(schedule.kinds[number]))
            text, variable = {
                Kind.ADD: (f"y{inlets[target]} + {amount}", f"y{inlets[target]}"),
                Kind.START: (f"r{target} + {amount}", f"r{target}"),
                Kind.END: (f"r{target} - {amount}", f"r{target}"),
                Kind.STOP: ("0", f"r{target}"),
            }[kind]
            self._event(number, float(time), variable, text)

    def _event(self, number: int, time: float, variable: str, text: str) -> None:
        event = self.model.createEvent()
        event.setId(f"e{number}")
        event.setUseValuesFromTriggerTime(True)
        trigger = event.createTrigger()
        trigger.setInitialValue(False)
        trigger.setPersistent(True)
        trigger.setMath(self._math(f"time >= {time!r}"))
        assignment = event.createEventAssignment()
        assignment.setVariable(variable)
        assignment.setMath(self._math(text))


def _shared(program: Program) -> dict[int, None]:
    """Statements used more than once, in an order in which they can be written."""
    roots = [*program.rates, *program.outputs.values()]
    uses: dict[int, int] = {}
    needed = program.needed(roots)
    for number in needed:
        for arg in _written(program, number):
            uses[arg] = uses.get(arg, 0) + 1
    plain = ("const", "state", "parameter")
    return {
        number: None
        for number in needed
        if uses.get(number, 0) > 1 and program.statements[number].op not in plain
    }


def _written(program: Program, number: int) -> Iterable[int]:
    """The arguments of a statement, as often as its text holds them."""
    one = program.statements[number]
    twice = one.op in ("min", "max", "pow")
    return (*one.args, *one.args) if twice else one.args
