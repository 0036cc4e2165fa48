"""What produced a result: enough to say what it is, and to make it again.

A `Provenance` is two things. Its key names a run by what decides the numbers: version,
model, inputs, seed, tolerance, precision, device. The rest says where and when: commit,
platform, libraries, time. Equal keys mean equal work, so a run can be found again and
resumed.
"""

from __future__ import annotations

import hashlib
import json
import platform as this_machine
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from importlib import metadata
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from il2sim.errors import UnreadableFile

VERSION = "0.1.0"

LIBRARIES = ("llvmlite", "numpy", "scipy")
"""Those whose version can change a number."""

CODE = (".py", ".tsv", ".toml", ".bib")
"""Endings of the files of the package that can change a number."""

KEY_LENGTH = 16
"""Hexadecimal digits of a key: 64 bits, so a billion runs share none by accident."""


@dataclass(frozen=True)
class Provenance:
    """What produced a result.

    Attributes
    ----------
    version
        Of il2sim.
    model, fingerprint
        Name of the model, and the hash of its equations.
    inputs
        Hash of everything given: regimen, parameters of the subjects, times, names.
    seed
        Of the population; None where nothing was drawn.
    tolerance
        Largest accepted relative error of one step, [1].
    device
        ``"reference"``, ``"cpu"`` or ``"gpu"``.
    precision
        Of the stages of a step; double in records that do not say.
    commit
        Of the source, if it is a checkout; ``+`` at its end marks changed files.
    python, platform, libraries
        Of the machine.
    time
        When the record was made, in UTC.
    """

    version: str
    model: str
    fingerprint: str
    inputs: str
    seed: int | None
    tolerance: float
    device: str
    commit: str | None
    python: str
    platform: str
    libraries: Mapping[str, str]
    time: str
    precision: str = "double"

    @property
    def key(self) -> str:
        """A name for the run: the same for the same work, whenever and wherever."""
        decides = (
            *("version", "fingerprint", "inputs", "seed"),
            *("tolerance", "precision", "device"),
        )
        return hash_of({name: getattr(self, name) for name in decides})[:KEY_LENGTH]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, the key first."""
        return {"key": self.key, **asdict(self)}

    def write(self, path: Path) -> None:
        """Write as JSON."""
        text = json.dumps(self.to_dict(), indent=2) + "\n"
        path.write_text(text, encoding="utf-8")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Provenance:
        """Make again what `to_dict` gave."""
        said = {"precision": cls.precision, **values}
        return cls(**{field.name: said[field.name] for field in fields(cls)})

    @classmethod
    def read(cls, path: Path) -> Provenance:
        """Read what `write` wrote.

        Raises
        ------
        UnreadableFile
            The file is missing, broken, or something else.
        """
        try:
            return cls.from_dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnreadableFile(
                f"'{path}' cannot be read as the provenance of a run.",
                got=f"{type(error).__name__}: {error}",
                expected="the provenance.json of a run's folder",
            ) from error


def provenance_of(
    *,
    model: str,
    fingerprint: str,
    inputs: object,
    seed: int | None,
    tolerance: float,
    device: str,
    precision: str = "double",
) -> Provenance:
    """Record what is about to produce a result.

    Parameters
    ----------
    model, fingerprint, seed, tolerance, device, precision
        As in `Provenance`.
    inputs
        Whatever else decides the numbers; see `hash_of`.

    Examples
    --------
    >>> record = provenance_of(
    ...     model="body",
    ...     fingerprint="ab12",
    ...     inputs={"regimen": "aldesleukin 1 MIU/m2 sc daily"},
    ...     seed=1,
    ...     tolerance=1e-4,
    ...     device="cpu",
    ... )
    >>> len(record.key)
    16
    """
    return Provenance(
        version=VERSION,
        model=model,
        fingerprint=fingerprint,
        inputs=hash_of(inputs),
        seed=seed,
        tolerance=tolerance,
        device=device,
        commit=commit(),
        python=this_machine.python_version(),
        platform=this_machine.platform(),
        libraries={name: _version_of(name) for name in LIBRARIES},
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        precision=precision,
    )


@lru_cache(maxsize=1)
def code_fingerprint() -> str:
    """Hash of the package as it is installed: its code, tables and shipped files.

    Portions of a run are put together only if one code made them.
    """
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.suffix in CODE and path.is_file():
            digest.update(path.relative_to(root).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def hash_of(value: object) -> str:
    """Hash a value by its content: equal values, equal hash, on every machine.

    Parameters
    ----------
    value
        Text, numbers, None, paths, members of an `Enum`, arrays, and mappings (in any
        order), sequences or dataclasses of them.

    Raises
    ------
    TypeError
        There is something else in it.

    Examples
    --------
    >>> hash_of({"a": 1, "b": [2.5]}) == hash_of({"b": [2.5], "a": 1})
    True
    """
    digest = hashlib.sha256()
    _feed(digest, value)
    return digest.hexdigest()


@lru_cache(maxsize=1)
def commit() -> str | None:
    """The commit of the source, with ``+`` if files were changed; None elsewhere."""
    here = Path(__file__).parent
    if not (here.parents[1] / ".git").exists():
        return None
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],
            cwd=here,
            capture_output=True,
            check=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None


@lru_cache(maxsize=8)
def _version_of(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _feed(digest: Any, value: object) -> None:
    """Write kind, length and content, so that no two values are written alike."""
    if isinstance(value, Mapping):
        digest.update(b"mapping %d " % len(value))
        for key in sorted(value, key=str):
            _feed(digest, key)
            _feed(digest, value[key])
    elif isinstance(value, list | tuple):
        digest.update(b"sequence %d " % len(value))
        for item in value:
            _feed(digest, item)
    elif is_dataclass(value) and not isinstance(value, type):
        named = {field.name: getattr(value, field.name) for field in fields(value)}
        digest.update(b"%s " % type(value).__name__.encode())
        _feed(digest, named)
    elif isinstance(value, np.ndarray) and value.dtype.kind in "biufUS":
        digest.update(f"array {value.dtype.kind} {value.shape} ".encode())
        plain = value.astype(value.dtype.newbyteorder("<"), copy=False)
        digest.update(np.ascontiguousarray(plain).tobytes())
    else:
        _feed_plain(digest, value)


def _feed_plain(digest: Any, value: object) -> None:
    if isinstance(value, Enum):
        value = f"{type(value).__name__}.{value.name}"
    elif isinstance(value, np.generic):
        value = value.item()
    elif isinstance(value, PurePath):
        value = value.as_posix()
    if value is not None and not isinstance(value, str | bool | int | float):
        raise TypeError(f"{type(value).__name__} cannot be hashed by content")
    content = repr(value).encode()
    digest.update(b"%s %d " % (type(value).__name__.encode(), len(content)))
    digest.update(content)
