"""Each slip is found, and what is right is left in peace."""

from __future__ import annotations

import pytest

from il2sim.study.lint import lint
from il2sim.study.protocol import Protocol
from tests.unit.study.tiny import tiny

DOSES = "aldesleukin 10 nmol iv every 4 h, 6 doses"


def found(text, days=None, doses=DOSES):
    return lint(Protocol.parse(f"{doses}; {text}"), tiny(), days=days)


@pytest.mark.parametrize(
    "text",
    [
        "skip if amount > 1 nmol",
        "hold if amount > 2 nmol until amount < 1 nmol; stop if amount > 5 nmol",
        "skip if amount > 1 nmol; stop if amount > 1 nmol at visits; visit day 1",
        "reduce to 50 % if amount fold > 2; stop if amount > 1 nmol",
        "stop if memory Treg < 1 cell/uL; repeat from day 2 if amount < 1 nmol, "
        "at most 2 courses",
        "hold if amount < 1 nmol; stop if amount > 2 nmol",
    ],
)
def test_a_sound_protocol_has_no_findings(text):
    assert found(text, days=30) == []


@pytest.mark.parametrize(
    ("text", "headline", "expected"),
    [
        ("skip if amuont > 1 nmol", "does not show", "'amount'"),
        ("hold if amount > 2 nmol until amuont < 1 nmol", "does not show", "'amount'"),
        ("skip if amount > 1", "has no unit", "nmol"),
        ("skip if amount > 1 kg", "kg", ""),
        ("stop if plasma IL2 > 1 nM", "does not show", "'plasma IL-2'"),
    ],
)
def test_what_would_be_refused_is_an_error(text, headline, expected):
    (first,) = [one for one in found(text) if one.kind == "error"]
    assert headline in first.headline
    assert expected in first.expected
    assert first.got


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        ("skip if plasma IL-2 < 0 pM", "is never met"),
        ("skip if memory Treg >= 0 cell/uL", "is always met"),
        ("skip if memory Treg fold < 0", "is never met"),
        ("skip if amount > 3 nmol; stop if amount > 2 nmol", "has no effect"),
        ("reduce to 50 % if amount > 2000 pmol; stop if amount > 2 nmol", "no effect"),
        ("skip if amount < 1 nmol; withdraw if amount < 2 nmol", "has no effect"),
        ("skip if amount > 3 nmol; skip if amount > 3 nmol", "stands there twice"),
        ("stop if amount > 3 nmol at visits", "never looked at"),
        ("hold if amount < 1 nmol until amount < 2 nmol", "wrong direction"),
        ("hold if amount > 1 nmol until amount < 2 nmol", "has no effect"),
        ("skip if amount > 1 nmol; hold if amount < 2 nmol", "bar every dose"),
        (
            "stop if amount > 1 nmol; repeat from day 2 if amount > 2 nmol, "
            "at most 2 courses",
            "no course is ever repeated",
        ),
        ("visit day 31", "visit lies outside"),
        ("visit day 29 within 2 days", "visit lies outside"),
        ("repeat from day 40 if amount < 2 nmol, at most 2 courses", "no course is"),
        ("dropout 5 % at visits", "nobody drops out"),
    ],
)
def test_what_nobody_can_mean_is_a_warning(text, headline):
    warnings = found(text, days=30)
    assert {one.kind for one in warnings} == {"warning"}
    assert any(headline in one.headline for one in warnings)


def test_doses_after_the_end_are_counted():
    (one,) = found("missed 3 %", days=0.5)
    assert one.got == "3, the first on hour 12"


def test_an_infusion_is_not_interrupted():
    """A rule decides about doses to come, and a long infusion is one dose."""
    doses = "aldesleukin 10 ug/m2/day iv continuous, for 90 days"
    (one,) = found("stop if amount > 1 nmol", doses=doses)
    assert "is not interrupted" in one.headline
    assert found("missed 3 %", doses=doses) == []


def test_a_finding_reads_like_an_error():
    """Four lines: the thing, what is there, what was expected, what to try."""
    (one,) = found("hold if amount < 1 nmol until amount < 2 nmol")
    head, *rest = str(one).splitlines()
    assert head.startswith("warning: ")
    assert [line.split()[0] for line in rest] == ["got:", "expected:", "try:"]
