"""Every feature of dosing against its closed form, by native code and the reference."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from il2sim.engine.precision import SINGLE
from il2sim.engine.solve import solve
from il2sim.engine.status import Status
from il2sim.formats.dosing import Compartment, Dosing
from il2sim.formats.nonmem import EventTable
from tests.conformance import CASES, MODELED, PROGRAM, Case, parameters

TOLERANCE = 1e-8
WAYS = {
    "cpu": ("cpu", "double", TOLERANCE),
    "cpu, single": ("cpu", "single", SINGLE.finest),
    "reference": ("reference", "double", TOLERANCE),
}
"""Device, precision, and a tolerance that it can keep."""

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "dosing.md"
IV = {2: Compartment("iv")}


def predicted(case: Case, way: str) -> tuple[EventTable, np.ndarray]:
    """The central amount at every row of a case."""
    device, precision, tolerance = WAYS[way]
    table, how = case.table(), case.how()
    task = how.problem(table, parameters(), ["central"], tolerance=tolerance)
    task = replace(task, precision=precision)
    solution = solve(task, device=device, workers=1)
    assert solution.status.tolist() == [Status.DONE]
    return table, how.predictions(table, solution.values)[:, 0]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.feature)
def test_feature(case, way):
    """Tolerance: a hundred steps' errors of the largest amount."""
    table, got = predicted(case, way)
    tolerance = WAYS[way][-1]
    looks = table.is_observed
    exact = np.array([case.answer(time) for time in table["TIME"][looks]])
    size = max(1.0, np.max(np.abs(exact)))
    np.testing.assert_allclose(got[looks], exact, rtol=0, atol=100 * tolerance * size)


def test_the_page_of_the_documents_lists_every_feature():
    """One row each, in the same order."""
    page = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [line for line in page if line.startswith("| ")]
    listed = [[cell.strip() for cell in row.split("|")[1:3]] for row in rows[1:]]
    assert listed == [[case.feature, case.written()] for case in CASES]


def test_a_row_sees_the_rows_above_it():
    """An observation above a dose of its time does not see it, one below does."""
    table = EventTable.parse("ID,TIME,AMT,EVID,CMT\n1,0,.,0,2\n1,0,3,1,2\n1,0,.,0,2\n")
    how = Dosing(PROGRAM, MODELED)
    task = how.problem(table, parameters(), ["central"])
    values = solve(task, workers=1).values
    np.testing.assert_allclose(how.predictions(table, values)[:, 0], [0, 1.8, 1.8])


def test_subjects_have_their_own_doses():
    """Two subjects of a table do not see each other's rows."""
    table = EventTable.parse(
        "ID TIME AMT CMT K\n1 0 3 2 0.5\n1 2 . 2 0.5\n7 1 5 2 0.1\n7 3 . 2 0.1\n"
    )
    how = Dosing(PROGRAM, IV)
    task = how.problem(table, parameters(), ["central"], tolerance=1e-9)
    got = how.predictions(table, solve(task, workers=1).values)[:, 0]
    exact = [3.0, 3 * np.exp(-1.0), 5.0, 5 * np.exp(-0.2)]
    np.testing.assert_allclose(got, exact, rtol=1e-7)


def test_what_never_settles_has_a_status():
    """Without elimination nothing becomes steady."""
    table = EventTable.of([{"AMT": 1.0, "EVID": 1.0, "SS": 1.0, "II": 1.0, "CMT": 2.0}])
    values = parameters()
    values[0, PROGRAM.parameters.index("k")] = 0.0
    task = Dosing(PROGRAM, IV).problem(table, values, ["central"])
    assert solve(task, workers=1).status.tolist() == [Status.NO_STEADY_STATE]
