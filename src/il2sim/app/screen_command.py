"""The command ``il2sim screen``: its options, its table, its progress."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from il2sim.app import options as words
from il2sim.app.candidates import (
    affinity,
    candidate_of,
    candidates_of,
    read_candidates,
)
from il2sim.app.screen import Screened, notes_of, screen_molecules
from il2sim.app.tables import shown
from il2sim.errors import BadProblem
from il2sim.inference.fitted_cells import fit_of
from il2sim.molecules import catalog
from il2sim.study.screening import Candidate

OUT = Path("runs") / "screen"
"""Where files go unless the user names another folder."""

MOST_ROWS = 40
"""Molecules in the printed table; the files have all."""


def command(  # noqa: PLR0913 - one argument for each option of the command
    molecules: Annotated[
        Path | None, typer.Argument(help="A table (CSV) of molecules.")
    ] = None,
    *,
    kd_alpha: Annotated[
        str, typer.Option(help="For CD25, in nM, or none; commas.")
    ] = "",
    kd_betagamma: Annotated[
        str, typer.Option(help="For CD122 with gamma-c, in nM; commas.")
    ] = "",
    valency: Annotated[
        str, typer.Option(help="Live arms; commas; 1 unless given.")
    ] = "",
    scale: Annotated[
        str, typer.Option(help="Of the affinities: unfused (unless given) or fused.")
    ] = "",
    variant: Annotated[
        list[str] | None, typer.Option(help="Of the catalog; may be repeated.")
    ] = None,
    own: Annotated[
        Path | None,
        typer.Option("--catalog", help="Your own molecules (TOML), for --variant."),
    ] = None,
    time: Annotated[float, typer.Option(help="When pSTAT5 is read, in h.")] = 1.0,
    draws: Annotated[
        int, typer.Option(help="Draws of the fits, for intervals; 0: none.", min=0)
    ] = 20,
    seed: Annotated[int, typer.Option(help="Of the draws.")] = 1,
    out: Annotated[Path, typer.Option(help="Folder to fill.")] = OUT,
    workers: words.Workers = None,
) -> None:
    """Predict dose-response and selectivity of molecules on blood cells."""
    if not (kd_alpha or kd_betagamma):
        _refuse_idle({"--valency": valency, "--scale": scale}, "--kd-alpha")
    if not variant:
        _refuse_idle({"--catalog": own}, "--variant")
    chosen = [
        *_named(variant or (), own),
        *(read_candidates(molecules) if molecules else ()),
    ]
    if kd_alpha or kd_betagamma:
        chosen += candidates_of(
            _numbers(kd_alpha, "--kd-alpha", affinity),
            _numbers(kd_betagamma, "--kd-betagamma"),
            _numbers(valency or "1", "--valency"),
            scale=scale or "unfused",
        )
    if not chosen:
        raise BadProblem(
            "nothing is to be screened.",
            got="no molecule",
            expected="a table, --variant, or --kd-alpha and --kd-betagamma",
            try_="il2sim screen --kd-alpha 10 --kd-betagamma 1,10 --valency 1,2",
        )
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("molecules", total=None)
        done = screen_molecules(
            chosen,
            out,
            time_h=time,
            draws=draws,
            seed=seed,
            workers=workers,
            progress=lambda n, of: bar.update(task, completed=n, total=of),
        )
    console = Console()
    console.print(table_of(done))
    for note in notes_of(chosen, time):
        console.print(note)
    if len(chosen) > MOST_ROWS:
        console.print(f"The first {MOST_ROWS} of {len(chosen)} molecules.")
    console.print(f"Everything is in {out}", markup=False, soft_wrap=True)


def table_of(done: Screened) -> Table:
    """Half-maximal doses and selectivities as fitted, 5 and 95 % of draws below."""
    table = Table(
        title="Half-maximal dose, selectivity: as fitted, 5 %, 95 %",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for heading in ("molecule", "fit", *done.headings()):
        broken = heading.replace(" [", "\n[").replace("/", "/\n")
        table.add_column(broken, overflow="fold")
    fits = [fit_of(one) for one in done.found.candidates]
    for (name, spreads), fit in list(zip(done.rows(), fits, strict=True))[:MOST_ROWS]:
        table.add_row(name, fit, *(_shown(spread) for spread in spreads))
    return table


def _shown(spread: Sequence[float]) -> str:
    low, middle, high = (shown(one) if math.isfinite(one) else "none" for one in spread)
    return middle if low == high else f"{middle}\n{low}\n{high}"


def _named(names: Sequence[str], own: Path | None) -> Iterator[Candidate]:
    find = catalog.read_catalog(own).variant if own else catalog.variant
    for name in names:
        yield candidate_of(find(name), find)


def _refuse_idle(given: Mapping[str, object], with_: str) -> None:
    """Refuse options that nothing on the line would heed."""
    more = {
        "--kd-alpha": "--kd-alpha 10 --kd-betagamma 1",
        "--variant": "--variant NAME",
    }
    for option, value in given.items():
        if value:
            raise BadProblem(
                f"{option} changes nothing here.",
                got=f"{option} {value} without {with_}",
                expected=f"{option} goes with {with_}; the rows of a table say theirs",
                try_=f"il2sim screen {option} {value} {more[with_]}",
            )


def _numbers(
    text: str, option: str, read: Callable[[str], float] = float
) -> list[float]:
    """Numbers between commas."""
    if not text.strip():
        raise BadProblem(
            f"{option} is missing.",
            got="an affinity for one receptor",
            expected="one for CD25, and one for CD122 with gamma-c, in nM",
            try_="il2sim screen --kd-alpha 10 --kd-betagamma 1",
        )
    try:
        return [read(one) for one in text.split(",")]
    except ValueError as error:
        raise BadProblem(
            f"the numbers of {option} cannot be read.",
            got=f"'{text}'",
            expected="numbers between commas",
            try_=f"{option} 1,10,100",
        ) from error
