"""The commands: run a study, list what there is, show one thing.

Errors of the package, and of the system when it cannot read or write, are printed
without a traceback and end the command with code 2; Ctrl-C ends it with 130.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

import typer

from il2sim.app import fit, people, screen_command, tables, trial_command, validate
from il2sim.app.run import Options, Outcome, run_study
from il2sim.app.terminal import STOPPED, console, progress_bar
from il2sim.errors import BadProblem, Il2simError, UnknownName, closest

_Made = TypeVar("_Made")

app = typer.Typer(
    help="Simulate interleukin-2 therapy, from receptors to patients.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(people.app, name="population")


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without our signs
    try:
        app()
    except Il2simError as error:
        console(error=True).print(
            f"{type(error).__name__}: {error}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        sys.exit(2)
    except OSError as error:  # a full disk, a folder that may not be written to
        console(error=True).print(
            f"The system refused: {error}. What was finished is kept; --resume goes "
            "on with a run.",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        sys.exit(2)
    except KeyboardInterrupt:
        console(error=True).print(
            "Stopped. Finished subjects are kept; --resume goes on.", markup=False
        )
        sys.exit(STOPPED)


@app.command()
def run(  # noqa: PLR0913 - one argument for each option of the command
    study: Annotated[str, typer.Argument(help="Name of a study, or a .toml file.")],
    *,
    subjects: Annotated[int | None, typer.Option(help="How many.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the population.")] = None,
    tolerance: Annotated[float | None, typer.Option(help="Of one step.")] = None,
    device: Annotated[str, typer.Option(help="cpu or reference.")] = "cpu",
    workers: Annotated[int | None, typer.Option(help="Threads.")] = None,
    cluster: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler, tcp://….")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to fill.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with what the folder holds.")
    ] = False,
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
        device=cast("Any", device),
        workers=workers,
        cluster=cluster,
        out=out,
        resume=resume,
        format=cast("Any", format),
        beside=Path(study).parent if is_file else None,
    )
    name = Path(study).stem if is_file else study
    plan = read_study(study)
    with progress_bar(f"{name}") as progress:
        outcome = run_study(plan, name, options, progress=progress)
    _report(outcome)
    if not outcome.is_complete:
        console(error=True).print(
            f"Stopped: {len(outcome.trajectories)} of {outcome.summary['planned']} "
            "subjects are in the folder. The same command with --resume goes on.",
            markup=False,
        )
        raise typer.Exit(STOPPED)


app.command("trial")(trial_command.trial)


@app.command("list")
def list_(
    what: Annotated[str, typer.Argument(help="studies, trials, variants, models, …")],
    *,
    find: Annotated[str, typer.Option(help="Only rows with these words.")] = "",
) -> None:
    """List studies, trials, cards, populations, variants, products, models, …."""
    headings, rows = _choose(what, _LISTS, "list")()
    words = find.lower().split()
    kept = [row for row in rows if all(word in " ".join(row).lower() for word in words)]
    console().print(tables.listing(headings, kept))


@app.command()
def show(
    what: Annotated[str, typer.Argument(help="study, variant, model, …")],
    name: Annotated[str, typer.Argument(help="Which one.")],
) -> None:
    """Show a study, trial, card, population, variant, product, model or evidence."""
    text = _choose(what, _SHOWN, "show")(name)
    console().print(text, markup=False, highlight=False, soft_wrap=True)


@app.command()
def lint(
    file: Annotated[str, typer.Argument(help="A protocol or study: name or .toml.")],
) -> None:
    """Say what is wrong or strange in a protocol, or in the protocol of a study."""
    from il2sim.app.linting import findings_of

    found = findings_of(file)
    for one in found:
        console().print(str(one), markup=False, highlight=False, soft_wrap=True)
    errors = sum(one.kind == "error" for one in found)
    console().print(f"{errors} errors, {len(found) - errors} warnings", markup=False)
    if errors:
        raise typer.Exit(1)


@app.command()
def serve(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8000,
    runs: Annotated[Path, typer.Option(help="Folder of runs.")] = Path("runs"),
    workers: Annotated[int | None, typer.Option(help="Threads.")] = None,
    open_: Annotated[
        bool, typer.Option("--open", help="Open the page in the browser.")
    ] = False,
) -> None:
    """Open a local page: move a dose and see cells, IL-2 and tumor answer."""
    try:
        from il2sim.app.serve.server import Settings, new_token
        from il2sim.app.serve.server import serve as serve_page
    except ModuleNotFoundError as error:
        raise UnknownName(
            "the packages of the page are not installed.",
            got=f"no '{error.name}'",
            expected="FastAPI, uvicorn and Plotly",
            try_="pip install 'il2sim[app]'",
        ) from error
    settings = Settings(host=host, port=port, runs=runs, workers=workers)
    if not settings.is_loopback:
        settings = replace(settings, token=new_token())

    def told(line: str, address: str) -> None:
        console().print(line, markup=False, highlight=False, soft_wrap=True)
        if open_:
            import webbrowser

            webbrowser.open(address)

    serve_page(settings, told=told)


@app.command()
def explain(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    *,
    quantity: Annotated[str, typer.Option(help="What changed.")] = "memory Treg",
    by: Annotated[str, typer.Option(help="cause or event.")] = "cause",
    switch_off: Annotated[
        bool, typer.Option("--switch-off", help="One mechanism off at a time.")
    ] = False,
    doses: Annotated[str, typer.Option(help="Factors for it.")] = "0.1,0.3,1,3",
    subjects: Annotated[int, typer.Option(help="The first so many.", min=1)] = 100,
    workers: Annotated[int | None, typer.Option(help="Threads.")] = None,
) -> None:
    """Say which processes changed a quantity, and which cells consumed the IL-2.

    With --switch-off: which mechanism carries the win of Treg, at which dose.
    """
    from il2sim.app.explain import explain_run, switch_off_run

    few: Any = {"subjects": subjects, "workers": workers}
    with progress_bar("switches" if switch_off else quantity) as progress:
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


@app.command()
def replay(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
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


@app.command()
def certify(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
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


app.command("fit")(fit.command)
app.command("validate")(validate.command)
app.command("screen")(screen_command.command)


def _numbers(text: str) -> list[float]:
    """Numbers between commas."""
    try:
        return [float(one) for one in text.split(",")]
    except ValueError as error:
        raise BadProblem(
            "doses cannot be read.", got=f"'{text}'", expected="such as 0.1,0.3,1,3"
        ) from error


def _report(outcome: Outcome) -> None:
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


def _choose(what: str, known: dict[str, _Made], command: str) -> _Made:
    if what not in known:
        raise UnknownName(
            f"il2sim cannot {command} '{what}'.",
            got=f"'{what}'",
            expected=closest(what, known),
            try_=f"il2sim {command} " + " | ".join(known),
        )
    return known[what]


Listing = tuple[Sequence[str], list[tuple[str, ...]]]


def _studies() -> Listing:
    from il2sim.formats.study_file import read_study, studies

    rows = [(name, read_study(name)) for name in studies()]
    return ("study", "question", "regimen"), [
        (name, study.question, study.regimen) for name, study in rows
    ]


def _cards() -> Listing:
    from il2sim.formats.card_file import read_cards

    return ("card", "trial", "kind", "role"), [
        (one.name, one.title, one.kind, one.role) for one in read_cards()
    ]


def _trials() -> Listing:
    from il2sim.formats.trial_file import read_trial, trials

    rows = [(name, read_trial(name)) for name in trials()]
    return ("trial", "question", "arms"), [
        (name, one.question, "; ".join(arm.name for arm in one.arms))
        for name, one in rows
    ]


def _populations() -> Listing:
    from il2sim.study.populations import population, populations

    return ("population", "who"), [
        (name, population(name).meaning) for name in populations()
    ]


def _variants() -> Listing:
    from il2sim.molecules import catalog

    found = [catalog.variant(name) for name in catalog.variants()]
    return ("variant", "format", "bias"), [
        (one.name, one.format, one.bias) for one in found
    ]


def _products() -> Listing:
    from il2sim.molecules import catalog

    found = [catalog.product(name) for name in catalog.products()]
    cells = [catalog.cell_product(name) for name in catalog.cell_products()]
    return ("product", "variant", "routes"), [
        *((one.name, one.variant.name, ", ".join(one.routes)) for one in found),
        *((one.name, "cells", ", ".join(one.routes)) for one in cells),
    ]


def _models() -> Listing:
    from il2sim import models

    made = [getattr(models, name)() for name in models.__all__]
    return ("model", "what it is", "states"), [
        (one.name, one.meaning, str(len(one.states))) for one in made
    ]


def _evidence() -> Listing:
    from il2sim.evidence import library

    return ("key", "topic", "quantity", "value", "how", "source"), [
        (one.key, one.topic, one.quantity, one.shown, one.how, str(one.source))
        for one in library.measurements()
    ]


def _study_text(name: str) -> str:
    from il2sim.formats.study_file import study_text

    return study_text(name)


def _card_text(name: str) -> str:
    from il2sim.formats.card_file import card_text

    return card_text(name)


def _trial_text(name: str) -> str:
    from il2sim.formats.trial_file import trial_text

    return trial_text(name)


def _population_text(name: str) -> str:
    from il2sim.study.populations import population

    return str(population(name))


def _variant_text(name: str) -> str:
    from il2sim.molecules import catalog

    return str(catalog.variant(name))


def _product_text(name: str) -> str:
    from il2sim.molecules import catalog

    return str(catalog.given(name))


def _model_text(name: str) -> str:
    from il2sim import models

    known = {one: getattr(models, one) for one in models.__all__}
    return str(_choose(name, known, "show model")())


def _evidence_text(name: str) -> str:
    from il2sim.evidence import library

    one = library.measurement(name)
    told = [str(one), *(f"  {key}: {value}" for key, value in one.conditions.items())]
    return "\n".join([*told, f"  {one.note}"] if one.note else told)


def _protocols() -> Listing:
    from il2sim.formats.protocol_file import protocols, read_protocol_file

    rows = [(name, read_protocol_file(name)) for name in protocols()]
    return ("protocol", "what it is", "regimen"), [
        (name, file.title, file.regimen) for name, file in rows
    ]


def _protocol_text(name: str) -> str:
    from il2sim.formats.protocol_file import read_protocol_file, show

    return show(read_protocol_file(name), Path(name).name.removesuffix(".toml"))


_LISTS = {
    "studies": _studies,
    "protocols": _protocols,
    "cards": _cards,
    "trials": _trials,
    "populations": _populations,
    "variants": _variants,
    "products": _products,
    "models": _models,
    "evidence": _evidence,
}
_SHOWN = {
    "study": _study_text,
    "protocol": _protocol_text,
    "card": _card_text,
    "trial": _trial_text,
    "population": _population_text,
    "variant": _variant_text,
    "product": _product_text,
    "model": _model_text,
    "evidence": _evidence_text,
}
