"""Shipped fits are read as they were written."""

import csv
from pathlib import Path

import pytest

import il2sim.evidence
from il2sim.evidence.fitted import fitted_draws, fitted_numbers

FITTED = Path(il2sim.evidence.__file__).parent / "tables" / "fitted"


def rows(name):
    text = (FITTED / name).read_text("utf-8").splitlines()
    return list(csv.DictReader(text, delimiter="\t"))


def test_numbers_are_those_of_the_table():
    """Value, unit and source as written; the value lies within its range."""
    found = fitted_numbers("receptors.tsv")
    for row in rows("receptors.tsv"):
        one = found[row["name"]]
        assert one.value == float(row["value"])
        assert (one.unit, one.source) == (row["unit"], row["source"])
        assert one.low <= one.value <= one.high
        assert one.how == "fitted"
        assert not one.is_assumption


def test_draws_are_those_of_the_table():
    found, written = fitted_draws("receptor_draws.tsv"), rows("receptor_draws.tsv")
    assert len(found) == len(written)
    assert found[3]["inhibitor"] == float(written[3]["inhibitor"])


def test_what_is_read_stays_as_it_is():
    with pytest.raises(TypeError):
        fitted_numbers("receptors.tsv")["inhibitor"] = None
