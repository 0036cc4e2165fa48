"""``il2sim run``: carry out a study and say what came out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer

from il2sim.app import options as words
from il2sim.app import tables
from il2sim.app.run import Options, Outcome, run_study
from il2sim.app.terminal import STOPPED, console, progress_bar


def command(  # noqa: PLR0913 - one argument for each option of the command
    study: Annotated[str, typer.Argument(help="Name of a study, or a .toml file.")],
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
    catalog: Annotated[
        Path | None, typer.Option(help="Your own molecules and products (TOML).")
    ] = None,
    format: Annotated[  # noqa: A002 - the word of the option
        str, typer.Option(help="Of the trajectories: zarr, parquet or csv.")
    ] = "zarr",
) -> None:
    """Carry out a study: simulate, compare with what was published, draw."""
    from il2sim.formats.study_file import read_study

    is_file = study.endswith(".toml")
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
        format=cast("Any", format),
        beside=Path(study).parent if is_file else None,
        catalog=catalog,
    )
    name = Path(study).stem if is_file else study
    plan = read_study(study)
    with progress_bar(f"{name}") as progress:
        outcome = run_study(plan, name, options, progress=progress)
    report(outcome)
    if not outcome.is_complete:
        console(error=True).print(
            f"Stopped: {len(outcome.trajectories)} of {outcome.summary['planned']} "
            "subjects are in the folder. The same command with --resume goes on.",
            markup=False,
        )
        raise typer.Exit(STOPPED)


def report(outcome: Outcome) -> None:
    """Print populations, published values, toxicity, and who was lost."""
    out, summary = console(), outcome.summary
    out.print(summary["title"], style="bold", markup=False)
    out.print(summary["regimen"], markup=False, highlight=False)
    out.print(tables.populations_table(outcome))
    others = tables.comparisons_table(outcome)
    if others is not None:
        out.print(others)
    toxicity = tables.toxicity_table(outcome)
    if toxicity is not None:
        out.print(toxicity)
    told = summary["subjects"]
    out.print(f"Medians (5–95 %) of {told['n']} subjects; {told['failed']} not solved.")
    if "decisions" in summary:
        out.print(tables.decisions_line(summary["decisions"]), markup=False)
    for line in outcome.trajectories.failures():
        out.print(line, markup=False)
    for line in summary.get("failures", {}).get("words", ()):
        out.print(line, markup=False, highlight=False)
    out.print(f"Everything is in {outcome.folder}", markup=False, soft_wrap=True)
