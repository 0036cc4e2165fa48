"""Look over a protocol, or the protocol of a study, by its name or file."""

from __future__ import annotations

import tomllib
from pathlib import Path

from il2sim.errors import UnreadableFile
from il2sim.study.lint import Finding, lint


def findings_of(name: str) -> list[Finding]:
    """What is wrong or strange in a file.

    Parameters
    ----------
    name
        A shipped protocol or study, or the path of a file of either. A name that both
        carry is that of the protocol.

    Raises
    ------
    UnknownName, UnreadableFile, BadStudy, BadRegimen
        The file cannot be read as what it is.
    """
    from il2sim.formats.protocol_file import protocols, read_protocol_file
    from il2sim.formats.study_file import read_study, studies

    is_study = name in studies() and name not in protocols()
    if is_study or (name.endswith(".toml") and _asks(Path(name))):
        study = read_study(name)
        return lint(study.parsed_protocol(), study.find_model(), days=study.days)
    return read_protocol_file(name).findings()


def _asks(path: Path) -> bool:
    """Whether a file is one of a study: those have a question."""
    try:
        return "question" in tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableFile(
            f"the file '{path}' cannot be read.",
            got=f"{type(error).__name__}: {error}",
            expected="a whole TOML file of a protocol or a study",
            try_="il2sim list protocols",
        ) from error
