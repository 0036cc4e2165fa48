"""Prescriptions: every published one can be read, and what is written reads back."""

import contextlib
import math

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from il2sim.errors import BadRegimen
from il2sim.study.course import Course
from il2sim.study.regimen import Regimen

PUBLISHED = {
    # evidence key or agent: (prescription, doses, time of the last [h])
    "E005": ("rIL-2 1 MIU/m2 iv bolus once", 1, 0),
    "E008": ("rIL-2 1 MIU/m2 iv over 6 h, once", 1, 0),
    "E015": ("rIL-2 25 ug/kg iv over 24 h, weekly, 4 doses", 4, 504),
    "E017": ("rIL-2 3 MIU iv over 2 h, single dose", 1, 0),
    "E020": ("rhIL-2 20 MIU/m2 sc once daily for 3 days", 3, 48),
    "E021": ("rhIL-2 10 MIU/m2 sc every 12 h for 3 days", 6, 60),
    "E023": (
        "rIL-2 9 MIU sc twice daily x10; repeat every 8 weeks, 3 courses",
        30,
        2796,
    ),
    "E032": ("rIL-2 10 ug/m2/day iv continuous for 90 days", 1, 0),
    "E039": ("rIL-2 4.5 MIU sc three times weekly for 12 weeks", 36, 81 * 24),
    "E104": (
        "rIL-2 3 MIU/m2/day iv continuous for 5 days; repeat every 2 weeks, 3 courses",
        3,
        672,
    ),
    "E107": ("aldesleukin 1.25 MIU/m2/day sc, daily x90", 90, 2136),
    "E119": ("rIL-2 0.18 MIU/m2/day iv continuously, for 18 weeks", 1, 0),
    "E123": (
        "rIL-2 0.45 MIU/m2/day iv continuous for 8 weeks; "
        "plus 0.25 MIU/m2 iv over 2 h, weekly, 7 doses, from day 7",
        8,
        1176,
    ),
    "E125": ("rIL-2 0.18 MIU/m2 sc five times weekly for 4 weeks", 20, 25 * 24),
    "E142": ("aldesleukin 1 MIU/m2 sc daily for 12 weeks", 84, 1992),
    "E149": ("aldesleukin 0.3 MIU/m2 sc daily for 8 weeks", 56, 1320),
    "E154": (
        "aldesleukin 0.67 MIU/m2 sc daily for 2 weeks; then 1.33 MIU/m2 sc daily for "
        "2 weeks; then 2 MIU/m2 sc daily for 4 weeks",
        56,
        1320,
    ),
    "E160": ("aldesleukin 0.05 MIU/m2 sc daily for 5 days", 5, 96),
    "E161": ("aldesleukin 0.26 MIU/m2 sc every 3 d for 12 weeks", 28, 1944),
    "E172": ("aldesleukin 3 MIU/day sc daily for 5 days", 5, 96),
    "E175": (
        "aldesleukin 1.5 MIU sc daily for 5 days; then 3 MIU sc daily for 5 days from "
        "day 21; repeat every 3 weeks, 3 courses",
        20,
        (63 + 4) * 24,
    ),
    "E176": (
        "aldesleukin 1 MIU sc daily for 5 days, repeat every 4 weeks, 3 courses",
        15,
        (56 + 4) * 24,
    ),
    "E177": ("aldesleukin 4.5 MIU sc on Mon Wed Fri for 4 weeks", 12, 25 * 24),
    "E179": (
        "aldesleukin 1 MIU sc every other day for 2 weeks; rest 2 weeks; again; "
        "rest 2 weeks; again",
        21,
        (56 + 12) * 24,
    ),
    "E196": (
        "rIL-2 4.5 MIU sc twice daily for 5 days; repeat every 8 weeks, 3 courses",
        30,
        112 * 24 + 108,
    ),
    "E239": ("IL-2 0.8 MIU/m2 sc daily for 3 weeks; again from day 28", 42, 1152),
    "E250": (
        "aldesleukin 600,000 IU/kg iv over 15 min, every 8 h, up to 14 doses; "
        "again from day 14",
        28,
        440,
    ),
    "E261": (
        "aldesleukin 720 kIU/kg iv bolus q8h, 14 doses; rest 9 days; again",
        28,
        432,
    ),
    "E263": (
        "aldesleukin 250 kIU/kg sc on weekdays for 1 week; "
        "then 125 kIU/kg sc on weekdays for 5 weeks",
        30,
        39 * 24,
    ),
    "E264": (
        "aldesleukin 600 kIU/kg iv q8h for 5 days, 14 doses; again from day 14",
        28,
        440,
    ),
    "E265": (
        "aldesleukin 5 MIU/m2 sc every 8 h, 3 doses; "
        "then 5 MIU/m2 sc daily on weekdays for 4 weeks from day 1",
        23,
        28 * 24,
    ),
    "E269": (
        "aldesleukin biosimilar 18 MIU sc daily for 5 days; "
        "then 9 MIU sc on weekdays for 3 weeks from day 7",
        20,
        25 * 24,
    ),
    "E277": (
        "aldesleukin 9 MIU/m2/day iv continuous for 4 days; rest 4 days; "
        "then 1.6 MIU/m2/day iv continuous for 10 days",
        2,
        192,
    ),
    "E278": ("rIL-2 100 kIU/kg iv every 8 h for 5 days", 15, 112),
    "E284": ("rIL-2 3 kIU/kg/h iv continuous for 24 h", 1, 0),
    "E290": ("NKTR-358 24 ug/kg sc every 2 weeks, 3 doses", 3, 672),
    "denileukin": (
        "denileukin diftitox 9 ug/kg iv over 1 h, daily, 5 doses; "
        "repeat every 21 days, 8 courses",
        40,
        (147 + 4) * 24,
    ),
    "bempegaldesleukin": ("NKTR-214 0.006 mg/kg iv q3w, 6 doses", 6, 2520),
    "rezpegaldesleukin": ("rezpegaldesleukin 24 ug/kg sc every 4 weeks x4", 4, 2016),
    "THOR-707": ("THOR-707 24 ug/kg iv every 3 weeks, 4 doses", 4, 1512),
    "nemvaleukin": (
        "ALKS 4230 6 ug/kg iv over 30 min, daily for 5 days; "
        "repeat every 21 days, 4 courses",
        20,
        (63 + 4) * 24,
    ),
    "nemvaleukin sc": ("ALKS 4230 3 mg sc weekly, 6 doses", 6, 840),
    "MDNA11": (
        "MDNA11 30 ug/kg iv every 2 weeks, 2 doses; then 60 ug/kg iv q2w, 4 doses",
        6,
        1680,
    ),
    "simlukafusp": (
        "simlukafusp alfa 15 mg iv once; then 20 mg iv weekly, 3 doses, from day 7",
        4,
        504,
    ),
    "cergutuzumab": ("cergutuzumab amunaleukin 10 mg iv every other week x4", 4, 1008),
    "ILT-101": (
        "ILT-101 1 MIU sc daily for 5 days; then 1 MIU sc every 2 weeks, 12 doses, "
        "from day 14",
        17,
        4032,
    ),
    "BAY 50-4798": (
        "BAY 50-4798 10.4 ug/kg iv every 8 h for 5 days; again from day 14",
        30,
        448,
    ),
    "XmAb564": ("XmAb27564 0.065 mg/kg sc once", 1, 0),
    "AMG 592": ("AMG 592 10 mg sc weekly for 12 weeks", 12, 1848),
    "ANV419": ("ANV419 243 ug/kg iv every 3 weeks, 4 doses", 4, 1512),
}


