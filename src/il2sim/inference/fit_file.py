"""Fit files as data: what is told, which candidates are tried, what is free."""

from __future__ import annotations

import tomllib
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Generic, TypeVar

from il2sim.errors import BadProblem, UnknownName, UnreadableFile, closest

Tried = TypeVar("Tried")


def read_told(name: str) -> dict[str, Any]:
    """What the shipped fit file of a name says.

    A free number that is told ``as_in`` another fit file is that of its name there.

    Examples
    --------
    >>> read_told("yt1")["pstat5_min"]
    20.0
    """
    file = resources.files("il2sim").joinpath(f"fits/{name}.toml")
    told = tomllib.loads(file.read_text("utf-8"))
    if "free" in told:
        told["free"] = [_whole(one) for one in told["free"]]
    return told


def needed(name: str) -> tuple[str, str]:
    """What a fit needs, and the line that fetches it and fits.

    Examples
    --------
    >>> needed("culture")[0]
    'a clone of https://github.com/hammerlab/t-cell-guide at 3b95f3ab'
    """
    told = read_told(name)
    place, commit = told["repository"], told["commit"]
    clone = place.rsplit("/", 1)[1]
    return (
        f"a clone of {place} at {commit}",
        f"git clone {place} && git -C {clone} checkout {commit} && "
        f"il2sim fit {name} --data {clone}",
    )


def not_there(name: str, folder: Path, what: str, *, got: str) -> UnreadableFile:
    """Say that a folder does not hold the public data of a fit, and how to fetch them.

    Parameters
    ----------
    name
        Of the fit.
    folder
        As given.
    what
        The data, in words.
    got
        Which files are missing.
    """
    expected, line = needed(name)
    return UnreadableFile(
        f"'{folder}' does not hold {what}.", got=got, expected=expected, try_=line
    )


def laid_out_otherwise(
    name: str, path: Path, *, got: str, expected: str
) -> UnreadableFile:
    """Say that a file of a fit is not as published, and how to fetch the one that is.

    Parameters
    ----------
    name
        Of the fit.
    path
        Of the file.
    got, expected
        What is in it, and what should be.
    """
    return UnreadableFile(
        f"'{path}' is not laid out as published.",
        got=got,
        expected=expected,
        try_=needed(name)[1],
    )


def _whole(one: dict[str, Any]) -> dict[str, Any]:
    """A free number with all that is told of it, here or in the other fit file."""
    if "as_in" not in one:
        return one
    if others := set(one) - {"name", "as_in"}:
        raise BadProblem(
            f"the free number '{one['name']}' is told twice.",
            got=", ".join(sorted(others)),
            expected=f"a name, and all else as in '{one['as_in']}'",
        )
    there: dict[str, dict[str, Any]] = {
        other["name"]: other for other in read_told(one["as_in"])["free"]
    }
    if one["name"] not in there:
        raise UnknownName(
            f"the fit file '{one['as_in']}' has no such free number.",
            got=one["name"],
            expected=closest(one["name"], there),
        )
    return there[one["name"]]


@dataclass(frozen=True)
class FitFile(Generic[Tried]):
    """A fit file, read."""

    told: Mapping[str, Any]

    @abstractmethod
    def tried(self, told: Mapping[str, Any]) -> Tried:
        """A candidate from its entry in the file."""

    @cached_property
    def candidates(self) -> dict[str, Tried]:
        """What is tried, by name."""
        return {one["name"]: self.tried(one) for one in self.told["candidate"]}

    @property
    def chosen(self) -> Tried:
        """What is shipped."""
        return self.candidates[self.told["chosen"]]

    @cached_property
    def free(self) -> dict[str, Mapping[str, Any]]:
        """What can be free, by name."""
        return {one["name"]: one for one in self.told["free"]}
