"""The command line: every command by its name, and how errors are told.

Errors of the package, and of the system when it cannot read or write, are printed
without a traceback and end the command with code 2; Ctrl-C ends it with 130.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from il2sim.app import (
    again,
    fit_command,
    listing,
    people,
    run_command,
    screen_command,
    trial_command,
    validate,
)
from il2sim.app import options as words
from il2sim.app.terminal import STOPPED, console
from il2sim.errors import Il2simError, UnknownName

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


app.command("run")(run_command.command)
app.command("trial")(trial_command.trial)
app.command("list")(listing.list_)
app.command("show")(listing.show)


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
    workers: words.Workers = None,
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


app.command("explain")(again.explain)
app.command("replay")(again.replay)
app.command("certify")(again.certify)
app.command("fit")(fit_command.command)
app.command("validate")(validate.command)
app.command("screen")(screen_command.command)
