"""Compiled code on disk, under a key of everything that shaped it.

The key is a hash of the program, the method, the engine's own source, the compiler, and
the processor with its features and lane width. A file holds the hash of its key and of
its bytes: one that was cut off, changed or renamed is as good as none, and so is a
folder that cannot be read or written.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

_MAGIC = b"il2sim object 2\n"

_FORGOTTEN_S = 86_400.0
"""Age of a half written file that nobody will finish, [s]."""


def folder() -> Path:
    """Where compiled code is kept: IL2SIM_CACHE, or the user's cache folder."""
    chosen = os.environ.get("IL2SIM_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "il2sim"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "il2sim" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "il2sim"


def key(*parts: str) -> str:
    """Hash of what shaped the code, the engine's own source included."""
    whole = "\0".join((*parts, _source()))
    return hashlib.sha256(whole.encode()).hexdigest()


@lru_cache(maxsize=1)
def _source() -> str:
    """Hash of every file of the engine."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def read(name: str) -> bytes | None:
    """The code kept under a key, None if there is none or it is damaged."""
    try:
        whole = (folder() / f"{name}.o").read_bytes()
    except (OSError, RuntimeError):  # the latter: a user without a home
        return None
    head, code = whole[: len(_MAGIC) + 32], whole[len(_MAGIC) + 32 :]
    return code if head == _head(name, code) else None


def write(name: str, code: bytes) -> None:
    """Keep code under a key; a folder that cannot be written is no reason to stop."""
    with suppress(OSError, RuntimeError):
        folder().mkdir(parents=True, exist_ok=True)
        _sweep()
        handle, temporary = tempfile.mkstemp(dir=folder(), suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_head(name, code) + code)
            Path(temporary).replace(folder() / f"{name}.o")
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise


def _head(name: str, code: bytes) -> bytes:
    return _MAGIC + hashlib.sha256(name.encode() + b"\0" + code).digest()


def _sweep() -> None:
    """Remove what killed processes left half written."""
    for file in folder().glob("*.part"):
        with suppress(OSError):
            if time.time() - file.stat().st_mtime > _FORGOTTEN_S:
                file.unlink()
