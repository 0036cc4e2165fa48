"""A protocol is read as it was written, and a slip of the pen is named."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il2sim.errors import BadRegimen
from il2sim.study.clauses import read_condition
from il2sim.study.holds import Condition, DoseRule
from il2sim.study.protocol import Dropout, Protocol, Repeat, Rescue, Visit
from il2sim.study.regimen import Regimen

REGIMENS = (
    "aldesleukin 600 kIU/kg iv over 15 min, every 8 h, 14 doses; again from day 14",
    "aldesleukin 1 MIU/m2 sc, daily, for 7 days; repeat every 4 weeks, 3 courses",
    "aldesleukin 18 MIU/m2/day iv continuous, for 5 days",
)
regimens = st.sampled_from(REGIMENS).map(Regimen.parse)
numbers = st.floats(-1e9, 1e9)
conditions = st.builds(
    Condition,
    quantity=st.sampled_from(["lymphocytes", "plasma IL-2", "Treg of CD4", "tumor"]),
    sign=st.sampled_from(["<", "<=", ">", ">="]),
    threshold=numbers,
    unit=st.sampled_from(["1", "cell/uL", "mL/kg/h", "%", "1/uL", "mmHg"]),
) | st.builds(
    Condition,
    quantity=st.sampled_from(["tumor", "CD8"]),
    sign=st.sampled_from(["<", ">="]),
    threshold=numbers,
    is_fold=st.just(True),
)
whens = st.sampled_from(["doses and visits", "doses", "visits", "courses"])
rules = st.one_of(
    st.builds(
        DoseRule, st.sampled_from(["stop", "end course", "withdraw"]), conditions
    ),
    st.builds(DoseRule, st.just("stop"), conditions, at=whens),
    st.builds(DoseRule, st.just("skip"), conditions),
    st.builds(DoseRule, st.just("hold"), conditions, st.none() | conditions, at=whens),
    st.builds(
        DoseRule,
        st.just("reduce"),
        conditions,
        to_percent=st.floats(0.1, 99.9),
        most_times=st.integers(1, 10),
        at=whens,
    ),
)
visits = st.lists(
    st.builds(
        Visit,
        st.integers(10, 400).map(lambda day: 24.0 * day),
        st.integers(0, 9).map(lambda day: 24.0 * day),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda visit: visit.time_h,
).map(lambda found: tuple(sorted(found, key=lambda visit: visit.time_h)))
percents = st.floats(0.0, 99.0)
protocols = st.builds(
    Protocol,
    regimens,
    rules=st.lists(rules, max_size=4).map(tuple),
    visits=visits,
    repeat=st.none()
    | st.builds(
        Repeat,
        st.integers(85, 300).map(lambda day: 24.0 * day),
        conditions,
        st.integers(2, 20),
    ),
    rescue=st.none() | st.builds(Rescue, conditions, regimens),
    missed_percent=percents,
    dropout=st.none()
    | st.builds(
        Dropout,
        percents,
        st.none() | st.sampled_from([1.0, 24.0, 168.0, 336.0, 12.5]),
    ),
)


@settings(max_examples=60, deadline=None)
@given(protocols)
def test_what_is_written_reads_back(protocol):
    """Read after write is the identity."""
    assert Protocol.parse(str(protocol)) == protocol


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("SKIP if lymphocytes<50 cell/uL", "skip if lymphocytes < 50 cell/uL"),
        ("stop if tumor fold ≥ 1.2 at visits", "stop if tumor fold >= 1.2 at visits"),
        ("visits day 7, 14 and week 4 within 1 d", "visit day 7 within 1 day"),
        ("missed 3%", "missed 3 %"),
        ("dropout 1 % per week", "dropout 1 %/week"),
        ("dropout 1 %/2 weeks", "dropout 1 %/14 days"),
        ("dropout 5% at visits", "dropout 5 % at visits"),
    ],
)
def test_other_ways_of_saying_it(text, written):
    """Case, spaces, signs and lists; every line may hold a clause of its own."""
    whole = Protocol.parse(f"{REGIMENS[0]}\n{text}\n")
    assert written in str(whole)


def test_courses_after_a_rescue_are_of_the_rescue():
    """Up to there they are of the regimen."""
    found = Protocol.parse(
        f"{REGIMENS[0]}; visit day 28; "
        "rescue if tumor fold > 1.2: aldesleukin 1 MIU sc daily, 5 doses; "
        "again from day 14; missed 3 %"
    )
    assert found.regimen == Regimen.parse(REGIMENS[0])
    assert found.rescue is not None
    assert len(found.rescue.regimen.doses) == 10


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("skipp if lymphocytes < 50 cell/uL", "'skip'"),
        ("hold if lymphocytes", "a quantity, a sign, a number"),
        ("stop when lymphocytes < 50 cell/uL", "'stop if …'"),
        ("visit soon", "visit day 28"),
        ("repeat from day 85", "repeat from day 85 if"),
        ("missed 3", "'missed 3 %'"),
        ("dropout 1 %", "'dropout 1 %/week'"),
        ("dropout 1 %/moon", "'dropout 1 %/week'"),
        ("missed 1 %; missed 2 %", "each thing once"),
        ("reduce to half if CD8 > 1 cell/uL", "reduce to 50 %"),
    ],
)
def test_a_slip_of_the_pen_is_named(text, words):
    with pytest.raises(BadRegimen, match="expected") as caught:
        Protocol.parse(f"{REGIMENS[0]}; {text}")
    assert words in str(caught.value)


def test_a_condition_without_a_sign_is_refused():
    with pytest.raises(BadRegimen, match="not understood"):
        read_condition("lymphocytes 50 cell/uL")