@pytest.mark.parametrize("key", PUBLISHED)
def test_published_prescriptions_are_read_and_written_back(key):
    text, count, last_h = PUBLISHED[key]
    regimen = Regimen.parse(text)
    assert len(regimen.doses) == count
    assert regimen.doses[-1].time_h == last_h
    assert Regimen.parse(str(regimen)) == regimen
    assert str(Regimen.parse(str(regimen))) == str(regimen)


def test_cumulative_dose_of_a_published_trial():
    """E175: 1.5 MIU for 5 days, then three courses of 3 MIU, are 52.5 MIU in all."""
    regimen = Regimen.parse(PUBLISHED["E175"][0])
    assert sum(dose.amount for dose in regimen.doses) == 52.5


def test_amount_per_day_is_shared_among_the_doses_of_a_day():
    """E195: 15 MIU/day twice daily are two doses of 7.5 MIU."""
    regimen = Regimen.parse("rIL-2 15 MIU/day sc twice daily for 5 days")
    assert {dose.amount for dose in regimen.doses} == {7.5}


def test_continuous_infusion_is_one_dose_of_the_whole_amount():
    (dose,) = Regimen.parse("rIL-2 30 ug/m2/day iv continuous for 90 days").doses
    assert (dose.amount, dose.duration_h, dose.per) == (2700.0, 2160.0, "m2")


