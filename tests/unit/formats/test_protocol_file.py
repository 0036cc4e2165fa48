"""Shipped protocols read, fit the model and say where they are from."""

from __future__ import annotations

import tomllib

import pytest

from il2sim.errors import BadRegimen, BadStudy, UnknownName, UnreadableFile
from il2sim.formats.protocol_file import (
    protocol_of,
    protocols,
    read_protocol,
    read_protocol_file,
    show,
    timeline,
)
from il2sim.formats.study_file import as_toml, read_study, study_of
from il2sim.study.protocol import Protocol

MINE = {
    "title": "mine",
    "meaning": "a test",
    "model": "body",
    "population": "adults",
    "days": 28,
    "regimen": "aldesleukin 1 MIU sc daily, 5 doses",
    "rules": ["skip if lymphocytes < 200 cell/uL"],
    "sources": ["E142"],
}


def test_at_least_ten_protocols_are_shipped():
    assert len(protocols()) >= 10


@pytest.mark.parametrize("name", protocols())
def test_a_shipped_protocol_reads_back_and_has_no_findings(name):
    """Its text is the protocol, its rules fit the model, its sources are known."""
    file = read_protocol_file(name)
    protocol = read_protocol(name)
    assert Protocol.parse(str(protocol), name=name) == protocol
    assert file.findings() == []
    told = show(file, name)
    for key in file.sources:
        assert f"source: {key} " in told


def test_high_dose_has_its_rules():
    """Up to 14 doses a cycle, two cycles, withheld, not reduced; on response again."""
    protocol = read_protocol("high-dose-melanoma")
    assert [len(list(one.doses())) for one in protocol.regimen.courses] == [28]
    kinds = [rule.decision for rule in protocol.rules]
    assert kinds == ["skip", "hold", "hold", "end course"]
    looked_at = {rule.condition.quantity for rule in protocol.rules}
    assert {"systolic pressure", "urine output", "neurotoxicity grade"} <= looked_at
    assert protocol.repeat is not None
    assert protocol.repeat.most_courses == 3


def test_a_timeline_marks_doses_and_visits():
    text = "aldesleukin 1 MIU sc weekly, 4 doses; visit day 14"
    doses, visits, days = timeline(Protocol.parse(text), 28.0, width=28)
    marks = [i for i, sign in enumerate(doses.split()[1]) if sign == "|"]
    assert marks == [0, 7, 14, 21]
    assert visits.endswith("|")
    assert days.endswith("to 28")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"rulez": []}, BadStudy, "'rules'"),
        ({"days": 0}, BadStudy, "days = 0"),
        ({"sources": ["E99999"]}, BadStudy, "E99999"),
        ({"sources": []}, BadStudy, "sources"),
        ({"population": "adlts"}, UnknownName, "'adults'"),
        ({"rules": ["skip when tired"]}, BadRegimen, "'skip if"),
        ({"visits": ["day -1"]}, BadRegimen, "visit"),
    ],
)
def test_a_bad_file_is_refused(change, error, words):
    with pytest.raises(error) as caught:
        protocol_of({**MINE, **change})
    assert words in str(caught.value)


def test_unknown_names_and_missing_files_are_told_apart(tmp_path):
    with pytest.raises(UnknownName, match="high-dose-melanoma"):
        read_protocol("high-dose-melanom")
    with pytest.raises(UnreadableFile, match="cannot be read"):
        read_protocol(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("title = ")
    with pytest.raises(UnreadableFile, match="a whole TOML file"):
        read_protocol(broken)


def test_a_study_holds_the_same_clauses():
    """As a table, which reads back as it is written."""
    study = study_of(
        {
            **read_study("daily-low-dose-cgvhd").model_dump(exclude_defaults=True),
            "compare": [],
            "protocol": {
                "rules": MINE["rules"],
                "visits": ["day 28 within 3 days"],
                "repeat": "from day 100 if Treg fold > 2, at most 2 courses",
                "missed": "3 %",
                "dropout": "1 %/week",
            },
        }
    )
    protocol = study.parsed_protocol()
    assert protocol.missed_percent == 3.0
    assert str(protocol.repeat).startswith("repeat from day 100")
    assert study_of(tomllib.loads(as_toml(study))) == study


def test_a_study_without_clauses_is_its_regimen():
    assert read_study("high-dose-melanoma").parsed_protocol().is_plain
