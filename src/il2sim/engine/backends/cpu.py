"""Native code: one subject in each SIMD lane, one thread on each core.

The kernel of a program is written, compiled and kept on disk; threads of Python only
wait for it, because it runs without the interpreter's lock.
"""

from __future__ import annotations

import ctypes
import json
import os
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np

from il2sim.engine import cache
from il2sim.engine.backends.raw import Raw
from il2sim.engine.directions import Directions
from il2sim.engine.emit import machine
from il2sim.engine.emit.kernel import Written, write_kernel
from il2sim.engine.emit.layout import ARGUMENTS, Layout, Sizes, tail_slots
from il2sim.engine.evaluate import evaluate
from il2sim.engine.methods import METHODS
from il2sim.engine.precision import DOUBLE, PRECISIONS, PrecisionName
from il2sim.engine.problem import Floats, Problem
from il2sim.engine.program import Program
from il2sim.engine.resting import Rest, read_rest, resting_problem

Progress = Callable[[int, int], None]

MOST_TOGETHER = 4
"""Directions of tangents side by side: enough to read tables and weights less often."""

_WAIT_S = 0.05  # between looks at the progress


@dataclass(frozen=True, eq=False)
class Kernel:
    """Compiled code of one program at one width."""

    loaded: machine.Loaded
    layout: Layout
    sizes: Sizes
    lanes: int
    together: int = 0
    per_block: int = 0


@lru_cache(maxsize=16)
def kernel(
    program: Program,
    method: str = "rodas5p",
    lanes: int = 0,
    *,
    together: int = 0,
    precision: PrecisionName = "double",
) -> Kernel:
    """Compile a program, or take its code from the disk.

    Parameters
    ----------
    program, method
        What to solve and how.
    lanes
        Subjects in a vector: 1, 2, 4, 8 or 16; 0 takes what the processor holds.
    together
        Directions of tangents that are carried side by side; 0 if there are none.
    precision
        Of the stages of a step; those of tangents are double.
    """
    stages = PRECISIONS[precision]
    lanes = lanes or machine.host().lanes * DOUBLE.bits // stages.bits
    made_for = machine.host().key
    shape = (method, str(lanes), str(together), precision)
    name = cache.key(program.fingerprint, *shape, *made_for)
    kept = cache.read(name)
    if kept is None:
        written = write_kernel(
            program, METHODS[method], lanes, together=together, precision=stages
        )
        kept = _packed(written, machine.assemble(written.text))
        cache.write(name, kept)
    head, _, code = kept.partition(b"\n")
    told = json.loads(head)
    return Kernel(
        loaded=machine.load(code),
        layout=Layout(**told["layout"]),
        sizes=Sizes(**told["sizes"]),
        lanes=lanes,
        together=together,
        per_block=told["per_block"],
    )


def _packed(written: Written, code: bytes) -> bytes:
    """Machine code behind a line that says what memory it needs."""
    shape = {
        "layout": {
            "sections": dict(written.layout.sections),
            "size": written.layout.size,
        },
        "sizes": asdict(written.sizes),
        "per_block": written.per_block,
    }
    return json.dumps(shape).encode() + b"\n" + code


def rest(
    program: Program,
    parameters: Floats,
    *,
    directions: Directions | None = None,
    workers: int | None = None,
    cancel: threading.Event | None = None,
) -> Rest:
    """Find the resting state of every subject, by the kernel of the resting program."""
    resting = resting_problem(program, parameters, directions)
    starts = evaluate(resting.program, resting.program.starts, parameters)
    nothing = np.zeros((len(parameters), 0))
    raw = run(resting, starts, nothing, workers=workers, cancel=cancel)
    return read_rest(program, raw.values[:, -1], raw.status, raw.tangents[:, -1])


def run(
    problem: Problem,
    starts: Floats,
    solved: Floats,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    lanes: int = 0,
) -> Raw:
    """Solve a problem from given starting states.

    Parameters
    ----------
    problem
        What to solve.
    starts, solved
        States at time zero and solved parameters of every subject.
    workers
        Threads; default one for each core.
    progress
        Called with the number of subjects finished and of all.
    cancel
        Once it is set no further subject is begun.
    lanes
        As in `kernel`.
    """
    together = _together(problem.directions)
    compiled = kernel(
        problem.program,
        problem.method,
        lanes,
        together=together,
        precision=problem.precision,
    )
    raw = Raw.empty(problem)
    call = _Call(problem, compiled, starts, solved, raw)
    call.carry_out(workers or os.cpu_count() or 1, progress, cancel)
    return raw


