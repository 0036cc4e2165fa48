"""What tangents cost: beside plain solves, and to compile."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from environment import write
from problems import REGIMENS, problem

from il2sim.engine.backends import cpu
from il2sim.engine.directions import Directions
from il2sim.engine.problem import Problem
from il2sim.engine.resting import resting_program
from il2sim.engine.solve import solve

COUNTS = (1, 4, 16)
"""Numbers of directions."""


def main() -> None:
    """Measure and write one result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--subjects", type=int, default=16)
    given = parser.parse_args()
    rows = [
        _cost(name, tolerance, given.subjects, given.repeats)
        for name in REGIMENS
        for tolerance in (1e-4, 1e-8)
    ]
    compiled = _compile(given.repeats)
    asked = {"repeats": given.repeats, "subjects": given.subjects}
    print(write("tangents", asked | {"rows": rows, "compile": compiled}))


def _cost(name: str, tolerance: float, subjects: int, repeats: int) -> dict[str, Any]:
    """Processor time on one thread, plain and with tangents in turn."""
    plain = problem(name, subjects, tolerance)
    tasks = {0: plain} | {count: _along(plain, count) for count in COUNTS}
    for task in tasks.values():
        solve(task, workers=1)
    times: dict[int, list[float]] = {count: [] for count in tasks}
    for _ in range(repeats):
        for count, task in tasks.items():
            times[count].append(_seconds(lambda task=task: solve(task, workers=1)))
    ratios = {
        count: float(
            np.median(np.array(times[count]) / np.array(times[0])) / (count + 1)
        )
        for count in COUNTS
    }
    shown = "  ".join(f"p = {count}: {ratio:.2f}" for count, ratio in ratios.items())
    print(f"{name:16} {tolerance:g}  of (p + 1) plain solves: {shown}")
    return {
        "problem": name,
        "tolerance": tolerance,
        "of p + 1 plain solves": ratios,
        "all s": times,
    }


def _along(plain: Problem, count: int) -> Problem:
    """Directions of parameters from all over the model."""
    names = plain.program.parameters
    chosen = [names[i] for i in np.linspace(0, len(names) - 1, count).astype(int)]
    n_events = len(plain.schedule.times_h)
    directions = Directions.of(plain.program, chosen, n_events=n_events)
    return replace(plain, directions=directions)


def _compile(repeats: int) -> dict[str, Any]:
    """Model and its resting program to machine code, plain and with tangents."""
    program = problem("high dose", 1).program
    found: dict[str, Any] = {}
    for together in (0, 1, 4):
        times = []
        for _ in range(repeats):
            with tempfile.TemporaryDirectory() as folder:
                os.environ["IL2SIM_CACHE"] = folder
                cpu.kernel.cache_clear()
                times.append(
                    _seconds(
                        lambda together=together: [
                            cpu.kernel(one, together=together)
                            for one in (program, resting_program(program))
                        ]
                    )
                )
        found[f"{together} together"] = {"s": float(np.median(times)), "all s": times}
        print(f"compiled for {together} together: {np.median(times):.2f} s")
    return found


def _seconds(run: Callable[[], Any]) -> float:
    begin = time.process_time()
    run()
    return time.process_time() - begin


if __name__ == "__main__":
    main()
