"""Reads `sources.bib`: every source, once.

The file is the plainest BibTeX: one entry a block, one field a line. Reference managers
read it; a general BibTeX parser is not needed to check it.
"""

from __future__ import annotations

import re
from pathlib import Path

from il2sim.errors import BadEvidence, UnreadableFile
from il2sim.evidence.source import MISSING, Source

_ENTRY = re.compile(r"@misc\{([^,\s]+),")
_FIELD = re.compile(r"  (\w+) = \{(.+)\},")
_FIELDS = {
    "author": "author",
    "year": "year",
    "journal": "journal",
    "note": "about",
    "doi": "doi",
    "pmid": "pmid",
    "pmcid": "pmcid",
    "nct": "nct",
    "identifier": "identifier",
}


def read_sources(path: Path) -> dict[str, Source]:
    """Read every source of a bibliography, by key.

    Raises
    ------
    UnreadableFile
        The file is missing or is not text in UTF-8.
    BadEvidence
        A line cannot be read, a key or an identifier occurs twice, or a source has
        neither an identifier nor the words ``identifier = {missing}`` and a citation.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(
            f"the bibliography '{path.name}' cannot be read.", got=str(error)
        ) from error
    sources: dict[str, Source] = {}
    owners: dict[str, str] = {}
    key, fields = "", dict[str, str]()
    for number, line in enumerate(lines, start=1):
        where = f"{path.name}, line {number}"
        if entry := _ENTRY.fullmatch(line):
            key, fields = entry[1], {}
            if key in sources:
                raise BadEvidence(f"{where} names the source '{key}' again.", got=line)
        elif field := _FIELD.fullmatch(line):
            fields[_field_name(field[1], where)] = field[2]
        elif line == "}":
            sources[key] = _source(key, fields, where)
            _check_once(sources[key], owners, where)
        elif line:
            raise BadEvidence(
                f"{where} cannot be read.",
                got=repr(line),
                expected="'@misc{key,', a field '  name = {value},' or '}'",
            )
    return sources


def _field_name(name: str, where: str) -> str:
    if name not in _FIELDS:
        raise BadEvidence(
            f"{where} has a field that is not known.",
            got=repr(name),
            expected=", ".join(_FIELDS),
        )
    return _FIELDS[name]


def _source(key: str, fields: dict[str, str], where: str) -> Source:
    says_missing = fields.pop("identifier", "") == "missing"
    source = Source(key, **fields)
    is_missing = source.identifier == MISSING
    if says_missing != is_missing or not fields:
        raise BadEvidence(
            f"{where} ends the source '{key}', whose identifier is not settled.",
            got=", ".join(fields) or "no field",
            expected="doi, pmid, pmcid or nct; "
            "or 'identifier = {missing}' with author or note",
        )
    return source


def _check_once(source: Source, owners: dict[str, str], where: str) -> None:
    for identifier in source.identifiers:
        other = owners.setdefault(identifier.lower(), source.key)
        if other != source.key:
            raise BadEvidence(
                f"{where} gives '{source.key}' an identifier of '{other}'.",
                got=identifier,
                expected="every source once",
            )
