"""Trial files: shipped ones hold together, broken ones are refused with a reason."""

import tomllib

import pytest

from il2sim.errors import BadStudy, Il2simError, UnknownName, UnreadableFile
from il2sim.formats.trial_file import as_toml, read_trial, trial_of, trials
from il2sim.study.conduct import conduct

SMALL = """
title = "A small trial"
question = "Does it run?"
model = "body"
population = "adults"
size = 4
days = 3
visits = [0, 3]
watch = ["Treg"]
control = "low"
primary = "fold"

[[arms]]
name = "high"
regimen = "aldesleukin 3 MIU sc daily, 2 doses"

[[arms]]
name = "low"
regimen = "aldesleukin 1 MIU sc daily, 2 doses"

[[endpoints]]
name = "fold"
quantity = "Treg"
kind = "fold"
day = 3
"""


@pytest.mark.parametrize("name", trials())
def test_every_shipped_trial_holds_together(name):
    """It fits its model, says where its numbers are from, and reads what it writes."""
    found = read_trial(name)
    plan = conduct(found.plan(found.size), found.find_model(), tolerance=1e-4)
    assert plan.problem(0, range(1)).n_subjects == 1
    assert found.sources
    assert found.question.endswith("?")
    assert trial_of(tomllib.loads(as_toml(found))) == found


def test_the_trials_of_the_issue_are_shipped():
    """One of each design."""
    designs = {read_trial(name).design for name in trials()}
    assert designs == {"parallel", "crossover", "escalation"}
    assert "high-dose-vs-low-dose" in trials()


@pytest.mark.parametrize(
    ("change", "to", "said"),
    [
        ("size = 4", "sise = 4", r"'sise'.*'size'"),
        ("size = 4\n", "", "no 'size'"),
        ("size = 4", 'size = "four"', "size = 'four'"),
        ('kind = "fold"', 'kind = "folds"', r"endpoints\.0\.kind = 'folds'"),
        ('name = "high"', 'nmae = "high"', r"'arms\.0\.nmae'.*'name'"),
        ('control = "low"', 'control = "lwo"', r"no arm 'lwo'.*'low'"),
        ('primary = "fold"', 'primary = "fodl"', r"no endpoint 'fodl'"),
        ("day = 3\n", "day = 30\n", "'fold' on day 30"),
        ("visits = [0, 3]", "visits = [3, 0]", "days that increase"),
        ("[[arms]]", "[[uncertain]]\nname = 'NK.x'\n\n[[arms]]", "does not have"),
        ("[[arms]]", "[interim]\nlooks = [0.5]\n\n[[arms]]", "the last one 1"),
        ("3 MIU sc daily", "3 sc daily", "unit"),
        ("[[arms]]", "[[arms]]\nprotocol = 'high-dose-melanoma'", "one of both"),
        ("size = 4", 'size = 4\nsources = ["E0"]', "'E0'"),
    ],
)
def test_a_broken_file_is_refused_with_a_reason(change, to, said):
    """Headline, what was found, what was expected."""
    text = SMALL.replace(change, to, 1)
    assert text != SMALL
    with pytest.raises(Il2simError, match=f"(?s){said}") as caught:
        trial_of(tomllib.loads(text), "mine.toml")
    assert "\n  got: " in str(caught.value)
    assert "\n  expected: " in str(caught.value)


def test_what_the_model_lacks_is_refused_before_anything_is_solved():
    """A rule on a quantity that nobody measures."""
    text = SMALL.replace("2 doses", "2 doses; skip if CD9 > 3")
    found = trial_of(tomllib.loads(text))
    with pytest.raises(Il2simError, match="CD9"):
        conduct(found.plan(), found.find_model(), tolerance=1e-4)


def test_ranges_become_spreads():
    """A range of 6 to 18 is 95 %: its logarithm has a spread of ln 3 over 3.92."""
    text = SMALL.replace(
        "[[arms]]", '[[uncertain]]\nname = "circulation.renal_clearance"\n\n[[arms]]', 1
    )
    (one,) = trial_of(tomllib.loads(text)).plan().uncertain
    assert one.log_sd == pytest.approx(1.0986123 / 3.919928)
    assert "range" in one.source
    with pytest.raises(BadStudy, match="has no logarithm"):
        trial_of(
            tomllib.loads(
                text.replace("circulation.renal_clearance", "NK dim.survival")
            )
        )


def test_files_are_found_by_name_or_path(tmp_path):
    """As studies are."""
    path = tmp_path / "mine.toml"
    path.write_text(SMALL, encoding="utf-8")
    assert read_trial(str(path)).size == 4
    with pytest.raises(UnknownName, match="there is no trial 'high'"):
        read_trial("high")
    with pytest.raises(UnreadableFile, match="trial file"):
        read_trial(tmp_path / "missing.toml")
    path.write_text("size = [", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="cannot be read"):
        read_trial(path)
