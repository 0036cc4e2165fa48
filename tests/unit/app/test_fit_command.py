"""`il2sim fit`: what it refuses, before anything is fitted."""

import pytest
from typer.testing import CliRunner

from il2sim.app.cli import app
from il2sim.app.fit_command import FITS, WITHOUT_DATA
from il2sim.errors import UnknownName, UnreadableFile

SOURCES = {
    "receptors": "type-I-ckine-model",
    "yt1": "gc-cytokines",
    "panel": "gcSolver",
    "crosstalk": "gc-cytokines",
    "culture": "t-cell-guide",
    "variance": "gcSolver",
}
"""What must be fetched for each."""


def refusal(*words: str) -> BaseException:
    found = CliRunner().invoke(app, ["fit", *words])
    assert found.exception is not None
    return found.exception


def test_every_fit_with_data_has_its_source_here():
    assert {*SOURCES, *WITHOUT_DATA} == set(FITS)


@pytest.mark.parametrize("name", SOURCES)
def test_without_data_it_says_what_to_fetch(name, tmp_path):
    """No folder, and a folder without the files."""
    none = refusal(name)
    assert isinstance(none, UnreadableFile)
    assert f"il2sim fit {name} --data FOLDER" in str(none)
    empty = refusal(name, "--data", str(tmp_path))
    assert isinstance(empty, UnreadableFile)
    assert SOURCES[name] in str(empty)


def test_an_unknown_fit_is_refused_with_the_closest():
    unknown = refusal("pannel")
    assert isinstance(unknown, UnknownName)
    assert "'panel'" in str(unknown)
