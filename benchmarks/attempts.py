"""Attempts of steps against the error reached, per method and tolerance.

Attempts do not depend on the machine. Three errors against a solution at 1e-11, each in
the median subject: of any output at the end; along the course, over the peak of the
output; and along the course, over the value, or a thousandth of the peak if that is
larger. The course is looked at every four hours.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

import numpy as np
from environment import write
from problems import REGIMENS, problem

from il2sim.engine.backends import cpu
from il2sim.engine.methods import METHODS, Rosenbrock
from il2sim.engine.problem import Problem
from il2sim.engine.resting import Rest

TOLERANCES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
TRUTH = 1e-11
EVERY_H = 4.0


def main() -> None:
    """Count for every stiff method on both regimens and write one result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, default=16)
    options = parser.parse_args()
    answer = {name: measure(name, options.subjects) for name in REGIMENS}
    for name, rows in answer.items():
        print(name)
        for row in rows:
            print(
                f"  {row['method']:8} rtol {row['tolerance']:.0e}  "
                f"{row['attempts']:7.0f} ({row['rejected']:.0f} rejected)  errors "
                f"{row['end']:.0e} {row['course']:.0e} {row['relative']:.0e}"
            )
    print(write("attempts", {"subjects": options.subjects, "rows": answer}))


def measure(name: str, n_subjects: int) -> list[dict[str, Any]]:
    """All methods and tolerances on one regimen."""
    task = problem(name, n_subjects)
    task = replace(task, sample_h=np.arange(0.0, task.end_h + EVERY_H / 2, EVERY_H))
    rest = cpu.rest(task.program, task.parameters)
    truth = solve(task, rest, TRUTH, "rodas5p").values
    stiff = [one.name for one in METHODS.values() if isinstance(one, Rosenbrock)]
    return [
        count(task, rest, truth, tolerance, method)
        for method in stiff
        for tolerance in TOLERANCES
    ]


def solve(task: Problem, rest: Rest, tolerance: float, method: str) -> Any:
    """One run at a tolerance of its own."""
    sharp = replace(task, tolerance=tolerance, absolute=None, method=method)
    return cpu.run(sharp, rest.states, rest.solved)


def count(
    task: Problem, rest: Rest, truth: np.ndarray, tolerance: float, method: str
) -> dict[str, Any]:
    """Attempts and errors of one method at one tolerance."""
    raw = solve(task, rest, tolerance, method)
    off = np.abs(raw.values - truth)
    peaks = np.max(np.abs(truth), axis=1, keepdims=True)
    floor = np.maximum(np.abs(truth), 1e-3 * peaks)

    def median_of_largest(error: np.ndarray) -> float:
        largest = np.max(error.reshape(len(error), -1), axis=1)
        return float(np.median(largest))

    return {
        "method": method,
        "tolerance": tolerance,
        "attempts": float(np.mean(raw.attempts)),
        "rejected": float(np.mean(raw.rejected)),
        "end": median_of_largest(off[:, -1] / np.abs(truth[:, -1])),
        "course": median_of_largest(off / peaks),
        "relative": median_of_largest(off / floor),
    }


if __name__ == "__main__":
    main()
