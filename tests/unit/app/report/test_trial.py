"""The report of a trial: everything in one file, and whatever is given is escaped."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from il2sim.app.report.page import trial_page
from il2sim.app.report.trial import FIGURES, ToldOfTrial
from il2sim.app.run import Options
from il2sim.app.trial import plan_of
from il2sim.formats.trial_file import as_toml
from il2sim.study.findings import find
from tests.killing import TRIAL


@pytest.fixture(scope="module")
def told():
    plan = plan_of(TRIAL, Options())
    findings = find(plan, plan.solve(range(12)))
    summary = {
        **findings.to_dict(),
        "primary": TRIAL.primary,
        "control": TRIAL.control,
        "subjects": {"n": 12, "left": 0, "failed": 0, "reasons": {}},
    }
    provenance = plan.provenance("cpu")
    return ToldOfTrial(TRIAL, as_toml(TRIAL), findings, summary, {}, provenance)


def test_it_says_arms_effects_power_and_how_to_do_it_again(told):
    text = trial_page(told)
    for word in (
        "A trial that is killed",
        "skip if oliguria grade",
        "Treg, fold",
        "patients",
        "missed a dose by chance",
        "circulation.renal_clearance",
        "How to do it again",
        told.provenance.key,
    ):
        assert word in text
    assert not re.search(
        r"<script|https?://(?!doi|pubmed|www\.ncbi|clinicaltrials)", text
    )


def test_what_a_user_wrote_is_escaped(told):
    sly = told.file.model_copy(update={"title": "<b>x</b>", "notes": ["<i>y</i>"]})
    text = trial_page(replace(told, file=sly))
    assert "<b>x</b>" not in text
    assert "&lt;b&gt;x&lt;/b&gt;" in text
    assert "<i>y</i>" not in text


def test_every_figure_of_a_trial_has_its_words():
    from pathlib import Path

    import il2sim.figures.trials as drawn

    names = set(re.findall(r'drawn\["([\w-]+)"\]', Path(drawn.__file__).read_text()))
    assert names | {"flow", "table1", "spaghetti"} <= set(FIGURES)
