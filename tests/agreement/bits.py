"""What small studies come to, as hashes; run by a test in processes of other settings.

Prints one line for each thing that lies on the way of a subject from the seed to its
endpoints: the study, the thing, and the SHA-256 of its bits. One subject in each study
has a parameter that is no number, with bits that NumPy does not write.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from il2sim.engine.directions import Directions, moved
from il2sim.engine.emit import machine
from il2sim.engine.precision import PRECISIONS, PrecisionName
from il2sim.engine.problem import Problem
from il2sim.engine.records import Given
from il2sim.engine.reductions import Reduce, Reduction
from il2sim.engine.schedule import Schedule
from il2sim.engine.solve import solve
from il2sim.formats.study_file import read_study
from il2sim.study.endpoints import by_subject, summarize
from il2sim.study.simulate import Task, prepare
from il2sim.units import days
from tests import programs

STUDIES = ("daily-low-dose-cancer", "high-dose-melanoma")
SUBJECTS = 16
DAYS = 3
SEEN = "memory Treg"
ODD_ONE = 5
ODD_NAN = np.array([0x7FF80000000007A2], np.uint64).view(float)[0]
ROWS = (
    *("rest_states", "solved", "values", "resting", "reduced", "status"),
    *("failed_h", "failed_state", "attempts", "rejected"),
)


@dataclass(frozen=True)
class Chosen(machine.Target):
    """A processor with as many lanes as are asked for."""

    lanes: int = 1


def task_of(name: str, precision: PrecisionName) -> Task:
    """A shipped study, shortened."""
    study = read_study(name)
    task = prepare(
        study.find_model(),
        study.parsed_regimen(),
        study.find_population(SUBJECTS, 3),
        times=days(0, DAYS, every=0.25),
    )
    return replace(task, precision=precision)


def parts_of(task: Task, portion: int) -> Iterator[tuple[np.ndarray, Problem]]:
    """The problem in portions; of more than one the last comes first, upside down."""
    for first in reversed(range(0, SUBJECTS, portion)):
        some = range(first, min(first + portion, SUBJECTS))
        whole = task.problem(some)
        rows = np.array(some)
        whole.parameters[rows == ODD_ONE, 0] = ODD_NAN
        order = np.arange(len(rows))[:: 1 if portion == SUBJECTS else -1]
        yield (
            rows[order],
            replace(
                whole,
                parameters=whole.parameters[order],
                bases=whole.bases[order],
                reductions=tuple(
                    Reduction(kind, SEEN, 0.0, 24.0 * DAYS, 1.02, relative=True)
                    for kind in Reduce
                ),
            ),
        )


def everything(
    name: str, precision: PrecisionName, workers: int, portion: int
) -> dict[str, Any]:
    """All arrays of one study, by what they are."""
    task = task_of(name, precision)
    rows, parts = [], []
    for numbers, problem in parts_of(task, portion):
        solution = solve(problem, workers=workers)
        rows.append(numbers)
        parts.append({name: getattr(solution, name) for name in ROWS})
        parts[-1] |= {"parameters": problem.parameters, "bases": problem.bases}
    order = np.argsort(np.concatenate(rows))
    found = {
        what: np.concatenate([part[what] for part in parts])[order] for what in parts[0]
    }
    found["parameters"][ODD_ONE, 0] = np.nan  # it went in with other bits
    whole = task.problem()
    labeled = task.label(
        solve(replace(whole, parameters=found["parameters"]), workers=workers),
        whole.program,
        None,
    )
    people = task.population.draw()
    found |= {"absolute": whole.absolute, "times": whole.sample_h}
    found |= {"schedule": whole.schedule.times_h, "amounts": whole.schedule.amounts}
    found |= {"age": people.age_y, "height": people.height_cm}
    end_h = 24.0 * DAYS
    found |= {f"of each: {k}": v for k, v in by_subject(labeled, end_h).items()}
    return found | {"summary": repr(summarize(labeled, end_h)).encode()}


def tangents(workers: int, portion: int) -> dict[str, Any]:
    """Tangents of two small programs by parameters and by a dose, from rest on."""
    found: dict[str, Any] = {}
    doses = [Given(0.0, 0, 1.0), Given(2.0, 0, 3.0, duration_h=0.5)]
    schedule = Schedule.of(doses)
    for name, program in (("sink", programs.sink()), ("growth", programs.logistic())):
        n_parameters = len(program.parameters)
        grid = np.arange(SUBJECTS * n_parameters).reshape(SUBJECTS, n_parameters)
        parameters = 0.5 + 0.1 * (grid * 7 % 11)
        slow = [one == "birth" for one in program.parameters]
        parameters[:, slow] *= 0.1  # deaths have a limit of one
        inlets = bool(program.inlets)
        along = Directions.of(
            program,
            list(program.parameters),
            events=[moved(doses, [(1, "amount", 1.0)])] if inlets else (),
            n_events=len(schedule.times_h) if inlets else 0,
        )
        parts = [
            solve(
                Problem(
                    program=program,
                    parameters=parameters[first : first + portion],
                    bases=np.ones((len(parameters[first : first + portion]), 1)),
                    schedule=schedule if inlets else Schedule.of([]),
                    sample_h=np.arange(0.0, 6.0),
                    end_h=5.0,
                    save=tuple(program.outputs),
                    tolerance=1e-6,
                    directions=along,
                ),
                workers=workers,
            )
            for first in range(0, SUBJECTS, portion)
        ]
        for what in ("tangents", "resting_tangents", "values"):
            found[f"{name} {what}"] = np.concatenate(
                [getattr(part, what) for part in parts]
            )
        assert np.isfinite(found[f"{name} tangents"]).all()
    return found


def digests(found: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """A hash of each thing."""
    for what, value in found.items():
        bits = value if isinstance(value, bytes) else np.ascontiguousarray(value).data
        yield what, hashlib.sha256(bits).hexdigest()


def main() -> None:
    """Print the hashes under the settings given."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lanes", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--portion", type=int, default=SUBJECTS)
    parser.add_argument("--processor", default="")
    parser.add_argument("--studies", nargs="*", default=STUDIES)
    given = parser.parse_args()
    here = machine.host()
    chosen = Chosen(here.triple, here.cpu, here.features, given.lanes or here.lanes)
    if given.processor:
        chosen = replace(chosen, cpu=given.processor, features="")
    machine.host = lambda: chosen
    for name, precision in product(given.studies, PRECISIONS):
        found = everything(name, precision, given.workers, given.portion)
        for what, digest in digests(found):
            sys.stdout.write(f"{name} in {precision}: {what} {digest}\n")
    for what, digest in digests(tangents(given.workers, given.portion)):
        sys.stdout.write(f"tangents: {what} {digest}\n")


if __name__ == "__main__":
    main()