def _together(directions: Directions | None) -> int:
    """How many directions to carry side by side; the last ones are not left alone."""
    if directions is None:
        return 0
    blocks = -(-len(directions) // MOST_TOGETHER)
    return -(-len(directions) // max(1, blocks))


class _Call:
    """One run of a kernel: its arguments, its threads, and how to stop it."""

    def __init__(
        self,
        problem: Problem,
        compiled: Kernel,
        starts: Floats,
        solved: Floats,
        raw: Raw,
    ) -> None:
        self.compiled = compiled
        self.total = problem.n_subjects
        self.counters = np.zeros(3, dtype=np.int64)  # next, finished, stop
        vector = np.hstack([problem.parameters, solved])
        self.keep = {
            "parameters": np.ascontiguousarray(vector),
            "starts": np.ascontiguousarray(starts, dtype=float),
            "bases": problem.bases,
            **_events(problem),
            **_rules(problem),
            **_reductions(problem),
            "sample_times": problem.sample_h,
            "sample_after": problem.is_after.astype(np.int64),
            "absolute": np.ascontiguousarray(problem.absolute, dtype=float),
            "saved": np.array(problem.columns(problem.save), dtype=np.int64),
            **_shown(problem),
            "values": raw.values,
            "resting": raw.resting,
            "reduced": raw.reduced,
            "decisions": raw.decisions,
            "looked_at": raw.looked_at,
            "status": raw.status,
            "failed_time": raw.failed_h,
            "failed_state": raw.failed_state,
            "attempts": raw.attempts,
            "rejected": raw.rejected,
            "next": self.counters[0:],
            "finished": self.counters[1:],
            "stop": self.counters[2:],
        }
        counts = {
            "n_bases": problem.bases.shape[1],
            "n_subjects": problem.n_subjects,
            "n_doses": problem.schedule.most_doses,
            "n_rules": len(problem.rules),
            "n_checks": raw.decisions.shape[1],
            "n_reductions": len(problem.reductions),
            "n_times": len(problem.sample_h),
            "most_steps": problem.most_steps,
            "n_saved": len(problem.save),
            "n_shown": len(self.keep["shown"]),
            "n_behind": len(self.keep["behind"]),
            "n_directions": 0,
            "n_events": len(problem.schedule.times_h),
        }
        if problem.directions is not None:
            self._take(problem.directions, raw, counts)
        blocks = -(-counts["n_directions"] // max(1, compiled.together))
        counts["tail"] = compiled.layout.size + blocks * compiled.per_block
        self.slots = counts["tail"] + tail_slots(
            reductions=len(problem.reductions), doses=problem.schedule.most_doses
        )
        numbers = {"end": problem.end_h, "tolerance": problem.tolerance}
        self.arguments = np.zeros(len(ARGUMENTS), dtype=np.int64)
        for place, name in enumerate(ARGUMENTS):
            if name in self.keep:
                self.arguments[place] = self.keep[name].ctypes.data
            elif name in counts:
                self.arguments[place] = counts[name]
            elif name in numbers:
                self.arguments[place : place + 1].view(float)[0] = numbers[name]

    def _take(self, directions: Directions, raw: Raw, counts: dict[str, int]) -> None:
        """Seeds of tangents; a table with one row serves every subject."""
        tables = {
            "seeds": directions.parameters,
            "solved_seeds": directions.solved,
            "start_seeds": directions.starts,
        }
        self.keep |= tables | {
            "amount_seeds": directions.amounts,
            "time_seeds": directions.times_h,
            "direction_lengths": directions.lengths,
            "tangents": raw.tangents,
            "resting_tangents": raw.resting_tangents,
        }
        counts["n_directions"] = len(directions)
        counts["tangents_judge"] = int(directions.lengths.size > 0)
        counts["times_move"] = int(np.any(directions.times_h))
        counts |= {f"{name}_step": int(len(one) > 1) for name, one in tables.items()}

    def carry_out(
        self,
        workers: int,
        progress: Progress | None,
        cancel: threading.Event | None,
    ) -> None:
        """Run until every subject is finished, or until cancelled or interrupted."""
        if cancel is not None and cancel.is_set():
            return
        groups = -(-self.total // self.compiled.lanes)
        threads = [
            threading.Thread(target=self._work, daemon=True)
            for _ in range(max(1, min(workers, groups)))
        ]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                for thread in threads:
                    thread.join(_WAIT_S / len(threads))
                self._tell(progress)
                if cancel is not None and cancel.is_set():
                    self.counters[2] = 1
            self._tell(progress)
        except BaseException:
            self.counters[2] = 1
            for thread in threads:
                thread.join()
            raise

    def _tell(self, progress: Progress | None) -> None:
        if progress is not None:
            progress(int(self.counters[1]), self.total)

    def _work(self) -> None:
        size = self.slots * self.compiled.lanes
        memory = np.zeros(size + 8)
        shift = (-memory.ctypes.data // 8) % 8  # begin at a cache line
        function = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(
            self.compiled.loaded.address("kernel")
        )
        function(self.arguments.ctypes.data, memory[shift:].ctypes.data)


def _events(problem: Problem) -> dict[str, np.ndarray]:
    schedule = problem.schedule
    rows = schedule.of_subject
    if rows is None:
        rows = np.zeros(problem.n_subjects, dtype=np.int64)
    return {
        "schedules": np.ascontiguousarray(rows),
        "first_events": schedule.first,
        "event_times": schedule.times_h,
        "event_kinds": schedule.kinds,
        "event_targets": schedule.targets,
        "event_basis": schedule.basis,
        "event_amounts": schedule.amounts,
        "event_doses": schedule.doses,
        "event_unless": schedule.unless,
    }


def _shown(problem: Problem) -> dict[str, np.ndarray]:
    """Outputs that records, rules or reductions ask for, and the states behind them.

    Tangents may stand on all states.
    """
    by_rules = [one.output for one in problem.rules]
    reduced = [one.output for one in problem.reductions]
    columns = sorted(set(problem.columns([*problem.save, *by_rules, *reduced])))
    program = problem.program
    wanted = np.zeros(max(1, len(program.outputs)), dtype=np.int64)
    wanted[columns] = 1
    roots = [list(program.outputs.values())[one] for one in columns]
    needed = (program.statements[one] for one in program.needed(roots))
    behind = sorted(one.index for one in needed if one.op == "state")
    if problem.directions is not None:
        behind = list(range(len(program.states)))
    return {
        "outputs_wanted": wanted,
        "shown": np.array(columns, dtype=np.int64),
        "behind": np.array(behind, dtype=np.int64),
    }


def _rules(problem: Problem) -> dict[str, np.ndarray]:
    rules = problem.rules
    columns = problem.columns(rule.output for rule in rules)
    targets = [-1 if rule.target is None else rule.target for rule in rules]
    return {
        "rule_outputs": np.array(columns, dtype=np.int64),
        "rule_relative": np.array([one.relative for one in rules], dtype=np.int64),
        "rule_above": np.array([one.above for one in rules], dtype=np.int64),
        "rule_thresholds": np.array([one.threshold for one in rules], dtype=float),
        "rule_actions": np.array([one.action for one in rules], dtype=np.int64),
        "rule_factors": np.array([one.factor for one in rules], dtype=float),
        "rule_targets": np.array(targets, dtype=np.int64),
        **{
            f"rule_{name}": np.array([getattr(one, name) for one in rules], np.int64)
            for name in ("needs", "unless", "sets", "clears")
        },
    }


def _reductions(problem: Problem) -> dict[str, np.ndarray]:
    reductions = problem.reductions
    columns = problem.columns(one.output for one in reductions)
    whole, plain = np.int64, float
    return {
        "reduction_kinds": np.array([one.kind for one in reductions], dtype=whole),
        "reduction_outputs": np.array(columns, dtype=whole),
        "reduction_starts": np.array([one.start_h for one in reductions], dtype=plain),
        "reduction_ends": np.array([one.end_h for one in reductions], dtype=plain),
        "reduction_thresholds": np.array(
            [one.threshold for one in reductions], dtype=plain
        ),
        "reduction_relative": np.array(
            [one.relative for one in reductions], dtype=whole
        ),
        "reduction_since_dose": np.array(
            [one.since_dose for one in reductions], dtype=whole
        ),
    }
