"""Every end of a solve says what happened, and what to try."""

from __future__ import annotations

import pytest

from il2sim.engine.status import Status


@pytest.mark.parametrize("status", Status)
def test_each_has_a_sentence_and_advice(status):
    """Only a subject that was solved needs no advice."""
    assert status.sentence.endswith(".")
    assert bool(status.advice) == (status != Status.DONE)


def test_each_stands_on_the_page_of_failures(repository):
    """With its sentence and its advice, word for word."""
    page = (repository / "docs" / "understand" / "failures.md").read_text("utf-8")
    for one in Status:
        told = f"| {one.name} | {one.sentence} | {one.advice} |"
        assert told.replace("|  |", "| |") in page


def test_codes_do_not_change():
    """They are kept in results on disk."""
    assert [one.name for one in sorted(Status)] == [
        "DONE",
        "NO_RESTING_STATE",
        "STEP_TOO_SMALL",
        "TOO_MANY_STEPS",
        "NOT_FINITE",
        "CANCELLED",
        "STOPPED_BY_RULE",
        "NO_STEADY_STATE",
        "SINGULAR",
    ]
