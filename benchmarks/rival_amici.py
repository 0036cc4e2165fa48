"""AMICI on an exported problem: run by `rivals.py` in the rivals' own environment.

The model is compiled to C++ once, without sensitivities; subjects are parameters and
initial states; infusions are events of the model, whose times AMICI knows beforehand.
The linear solver is the sparse KLU.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import amici
import numpy as np
from amici import MeasurementChannel
from amici.importers.sbml import SbmlImporter
from amici.sim import sundials


def main() -> None:
    """Measure every tolerance on every subject; print JSON."""
    folder, repeats = Path(sys.argv[1]), int(sys.argv[2])
    problem = np.load(folder / "problem.npz")
    model, compile_s = compiled(folder, problem["end"].shape[1])
    rows = []
    for relative in problem["tolerances"]:
        for part in problem["absolutes"]:
            solver = model.create_solver()
            solver.set_max_steps(10_000_000)
            solver.set_relative_tolerance(float(relative))
            solver.set_absolute_tolerance(float(relative * part))
            rows.append(measure(model, solver, problem, repeats))
            rows[-1] |= {"tolerance": float(relative), "absolute": float(part)}
    print(
        json.dumps({"version": amici.__version__, "compile s": compile_s, "rows": rows})
    )


def compiled(folder: Path, n_outputs: int) -> tuple[Any, float]:
    """Compile the model, or load what was compiled before."""
    begin = time.perf_counter()
    where = folder / "amici"
    if not (where / "done").exists():
        channels = [
            MeasurementChannel(id_=f"seen{i}", formula=f"o{i}")
            for i in range(n_outputs)
        ]
        SbmlImporter(str(folder / "model.xml")).sbml2amici(
            "il2sim_body",
            str(where),
            observation_model=channels,
            generate_sensitivity_code=False,
            verbose=False,
        )
        (where / "done").touch()
    module = amici.import_model_module("il2sim_body", str(where))
    model = module.get_model()
    return model, time.perf_counter() - begin


def measure(model: Any, solver: Any, problem: Any, repeats: int) -> dict[str, Any]:
    """Median time of a subject [ms], and the median error of subjects."""
    times, errors = [], []
    states = list(model.get_state_ids())
    for subject, end in enumerate(problem["end"]):
        place(model, problem, subject, states)
        model.set_timepoints([float(problem["end_h"])])
        for _ in range(repeats):
            begin = time.process_time()
            result = sundials.run_simulation(model, solver)
            times.append(time.process_time() - begin)
        got = (
            np.array(result.y)[-1] if result.status == 0 else np.full(len(end), np.nan)
        )
        errors.append(float(np.max(np.abs(got / end - 1))))
    return {"ms": float(np.median(times)) * 1e3, "error": float(np.median(errors))}


def place(model: Any, problem: Any, subject: int, states: list[str]) -> None:
    """Give the model the parameters, sizes and initial states of a subject."""
    values = {
        **{f"p{i}": v for i, v in enumerate(problem["parameters"][subject])},
        **{f"b{i}": v for i, v in enumerate(problem["bases"][subject])},
    }
    for ids, read, write in (
        (
            model.get_free_parameter_ids(),
            model.get_free_parameters,
            model.set_free_parameters,
        ),
        (
            model.get_fixed_parameter_ids(),
            model.get_fixed_parameters,
            model.set_fixed_parameters,
        ),
    ):
        write([values.get(one, old) for one, old in zip(ids, read(), strict=True)])
    starts = problem["starts"][subject]
    model.set_initial_state(
        [starts[int(one[1:])] if one.startswith("y") else 0.0 for one in states]
    )


if __name__ == "__main__":
    main()
