"""Study files: shipped ones hold together, broken ones are refused with a reason."""

import tomllib

import pytest

from il2sim.errors import BadRegimen, BadStudy, UnknownName, UnreadableFile
from il2sim.evidence import library
from il2sim.formats.study_file import (
    as_toml,
    read_study,
    studies,
    study_of,
    write_study,
)

REQUIRED = {
    "daily-low-dose-cancer",
    "high-dose-melanoma",
    "high-dose-renal",
    "daily-low-dose-cgvhd",
    "every-third-day-t1d",
    "continuous-infusion",
    "colorectal-vaccine",
}

SMALL = """
title = "A small study"
question = "Does it run?"
model = "body"
population = "adults"
regimen = "aldesleukin 1 MIU sc daily for 5 days"
days = 10
end_day = 7
"""

ROW = """
[[compare]]
name = "Treg"
endpoint = "end fold"
evidence = ["E142"]
"""


def test_the_published_studies_are_shipped():
    assert set(studies()) >= REQUIRED


@pytest.mark.parametrize("name", studies())
def test_every_shipped_study_holds_together(name, tmp_path):
    study = read_study(name)
    times = study.times().to("h")
    assert times[0] == 0
    assert times[-1] == 24 * study.days
    assert study.end_h in times
    assert study.parsed_regimen().last_moment_h <= times[-1]
    assert study.sources
    assert study.question.endswith("?")
    write_study(study, tmp_path / "again.toml")
    assert read_study(tmp_path / "again.toml") == study


@pytest.mark.parametrize("name", studies())
def test_doses_of_the_sources_are_those_of_the_regimen(name):
    """A source that gives one dose in the unit of the regimen gives the same dose."""
    given = {
        "daily-low-dose-cancer": ("E111", 1.25),
        "high-dose-melanoma": ("E264", 600.0),
        "high-dose-renal": ("E261", 720.0),
        "daily-low-dose-cgvhd": ("E142", 1.0),
        "every-third-day-t1d": ("E163", 0.26),
        "continuous-infusion": ("E032", 10.0),
    }
    if name in given:
        key, amount = given[name]
        row = library.measurement(key)
        assert float(row.conditions["dose"]) == amount
        assert read_study(name).parsed_regimen().courses[0].amount == amount


def test_published_ranges_follow_from_their_evidence():
    """Per cent over baseline become folds: 1 + value / 100."""
    study = read_study("daily-low-dose-cancer")
    by_name = {row.name: row for row in study.compare}
    for name, low, high in (("NK", "E107", "E108"), ("NK bright", "E109", "E110")):
        row = by_name[name]
        assert row.low == pytest.approx(1 + library.measurement(low).value / 100)
        assert row.high == pytest.approx(1 + library.measurement(high).value / 100)


def test_the_unknown_dose_of_beyer_is_said_to_be_unknown():
    study = read_study("colorectal-vaccine")
    assert any("not known to us" in note for note in study.notes)
    assert all(row.direction and row.low is None for row in study.compare)


REFUSED = {
    "unknown key": (SMALL + "end_dy = 3", BadStudy, "'end_day'"),
    "unknown key of a row": (SMALL + ROW + "lo = 3", BadStudy, "'low'"),
    "missing": (SMALL.replace("end_day = 7", ""), BadStudy, "no 'end_day'"),
    "cut off": (SMALL[:40], UnreadableFile, "a whole TOML file"),
    "empty": ("", BadStudy, "no 'title'"),
    "end after days": (SMALL.replace("= 7", "= 70"), BadStudy, "within the 10 days"),
    "not a number": (SMALL.replace("= 7", "= nan"), BadStudy, "end_day = nan"),
    "infinite": (SMALL.replace("days = 10", "days = inf"), BadStudy, "days = inf"),
    "negative": (SMALL.replace("= 7", "= -7"), BadStudy, "end_day"),
    "text": (SMALL.replace("= 7", "= 'seven'"), BadStudy, "end_day = 'seven'"),
    "no subjects": (SMALL + "subjects = 0", BadStudy, "subjects = 0"),
    "half a subject": (SMALL + "subjects = 1.5", BadStudy, "subjects = 1.5"),
    "model": (SMALL.replace('"body"', '"bodi"'), BadStudy, "model = 'bodi'"),
    "population": (SMALL.replace("adults", "adult"), UnknownName, "'adults'"),
    "regimen": (SMALL.replace("daily", "dayly"), BadRegimen, "'daily'"),
    "says nothing": (SMALL + ROW, BadStudy, "a direction"),
    "reversed": (SMALL + ROW + "low = 3\nhigh = 2", BadStudy, "low at most"),
    "no day": (SMALL + ROW.replace("end fold", "fold") + "low = 3", BadStudy, "a day"),
    "late day": (
        SMALL + ROW.replace("end fold", "fold") + "low = 3\nday = 11",
        BadStudy,
        "within 0 to 10",
    ),
    "output": (SMALL + ROW.replace("Treg", "Tregs") + "low = 3", BadStudy, "'Treg'"),
    "evidence": (SMALL + ROW.replace("142", "999") + "low = 3", BadStudy, "'E999'"),
    "direction": (SMALL + ROW + "direction = 'rise'", BadStudy, "'up'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_broken_studies_are_refused_with_a_reason(case, tmp_path):
    content, kind, message = REFUSED[case]
    path = tmp_path / "mine.toml"
    path.write_text(content)
    with pytest.raises(kind) as caught:
        read_study(path)
    assert message in str(caught.value)


def test_unknown_studies_and_missing_files_are_answered(tmp_path):
    with pytest.raises(UnknownName, match="'daily-low-dose-cancer'"):
        read_study("daily-low-dose-cancr")
    with pytest.raises(UnreadableFile, match="shipped study"):
        read_study(str(tmp_path / "high-dose-melanom.toml"))
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableFile):
        read_study(tmp_path / "bytes.toml")


def test_a_study_may_bring_its_own_population(tmp_path):
    (tmp_path / "people.toml").write_text("[mine]\nbased_on = 'adults'")
    (tmp_path / "mine.toml").write_text(
        SMALL.replace("adults", "mine") + "population_file = 'people.toml'"
    )
    study = read_study(tmp_path / "mine.toml")
    assert study.find_population(5, beside=tmp_path).n == 5


def test_text_that_needs_escaping_is_written_back():
    tables = tomllib.loads(SMALL)
    tables["title"] = 'a "quoted" \\ title\nof two lines, Δ and \x7f'
    study = study_of(tables)
    assert study_of(tomllib.loads(as_toml(study))) == study


def test_factors_are_read_written_and_checked():
    """They change parameters of the model, and only those that it has."""
    tables = read_study("every-third-day-t1d").model_dump(exclude_defaults=True)
    study = study_of({**tables, "factors": {"il2.kd_alpha": 3}})
    assert study.factors == {"il2.kd_alpha": 3.0}
    assert study_of(tomllib.loads(as_toml(study))) == study
    with pytest.raises(BadStudy, match=r"il2\.kd_alpha"):
        study_of({**tables, "factors": {"il2.kd_alpa": 3.0}})
    with pytest.raises(BadStudy):
        study_of({**tables, "factors": {"il2.kd_alpha": -1.0}})
