"""Error against time for one subject on one core: our kernel and LSODA.

The error is the largest relative difference of any output at the end (28 days) to a
solution at 1e-11, in the median subject. Time is what the processor spent, for each
subject: the median of several runs, the two solvers by turns.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import lsoda
import numpy as np
from environment import write
from problems import REGIMENS, problem

from il2sim.engine.backends import cpu
from il2sim.engine.evaluate import evaluate

OURS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
THEIRS = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
TRUTH = 1e-11


def main() -> None:
    """Measure both solvers on both regimens and write one result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, default=64)
    parser.add_argument("--rival-subjects", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    answer = {name: measure(name, options) for name in REGIMENS}
    for name, rows in answer.items():
        print(name)
        for row in rows:
            print(
                f"  {row['solver']:7} rtol {row['tolerance']:.0e}  "
                f"{row['ms']:8.2f} ms  error {row['error']:.1e}"
            )
        print(f"  at equal error LSODA takes {ratio(rows):.0f} times as long")
    path = write(
        "accuracy_cost",
        {
            "subjects": options.subjects,
            "rival subjects": options.rival_subjects,
            "repeats": options.repeats,
            "rows": answer,
            "ratio": {name: ratio(rows) for name, rows in answer.items()},
        },
    )
    print(path)


def measure(name: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Both solvers at all tolerances on one regimen."""
    task = problem(name, options.subjects)
    rest = cpu.rest(task.program, task.parameters)
    few = options.rival_subjects
    small = replace(task, parameters=task.parameters[:few], bases=task.bases[:few])
    truth = _ours(task, TRUTH, rest)[:few]
    rows = []
    for solver, tolerances, n in (
        ("il2sim", OURS, options.subjects),
        ("LSODA", THEIRS, few),
    ):
        for tolerance in tolerances:
            if solver == "il2sim":
                run = _bind(_ours, task, tolerance, rest)
            else:
                run = _bind(_theirs, small, tolerance, rest)
            times, end = _timed(run, options.repeats)
            error = np.abs(end[:few] / truth - 1)
            rows.append(
                {
                    "solver": solver,
                    "tolerance": tolerance,
                    "ms": float(np.median(times)) / n * 1e3,
                    "all ms": [one / n * 1e3 for one in times],
                    "error": float(np.median(np.max(error, axis=1))),
                }
            )
    return rows


def _bind(function: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    return lambda: function(*arguments)


def _ours(task: Any, tolerance: float, rest: Any) -> np.ndarray:
    sharp = replace(task, tolerance=tolerance, absolute=None)
    raw = cpu.run(sharp, rest.states, rest.solved, workers=1)
    return raw.values[:, -1]


def _theirs(task: Any, tolerance: float, rest: Any) -> np.ndarray:
    n = task.n_subjects
    ends = lsoda.solve(task, rest.states[:n], rest.solved[:n], tolerance)
    vectors = np.hstack([task.parameters, rest.solved[:n]])
    roots = [task.program.outputs[name] for name in task.save]
    return evaluate(task.program, roots, vectors, ends)


def _timed(run: Callable[[], Any], repeats: int) -> tuple[list[float], Any]:
    run()
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        result = run()
        times.append(time.process_time() - begin)
    return times, result


def ratio(rows: list[dict[str, Any]]) -> float:
    """LSODA's time over ours where both reach LSODA's middle error."""
    ours = sorted((r["error"], r["ms"]) for r in rows if r["solver"] == "il2sim")
    theirs = sorted((r["error"], r["ms"]) for r in rows if r["solver"] == "LSODA")
    at = np.log(theirs[len(theirs) // 2][0])
    logs = [np.log(np.array(one)) for one in (ours, theirs)]
    mine, other = (float(np.interp(at, one[:, 0], one[:, 1])) for one in logs)
    return float(np.exp(other - mine))


if __name__ == "__main__":
    main()
