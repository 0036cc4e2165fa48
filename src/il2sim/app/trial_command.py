"""``il2sim trial``: carry out a trial and say what it found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer

from il2sim.app import options as words
from il2sim.app import trial_tables
from il2sim.app.run import Options
from il2sim.app.terminal import STOPPED, console, progress_bar
from il2sim.app.trial import TrialOutcome, run_trial


def trial(  # noqa: PLR0913 - the options of a command
    name: Annotated[str, typer.Argument(help="Name of a trial, or a .toml file.")],
    *,
    subjects: words.Subjects = None,
    seed: words.Seed = None,
    tolerance: words.Tolerance = None,
    precision: words.Precision = None,
    device: words.Device = "cpu",
    workers: words.Workers = None,
    cluster: words.Cluster = None,
    out: words.Out = None,
    resume: words.Resume = False,
) -> None:
    """Carry out a trial: allocate, simulate, read out, compare, draw."""
    from il2sim.formats.trial_file import read_trial

    is_file = name.endswith(".toml")
    options = Options(
        subjects=subjects,
        seed=seed,
        tolerance=tolerance,
        precision=cast("Any", precision),
        device=cast("Any", device),
        workers=workers,
        cluster=cluster,
        out=out,
        resume=resume,
        beside=Path(name).parent if is_file else None,
    )
    short = Path(name).stem if is_file else name
    found = read_trial(name)
    with progress_bar(short) as progress:
        outcome = run_trial(found, short, options, progress=progress)
    report(outcome)
    if not outcome.is_complete:
        told = outcome.summary
        console(error=True).print(
            f"Stopped: {told['subjects']['n']} of {told['planned']} subjects are in "
            "the folder. The same command with --resume goes on.",
            markup=False,
        )
        raise typer.Exit(STOPPED)


def report(outcome: TrialOutcome) -> None:
    """Print arms, endpoints, effects with their power, and who was lost."""
    out, summary = console(), outcome.summary
    out.print(summary["title"], style="bold", markup=False)
    for name, regimen in summary["regimens"].items():
        out.print(f"{name}: {regimen}", markup=False, highlight=False)
    for table in (
        trial_tables.arms_table(summary),
        trial_tables.doses_given_table(summary),
        trial_tables.effects_table(summary),
        trial_tables.doubt_table(summary),
        trial_tables.doses_table(summary),
    ):
        if table is not None:
            out.print(table)
    told = summary["subjects"]
    out.print(
        f"{told['n']} subjects in {summary['trials']} simulated trials of "
        f"{summary['subjects of one trial']}; {told['left']} left early, "
        f"{told['failed']} not solved.",
        highlight=False,
    )
    for reason, count in told["reasons"].items():
        out.print(f"  {count} x {reason}", markup=False)
    out.print(f"Everything is in {outcome.folder}", markup=False, soft_wrap=True)
