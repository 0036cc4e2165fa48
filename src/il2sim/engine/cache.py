"""Compiled code on disk, under a key of everything that shaped it.

The key is a hash of the program, the method, the engine's own source, the compiler, and
the processor with its features and lane width. A file that cannot be used is as good as
none.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

_MAGIC = b"il2sim object 1\n"


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
    except OSError:
        return None
    head, code = whole[: len(_MAGIC) + 32], whole[len(_MAGIC) + 32 :]
    if head != _MAGIC + hashlib.sha256(code).digest():
        return None
    return code


def write(name: str, code: bytes) -> None:
    """Keep code under a key; a folder that cannot be written is no reason to stop."""
    with suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder(), suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + hashlib.sha256(code).digest() + code)
            Path(temporary).replace(folder() / f"{name}.o")
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
