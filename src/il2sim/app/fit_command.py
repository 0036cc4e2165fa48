"""`il2sim fit`: which of the shipped fits is made again, from what, and where to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from il2sim.app.terminal import progress_bar
from il2sim.errors import UnknownName, UnreadableFile, closest


@dataclass(frozen=True)
class Asked:
    """What was asked of a fit.

    Attributes
    ----------
    data
        Folder of the public data, if there are any.
    out
        Folder to fill, or to go on in.
    starts
        Of each fit.
    draws
        Steps of the sampler of the posterior; 0 for none.
    leave_one_out
        Whether the body is fitted without each of its cards, too.
    """

    data: Path
    out: Path
    starts: int
    draws: int
    leave_one_out: bool


def _receptors(asked: Asked) -> None:
    from il2sim.app.fit_receptors import fit_receptors

    fit_receptors(asked.data, asked.out, starts=asked.starts, draws=asked.draws)


def _yt1(asked: Asked) -> None:
    from il2sim.app.fit_yt1 import fit_yt1

    fit_yt1(asked.data, asked.out, starts=asked.starts)


def _panel(asked: Asked) -> None:
    from il2sim.app.fit_panel import fit_panel

    fit_panel(asked.data, asked.out, starts=asked.starts)


def _crosstalk(asked: Asked) -> None:
    from il2sim.app.fit_crosstalk import fit_crosstalk

    fit_crosstalk(asked.data, asked.out, starts=asked.starts)


def _culture(asked: Asked) -> None:
    from il2sim.app.fit_culture import fit_culture

    fit_culture(asked.data, asked.out)


def _variance(asked: Asked) -> None:
    from il2sim.app.fit_variance import fit_variance

    fit_variance(asked.data, asked.out)


def _body(asked: Asked) -> None:
    from il2sim.app.fit_body import calibrate, show

    with progress_bar("body") as progress:
        found = calibrate(
            asked.out, leave_one_out=asked.leave_one_out, progress=progress
        )
    show(found, asked.out)


FITS: Mapping[str, Callable[[Asked], None]] = {
    "receptors": _receptors,
    "yt1": _yt1,
    "panel": _panel,
    "crosstalk": _crosstalk,
    "culture": _culture,
    "variance": _variance,
    "body": _body,
}
"""Every shipped fit, by the word of the command."""

WITHOUT_DATA = ("body",)
"""Fits to what ships with the package."""


def command(
    what: Annotated[
        str,
        typer.Argument(help=f"Which fit: {', '.join(FITS)}."),
    ] = "receptors",
    *,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the public data, but for the body.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to fill, or to go on in.")
    ] = None,
    starts: Annotated[int, typer.Option(help="Of each fit.", min=1)] = 3,
    draws: Annotated[
        int, typer.Option(help="Steps of the sampler of the posterior; 0 for none.")
    ] = 0,
    leave_one_out: Annotated[
        bool, typer.Option(help="Fit the body without each of its cards, too.")
    ] = False,
) -> None:
    """Fit receptors to the public plate, or the body to its trial cards."""
    if what not in FITS:
        raise UnknownName(
            f"there is no fit '{what}'.",
            got=f"'{what}'",
            expected=closest(what, FITS),
            try_="il2sim fit receptors --data FOLDER | il2sim fit body",
        )
    if data is None and what not in WITHOUT_DATA:
        raise UnreadableFile(
            f"the fit '{what}' needs the public data.",
            got="no folder",
            expected="the folder with its files",
            try_=f"il2sim fit {what} --data FOLDER",
        )
    folder = out or Path("runs") / f"fit-{what}"
    FITS[what](Asked(data or Path(), folder, starts, draws, leave_one_out))
