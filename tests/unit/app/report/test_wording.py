"""Prescriptions in words: every part of a course is said."""

import pytest

from il2sim.app.report.wording import in_words
from il2sim.study.regimen import Regimen


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "aldesleukin 600 kIU/kg iv over 15 min, every 8 h, 14 doses; "
            "again from day 14",
            [
                "600 kIU of aldesleukin per kg of body weight, infused into a vein "
                "over 15 min, every 8 h, 14 doses, begun on day 0 and day 14."
            ],
        ),
        (
            "aldesleukin 1.8 MIU/m2/day iv continuous for 5 days; "
            "repeat every 56 days, 6 courses",
            [
                "1.8 MIU of aldesleukin per m² of body surface each day, as an "
                "infusion into a vein without a pause for 5 days, begun 6 times from "
                "day 0, the first two 56 days apart."
            ],
        ),
        (
            "aldesleukin 1 MIU sc once; then 2 MIU sc on Mon Wed Fri for 2 weeks",
            [
                "1 MIU of aldesleukin, injected under the skin once.",
                "then 2 MIU of aldesleukin, injected under the skin on Mon, Wed and "
                "Fri for 14 days (6 doses), begun on day 1.",
            ],
        ),
    ],
)
def test_every_part_of_a_course_is_said(text, said):
    assert in_words(Regimen.parse(text)) == said
