"""A process that kills itself at its k-th touch of a run's folder, for every k.

Run as ``python -m tests.killing FOLDER FORMAT EVERY``. Each try is a fork of this
process, which has the model compiled and no threads; it ends by SIGKILL just before the
k-th time that it opens, makes, moves, links or removes something in the folder of the
run. Then another fork resumes. Printed is how many kills there were, and for which of
them the folder came out otherwise than that of an undisturbed run.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from il2sim.app import run as app_run
from il2sim.app import trial as app_trial
from il2sim.app.folder import RunFolder
from il2sim.app.run import Options, run_study
from il2sim.app.trial import TRIAL_FILE, run_trial
from il2sim.engine import store
from il2sim.engine.columns import read_columns
from il2sim.formats.study_file import Study, study_of
from il2sim.formats.trial_file import trial_of

TOUCHES = {
    *("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link"),
    *("os.truncate", "shutil.rmtree", "shutil.move"),
}
"""Events of the interpreter that can change a folder."""

ARRAYS = (
    *("times_h", "values", "resting", "peaks", "status", "failed_h"),
    *("failed_state", "steps", "rejected", "retries", "doses_h"),
)

STUDY = study_of(
    {
        "title": "A study that is killed",
        "question": "Does it come back?",
        "model": "body",
        "population": "adults",
        "regimen": "aldesleukin 1 MIU/m2 sc daily for 2 days",
        "days": 3,
        "end_day": 3,
        "subjects": 5,
        "record_finely_until_day": 1,
        "record_finely_every_h": 12,
    }
)

TRIAL = trial_of(
    {
        "title": "A trial that is killed",
        "question": "Does it come back?",
        "model": "body_with_tumor",
        "population": "cancer_patients",
        "subjects": 12,
        "size": 6,
        "days": 3,
        "visits": [0, 1, 3],
        "watch": ["Treg", "tumor"],
        "control": "low",
        "primary": "Treg, fold",
        "arms": [
            {
                "name": name,
                "regimen": f"aldesleukin {dose} MIU/m2 sc daily, 2 doses; "
                "skip if oliguria grade >= 0.5; missed 10 %",
            }
            for name, dose in (("high", 9), ("low", 1))
        ],
        "endpoints": [
            {"name": "Treg, fold", "quantity": "Treg", "kind": "fold", "day": 3},
            {"name": "tumor, fold", "quantity": "tumor", "kind": "fold", "day": 3},
            {"name": "exposure", "quantity": "plasma IL-2", "kind": "exposure"},
            {
                "name": "growth",
                "quantity": "tumor",
                "kind": "time to",
                "threshold": 1.01,
                "is_fold": True,
            },
        ],
        "noise": [
            {"quantity": "Treg", "cv": 0.1, "source": "a test", "how": "assumption"}
        ],
        "uncertain": [{"name": "circulation.renal_clearance"}],
        "interim": {"looks": [0.5, 1]},
    }
)


def results(folder: Path) -> dict[str, Any]:
    """Everything in a folder that carries a result, and what else lies there."""
    arrays: list[str] = []
    labels: list[Any] = []
    texts = ["summary.json", "endpoints.csv", "failures.csv", "study.toml"]
    if (folder / TRIAL_FILE).exists():
        texts += [TRIAL_FILE, "table1.csv"]
        for name in ("endpoints.parquet", "decisions.parquet"):
            columns, _ = read_columns(folder / name)
            arrays += [one.astype("S").tobytes().hex() for one in columns.values()]
            labels += list(columns)
    else:
        run = store.read(folder)
        arrays = [np.asarray(getattr(run, name)).tobytes().hex() for name in ARRAYS]
        labels = [run.names, run.units]
    return {
        "arrays": arrays,
        "labels": labels,
        "texts": [
            (folder / name).read_text("utf-8")
            for name in texts
            if (folder / name).exists()
        ],
        "key": json.loads((folder / "provenance.json").read_text("utf-8"))["key"],
        "names": sorted(path.name for path in folder.iterdir()),
    }


def forked(work: Callable[[], object]) -> int:
    """Carry something out in a child; how it ended, as `os.waitpid` says."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - a child says why it ended
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def die_at(folder: Path, last: int) -> None:
    """End this process at its `last` touch of a folder."""
    seen = 0
    inside = os.fspath(folder)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        if event not in TOUCHES:
            return
        if event == "open" and not _is_written(arguments):
            return
        if any(
            isinstance(one, str | os.PathLike) and inside in os.fspath(one)
            for one in arguments[:2]
        ):
            seen += 1
            if seen >= last:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def _is_written(arguments: tuple[Any, ...]) -> bool:
    mode, flags = arguments[1], arguments[2]
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return bool(flags & (os.O_WRONLY | os.O_RDWR))


def carry_out(study: Study, folder: Path, kind: Any) -> None:
    """One run or trial, or what is left of it."""
    if kind == "trial":
        run_trial(TRIAL, "killed", Options(out=folder, resume=True))
        return
    run_study(study, "killed", Options(out=folder, format=kind, resume=True))


def hasten() -> None:
    """Small portions, and a word instead of pictures and pages."""
    app_run.PORTION = app_run.FIRST_PORTION = 2
    app_run.PORTION_S = 1e6

    def draw(study: Study, folder: RunFolder, run: object) -> None:
        (folder.path / "figures").mkdir(exist_ok=True)
        (folder.path / "figures" / "blood.png").write_text(f"{len(run)} subjects")  # type: ignore[arg-type]

    app_trial.PORTION = app_trial.FIRST_PORTION = 5
    app_trial.PORTION_S = 1e6
    app_trial._draw = lambda *_: None

    app_run._draw = draw  # type: ignore[assignment]
    app_run._report = lambda *_: None


def main(place: Path, kind: str, every: int) -> dict[str, Any]:
    """Kill at every so many touches, resume, compare."""
    from il2sim.engine.backends import cpu
    from il2sim.engine.resting import resting_problem

    hasten()
    if kind == "trial":
        problem = app_trial.plan_of(TRIAL, Options()).problem(0, range(1))
    else:
        problem = app_run.task_of(STUDY, Options()).problem(range(1))
    resting = resting_problem(problem.program, problem.parameters, None)
    for program in (problem.program, resting.program):
        cpu.kernel(program)
    straight = place / "straight"
    assert forked(lambda: carry_out(STUDY, straight, kind)) == 0
    wanted = place / "wanted.json"
    assert forked(lambda: wanted.write_text(json.dumps(results(straight)))) == 0
    kills, wrong = 0, []
    while True:
        last = 1 + kills * every
        folder = place / f"killed-{last}"

        def begin(folder: Path = folder, last: int = last) -> None:
            die_at(folder, last)
            carry_out(STUDY, folder, kind)

        def go_on(folder: Path = folder) -> None:
            carry_out(STUDY, folder, kind)
            assert json.dumps(results(folder)) == wanted.read_text()

        if forked(begin) != signal.SIGKILL:
            return {"kills": kills, "wrong": wrong}
        kills += 1
        if forked(go_on) != 0:
            wrong.append(last)
        shutil.rmtree(folder)


if __name__ == "__main__":
    found = main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    sys.stdout.write(json.dumps(found))
