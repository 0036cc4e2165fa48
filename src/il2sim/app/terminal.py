"""The terminal: where commands print, and how far they have come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

STOPPED = 130
"""Exit code of a command that the user stopped."""


def console(*, error: bool = False) -> Console:
    """Where a command prints."""
    return Console(stderr=error)


@contextmanager
def progress_bar(
    title: str, *, of: str = "subjects"
) -> Iterator[Callable[[int, int], None]]:
    """Show what is finished, time so far and time left, on the error stream.

    Parameters
    ----------
    title
        What is under way.
    of
        What is counted, in the plural.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{of},", markup=False),
        TimeElapsedColumn(),
        TextColumn("so far,"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=console(error=True), transient=True) as bar:
        shown = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(shown, completed=done, total=total)
