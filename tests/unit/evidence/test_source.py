"""Sources say what identifies them, and say so when nothing does."""

import pytest

from il2sim.evidence import Source, source, sources
from il2sim.evidence.source import MISSING


def test_the_doi_comes_first():
    """A paper is best found by its DOI, then by PubMed."""
    both = Source("a", author="A", doi="10.1/x", pmid="1")
    assert both.identifier == "doi:10.1/x"
    assert both.identifiers == ("doi:10.1/x", "pmid:1")


def test_a_missing_identifier_is_said():
    """No identifier is ever made up; its absence is printed."""
    label = source("proleukin-fachinfo")
    assert label.identifier == MISSING
    assert str(label) == "Proleukin, Swiss label (Fachinfo 50581), identifier missing"


@pytest.mark.parametrize(
    "name", ["konrad1990", "pmid:2317789", "PMID:2317789"], ids=["key", "id", "case"]
)
def test_a_source_is_found_by_key_and_identifier(name):
    """Both handles lead to the same entry."""
    assert source(name).author == "Konrad"


def test_every_source_can_be_cited():
    """Each prints as a line that a reader can follow."""
    assert all(one.citation and str(one) for one in sources())
