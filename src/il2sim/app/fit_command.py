"""`il2sim fit`: which of the shipped fits is made again, from what, and where to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from il2sim.app.folder import check_folder
from il2sim.app.terminal import progress_bar
from il2sim.errors import BadProblem, UnknownName, UnreadableFile, closest


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

TAKEN: Mapping[str, tuple[str, ...]] = {
    "--data": tuple(one for one in FITS if one not in WITHOUT_DATA),
    "--starts": ("receptors", "yt1", "panel", "crosstalk"),
    "--draws": ("receptors",),
    "--leave-one-out": ("body",),
}
"""Options that some fits take, and which. The body draws from its posterior unasked."""

STARTS = 3
"""Of each fit, unless the user says otherwise."""


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
    starts: Annotated[
        int | None,
        typer.Option(help=f"Of each fit; {STARTS} unless given.", min=1),
    ] = None,
    draws: Annotated[
        int,
        typer.Option(
            help="Steps of the sampler of the posterior of receptors; 0 for none.",
            min=0,
        ),
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
    _refuse_idle(
        what,
        {
            "--data": data,
            "--starts": starts,
            "--draws": draws,
            "--leave-one-out": leave_one_out,
        },
    )
    if data is None and what not in WITHOUT_DATA:
        from il2sim.inference.fit_file import needed

        expected, line = needed(what)
        raise UnreadableFile(
            f"the fit '{what}' needs the public data.",
            got="no --data FOLDER",
            expected=expected,
            try_=line,
        )
    folder = out or Path("runs") / f"fit-{what}"
    check_folder(folder)
    asked = Asked(data or Path(), folder, starts or STARTS, draws, leave_one_out)
    FITS[what](asked)


def _refuse_idle(what: str, given: Mapping[str, object]) -> None:
    """Refuse an option that the fit would not heed."""
    for option, value in given.items():
        if value and what not in TAKEN[option]:
            data = " --data FOLDER" if what in TAKEN["--data"] else ""
            raise BadProblem(
                f"the fit '{what}' takes no {option}.",
                got=option if value is True else f"{option} {value}",
                expected=f"{option} only for {', '.join(TAKEN[option])}",
                try_=f"il2sim fit {what}{data}",
            )
