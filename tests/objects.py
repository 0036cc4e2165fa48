"""What an object file leaves to others, read from its tables.

For ELF (Linux) and WebAssembly, as far as the tests need it; and a WebAssembly object
made into a module that runs by itself.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_WASM_HEAD = 8
_CUSTOM, _IMPORT, _EXPORT = 0, 2, 7
_BEFORE_EXPORTS = {1, 2, 3, 4, 5, 6, 13}
_SYMBOLS = 8
_FUNCTION, _DATA, _SECTION = 0, 1, 3
_NOT_HERE, _NAMED = 0x10, 0x40


def left_open_elf(code: bytes) -> set[str]:
    """Names of an ELF object that another file would have to define."""
    table, entry, count = struct.unpack_from("<Q", code, 40)[0], 58, 60
    size, n = (struct.unpack_from("<H", code, place)[0] for place in (entry, count))
    headers = [
        struct.unpack_from("<IIQQQQII", code, table + k * size) for k in range(n)
    ]
    found: set[str] = set()
    for _, kind, _, _, offset, length, link, _ in headers:
        if kind != 2:  # a table of symbols
            continue
        names = headers[link][4]
        for place in range(offset, offset + length, 24):
            name, _, _, section = struct.unpack_from("<IBBH", code, place)
            end = code.index(b"\0", names + name)
            if section == 0:
                found.add(code[names + name : end].decode())
    return found - {""}


@dataclass
class _Reader:
    """Reads numbers and names of WebAssembly one after the other."""

    code: bytes
    place: int = 0

    def byte(self) -> int:
        self.place += 1
        return self.code[self.place - 1]

    def whole(self) -> int:
        """A number of seven bits a byte, lowest first."""
        value, shift, more = 0, 0, True
        while more:
            one = self.byte()
            value |= (one & 0x7F) << shift
            shift, more = shift + 7, one >= 0x80
        return value

    def take(self, length: int) -> bytes:
        self.place += length
        return self.code[self.place - length : self.place]

    def name(self) -> str:
        return self.take(self.whole()).decode()


def _sections(code: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Kind, place and content of each section."""
    reader = _Reader(code, _WASM_HEAD)
    while reader.place < len(code):
        start, kind = reader.place, reader.byte()
        yield kind, start, reader.take(reader.whole())


def left_open_wasm(code: bytes) -> set[str]:
    """Functions that a WebAssembly object imports."""
    found = set()
    for kind, _, content in _sections(code):
        if kind != _IMPORT:
            continue
        reader = _Reader(content)
        for _ in range(reader.whole()):
            reader.name()
            name, what = reader.name(), reader.byte()
            if what == 0:
                found.add(name)
                reader.whole()
            else:
                _skip_import(reader, what)
    return found


def _skip_import(reader: _Reader, what: int) -> None:
    """Go past a table, a memory or a global."""
    if what in (1, 3):
        reader.byte()
    if what == 3:
        reader.byte()
        return
    limited = reader.byte()
    for _ in range(1 + (limited & 1)):
        reader.whole()


def runnable_wasm(code: bytes, function: str) -> bytes:
    """An object as a module that exports one function.

    An object that needs nothing of another is complete: all its places are those of
    memory that begins at zero. Only what it shows to others is missing.
    """
    index = _functions(code)[function]
    content = b"\x01" + _text(function) + b"\x00" + _number(index)
    section = bytes([_EXPORT]) + _number(len(content)) + content
    places = [
        start
        for kind, start, _ in _sections(code)
        if kind != _CUSTOM and kind not in _BEFORE_EXPORTS
    ]
    return code[: places[0]] + section + code[places[0] :]


def _functions(code: bytes) -> dict[str, int]:
    """Numbers of the functions of an object, by name."""
    found: dict[str, int] = {}
    for kind, _, content in _sections(code):
        reader = _Reader(content)
        if kind != _CUSTOM or reader.name() != "linking":
            continue
        reader.whole()  # version
        while reader.place < len(content):
            part, length = reader.byte(), reader.whole()
            inner = _Reader(reader.take(length))
            if part == _SYMBOLS:
                for _ in range(inner.whole()):
                    _read_symbol(inner, found)
    return found


def _read_symbol(reader: _Reader, found: dict[str, int]) -> None:
    kind, flags = reader.byte(), reader.whole()
    here = not flags & _NOT_HERE
    if kind == _DATA:
        reader.name()
        for _ in range(3 * here):
            reader.whole()
        return
    index = reader.whole()
    if kind != _SECTION and (here or flags & _NAMED):
        name = reader.name()
        if kind == _FUNCTION and here:
            found[name] = index


def _number(value: int) -> bytes:
    """A number in seven bits a byte."""
    parts = []
    while True:
        value, low = value >> 7, value & 0x7F
        parts.append(low | 0x80 if value else low)
        if not value:
            return bytes(parts)


def _text(name: str) -> bytes:
    return _number(len(name)) + name.encode()
