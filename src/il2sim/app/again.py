"""``explain``, ``replay`` and ``certify``: questions to a run that is finished."""

from __future__ import annotations

from typing import Annotated, Any, cast

import typer

from il2sim.app import options as words
from il2sim.app import tables
from il2sim.app.terminal import console, progress_bar
from il2sim.errors import BadProblem


def explain(
    run: words.RunArgument,
    *,
    quantity: Annotated[str, typer.Option(help="What changed.")] = "memory Treg",
    by: Annotated[str, typer.Option(help="cause or event.")] = "cause",
    switch_off: Annotated[
        bool, typer.Option("--switch-off", help="One mechanism off at a time.")
    ] = False,
    doses: Annotated[str, typer.Option(help="Factors for it.")] = "0.1,0.3,1,3",
    subjects: Annotated[int, typer.Option(help="The first so many.", min=1)] = 100,
    workers: words.Workers = None,
) -> None:
    """Say which processes changed a quantity, and which cells consumed the IL-2.

    With --switch-off: which mechanism carries the win of Treg, at which dose.
    """
    from il2sim.app.explain import explain_run, switch_off_run

    few: Any = {"subjects": subjects, "workers": workers}
    title, of = ("switches", "solves") if switch_off else (quantity, "subjects")
    with progress_bar(title, of=of) as progress:
        if switch_off:
            sizes = _numbers(doses)
            found = switch_off_run(run, doses=sizes, progress=progress, **few)
            shown = tables.switched_tables(found)
        else:
            way = cast("Any", by)
            told = explain_run(run, quantity, by=way, progress=progress, **few)
            at_h = told.study.end_h
            shown = [tables.shares_table(one, at_h) for one in (told.shares, told.fate)]
    out = console()
    for table in shown:
        out.print(table)
    if not switch_off and not told.is_same_model:
        out.print(
            "The model has changed since this run; this explains the study as it "
            "comes out today."
        )
    out.print(f"Everything is in {run / 'explain'}", markup=False, soft_wrap=True)


def replay(
    run: words.RunArgument,
    subject: Annotated[int, typer.Argument(help="Its number, from 0.", min=0)],
) -> None:
    """Solve one subject of a run again, and compare every bit with what is stored."""
    from il2sim.app.replay import replay_run

    found = replay_run(run, subject)
    out = console()
    out.print(found.sentence(), markup=False, highlight=False)
    if not found.is_same_work:
        out.print(
            f"The run was made by il2sim {found.was_made_by} with other equations, "
            "values or inputs than today's.",
            markup=False,
        )
    if not found.is_equal:
        raise typer.Exit(1)


def certify(
    run: words.RunArgument,
    *,
    subjects: Annotated[int, typer.Option(help="How many to solve again.", min=1)] = 5,
) -> None:
    """Say how far a run's endpoints are from those of the slow reference."""
    from il2sim.app.certify import FILE, certify_run

    with progress_bar("reference") as progress:
        found = certify_run(run, subjects=subjects, progress=progress)
    out = console()
    out.print(tables.certificate_table(found))
    out.print(
        f"Largest relative difference {found.largest:.1e} in {len(found.subjects)} "
        f"subjects spread over {found.stratified_by}. It is kept in {run / FILE}.",
        markup=False,
        soft_wrap=True,
    )


def _numbers(text: str) -> list[float]:
    """Numbers between commas."""
    try:
        return [float(one) for one in text.split(",")]
    except ValueError as error:
        raise BadProblem(
            "doses cannot be read.", got=f"'{text}'", expected="such as 0.1,0.3,1,3"
        ) from error
