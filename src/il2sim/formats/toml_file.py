"""What every TOML file of ours shares: found by name or path, read, and written.

A file is found among the shipped ones or at a path of the user's. What is wrong inside
it is said by `refusals.py`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from il2sim.errors import UnknownName, UnreadableFile, closest


@dataclass(frozen=True)
class Shelf:
    """Shipped files of one kind.

    Attributes
    ----------
    kind
        What one is called: ``"study"``.
    folder
        Of the package, where they stand.
    plural
        The word of ``il2sim list``.
    example
        A name to compare a broken file with.
    """

    kind: str
    folder: str
    plural: str
    example: str

    def names(self) -> tuple[str, ...]:
        """Names of the shipped files."""
        folder = files("il2sim").joinpath(self.folder)
        found = [one.name for one in folder.iterdir() if one.name.endswith(".toml")]
        return tuple(sorted(name.removesuffix(".toml") for name in found))

    def text_of(self, name: str | Path) -> tuple[str, str]:
        """What to call a file in messages, and its content.

        Raises
        ------
        UnknownName, UnreadableFile
            No shipped file has the name; the user's is missing or no text.
        """
        if isinstance(name, Path) or name.endswith(".toml"):
            try:
                return str(name), Path(name).read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise UnreadableFile(
                    f"the {self.kind} file '{name}' cannot be read.",
                    got=f"{type(error).__name__}",
                    expected=f"a TOML file, or the name of a shipped {self.kind}: "
                    + closest(Path(name).stem, self.names()),
                ) from error
        if name not in self.names():
            raise UnknownName(
                f"there is no {self.kind} '{name}'.",
                got=f"'{name}'",
                expected=closest(name, self.names()) + ", or the path of a .toml file",
                try_=f"il2sim list {self.plural}",
            )
        place = files("il2sim").joinpath(self.folder, f"{name}.toml")
        return f"{name}.toml", place.read_text("utf-8")

    def tables_of(self, content: str, where: str) -> dict[str, Any]:
        """Read the text of a file as data, without checking what it says.

        Raises
        ------
        UnreadableFile
            The text is not TOML.
        """
        try:
            return tomllib.loads(content)
        except (ValueError, RecursionError) as error:  # numbers too long, too deep
            raise UnreadableFile(
                f"the {self.kind} file '{where}' cannot be read.",
                got=str(error),
                expected="a whole TOML file",
                try_=f"compare it with 'il2sim show {self.kind} {self.example}'",
            ) from error


def folder_of(name: str | Path) -> Path | None:
    """The folder that files named in a user's file are relative to."""
    is_path = isinstance(name, Path) or name.endswith(".toml")
    return Path(name).parent if is_path else None


def written(value: Any) -> str:
    """A value as TOML has it.

    Examples
    --------
    >>> written(["a", 1.5])
    '["a", 1.5]'
    """
    if isinstance(value, list | tuple):
        return "[" + ", ".join(written(one) for one in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)


def block(heading: str, values: Mapping[str, Any]) -> str:
    """Keys and values under a heading; without one if it is empty."""
    lines = [f"{_key(key)} = {written(value)}" for key, value in values.items()]
    return "\n".join([heading, *lines] if heading else lines)


def _key(key: str) -> str:
    return key if key.replace("_", "").isalnum() and key.isascii() else written(key)
