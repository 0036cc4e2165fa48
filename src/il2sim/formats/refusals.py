"""What is wrong with a file, in our words; of what pydantic found the first thing.

Misspelled keys come before all: a key that is misspelled is missing too, and its own
name says more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from il2sim.errors import BadStudy, Il2simError, closest

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


def check_evidence(
    key: str,
    what: str,
    *,
    beside: str = "",
    expected: str = "an evidence key, such as 'E142'",
) -> None:
    """See that evidence which a file names exists.

    Parameters
    ----------
    key
        Of the evidence.
    what
        The file, as in `refusal`.
    beside
        What the file says it about, if that is a help.
    expected
        For the message.

    Raises
    ------
    BadStudy
        There is none of the key.
    """
    from il2sim.evidence import library

    try:
        library.measurement(key)
    except Il2simError as error:
        raise BadStudy(
            f"{what} names evidence that does not exist.",
            got=f"'{key}' beside '{beside}'" if beside else f"'{key}'",
            expected=expected,
            try_="il2sim list evidence",
        ) from error


def _shown(first: ErrorDetails) -> str:
    value: Any = first["input"]
    text = repr(value)
    return text if len(text) <= 60 else "…"