def test_what_is_said_in_other_words_is_the_same_regimen():
    one = Regimen.parse("aldesleukin 1 million IU per m² subcutaneously every 24 h x3")
    other = Regimen.parse("aldesleukin 1 MIU/m2 sc daily, 3 doses")
    assert one == other
    assert Regimen.parse("x 5 µg sc once").doses[0].unit == "ug"


REFUSED = {
    "600000 IU/kg iv once": "which product",
    "sc 1 MIU sc once": "which product",
    "aldesleukin 600000 /kg iv once": "no unit",
    "aldesleukin 5 MU/m2 iv once": "no unit",
    "aldesleukin 1 mIU sc once": "no unit",
    "aldesleukin -3 MIU sc once": "the amount",
    "aldesleukin 0 MIU sc once": "the amount",
    "aldesleukin nan MIU sc once": "the amount",
    "aldesleukin inf MIU sc once": "the amount",
    "aldesleukin 1e999 MIU sc once": "the amount",
    "aldesleukin 0.4-1.75 MIU/m2 sc daily for 90 days": "range",
    "aldesleukin 1 MIU daily for 3 days": "how it is given",
    "aldesleukin 1 MIU sc": "the rule",
    "aldesleukin 1 MIU sc daily": "the rule",
    "aldesleukin 1 MIU sc daily for -3 days": "not understood",
    "aldesleukin 1 MIU sc evry 8 h, 3 doses": "not understood",
    "aldesleukin 1 MIU im once": "not understood",
    "aldesleukin 1 MIU sc once, sometimes": "not understood",
    "aldesleukin 1 MIU sc daily for 3 days from day -1": "not understood",
    "aldesleukin 1 MIU sc daily for 3 days for 4 days": "two values",
    "aldesleukin 1 MIU sc daily for 3 days on Mon, 2 courses": "not understood",
    "aldesleukin 1 MIU sc every 1 min for 900 days": "number of doses",
    "aldesleukin 1 MIU sc daily, 0 doses": "n_doses",
    "aldesleukin 1 MIU/day sc every 3 days for 9 days": "per time",
    "aldesleukin 1 MIU iv continuous for 9 days": "in which time",
    "aldesleukin 1 MIU/day sc continuous for 9 days": "the route",
    "aldesleukin 1 MIU sc over 1 h, once": "the route",
    "aldesleukin 1 MIU iv over 9 h, every 8 h, 3 doses": "the infusion",
    "aldesleukin 1 MIU sc daily for 20 days; again from day 14": "overlap",
    "aldesleukin 1 MIU sc daily for 5 days; again from day 4": "overlap",
    "aldesleukin 1 MIU sc daily for 20 days; then 2 MIU sc once from day 3": "overlap",
    "aldesleukin 1 MIU sc daily for 9 days; repeat every 3 days, 4 courses": "overlap",
    "plus aldesleukin 1 MIU sc once": "first course",
    "again from day 14": "before there is one",
    "repeat every 2 weeks, 3 courses": "before there is one",
    "aldesleukin 1 MIU sc once; again on day 3": "not understood",
    "aldesleukin 1 MIU sc once; repeat every 2 months, 3 courses": "not understood",
    "hello": "not understood",
    "": "empty",
    "  ;; ": "empty",
}


