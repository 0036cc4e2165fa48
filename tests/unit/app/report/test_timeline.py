"""Places of doses, numbers and visits."""

from il2sim.app.report.timeline import LEFT, MOST_NUMBERS, RIGHT, timeline
from il2sim.study.regimen import Regimen


def test_doses_fall_where_they_are_given():
    """In proportion to time; infusions as wide as they last, amounts as high."""
    regimen = Regimen.parse(
        "aldesleukin 2 MIU/day iv continuous for 2 days; then 1 MIU sc daily, 4 doses"
    )
    drawn = timeline(regimen, days=10, end_day=9)
    day = (RIGHT - LEFT) / 10
    first, *rest = drawn.marks
    assert first.width == 2 * day
    assert [round((one.x - LEFT) / day, 9) for one in rest] == [2, 3, 4, 5]
    assert (first.height, rest[0].height) == (1.0, 0.25)
    assert drawn.visit == (LEFT + 9 * day, 9)


def test_each_product_is_as_high_as_its_own_largest_dose():
    """Cells and molecules have no common measure."""
    regimen = Regimen.parse(
        "5e10 TIL iv; plus aldesleukin 720 kIU/kg iv, 2 doses, daily"
    )
    drawn = timeline(regimen, days=3, end_day=3)
    assert [one.height for one in drawn.marks] == [1.0, 1.0, 1.0]


def test_doses_after_the_end_are_left_out_and_numbers_stay_few():
    regimen = Regimen.parse("aldesleukin 1 MIU sc daily for 700 days")
    for days in (0.5, 3, 30, 365, 3000):
        drawn = timeline(regimen, days=days, end_day=days)
        assert all(LEFT <= one.x < RIGHT for one in drawn.marks)
        assert 1 <= len(drawn.numbers) <= MOST_NUMBERS + 1
