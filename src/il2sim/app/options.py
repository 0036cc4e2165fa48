"""Words of the command line that several commands share, said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Subjects = Annotated[int | None, typer.Option(help="How many.")]
Seed = Annotated[int | None, typer.Option(help="Of the population.")]
Tolerance = Annotated[float | None, typer.Option(help="Of one step.")]
Precision = Annotated[
    str | None, typer.Option(help="Of the stages: double, or single and faster.")
]
Device = Annotated[str, typer.Option(help="cpu or reference.")]
Workers = Annotated[int | None, typer.Option(help="Threads.")]
Cluster = Annotated[
    str | None, typer.Option(help="Address of a Dask scheduler, tcp://….")
]
Out = Annotated[Path | None, typer.Option(help="Folder to fill.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with what the folder holds.")
]
RunArgument = Annotated[Path, typer.Argument(help="Folder of a run.")]
