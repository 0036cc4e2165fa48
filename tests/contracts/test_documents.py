"""Every text is true where a machine can tell: code runs, links lead somewhere."""

from __future__ import annotations

import re
import textwrap
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("*/**/*.md")]
    if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def code(page: Path, language: str) -> list[str]:
    """The blocks of one language on a page."""
    text = page.read_text(encoding="utf-8")
    return [block for kind, block in FENCE.findall(text) if kind == language]


def prose(page: Path) -> str:
    """A page without its code."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", [p for p in PAGES if code(p, "python")], ids=name_of)
def test_the_code_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All Python blocks of a page, in order, as one program, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    program = "\n".join(textwrap.dedent(block) for block in code(page, "python"))
    exec(compile(program, name_of(page), "exec"), {"__name__": "page"})


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_has_one_title_and_steps_of_one(page: Path) -> None:
    """The first line is the only title; below it no level of heading is skipped."""
    levels = [
        len(marks) for marks in re.findall(r"^(#+) \S", prose(page), re.MULTILINE)
    ]
    assert prose(page).startswith("# ")
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """A link to another file of the repository names one that exists."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if "://" not in target and not target.startswith("#"):
            assert (page.parent / target.split("#")[0]).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_named_in_a_page_exist(page: Path) -> None:
    """A path in code type is a path of the repository or of the package."""
    for path in re.findall(
        r"`((?:src|scripts|tests|docs|requirements)/[\w./-]+)`", prose(page)
    ):
        assert (ROOT / path).exists(), path


def test_scripts_say_what_they_do() -> None:
    """Each script tells its purpose in its first comment and stops at an error."""
    for script in [*(ROOT / "scripts").glob("*"), ROOT / ".ci" / "run"]:
        if script.is_file():
            lines = script.read_text(encoding="utf-8").splitlines()
            assert lines[0] == "#!/bin/sh"
            assert lines[1].startswith("# ")
            assert "set -eu" in lines
            assert script.stat().st_mode & 0o111
