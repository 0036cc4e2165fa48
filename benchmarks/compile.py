"""From a model to machine code: written, compiled, and taken from the disk again."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from environment import write
from problems import sized

from il2sim.engine.backends import cpu
from il2sim.engine.lower import lower
from il2sim.engine.resting import resting_program
from il2sim.models import body, body_with_tumor

SIZES = (60, 150)


def main() -> None:
    """Measure every model and write one result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    answer: dict[str, Any] = {}
    for name, model in (("body", body), ("body_with_tumor", body_with_tumor)):
        program = lower(model())
        for what, one in (("", program), (" at rest", resting_program(program))):
            answer[name + what] = _measure(one, repeats)
            _show(name + what, answer[name + what])
    for n_states in SIZES:
        name = f"copies of body, {n_states} states"
        answer[name] = _measure(sized(lower(body()), n_states), repeats)
        _show(name, answer[name])
    print(write("compile", {"repeats": repeats, "rows": answer}))


def _show(name: str, row: dict[str, Any]) -> None:
    print(
        f"{name:28} {row['states']:3} states  "
        f"first {row['first s']:.2f} s  cached {row['cached s']:.2f} s"
    )


def _measure(program: Any, repeats: int) -> dict[str, Any]:
    first, cached = [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["IL2SIM_CACHE"] = folder
            first.append(_time(lambda: cpu.kernel(program)))
            cached.append(_time(lambda: cpu.kernel(program)))
    return {
        "states": len(program.states),
        "first s": float(np.median(first)),
        "cached s": float(np.median(cached)),
        "all first s": first,
        "all cached s": cached,
    }


def _time(run: Callable[[], Any]) -> float:
    cpu.kernel.cache_clear()
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
