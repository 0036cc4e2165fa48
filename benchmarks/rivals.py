"""Error against time for one subject on one core: our kernel and the field's solvers.

The same model, subjects, doses, machine and hour; rivals run in an environment of
their own (requirements-rivals.txt) on the model exported as SBML, SciPy's, and CVODE
where scikit-sundae is installed, with our compiled rates and Jacobian, by turns with
ours. Each solver is asked at many
tolerances, relative and absolute; of these its best times count: the least time at
which it reaches an error, read between two settings on logarithmic axes. The error is
the largest relative difference of any output at the end (28 days) to a solution at
1e-11, in the median subject.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import lsoda
import numpy as np
from environment import write
from problems import problem

from il2sim.engine.backends import cpu
from il2sim.engine.emit.kernel import inlet_states
from il2sim.engine.evaluate import evaluate
from il2sim.engine.events import Kind
from il2sim.formats.sbml import write_sbml

Row = dict[str, Any]

OURS = (1e-2, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 1e-6)
THEIRS = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9)
ABSOLUTE = (1e-3, 1e-1, 1e1)  # of the relative tolerance
TRUTH = 1e-11
ERROR = 1e-5
FEW = 4  # subjects for solvers that take seconds for each
RIVALS = {
    "AMICI": "rival_amici.py",
    "libRoadRunner": "rival_roadrunner.py",
    "diffrax": "rival_diffrax.py",
}
WITH_OURS = {"LSODA": "scipy", "BDF": "scipy", "Radau": "scipy", "CVODE": "sksundae"}
"""Solvers that call our compiled code, and the package that each is in."""


def main() -> None:
    """Measure all solvers on high dose and write one result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, default=64)
    parser.add_argument("--rival-subjects", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--python",
        default=os.environ.get("IL2SIM_RIVALS", "python-of-the-rivals"),
        help="interpreter of the rivals' environment",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[*RIVALS, *WITH_OURS],
        default=[*RIVALS, *WITH_OURS],
        help="solvers to measure beside ours",
    )
    parser.add_argument("--folder", type=Path, help="where rivals keep compiled models")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as spare:
        folder = options.folder or Path(spare)
        folder.mkdir(parents=True, exist_ok=True)
        answer = measure(options, folder)
    times = {name: time_at(rows, ERROR) for name, rows in answer["rows"].items()}
    ratios = {
        f"ratio_{name.lower().removeprefix('lib')}": middle / times["il2sim"]
        for name, middle in times.items()
        if name != "il2sim"
    }
    show(answer["rows"], times)
    print(write("rivals", {"error": ERROR, "ms": times} | ratios | answer))


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All solvers, ours again before each rival."""
    task = problem("high dose", options.subjects)
    rest = cpu.rest(task.program, task.parameters)
    few = options.rival_subjects
    sharp = replace(task, tolerance=TRUTH, absolute=None)
    truth = cpu.run(sharp, rest.states, rest.solved).values[:few, -1]
    export(task, rest, truth, folder)
    ours: dict[float, list[Row]] = {tolerance: [] for tolerance in OURS}
    rows: dict[str, list[Row]] = {}
    told: dict[str, Any] = {}
    for name in options.only:
        for tolerance in OURS:
            ours[tolerance].append(own(task, rest, truth, tolerance))
        if name in RIVALS:
            found = rival(name, options, folder)
            if found is not None:
                rows[name] = found.pop("rows")
                told[name] = found
        elif find_spec(WITH_OURS[name]):
            rows[name] = with_ours(name, task, rest, truth)
        else:
            print(f"{name} is skipped: there is no package {WITH_OURS[name]}")
    rows = {"il2sim": [middle(ours[one]) for one in OURS]} | rows
    return {
        "subjects": options.subjects,
        "rival subjects": few,
        "repeats": options.repeats,
        "rivals": told,
        "rows": rows,
    }


def export(task: Any, rest: Any, truth: np.ndarray, folder: Path) -> None:
    """Write what the rivals read: the model and the numbers of every subject."""
    few = len(truth)
    vectors = np.hstack([task.parameters, rest.solved])[:few]
    text = write_sbml(
        task.program,
        vectors[0],
        rest.states[0],
        schedule=task.schedule,
        sizes=task.bases[0],
        name="il2sim body",
    )
    (folder / "model.xml").write_text(text, encoding="utf-8")
    program = task.program
    asked = {
        "statements": [
            (one.op, one.args, one.index, one.value) for one in program.statements
        ],
        "rates": program.rates,
        "outputs": [program.outputs[name] for name in task.save],
        "scales": program.scales,
    }
    (folder / "program.json").write_text(json.dumps(asked), encoding="utf-8")
    breaks, infused = infusions(task, few)
    np.savez(
        folder / "problem.npz",
        breaks=breaks,
        infused=infused,
        parameters=vectors,
        bases=task.bases[:few],
        starts=rest.states[:few],
        end=truth,
        end_h=task.end_h,
        tolerances=np.array(THEIRS),
        absolutes=np.array(ABSOLUTE),
    )


def infusions(task: Any, few: int) -> tuple[np.ndarray, np.ndarray]:
    """Where infusions begin and end, and the rates of every state in between."""
    schedule, program = task.schedule, task.program
    inlets = inlet_states(program)
    breaks = np.unique([0.0, *schedule.times_h, task.end_h])
    rates = np.zeros((few, len(breaks) - 1, len(program.states)))
    for event, time_h in enumerate(schedule.times_h):
        sign = {Kind.START: 1.0, Kind.END: -1.0}.get(schedule.kinds[event])
        state = inlets[schedule.targets[event]]
        after = rates[:, np.searchsorted(breaks, time_h) :, state]
        size = task.bases[:few, schedule.basis[event], None]
        if sign is None:
            after[:] = 0.0
        else:
            after += sign * schedule.amounts[event] * size
    return breaks, rates


def own(task: Any, rest: Any, truth: np.ndarray, tolerance: float) -> Row:
    """Our time for one subject, one core, and our error."""
    sharp = replace(task, tolerance=tolerance, absolute=None)
    begin = time.process_time()
    raw = cpu.run(sharp, rest.states, rest.solved, workers=1)
    spent = time.process_time() - begin
    error = np.abs(raw.values[: len(truth), -1] / truth - 1)
    return {
        "tolerance": tolerance,
        "ms": spent / task.n_subjects * 1e3,
        "error": float(np.median(np.max(error, axis=1))),
    }


def middle(rows: list[Row]) -> Row:
    """The median of repeats."""
    times = [row["ms"] for row in rows]
    return rows[0] | {"ms": float(np.median(times)), "all ms": times}


def rival(
    name: str, options: argparse.Namespace, folder: Path
) -> dict[str, Any] | None:
    """A rival's answer; None, and a line that says why, if it cannot be run."""
    script = Path(__file__).parent / RIVALS[name]
    command = [options.python, str(script), str(folder), str(options.repeats)]
    folder_of_python = str(Path(options.python).parent)
    path = os.pathsep.join([folder_of_python, os.environ.get("PATH", "")])
    try:
        said = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PATH": path},
        )
    except (OSError, subprocess.CalledProcessError) as error:
        why = getattr(error, "stderr", None) or str(error)
        print(f"{name} is skipped: {why.strip().splitlines()[-1]}")
        return None
    found: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return found


