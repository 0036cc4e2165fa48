"""`il2sim fit`: what it refuses, before anything is fitted."""

import pytest
from typer.testing import CliRunner

from il2sim.app.cli import app
from il2sim.app.fit_command import FITS, TAKEN, WITHOUT_DATA
from il2sim.errors import BadProblem, FolderInUse, UnknownName, UnreadableFile

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
    for words in ([], ["--data", str(tmp_path)]):
        refused = refusal(name, *words)
        assert isinstance(refused, UnreadableFile)
        line = str(refused).splitlines()[-1].removeprefix("  try:      ")
        fetched, checked_out, fitted = line.split(" && ")
        clone = fetched.rsplit("/", 1)[1]
        assert fetched.startswith("git clone https://github.com/")
        assert SOURCES[name] in clone
        assert checked_out.startswith(f"git -C {clone} checkout ")
        assert checked_out.split()[-1] in str(refused).split("expected:")[1]
        assert fitted == f"il2sim fit {name} --data {clone}"


@pytest.mark.parametrize(
    ("words", "takes"),
    [
        (["yt1", "--draws", "5"], "--draws only for receptors"),
        (["body", "--draws", "5"], "--draws only for receptors"),
        (["culture", "--starts", "2"], "receptors, yt1, panel, crosstalk"),
        (["body", "--starts", "3"], "receptors, yt1, panel, crosstalk"),
        (["receptors", "--leave-one-out"], "--leave-one-out only for body"),
        (["body", "--data", "here"], "--data only for receptors"),
    ],
)
def test_an_option_that_a_fit_would_not_heed_is_refused(words, takes):
    """Also where it says what is so anyway: three starts."""
    refused = refusal(*words)
    assert isinstance(refused, BadProblem)
    assert f"the fit '{words[0]}' takes no {words[1]}." in str(refused)
    assert takes in str(refused)


def test_options_name_fits_that_there_are():
    assert {one for fits in TAKEN.values() for one in fits} <= set(FITS)


def test_draws_are_not_negative():
    """Refused while the line is read, not after all candidates."""
    found = CliRunner().invoke(app, ["fit", "receptors", "--draws", "-1"])
    assert found.exit_code == 2
    assert "--draws" in found.output


def test_a_file_is_no_folder_to_fill(tmp_path):
    """Before anything is fitted."""
    path = tmp_path / "taken.csv"
    path.write_text("")
    assert isinstance(refusal("body", "--out", str(path)), FolderInUse)


def test_an_unknown_fit_is_refused_with_the_closest():
    unknown = refusal("pannel")
    assert isinstance(unknown, UnknownName)
    assert "'panel'" in str(unknown)
