"""Fixed problems: the body's model, its subjects, and what they are given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from il2sim.engine.problem import Problem
from il2sim.engine.program import Program, ProgramBuilder, Statement, rewrite
from il2sim.models import body
from il2sim.study.populations import cancer_patients
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import Task, prepare
from il2sim.units import Quantity

REGIMENS = {
    "high dose": (
        "aldesleukin 600 kIU/kg iv over 15 min, every 8 h, 14 doses; again from day 14",
        28.0,
    ),
    "daily low dose": ("aldesleukin 1 MIU/m2 sc daily for 28 days", 28.0),
}
SEED = 1


def problem(name: str, n_subjects: int, tolerance: float = 1e-4) -> Problem:
    """One regimen in so many cancer patients, recorded at the end and nowhere else."""
    return problem_of(name, n_subjects, tolerance)[1]


def problem_of(
    name: str, n_subjects: int, tolerance: float, some: range | None = None
) -> tuple[Task, Problem]:
    """The same with its task, for all patients or for some."""
    text, days = REGIMENS[name]
    task = prepare(
        body(),
        Regimen.parse(text),
        cancer_patients(n=n_subjects, seed=SEED),
        times=Quantity(np.array([24.0 * days]), "h"),
        tolerance=tolerance,
    )
    return task, replace(task.problem(some), reductions=())


def sized(program: Program, n_states: int) -> Program:
    """A program of so many states: copies side by side, surplus states held.

    Parameters are shared; a state that is held stays at its start.
    """
    per_copy = len(program.states)
    copies = -(-n_states // per_copy)
    kept = {
        copy: program.states[: min(per_copy, n_states - copy * per_copy)]
        for copy in range(copies)
    }
    names = tuple(f"{copy} {name}" for copy, some in kept.items() for name in some)
    builder = ProgramBuilder(
        states=names, parameters=program.parameters, solved=program.solved
    )
    rates, starts, outputs = [], [], {}
    for copy, some in kept.items():

        def leaf(one: Statement, again, *, copy: int = copy, some=some) -> int:
            if one.op == "state":
                name = program.states[one.index]
                if name in some:
                    return builder.state(f"{copy} {name}")
                return again(program.starts[one.index])
            return builder.parameter((*program.parameters, *program.solved)[one.index])

        write = rewrite(program, builder, leaf)
        rates += [write(program.rates[i]) for i in range(len(some))]
        starts += [write(program.starts[i]) for i in range(len(some))]
        outputs |= {f"{copy} {key}": write(one) for key, one in program.outputs.items()}
    formulas = rewrite(program, builder, leaf)
    return builder.finish(
        rates=rates,
        starts=starts,
        outputs=outputs,
        scales=[
            scale for some in kept.values() for scale in program.scales[: len(some)]
        ],
        formulas=[formulas(one) for one in program.formulas],
        limits=program.limits,
    )
