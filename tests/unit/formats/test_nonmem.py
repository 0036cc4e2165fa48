"""Event tables: read, written, and refused with the row named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il2sim.engine.solve import solve
from il2sim.engine.status import Status
from il2sim.errors import BadTable, UnknownName
from il2sim.formats.dosing import Compartment, Dosing
from il2sim.formats.nonmem import COLUMNS, EventTable
from tests.conformance import PROGRAM, parameters

DOSE = "ID,TIME,AMT\n1,0,3\n"


def test_what_is_left_out_is_filled_in():
    """A row with an amount is a dose; one without is an observation."""
    table = EventTable.parse("ID TIME AMT DV\n1 0 3 .\n1 2 . 0.7\n")
    assert table["EVID"].tolist() == [1.0, 0.0]
    assert table["MDV"].tolist() == [1.0, 0.0]
    assert table["CMT"].tolist() == [1.0, 1.0]
    assert table.is_observed.tolist() == [False, True]
    assert np.isnan(table["DV"][0])


@pytest.mark.parametrize("separator", [",", ";", "\t", "  "])
def test_separators(separator):
    """Whatever separates the cells, the table is the same."""
    text = DOSE.replace(",", separator)
    assert EventTable.parse(text).text() == EventTable.parse(DOSE).text()


def test_comments_and_letter_case():
    """Lines with a hash say nothing; headers may be in small letters."""
    table = EventTable.parse("# a study\nid,time,amt,wt\n1,0,3,70\n")
    assert table["AMT"].tolist() == [3.0]
    assert table.covariates["WT"].tolist() == [70.0]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.floats(0, 100),
            st.floats(0.01, 1e6),
            st.sampled_from([0.0, 1.5, -1.0, -2.0]),
            st.integers(0, 2),
            st.floats(0.1, 24),
            st.one_of(st.just(np.nan), st.floats(-1e3, 1e3)),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_what_is_written_reads_as_the_same(rows):
    """To the last bit, missing values included."""
    ordered = sorted(rows, key=lambda row: row[:2])
    table = EventTable.of(
        {
            "ID": float(one),
            "TIME": time,
            "AMT": amount,
            "RATE": rate,
            "SS": float(steady),
            "II": every,
            "EVID": 1.0,
            "MDV": 1.0,
            "WT": weight,
        }
        for one, time, amount, rate, steady, every, weight in ordered
    )
    again = EventTable.parse(table.text())
    for name in COLUMNS:
        np.testing.assert_array_equal(again[name], table[name])
    np.testing.assert_array_equal(again.covariates["WT"], table.covariates["WT"])


def test_a_file_is_written_and_read(tmp_path):
    """By its path."""
    table = EventTable.parse(DOSE)
    table.write(tmp_path / "doses.csv")
    assert EventTable.read(tmp_path / "doses.csv").text() == table.text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("TIME,AMT\n0,3\n", "no column ID"),
        ("ID,TIME,AMT\n1,0\n", "row 1 .* does not fit the header"),
        ("ID,TIME,AMT\n1,noon,3\n", "row 1 .* no number in column TIME"),
        ("ID,TIME,AMT\n1,2,3\n1,1,3\n", r"row 2 .*\(ID 1\) has no usable TIME"),
        ("ID,TIME,AMT\n1,0,3\n2,0,3\n1,1,3\n", "row 3 .* no usable ID"),
        ("ID,TIME,AMT,EVID\n1,0,3,7\n", "row 1 .* no usable EVID"),
        ("ID,TIME,AMT,EVID\n1,0,0,1\n", "row 1 .* no usable AMT"),
        ("ID,TIME,AMT\n1,0,-3\n", "row 1 .* no usable AMT"),
        ("ID,TIME,AMT,RATE\n1,0,3,-7\n", "row 1 .* no usable RATE"),
        ("ID,TIME,AMT,SS\n1,0,3,1\n", "row 1 .* no usable II"),
        ("ID,TIME,AMT,ADDL\n1,0,3,2\n", "row 1 .* no usable II"),
        ("ID,TIME,AMT,SS\n1,0,3,5\n", "row 1 .* no usable SS"),
        ("ID,TIME,AMT\n", "has no rows"),
        ("ID,TIME,AMT,amt\n1,0,3,4\n", "two columns of one name"),
        ("ID,TIME,AMT\n1,0,3\nnan,0,3\n", "row 2 .* no usable ID"),
        ("ID,TIME,AMT,EVID\n1,0,3,0\n", "row 1 .* no usable AMT"),
        ("ID,TIME,SS,EVID\n1,0,1,2\n", "row 1 .* no usable SS"),
        ("ID,TIME,AMT,RATE\n1,0,3,inf\n", "row 1 .* no usable RATE"),
        ("ID,TIME,AMT,II,ADDL\n1,0,3,2,1.5\n", "row 1 .* no usable ADDL"),
        ("ID,TIME,AMT,CMT\n1,0,3,1.5\n", "row 1 .* no usable CMT"),
        ("ID,TIME,EVID,CMT\n1,0,2,-1\n", "row 1 .* no usable CMT"),
    ],
)
def test_what_cannot_be_followed_is_named(text, message):
    """Row, subject and column, and what was expected."""
    with pytest.raises(BadTable, match=message):
        EventTable.parse(text)


def test_compartments_and_parameters_must_exist():
    """A name that the program does not have is answered with the nearest."""
    with pytest.raises(UnknownName, match="no inlet 'orla'"):
        Dosing(PROGRAM, {1: Compartment("orla")})
    with pytest.raises(UnknownName, match="no parameter 'lagg'"):
        Dosing(PROGRAM, {1: Compartment("oral", lag="lagg")})
    with pytest.raises(UnknownName, match="no parameter 'weight'"):
        Dosing(PROGRAM, {1: Compartment("oral")}, covariates={"WT": "weight"})


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1,0,3,9,0", "gives a dose to a compartment that is not described"),
        ("1,0,3,1,-2", "asks for a modeled rate or duration"),
    ],
)
def test_what_is_not_described_is_named(row, message):
    """A compartment without a modeled duration cannot have one."""
    table = EventTable.parse(f"ID,TIME,AMT,CMT,RATE\n{row}\n")
    how = Dosing(PROGRAM, {1: Compartment("oral")})
    with pytest.raises(BadTable, match=message):
        how.problem(table, np.ones((1, len(PROGRAM.parameters))), ["central"])


@pytest.mark.parametrize(
    ("name", "value"),
    [("lag", -1), ("lag", np.nan), ("F", -0.1), ("D1", -1), ("R1", 0), ("R1", -2)],
)
def test_a_subject_whose_doses_cannot_be_followed_ends_alone(name, value):
    """Its status says so; the subject beside it is solved."""
    rate = {"D1": -2, "R1": -1}.get(name, 0)
    rows = [f"{one},0,3,{rate},1\n{one},2,.,.,." for one in (1, 2)]
    table = EventTable.parse("\n".join(["ID,TIME,AMT,RATE,EVID", *rows]))
    shaped = {"lag": "lag", "bioavailability": "F", "duration": "D1", "rate": "R1"}
    how = Dosing(PROGRAM, {1: Compartment("oral", **shaped)})
    values = np.repeat(parameters(), 2, axis=0)
    task = how.problem(table, values, ["central"])
    values[0, PROGRAM.parameters.index(name)] = value
    spoiled = how.problem(table, values, ["central"])
    whole, broken = solve(task, workers=1), solve(spoiled, workers=1)
    assert broken.status.tolist() == [Status.NOT_FINITE, Status.DONE]
    assert broken.values[1].tobytes() == whole.values[1].tobytes()