@pytest.mark.parametrize("text", REFUSED)
def test_bad_prescriptions_are_refused_with_a_reason(text):
    with pytest.raises(BadRegimen, match=REFUSED[text]) as caught:
        Regimen.parse(text)
    assert "expected:" in str(caught.value)


def test_a_misspelled_word_is_answered_with_the_closest():
    with pytest.raises(BadRegimen, match="'every'"):
        Regimen.parse("aldesleukin 1 MIU sc evry 8 h, 3 doses")


amounts = st.one_of(
    st.floats(1e-6, 1e9, allow_nan=False), st.integers(1, 10**6).map(float)
)
lengths = st.one_of(
    st.integers(1, 400).map(lambda n: n * 24.0),
    st.integers(1, 2000).map(float),
    st.integers(30, 9000).map(lambda n: n / 60),
)
pauses = st.floats(0, 5000, allow_nan=False)


@st.composite
def courses(draw):
    """One course of any kind, begun at zero."""
    kind = draw(st.sampled_from(["once", "every", "days", "continuous"]))
    rule = {}
    route = draw(st.sampled_from(["iv", "sc"]))
    if kind == "once":
        rule = {"n_doses": 1}
    elif kind == "continuous":
        route = "iv"
        rule = {"rate_h": draw(st.sampled_from([1.0, 24.0])), "length_h": draw(lengths)}
    else:
        if kind == "every":
            rule["every_h"] = draw(lengths)
        else:
            days = draw(st.sets(st.integers(0, 6), min_size=1))
            rule["weekdays"] = tuple(sorted(days))
        count = draw(st.integers(1, 40))
        rule["n_doses"] = count
        if draw(st.booleans()):
            rule["length_h"] = max(168.0, draw(lengths))
            if rule["length_h"] < 30 * rule.get("every_h", 24.0) and draw(
                st.booleans()
            ):
                del rule["n_doses"]
    if route == "iv" and kind in ("once", "every") and draw(st.booleans()):
        rule["over_h"] = min(draw(lengths), rule.get("every_h", math.inf))
    return Course(
        product=draw(
            st.sampled_from(["aldesleukin", "IL-2", "BAY 50-4798", "AMG 592"])
        ),
        amount=draw(amounts),
        unit=draw(st.sampled_from(["IU", "kIU", "MIU", "ug", "mg", "nmol"])),
        per=draw(st.sampled_from(["flat", "kg", "m2"])),
        route=route,
        **rule,
    )


@st.composite
def regimens(draw):
    """Courses one after the other, some repeated."""
    regimen = Regimen((draw(courses()),))
    try:  # days of the week move with the calendar and may then overlap
        for _ in range(draw(st.integers(0, 2))):
            other = Regimen((draw(courses()),))
            regimen = regimen.then(other, rest_h=draw(pauses))
        if draw(st.booleans()):
            step = regimen.end_h + draw(pauses)
            regimen = regimen.repeat(draw(st.integers(1, 4)), every_h=step)
    except BadRegimen:
        reject()
    return regimen


@given(regimens())
@settings(max_examples=150, deadline=None)
def test_reading_what_was_written_is_identity(regimen):
    text = str(regimen)
    assert Regimen.parse(text) == regimen
    assert str(Regimen.parse(text)) == text


@given(st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_or_refused_never_worse(text):
    with contextlib.suppress(BadRegimen):
        Regimen.parse(text)
