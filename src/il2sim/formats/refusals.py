"""What pydantic found, in our words: one message for the first thing that is wrong.

Misspelled keys come before all: a key that is misspelled is missing too, and its own
name says more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from il2sim.errors import Il2simError, closest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def refusal(
    error: ValidationError,
    what: str,
    levels: Sequence[type[BaseModel]],
    kind: type[Il2simError],
) -> Il2simError:
    """Say what is wrong with a file.

    Parameters
    ----------
    error
        From pydantic.
    what
        The file, such as ``"the study file 'mine.toml'"``.
    levels
        What the file is made of, the whole first; keys of all are proposed.
    kind
        Class of the message.
    """
    found = error.errors()
    strange = [one for one in found if one["type"] == "extra_forbidden"]
    first = (strange or found)[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        inner = levels[1:] if len(first["loc"]) > 1 and levels[1:] else levels[:1]
        known = [name for level in inner for name in level.model_fields]
        return kind(
            f"{what} has a key that is not known.",
            got=f"'{key}'",
            expected=closest(str(first["loc"][-1]), known),
        )
    if first["type"] == "missing":
        return kind(
            f"{what} lacks a key.",
            got=f"no '{key}'",
            expected=f"{key} = … (it may be cut off: compare it with a shipped study)",
        )
    return kind(
        f"{what} has a value that cannot be used.",
        got=f"{key or 'the whole'} = {_shown(first)}",
        expected=first["msg"].removeprefix("Value error, "),
    )


def _shown(first: ErrorDetails) -> str:
    value: Any = first["input"]
    text = repr(value)
    return text if len(text) <= 60 else "…"
