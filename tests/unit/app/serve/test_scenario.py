"""A changed study says that it is one, and keeps its own published values apart."""

from __future__ import annotations

from il2sim.app import run as app_run
from il2sim.app.serve.messages import Scenario
from il2sim.app.serve.scenario import study_after
from il2sim.formats.study_file import study_of
from tests.unit.app.serve.local import STUDY


def after(study=STUDY, **sliders):
    return study_after(Scenario.model_validate({"study": study, **sliders}))


def test_an_unchanged_study_stays_as_it_is():
    assert after() == study_of(STUDY)


def test_a_changed_study_is_another_question():
    """Title and question say what was changed; the times of the run do not move."""
    study = after(dose=0.1, every_h=24.0, kd_cd25=3.0, half_life=4.0)
    words = "dose ÷ 10, affinity for CD25 ÷ 3, half-life × 4, daily"
    assert study.title == f"A small study, changed: {words}"
    assert study.question == f"What if: {words}? ({study.regimen})"
    assert study.published_for == STUDY["regimen"]
    assert study.compare == study_of(STUDY).compare
    assert study.times().value.tolist() == study_of(STUDY).times().value.tolist()


def test_a_study_changed_twice_is_about_the_first_prescription():
    """Opened again and changed once more: one title, and what was published."""
    once = after(dose=0.1).model_dump(exclude_defaults=True)
    assert after(once).title == "A small study, changed: dose ÷ 10"
    twice = after(once, every_h=48.0)
    assert twice.title == "A small study, changed: dose ÷ 10, every 2 days"
    assert twice.published_for == STUDY["regimen"]


def test_a_text_that_was_edited_is_a_change_too():
    """The page says which prescription the published values are about."""
    edited = {**STUDY, "published_for": "aldesleukin 3 MIU sc, once"}
    study = after(edited)
    assert study.title == "A small study, changed"
    assert study.question.startswith("What if: another prescription or population?")


def test_a_published_value_of_another_prescription_has_no_verdict(
    tmp_path, monkeypatch
):
    """Neither in the summary nor in the report, which shows it for orientation."""
    from il2sim.app.report.page import REPORT
    from il2sim.app.run import Options, run_study

    monkeypatch.setattr(app_run, "_draw", lambda *_: None)  # the page has its own
    study = after(dose=0.5).model_copy(update={"subjects": 2})
    outcome = run_study(study, "x", Options(out=tmp_path / "x"))
    (row,) = outcome.summary["published"]
    assert row["agrees"] is None
    assert row["found"]["median"] > 0
    text = (outcome.folder / REPORT).read_text("utf-8")
    assert "without a verdict" in text
    assert "changed: dose ÷ 2" in text
    assert "misses</span>" not in text
    assert "agrees</span>" not in text
