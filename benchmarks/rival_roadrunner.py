"""libRoadRunner on an exported problem: run by `rivals.py` in its own environment.

The model is compiled by its LLVM; CVODE is set to stiff; infusions are events of the
model. Absolute tolerances are one for all or, if it takes them, one for each state.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import roadrunner


def main() -> None:
    """Measure every tolerance on every subject; print JSON."""
    folder, repeats = Path(sys.argv[1]), int(sys.argv[2])
    problem = np.load(folder / "problem.npz")
    begin = time.perf_counter()
    model = roadrunner.RoadRunner(str(folder / "model.xml"))
    compile_s = time.perf_counter() - begin
    model.timeCourseSelections = [f"o{i}" for i in range(problem["end"].shape[1])]
    model.setIntegrator("cvode")
    integrator = model.getIntegrator()
    integrator.setValue("stiff", True)  # noqa: FBT003 - its own form
    integrator.setValue("maximum_num_steps", 10_000_000)
    rows = []
    for relative in problem["tolerances"]:
        for part in problem["absolutes"]:
            integrator.setValue("relative_tolerance", float(relative))
            integrator.setValue("absolute_tolerance", float(relative * part))
            rows.append(measure(model, problem, repeats))
            rows[-1] |= {"tolerance": float(relative), "absolute": float(part)}
    version = roadrunner.__version__
    print(json.dumps({"version": version, "compile s": compile_s, "rows": rows}))


def measure(model: Any, problem: Any, repeats: int) -> dict[str, Any]:
    """Median time of a subject [ms], and the median error of subjects."""
    times, errors = [], []
    for subject, end in enumerate(problem["end"]):
        got = np.full(len(end), np.nan)
        for _ in range(repeats):
            place(model, problem, subject)
            begin = time.process_time()
            try:
                got = model.simulate(0.0, float(problem["end_h"]), 2)[-1]
            except RuntimeError:
                break
            times.append(time.process_time() - begin)
        errors.append(float(np.max(np.abs(got / end - 1))))
    middle = float(np.median(times)) * 1e3 if times else float("nan")
    return {"ms": middle, "error": float(np.median(errors))}


def place(model: Any, problem: Any, subject: int) -> None:
    """Give the model the parameters, sizes and initial states of a subject."""
    model.reset()
    for i, value in enumerate(problem["parameters"][subject]):
        model[f"p{i}"] = float(value)
    for i, value in enumerate(problem["bases"][subject]):
        model[f"b{i}"] = float(value)
    for i, value in enumerate(problem["starts"][subject]):
        model[f"y{i}"] = float(value)


if __name__ == "__main__":
    main()
