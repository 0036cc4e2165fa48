"""The bibliography is read strictly: every source once, every line understood."""

import pytest

from il2sim.errors import BadEvidence, UnreadableFile
from il2sim.evidence.bibliography import read_sources

GOOD = """@misc{a1990,
  author = {A},
  year = {1990},
  pmid = {1},
}
"""

BROKEN = {
    "a line": (GOOD.replace("  year", "year"), "line 3 cannot be read"),
    "a field": (GOOD.replace("year", "volume"), "line 3 has a field"),
    "a key twice": (GOOD + GOOD, "line 6 names the source 'a1990' again"),
    "an identifier twice": (
        GOOD + GOOD.replace("a1990", "b1990"),
        "line 10 gives 'b1990' an identifier of 'a1990'",
    ),
    "an unsaid absence": (
        GOOD.replace("  pmid = {1},\n", ""),
        "line 4 ends the source 'a1990', whose identifier is not settled",
    ),
    "a false absence": (
        GOOD[:-2] + "  identifier = {missing},\n}\n",
        "line 6 ends the source 'a1990', whose identifier is not settled",
    ),
    "nothing to cite": ("@misc{x,\n  identifier = {missing},\n}\n", "not settled"),
}


def test_an_entry_is_read(tmp_path):
    """Fields arrive as they stand."""
    path = tmp_path / "sources.bib"
    path.write_text(GOOD)
    assert str(read_sources(path)["a1990"]) == "A 1990, pmid:1"


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_entry_is_refused_with_its_line(case, tmp_path):
    """Each way to break the file is named with the line where it stands."""
    text, said = BROKEN[case]
    path = tmp_path / "sources.bib"
    path.write_text(text)
    with pytest.raises(BadEvidence, match=said) as error:
        read_sources(path)
    assert "sources.bib, line" in str(error.value)


def test_a_missing_file_is_said(tmp_path):
    """A bibliography that is not there is a file error."""
    with pytest.raises(UnreadableFile, match="bibliography"):
        read_sources(tmp_path / "sources.bib")
