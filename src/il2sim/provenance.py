"""What produced a result: version, model, inputs, seed, device, libraries.

Two runs with equal model, inputs, seed and version have equal keys, on any machine and
at any time; everything else here (commit, platform, libraries, time) is for the reader.
This file does not know what the inputs mean: it hashes plain values, arrays and frozen
dataclasses.
"""

from __future__ import annotations

import dataclasses
import hashlib
import platform
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from importlib import metadata
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Any

import numpy as np

VERSION = "0.1.0"

LIBRARIES = ("numpy", "scipy", "sympy", "llvmlite", "pint", "xarray", "zarr", "pyarrow")
"""Whose versions are noted with every result."""

KEY_LENGTH = 16
"""Hexadecimal digits of a run's key: 64 bits, so a billion runs do not meet."""


@dataclass(frozen=True)
class Provenance:
    """Where a result comes from.

    Attributes
    ----------
    key
        The run's name: a hash of model, inputs, seed and version.
    version, commit
        Of il2sim. The commit is empty outside a git checkout, and ends in ``-dirty``
        when files were changed after it.
    model, model_fingerprint
        Name, and a hash of everything that shapes its equations.
    inputs
        A hash of what the caller gave: regimen, population, times, tolerance, …
    seed
        None where nothing was drawn.
    device
        ``"reference"``, ``"cpu"`` or ``"gpu"``.
    tolerance
        Largest accepted relative error of one step, [1].
    python, platform, libraries
        The surroundings, with the version of each library in use.
    made
        When, in UTC, as ISO 8601.
    """

    key: str
    version: str
    commit: str
    model: str
    model_fingerprint: str
    inputs: str
    seed: int | None
    device: str
    tolerance: float
    python: str
    platform: str
    libraries: Mapping[str, str]
    made: str

    def to_dict(self) -> dict[str, Any]:
        """Give the same as plain values, ready for JSON."""
        named = {field.name: getattr(self, field.name) for field in _fields(self)}
        return named | {"libraries": dict(self.libraries)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Provenance:
        """Read what `to_dict` wrote; names that are not ours are left out."""
        known = {field.name for field in _fields(cls)}
        kept = {name: value for name, value in values.items() if name in known}
        kept["libraries"] = MappingProxyType(dict(kept["libraries"]))
        return cls(**kept)


def record(
    *,
    model: str,
    model_fingerprint: str,
    inputs: object,
    seed: int | None,
    device: str,
    tolerance: float,
) -> Provenance:
    """Note what is about to produce a result.

    Parameters
    ----------
    model, model_fingerprint
        The model's name and the hash of its equations.
    inputs
        Anything that `digest` can read; equal inputs have equal keys.
    seed
        None where nothing is drawn.
    device
        What solves.
    tolerance
        Largest accepted relative error of one step, [1].

    Raises
    ------
    TypeError
        Something in `inputs` has no fixed meaning, such as a function.

    Examples
    --------
    >>> made = record(
    ...     model="body",
    ...     model_fingerprint="ab12",
    ...     inputs={"regimen": "aldesleukin 1 MIU/m2 sc, daily, for 84 days"},
    ...     seed=1,
    ...     device="cpu",
    ...     tolerance=1e-4,
    ... )
    >>> len(made.key), made.seed
    (16, 1)
    """
    hashed = digest(inputs)
    return Provenance(
        key=run_key(model_fingerprint, hashed, seed),
        version=VERSION,
        commit=commit(),
        model=model,
        model_fingerprint=model_fingerprint,
        inputs=hashed,
        seed=seed,
        device=device,
        tolerance=tolerance,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        libraries=_libraries(),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def run_key(
    model_fingerprint: str, inputs: str, seed: int | None, version: str = VERSION
) -> str:
    """Name a run by what determines it, [16 hexadecimal digits].

    Examples
    --------
    >>> run_key("ab12", "cd34", 1) == run_key("ab12", "cd34", 1)
    True
    >>> run_key("ab12", "cd34", 1) == run_key("ab12", "cd34", 2)
    False
    """
    return digest((model_fingerprint, inputs, seed, version))[:KEY_LENGTH]


def digest(value: object) -> str:
    """Hash a value by its content: SHA-256, [64 hexadecimal digits].

    Numbers are hashed by their exact bits, mappings and sets without regard to order,
    arrays with shape and kind, dataclasses with the name of their class.

    Raises
    ------
    TypeError
        A value inside has no fixed meaning, such as a function or an open file.

    Examples
    --------
    >>> digest({"a": 1, "b": 2.0}) == digest({"b": 2.0, "a": 1})
    True
    >>> digest(1) == digest(1.0)
    False
    """
    state = hashlib.sha256()
    for piece in _pieces(value):
        state.update(len(piece).to_bytes(8, "little"))
        state.update(piece)
    return state.hexdigest()


@lru_cache(maxsize=1)
def commit() -> str:
    """Find the commit of this source, if it is a git checkout; else the empty text."""
    here = Path(__file__).resolve()
    if not (here.parents[2] / ".git").exists():
        return ""
    question = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        answer = subprocess.run(
            question,
            cwd=here.parent,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()


def _fields(of: Any) -> Sequence[dataclasses.Field[Any]]:
    return dataclasses.fields(of)


def _libraries() -> Mapping[str, str]:
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # pragma: no cover - a partial install
            continue
    return MappingProxyType(versions)


def _pieces(value: object) -> Iterator[bytes]:
    """Write a value as bytes that only an equal value has."""
    if isinstance(value, Enum):
        yield from _pieces((type(value).__name__, value.name))
    elif isinstance(value, Mapping):
        pairs = sorted((digest(key), digest(item)) for key, item in value.items())
        yield from _listed("mapping", pairs)
    elif isinstance(value, AbstractSet):
        yield from _listed("set", sorted(digest(item) for item in value))
    elif isinstance(value, np.ndarray) and value.dtype.kind in "biufUS":
        plain = value.astype(value.dtype.newbyteorder("<"), order="C")
        yield from _listed("array", (plain.dtype.str, str(plain.shape)))
        yield plain.tobytes()
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = [(field.name, getattr(value, field.name)) for field in _fields(value)]
        yield from _listed(type(value).__name__, named)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        yield from _listed("sequence", value)
    else:
        yield from _plain(value)


def _listed(kind: str, items: Sequence[object]) -> Iterator[bytes]:
    yield f"{kind} of {len(items)}".encode()
    for item in items:
        yield from _pieces(item)


def _plain(value: object) -> Iterator[bytes]:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        yield b"number" + value.hex().encode()
    elif value is None or isinstance(value, bool | int):
        yield f"{type(value).__name__} {value}".encode()
    elif isinstance(value, str | PurePath):
        yield b"text" + str(value).encode()
    elif isinstance(value, bytes):
        yield b"bytes" + value
    else:
        raise TypeError(
            f"a {type(value).__name__} cannot be part of the inputs of a run."
        )
