"""The map of the claim against single simulations."""

import numpy as np
import pytest

from il2sim.models import body
from il2sim.study.claim import ACROSS, HIGH_DOSE, WAYS, ClaimMap, Way, map_claim
from il2sim.study.populations import population
from il2sim.study.readouts import MARGIN, read_out
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import simulate
from il2sim.units import Quantity

PEOPLE = population("cancer_patients", n=3, seed=2)


def test_visits_are_right_before_a_dose_and_near_the_weeks():
    """Every third day: days 27, 42, 57, 69 and 84 are multiples of three."""
    third = Way("every 3 days", "", 3.0)
    assert (third.visits_h() / 24).tolist() == [27.0, 42.0, 57.0, 69.0, 84.0]
    for way in WAYS:
        np.testing.assert_allclose(way.visits_h() / 24 % way.every_d, 0.0)
        doses = np.array([one.time_h for one in Regimen.parse(way.regimen).doses])
        if len(doses) > 1:
            assert all(np.min(np.abs(doses - at)) < 1e-9 for at in way.visits_h())


def test_every_way_gives_one_million_units_a_day():
    """Within what a course that ends on day 85 rounds up."""
    for way in WAYS:
        regimen = Regimen.parse(way.regimen)
        given = sum(dose.amount for dose in regimen.doses if dose.time_h < 24 * 84)
        assert given / 84 == pytest.approx(1.0, rel=0.013)


def test_a_cell_of_the_map_is_that_simulation():
    """Twice the dose by scaling is twice the dose as prescribed; least of the visits.

    The two differ by the steps of the solver: ten times its tolerance of 1e-4.
    """
    way = WAYS[2]
    found = map_claim(body(), PEOPLE, ways=[way], doses=[2.0])
    run = simulate(
        body(),
        Regimen.parse(way.regimen.replace("3 MIU/m2", "6 MIU/m2")),
        PEOPLE,
        times=Quantity(np.concatenate([[0.0], way.visits_h()]), "h"),
    )
    margin = read_out(run, MARGIN).values[:, 1:].min(axis=1)
    np.testing.assert_allclose(found.blood[0, 0], margin, rtol=1e-3)


def test_medians_and_parts_are_over_the_solved():
    margins = np.array([[[0.5, 1.5, 2.0, np.nan]]])
    found = ClaimMap((WAYS[0],), np.array([1.0]), margins, margins)
    assert found.median("blood")[0, 0] == 1.5
    assert found.holding("pools")[0, 0] == pytest.approx(2 / 3)
    (row,) = found.table()
    assert row["way"] == "sc twice a day"
    assert row["margin in blood"] == 1.5


def test_nine_tenths_lie_between():
    """Of 0 to 100, those from 5 to 95; who was not solved does not count."""
    margins = np.append(np.arange(101.0), np.nan)[None, None]
    low, high = ClaimMap((WAYS[0],), np.array([1.0]), margins, margins).between("pools")
    assert (low[0, 0], high[0, 0]) == pytest.approx((5.0, 95.0))


def test_high_dose_is_looked_at_four_days_after_its_last_dose():
    last_h = max(one.time_h for one in Regimen.parse(HIGH_DOSE.regimen).doses)
    assert HIGH_DOSE.visits_h().tolist() == [216.0]
    assert 216.0 - last_h == pytest.approx(4.67 * 24, abs=1.0)
    assert {way.name for way in ACROSS} == {
        *("sc daily", "iv bolus daily", "iv bolus every 8 h", "iv without pause")
    }
