"""How the repository is kept; `scripts/check` runs this file on every change.

What a formatter, a linter or the type checker can say is theirs; here is the rest:
sizes, names, the lock files, and texts that must not know the machine they were
written on.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "il2sim"

MOST_LINES = 500
MOST_LINES_OF_A_FUNCTION = 80
BANNED_MODULES = {
    "base",
    "common",
    "core",
    "handler",
    "helpers",
    "manager",
    "misc",
    "tools",
    "types",
    "utils",
}
BANNED_STARTS = ("get_", "do_", "Base", "Abstract", "My", "New")
BRITISH = (
    r"\b(?:tumour|signalling|modelling|catalogue|labelled(?!by)|colour|haemato|litre)"
)
MACHINE = r"(?<![\w.])/(?:work|root|home|tmp|opt|Users)/\w"
TEXT = {".py", ".md", ".toml", ".tsv", ".txt", ".cff", ".bib", ".css", ".js", ".html"}


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def texts() -> Iterator[Path]:
    """Every text file that belongs to the repository."""
    for top in ("src", "tests", "docs", "scripts", "requirements", "changelog.d"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                is_text = path.suffix in TEXT or not path.suffix
                if is_text and path != Path(__file__):
                    yield path
    yield from sorted(ROOT.glob("*.md"))
    yield ROOT / "pyproject.toml"


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def definitions(path: Path) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.AsyncFunctionDef):
            raise TypeError(f"{name_of(path)}: nothing here is asynchronous")
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node


@pytest.mark.parametrize(
    "path", python_files("src", "tests", "benchmarks"), ids=name_of
)
def test_files_and_functions_are_of_a_size_to_be_read(path: Path) -> None:
    """At most 500 lines a file and, without its docstring, 80 a function."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    for node in definitions(path):
        if isinstance(node, ast.FunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            told = ast.get_docstring(node, clean=False)
            lines -= len(told.splitlines()) if told else 0
            assert lines <= MOST_LINES_OF_A_FUNCTION, f"{node.name}: {lines} lines"


@pytest.mark.parametrize("path", python_files("src"), ids=name_of)
def test_names_say_something(path: Path) -> None:
    """No module named for what it is not, no empty prefix, no star import."""
    assert path.stem not in BANNED_MODULES
    for node in definitions(path):
        assert not node.name.startswith(BANNED_STARTS), node.name
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert all(alias.name != "*" for alias in node.names)


@pytest.mark.parametrize("path", python_files("src"), ids=name_of)
def test_every_file_says_what_it_is_about(path: Path) -> None:
    """A docstring first; no `if __name__`; no work left to a reader of the future."""
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert path.name == "__main__.py" or "if __name__" not in text
    marks = re.findall(r"\b(?:TODO|FIXME|XXX|HACK)\b", text)
    assert not marks, marks


@pytest.mark.parametrize("folder", sorted(SOURCE.glob("*/__init__.py")), ids=name_of)
def test_a_room_gives_its_reading_order(folder: Path) -> None:
    """The `__init__` of a room with several files names where to begin."""
    files = [path for path in folder.parent.glob("*.py") if path != folder]
    if len(files) > 1:
        assert "reading order" in folder.read_text(encoding="utf-8").lower()


@pytest.mark.parametrize("name", ["run", "test"])
def test_the_lock_is_names_versions_and_hashes(name: str) -> None:
    """Nothing else: no index, no path, no option."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    line = r"[a-z0-9-]+==[\w.+!]+( \\\n    --hash=sha256:[0-9a-f]{64})+\n"
    assert re.fullmatch(f"({line})+", text)


def test_running_and_testing_use_the_same_versions() -> None:
    """The lock of a run is part of the lock of the tests."""
    run, test = (
        set(re.findall(r"^\S+==\S+", text, re.MULTILINE))
        for text in (
            (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
            for name in ("run", "test")
        )
    )
    assert run < test


def test_the_lock_holds_every_dependency() -> None:
    """What pyproject.toml asks for is locked."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["test"],
        *project["dependency-groups"]["build"],
        *project["build-system"]["requires"],
    ]
    lock = (ROOT / "requirements" / "test.txt").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    assert {re.split(r"[<>=\[ ]", name)[0] for name in asked} <= locked


@pytest.mark.parametrize("path", list(texts()), ids=name_of)
def test_texts_know_no_machine_and_spell_as_we_do(path: Path) -> None:
    """No path of one machine, no index address; American spelling in our own words."""
    text = path.read_text(encoding="utf-8")
    assert not re.findall(MACHINE, text)
    assert not re.findall(r"(?:index-url|find-links|trusted-host)\s*=", text)
    if path.suffix in {".py", ".md"}:
        assert not re.findall(BRITISH, text, re.IGNORECASE)
