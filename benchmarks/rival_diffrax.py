"""diffrax on an exported problem: run by `rivals.py` in the rivals' own environment.

The model's assignments are traced into one JAX function and compiled; JAX finds the
Jacobian. Each interval between the ends of infusions is one solve of Kvaerno5, all of
them one scan, on one core.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.environ["JAX_ENABLE_X64"] = "1"

import diffrax
import jax
import numpy as np
from jax import numpy as jnp

SUBJECTS = 1  # each takes minutes
TOLERANCES = (1e-3, 1e-5)
ABSOLUTE = 1e-1  # of the relative tolerance, and of a state's typical size

CALLS: dict[str, Any] = {
    "add": jnp.add,
    "sub": jnp.subtract,
    "mul": jnp.multiply,
    "div": jnp.divide,
    "neg": jnp.negative,
    "pow": jnp.power,
    "exp": jnp.exp,
    "log": jnp.log,
    "sqrt": jnp.sqrt,
    "expm1": jnp.expm1,
    "log1p": jnp.log1p,
    "tanh": jnp.tanh,
    "min": jnp.minimum,
    "max": jnp.maximum,
    "less": lambda a, b: jnp.where(a < b, 1.0, 0.0),
    "pick": lambda c, a, b: jnp.where(c != 0, a, b),
}


def main() -> None:
    """Measure every tolerance on the first subjects; print JSON."""
    folder = Path(sys.argv[1])
    program = json.loads((folder / "program.json").read_text())
    problem = np.load(folder / "problem.npz")
    solve = jax.jit(solver(program, problem))
    rows, compile_s = [], 0.0
    for tolerance in TOLERANCES:
        times, errors = [], []
        for subject in range(SUBJECTS):
            given = [
                jnp.array(problem[name][subject])
                for name in ("starts", "parameters", "infused")
            ]
            if not compile_s:
                begin = time.perf_counter()
                solve(*given, 1e-2).block_until_ready()
                compile_s = time.perf_counter() - begin
            begin = time.process_time()
            got = np.array(solve(*given, tolerance).block_until_ready())
            times.append(time.process_time() - begin)
            errors.append(np.max(np.abs(got / problem["end"][subject] - 1)))
        rows.append(
            {
                "tolerance": tolerance,
                "ms": float(np.median(times)) * 1e3,
                "error": float(np.median(errors)),
            }
        )
    told = {"version": diffrax.__version__, "compile s": compile_s, "rows": rows}
    print(json.dumps(told))


def solver(program: dict[str, Any], problem: Any) -> Any:
    """Outputs at the end from starts, parameters, infusions and a tolerance."""
    rates = function(program["statements"], program["rates"])
    outputs = function(program["statements"], program["outputs"])
    breaks = jnp.array(problem["breaks"])
    sizes = jnp.array(program["scales"])

    def solve(starts: Any, parameters: Any, infused: Any, tolerance: Any) -> Any:
        control = diffrax.PIDController(
            rtol=tolerance, atol=ABSOLUTE * tolerance * sizes
        )
        terms = diffrax.ODETerm(lambda _, y, rate: rates(y, parameters) + rate)

        def follow(y: Any, interval: Any) -> tuple[Any, None]:
            begin, end, rate = interval
            found = diffrax.diffeqsolve(
                terms,
                diffrax.Kvaerno5(),
                begin,
                end,
                None,
                y,
                args=rate,
                stepsize_controller=control,
                max_steps=None,
                adjoint=diffrax.ForwardMode(),
                throw=False,
            )
            return found.ys[-1], None

        end, _ = jax.lax.scan(follow, starts, (breaks[:-1], breaks[1:], infused))
        return outputs(end, parameters)

    return solve


def function(statements: list[Any], roots: list[int]) -> Any:
    """The assignments that some roots stand on, as one function of JAX.

    Equal operations that do not stand on each other are one operation on vectors: with
    each on its own, XLA compiles for more than ten minutes.
    """
    places, groups, numbers = arranged(statements, roots)

    def evaluate(y: Any, p: Any) -> Any:
        known = jnp.concatenate([y, p, jnp.array(numbers)])
        for level in groups:
            new = [
                CALLS[op](*(known[jnp.array(one)] for one in args))
                for op, args in level
            ]
            known = jnp.concatenate([known, *new])
        return known[jnp.array([places[root] for root in roots])]

    return evaluate


def arranged(
    statements: list[Any], roots: list[int]
) -> tuple[dict[int, int], list[list[Any]], list[float]]:
    """Where each value lies, the operations level by level, and the constants."""
    some = needed(statements, roots)
    sizes = {
        kind: 1 + max(one[2] for one in statements if one[0] == kind)
        for kind in ("state", "parameter")
    }
    begins = {"state": 0, "parameter": sizes["state"], "const": sum(sizes.values())}
    numbers = [statements[one][3] for one in some if statements[one][0] == "const"]
    places, levels, by_level = {}, {}, defaultdict(lambda: defaultdict(list))
    constants = 0
    for one in some:
        op, args, index, _ = statements[one]
        levels[one] = 1 + max((levels[arg] for arg in args), default=-1)
        if op == "const":
            index, constants = constants, constants + 1
        if op in begins:
            places[one] = begins[op] + index
        else:
            by_level[levels[one]][op].append(one)
    end = begins["const"] + len(numbers)
    groups = []
    for level in sorted(by_level):
        groups.append([])
        for op, members in by_level[level].items():
            args = zip(*(statements[one][1] for one in members), strict=True)
            groups[-1].append((op, [[places[arg] for arg in some] for some in args]))
            places |= {one: end + i for i, one in enumerate(members)}
            end += len(members)
    return places, groups, numbers


def needed(statements: list[Any], roots: list[int]) -> list[int]:
    """The statements that some stand on, in order."""
    wanted: set[int] = set()
    stack = list(roots)
    while stack:
        one = stack.pop()
        if one not in wanted:
            wanted.add(one)
            stack += statements[one][1]
    return sorted(wanted)


if __name__ == "__main__":
    main()
