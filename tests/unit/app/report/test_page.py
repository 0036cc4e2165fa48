"""The report of a run: whole, self-contained, escaped, and as the run says."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from il2sim.app import run as app_run
from il2sim.app.report.contents import card
from il2sim.app.report.page import REPORT
from il2sim.app.run import Options, run_study
from il2sim.formats.study_file import read_study
from il2sim.study.population import Varied

EVIL = "<script>alert('1')</script> & \"quotes\" {{ 7 * 7 }}"
VOID = {"meta", "br", "img", "link"}


class Page(HTMLParser):
    """Tags, whether they close in order, addresses, and the text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.addresses, self.words = [], [], [], []
        self.ids, self.labels = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href"):
                self.addresses.append((tag, value))
            elif name == "id":
                self.ids.add(value)
            elif name.startswith("aria-label") and tag == "section":
                self.labels.append(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def study():
    return read_study("daily-low-dose-cgvhd").model_copy(
        update={
            "title": EVIL,
            "notes": [EVIL],
            "days": 4.0,
            "end_day": 4.0,
            "record_finely_until_day": 1.0,
            "subjects": 6,
            "regimen": "aldesleukin 1 MIU/m2 sc, daily, for 3 days",
            "compare": read_study("daily-low-dose-cgvhd").compare[:1],
        }
    )


@pytest.fixture(scope="module")
def outcome(study, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "short"
    return run_study(study, "short", Options(out=path))


@pytest.fixture(scope="module")
def text(outcome):
    return (outcome.folder / REPORT).read_text("utf-8")


def test_the_page_is_whole_and_stands_alone(text):
    """Tags close, sections have their heading, pictures are inside, no script."""
    page = Page(text)
    assert not page.open
    assert set(page.labels) <= page.ids
    assert "script" not in page.tags
    pictures = [address for tag, address in page.addresses if tag == "img"]
    assert pictures
    assert all(one.startswith("data:image/svg+xml;base64,") for one in pictures)
    links = [address for tag, address in page.addresses if tag != "img"]
    assert all(one.startswith("https://") for one in links)
    assert "@import" not in text
    assert "url(" not in text


def test_a_users_words_are_shown_as_they_are(text):
    """Title, notes and study file come from a file: escaped, never carried out."""
    assert "<script>" not in text
    page = Page(text)
    assert "".join(page.words).count("{{ 7 * 7 }}") >= 3
    assert sum(EVIL in one for one in page.words) >= 2


def test_the_page_says_what_the_run_says(text, outcome):
    words = " ".join(" ".join(Page(text).words).split())
    told = outcome.summary["endpoints"]["memory Treg"]
    assert f"{told['end fold']['median']:.2f}×" in words
    assert outcome.summary["key"] in words
    assert "1 MIU of aldesleukin per m² of body surface" in words
    assert "None: every subject was solved to the end." in words
    assert "daily-cgvhd-phase-2" in words
    assert "CD25 of a resting cell (naive Treg, memory Treg, " in words
    for key in outcome.comparisons[0].expected.evidence:
        assert re.search(rf"\b{key}\b", words)


def test_the_page_says_how_it_was_made(text, outcome):
    """What decides the numbers stands in it, the precision too."""
    made = outcome.trajectories.provenance
    facts = {"precision": made.precision, "tolerance of a step": made.tolerance}
    for name, value in facts.items():
        assert f"<dt>{name}</dt><dd>{value}</dd>" in text


def test_subjects_without_an_answer_are_named(study, tmp_path, monkeypatch):
    """A spread so wide that some have no resting state; the others are reported."""
    from il2sim.formats.study_file import Study

    wide = Varied("naive Treg.conversion_at_rest", 5.0, "none", is_assumption=True)
    people = study.find_population().with_varied(wide)
    monkeypatch.setattr(Study, "find_population", lambda *_, **__: people)
    monkeypatch.setattr(app_run, "_draw", lambda *_: None)  # the page has its own
    outcome = run_study(study, "wide", Options(out=tmp_path / "wide"))
    assert 0 < outcome.trajectories.n_failed < 6
    page = Page((outcome.folder / REPORT).read_text("utf-8"))
    words = " ".join(" ".join(page.words).split())
    assert " ".join(outcome.summary["failures"]["words"]) in words
    assert f"{outcome.trajectories.n_failed} of 6 subjects" in words
    assert "no resting state" in words


def test_the_card_stands_in_the_documents(repository):
    """What every report says of the model is what its page says, word for word."""
    document = (repository / "docs" / "models" / "body.md").read_text("utf-8")
    told = card()
    for sentence in (told["use"], told["status"], *told["failures"]):
        assert sentence in document