def with_ours(name: str, task: Any, rest: Any, truth: np.ndarray) -> list[Row]:
    """A solver that calls our rates and Jacobian: middle time and error of subjects."""
    roots = [task.program.outputs[one] for one in task.save]
    vectors = np.hstack([task.parameters, rest.solved])
    lsoda.compile_once(task.program)
    rows = []
    for tolerance in THEIRS:
        times, errors = [], []
        for i, end in enumerate(truth[:FEW]):
            one = slice(i, i + 1)
            small = replace(
                task, parameters=task.parameters[one], bases=task.bases[one]
            )
            begin = time.process_time()
            try:
                states = lsoda.solve(
                    small, rest.states[one], rest.solved[one], tolerance, method=name
                )
            except lsoda.GaveUp as error:
                print(f"{name} at {tolerance:.0e} gave up on subject {i}: {error}")
                break
            times.append(time.process_time() - begin)
            got = evaluate(task.program, roots, vectors[one], states)[0]
            errors.append(np.max(np.abs(got / end - 1)))
        else:
            rows.append(
                {
                    "tolerance": tolerance,
                    "ms": float(np.median(times)) * 1e3,
                    "error": float(np.median(errors)),
                }
            )
    return rows


def time_at(rows: list[Row], error: float) -> float:
    """Least time at which an error is reached, between the two settings around it.

    Of a solver that does not come so far, the time at its smallest error.
    """
    points = sorted((row["ms"], row["error"]) for row in rows if row["error"] > 0)
    best: list[tuple[float, float]] = []
    for ms, reached in points:
        if not best or reached < best[-1][1]:
            best.append((ms, reached))
    logs = np.log(np.array(best[::-1]))
    return float(np.exp(np.interp(np.log(error), logs[:, 1], logs[:, 0])))


def show(rows: dict[str, list[Row]], times: dict[str, float]) -> None:
    """Print every setting, then the times at the same error."""
    for name, some in rows.items():
        for row in some:
            part = f" absolute {row['absolute']:.0e}" if "absolute" in row else ""
            print(
                f"{name:14} rtol {row['tolerance']:.0e}{part}  "
                f"{row['ms']:9.2f} ms  error {row['error']:.1e}"
            )
    print(f"\nat an error of {ERROR:.0e}:")
    for name, ms in times.items():
        least = min(row["error"] for row in rows[name])
        short = f", and it comes to {least:.1e} only" if least > ERROR else ""
        print(f"{name:14} {ms:9.2f} ms  {ms / times['il2sim']:6.1f} times ours{short}")


if __name__ == "__main__":
    main()
