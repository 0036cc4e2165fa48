"""A folder of tables is checked row by row, and searched by name."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il2sim.errors import BadEvidence, UnknownName, UnreadableFile
from il2sim.evidence import library, measurement, measurements, read_library, search
from il2sim.evidence.measurement import REQUIRED
from il2sim.evidence.words import HOW, NUMBERS, TEXTS

HEADER = [*REQUIRED, "population", "n", "spread", "spread_kind", "printed_unit"]
GOOD = {
    "key": "E901",
    "topic": "kinetics",
    "quantity": "clearance",
    "kind": "amount",
    "value": "120",
    "unit": "mL/min",
    "low": "100",
    "high": "150",
    "n": "12",
    "source": "konrad1990",
    "how": "read",
}
PARAMETER = {
    "name": "circulation.clearance",
    "value": "7",
    "unit": "L/h",
    "low": "6",
    "high": "9",
    "source": "E901",
    "how": "read",
    "note": "",
}


def folder_of(tmp_path, *rows, parameters=()):
    """Write a small folder of tables with the shipped bibliography."""
    shipped = Path(library.__file__).parent / "tables" / "sources.bib"
    shutil.copy(shipped, tmp_path / "sources.bib")
    lines = [HEADER, *([row.get(one, "") for one in HEADER] for row in rows)]
    (tmp_path / "t.tsv").write_text("".join("\t".join(line) + "\n" for line in lines))
    if parameters:
        head = list(PARAMETER)
        lines = [head, *([row[one] for one in head] for row in parameters)]
        text = "".join("\t".join(line) + "\n" for line in lines)
        (tmp_path / "parameters.tsv").write_text(text)
    return tmp_path


def test_a_good_row_is_read(tmp_path):
    """What stands in the cells arrives, with numbers as numbers."""
    row = read_library(folder_of(tmp_path, GOOD)).measurement("e901")
    assert (row.value, row.unit, row.low, row.high) == (120, "mL/min", 100, 150)
    assert row.conditions == {"n": "12"}
    assert row.source.pmid == "2317789"


BROKEN = {
    "no topic": ({"topic": ""}, "'topic' is empty"),
    "no quantity": ({"quantity": ""}, "'quantity' is empty"),
    "unknown kind": ({"kind": "amuont"}, "'kind' is not a word"),
    "no number": ({"value": "12O"}, "'value' is not a number"),
    "infinite": ({"value": "inf"}, "'value' is not a number"),
    "not a number": ({"value": "nan"}, "'value' is not a number"),
    "unreadable unit": ({"unit": "mL/minute/person"}, "'unit' is not a unit"),
    "no unit": ({"unit": ""}, "'unit' is empty"),
    "value above high": ({"value": "160"}, "outside 'low' to 'high'"),
    "value below low": ({"value": "90"}, "outside 'low' to 'high'"),
    "half a range": ({"high": ""}, "must stand together"),
    "neither value nor range": (
        {"value": "", "low": "", "high": ""},
        "'value' is empty, and there is no range",
    ),
    "unknown statistic": ({"statistic": "average"}, "'statistic' is not a word"),
    "negative spread": ({"spread": "-1", "spread_kind": "SD"}, "'spread' does not fit"),
    "spread of no kind": ({"spread": "3"}, "'spread_kind' is empty"),
    "part of a subject": ({"n": "1.5"}, "'n' is not a number of subjects"),
    "unknown source": ({"source": "konrad1991"}, "'source' is not a word"),
    "no source": ({"source": ""}, "'source' is not a word"),
    "unknown how": ({"how": "guessed"}, "'how' is not a word"),
    "words with a unit": (
        {"kind": "direction", "value": "up", "low": "", "high": ""},
        "'unit' does not fit the kind 'direction'",
    ),
    "unknown direction": (
        {"kind": "direction", "value": "higher", "unit": "", "low": "", "high": ""},
        "'value' is not a word",
    ),
    "words with a range": (
        {"kind": "statement", "value": "strong", "unit": ""},
        "'low' does not fit words",
    ),
    "activity in IU": ({"kind": "activity"}, "'unit' does not fit the kind 'activity'"),
    "no key": ({"key": ""}, "'key' is empty"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_row_is_refused_with_file_line_and_column(case, tmp_path):
    """Every rule of the tables has a message that leads to the cell."""
    change, said = BROKEN[case]
    with pytest.raises(BadEvidence, match=said) as error:
        read_library(folder_of(tmp_path, {**GOOD, "key": "E900"}, {**GOOD, **change}))
    assert "t.tsv, line 3, column" in str(error.value)


def test_a_key_stands_once(tmp_path):
    """The second row of a key is refused, and the first is named."""
    with pytest.raises(BadEvidence, match=r"line 3 names 'E901' again") as error:
        read_library(folder_of(tmp_path, GOOD, GOOD))
    assert "t.tsv, line 2 has it" in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("topic", "topics", "column 'topics', which is not known"),
        ("place", "note", "column 'note', twice"),
        ("note", "time", "lacks the column 'note'"),
        ("E901\t", "E901\t\t", "begins a row of 19 cells"),
    ],
)
def test_a_broken_table_is_refused(old, new, said, tmp_path):
    """Headers and the number of cells are checked before any value."""
    path = folder_of(tmp_path, GOOD) / "t.tsv"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(BadEvidence, match=said):
        read_library(tmp_path)


def test_a_table_that_is_not_text_is_said(tmp_path):
    """A half-written or foreign file is a file error, not a crash."""
    (folder_of(tmp_path, GOOD) / "t.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableFile, match=r"t\.tsv"):
        read_library(tmp_path)


BROKEN_PARAMETERS = {
    "no range": ({"low": ""}, "'low' is empty"),
    "out of range": ({"value": "10"}, "outside 'low' to 'high'"),
    "no group": ({"name": "clearance"}, "'name' has no group"),
    "no source": ({"source": ""}, "'source' is empty"),
    "unknown key": ({"source": "E902"}, "'E902', which no table has"),
    "unknown key, assumed": (
        {"source": "E902", "how": "assumption"},
        "'E902', which no table has",
    ),
    "unverified key": ({"source": "E900"}, "'E900', which is not verified"),
    "words for a source": ({"source": "a textbook"}, "neither a key nor an identifier"),
    "unknown paper": ({"source": "doi:10.1/none"}, "which is not in sources.bib"),
    "unverified as how": ({"how": "unverified"}, "'how' is not a word"),
    "unreadable unit": ({"unit": "L/hr/person"}, "'unit' is not a unit"),
}


@pytest.mark.parametrize("case", BROKEN_PARAMETERS)
def test_a_parameter_without_ground_is_refused(case, tmp_path):
    """A parameter rests on verified evidence, or is a marked assumption."""
    change, said = BROKEN_PARAMETERS[case]
    unverified = {**GOOD, "key": "E900", "how": "unverified"}
    row = {**PARAMETER, **change}
    folder = folder_of(tmp_path, GOOD, unverified, parameters=[row])
    with pytest.raises(BadEvidence, match=said) as error:
        read_library(folder)
    assert "parameters.tsv, line 2, column" in str(error.value)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"source": "pmid:2317789", "how": "derived"},
        {"source": "E900", "how": "assumption"},
        {"source": "by hand", "how": "assumption"},
    ],
)
def test_a_parameter_with_ground_is_taken(change, tmp_path):
    """Keys, identifiers of known papers, and anything that is marked."""
    unverified = {**GOOD, "key": "E900", "how": "unverified"}
    row = {**PARAMETER, **change}
    found = read_library(folder_of(tmp_path, GOOD, unverified, parameters=[row]))
    value = found.parameter("circulation.clearance")
    assert value.is_assumption == (row["how"] == "assumption")
    assert value.unit == "L/h"


def test_shipped_tables_hold_every_row():
    """All rows of the evidence load, under their own keys and closed vocabularies."""
    rows = measurements()
    assert len(rows) == len({row.key for row in rows}) >= 685
    assert {row.key[0] for row in rows} == {"E", "V"}
    assert {row.how for row in rows} == set(HOW)
    assert {row.kind for row in rows} == {*NUMBERS, *TEXTS}


@given(st.text(max_size=20))
@settings(max_examples=60, deadline=None)
def test_no_name_breaks_the_look_up(name):
    """Any text is either a key or answered with names that exist."""
    if name.upper() in {row.key for row in measurements()}:
        assert measurement(name).key == name.upper()
    else:
        with pytest.raises(UnknownName, match="expected:"):
            measurement(name)


def test_a_near_name_is_offered():
    """A slip of the finger is answered with what was meant."""
    with pytest.raises(UnknownName, match="'E009'"):
        measurement("E0009")
    with pytest.raises(UnknownName, match=r"circulation\.plasma_volume"):
        library.parameter("circulation.plasma_volum")
    with pytest.raises(UnknownName, match="turnover"):
        measurements("turn over")


def test_search_wants_every_word():
    """More words find fewer rows; no word finds all; nonsense finds none."""
    some, fewer = search("Treg"), search("treg FOLD low dose")
    assert set(map(id, fewer)) < set(map(id, some))
    assert len(search("")) == len(measurements())
    assert search("no row says this") == ()


def test_loading_needs_no_heavy_library():
    """The tables are read without pint, pandas or anything of their size."""
    code = (
        "import sys; from il2sim.evidence import measurements; measurements();"
        "print(sorted({'pint', 'pandas', 'scipy', 'sympy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
