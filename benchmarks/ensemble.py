"""Subjects per second and memory for many patients on high dose, endpoints only.

Each size runs in a process of its own, which draws its patients, finds their resting
states, treats them, and keeps nothing but eight endpoints of each, in portions, on all
cores, and says how far endpoints of some are from our solution at 1e-10. A few more,
spread over the peak of IL-2, are compared with the reference, whose numbers stand on
the equations alone and which takes half a minute for each.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from environment import write
from problems import problem_of

from il2sim.engine.methods import METHODS
from il2sim.engine.precision import PRECISIONS, PrecisionName
from il2sim.engine.problem import DEFAULT_METHOD, Problem
from il2sim.engine.reductions import Reduce, Reduction
from il2sim.engine.retries import some_of
from il2sim.engine.solve import solve
from il2sim.study.certificate import spread_over
from il2sim.study.portions import portions

SIZES = (1_000, 10_000, 100_000, 1_000_000)
PORTION = 5_000
EXACT = 1e-10
REFERENCE = 1e-8
CHOSEN_FROM = 256
COMPARED = 256
PEAK_IL2 = Reduction(Reduce.PEAK, "plasma IL-2", since_dose=True)
ENDPOINTS = (
    Reduction(Reduce.PEAK, "memory Treg", relative=True, since_dose=True),
    Reduction(Reduce.PEAK, "naive Treg", relative=True, since_dose=True),
    Reduction(Reduce.PEAK, "CD8", relative=True, since_dose=True),
    Reduction(Reduce.TROUGH, "lymphocytes", relative=True, since_dose=True),
    Reduction(Reduce.VALUE, "memory Treg", 28 * 24.0, relative=True),
    Reduction(Reduce.VALUE, "CD8", 28 * 24.0, relative=True),
    PEAK_IL2,
    Reduction(Reduce.AREA, "plasma IL-2"),
)


def main() -> None:
    """Measure every size and write one result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--tolerance", type=float, nargs="+", default=[3e-3, 1e-3])
    parser.add_argument(
        "--precision", nargs="+", default=list(PRECISIONS), choices=list(PRECISIONS)
    )
    parser.add_argument("--method", default=DEFAULT_METHOD, choices=sorted(METHODS))
    parser.add_argument("--certified", type=int, default=2, help="by the reference")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    ways = [
        Way(precision, tolerance, options.method)
        for precision in options.precision
        for tolerance in options.tolerance
    ]
    if options.one is not None:
        print(json.dumps(run(options.one, ways[0])))
        return
    rows = []
    for way in ways:
        for size in options.sizes:
            rows.append(_alone(size, way))
            row = rows[-1]
            print(
                f"{row['subjects']:9,} {way}: {row['wall s']:7.1f} s "
                f"({row['processor s']:.0f} s of processors), "
                f"{row['subjects per s']:6.0f} subjects/s, {row['memory MB']:5.0f} MB, "
                f"{row['failed']} failed, {row['retried']} retried, "
                f"endpoint error {row['error']:.1e}",
                flush=True,
            )
    certified = None
    if options.certified:
        certified = certify(ways, options.certified)
        for name, error in certified["errors"].items():
            print(f"{name}: error against the reference {error:.1e}")
    names = [f"{one.kind.name} of {one.output}" for one in ENDPOINTS]
    print(write("ensemble", {"endpoints": names, "rows": rows, "certified": certified}))


@dataclass(frozen=True)
class Way:
    """How precisely it is solved."""

    precision: PrecisionName
    tolerance: float
    method: str = DEFAULT_METHOD

    def __str__(self) -> str:
        return f"{self.method} {self.precision} at {self.tolerance:g}"

    def of(self, problem: Problem) -> Problem:
        """A problem to be solved this way."""
        return replace(
            problem,
            precision=self.precision,
            tolerance=self.tolerance,
            method=self.method,
            absolute=None,
        )


SHARP = Way("double", EXACT)
SLOW = Way("double", REFERENCE)


def _alone(size: int, way: Way) -> dict[str, Any]:
    """One size in a process of its own."""
    command = [sys.executable, __file__, "--one", str(size)]
    command += ["--tolerance", str(way.tolerance), "--precision", way.precision]
    command += ["--method", way.method]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return found


def run(size: int, way: Way) -> dict[str, Any]:
    """Solve so many subjects; the code is compiled before the clock runs."""
    solve(_part(range(1), size, way))
    begin, spent = time.perf_counter(), time.process_time()
    failed, retried, kept = 0, 0, []
    for some in portions(size, PORTION):
        solution = solve(_part(some, size, way))
        failed += int(np.count_nonzero(solution.status))
        retried += int(np.count_nonzero(solution.retries))
        kept.append(solution.reduced)
    wall, spent = time.perf_counter() - begin, time.process_time() - spent
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "subjects": size,
        "method": way.method,
        "precision": way.precision,
        "tolerance": way.tolerance,
        "cores": os.cpu_count(),
        "wall s": wall,
        "processor s": spent,
        "subjects per s": size / wall,
        "memory MB": memory,
        "failed": failed,
        "retried": retried,
        "error": _error(np.concatenate(kept), size),
    }


def certify(ways: list[Way], n: int) -> dict[str, Any]:
    """Largest relative difference of any endpoint to the reference's, n subjects."""
    size = CHOSEN_FROM
    found = {str(way): solve(_part(range(size), size, way)).reduced for way in ways}
    peaks = found[str(ways[0])][:, ENDPOINTS.index(PEAK_IL2)]
    chosen = spread_over(peaks, n)
    sharp = _part(range(size), size, SLOW)
    slow = solve(some_of(sharp, np.array(chosen)), device="reference").reduced
    return {
        "subjects": chosen,
        "of": size,
        "reference tolerance": REFERENCE,
        "errors": {
            name: float(np.max(np.abs(one[chosen] / slow - 1)))
            for name, one in found.items()
        },
    }


def _part(some: range, size: int, way: Way) -> Problem:
    """A portion of the patients, without anything recorded over time."""
    _, problem = problem_of("high dose", size, way.tolerance, some)
    return way.of(replace(problem, sample_h=np.zeros(0), save=(), reductions=ENDPOINTS))


def _error(found: np.ndarray, size: int) -> float:
    """Largest relative difference of any endpoint to a sharp solution."""
    few = range(min(COMPARED, size))
    exact = solve(_part(few, size, SHARP)).reduced
    return float(np.max(np.abs(found[: len(few)] / exact - 1)))


if __name__ == "__main__":
    main()
