"""The command: every check by one door, misfits explained, a file for machines."""

import json

import pytest
from typer.testing import CliRunner

from il2sim.app import validate as app
from il2sim.app.cli import app as commands
from il2sim.errors import UnknownName

CARD = """
title = "a trial"
kind = "high dose"
role = "held out"
population = "adults"
n = 10
visits_d = [0, 1, 2]
regimen = "aldesleukin 1 MIU sc, once"

[[measured]]
name = "Treg"
endpoint = "fold"
day = 2
value = 50.0
low = 40.0
basis = "spread"
evidence = ["E163"]
why = "Nobody has seen fiftyfold."
"""


@pytest.fixture
def outcome(tmp_path):
    card = tmp_path / "mine.toml"
    card.write_text(CARD, encoding="utf-8")
    told = tmp_path / "told.json"
    words = ["validate", "--card", str(card), "--subjects", "4"]
    words += ["--out", str(tmp_path / "figures"), "--json", str(told)]
    return CliRunner().invoke(commands, words), json.loads(told.read_text()), tmp_path


def test_a_misfit_is_shown_and_explained_and_ends_well(outcome):
    result, _, _ = outcome
    assert result.exit_code == 0
    for words in ("✗", "Nobody has seen fiftyfold.", "0 of 1 bands pass", "E163"):
        assert words in result.output


def test_the_same_stands_in_the_file_for_machines(outcome):
    _, told, folder = outcome
    (row,) = told["verdicts"]
    assert row["passes"] is False
    assert row["published"]["value"] == 50.0
    assert row["predicted"]["low"] < row["predicted"]["value"]
    assert (told["passed"], told["judged"]) == (0, 1)
    assert list((folder / "figures").glob("*.png"))


def test_an_unknown_check_names_those_there_are():
    with pytest.raises(UnknownName, match="body"):
        app.command("bodies")
