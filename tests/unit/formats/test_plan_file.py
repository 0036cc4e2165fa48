"""Plans of populations: what a file may say, and how it is refused."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from il2sim.engine.columns import write_columns
from il2sim.errors import BadPopulation, Il2simError, UnknownName
from il2sim.formats.plan_file import read_plan
from il2sim.formats.study_file import Study, study_of
from il2sim.study.people import People
from il2sim.study.populations import adults

HEAD = 'meaning = "older adults"\nbased_on = "adults"\ncandidates = 50\n'
AGE = 'quantity = "age"\nunit = "y"\nsource = "a test"\nhow = "assumption"\n'


def read(folder: Path, text: str, **chosen):
    path = folder / "older.toml"
    path.write_text(HEAD + text)
    return read_plan(path, **chosen)[0]


def test_a_plan_says_who_and_what(tmp_path):
    plan = read(
        tmp_path,
        '[[responses]]\nname = "low"\nregimen = "aldesleukin 1 MIU sc once"\ndays = 2\n'
        f"[[limits]]\n{AGE}low = 40\n"
        f"[[targets]]\n{AGE}median = 60\nq95 = 75\n"
        f"[[targets]]\n{AGE}share = 0.4\nabove = 65\nheld_out = true\n",
        candidates=30,
        seed=4,
    )
    assert (plan.name, plan.base.n, plan.base.seed) == ("older", 30, 4)
    assert str(plan.limits[0]) == "age: at least 40 y"
    assert plan.limits[0].is_assumption
    quantiles, share = plan.targets
    assert quantiles.edges == (-math.inf, 60.0, 75.0, math.inf)
    assert quantiles.shares == pytest.approx((0.5, 0.45, 0.05))
    assert share.shares == pytest.approx((0.6, 0.4))
    assert plan.met == (quantiles,)
    assert plan.responses[0].name == "low"


def test_a_base_of_ones_own_stands_beside_the_plan(tmp_path):
    (tmp_path / "mine.toml").write_text('[mine]\nbased_on = "adults"\nmeaning = "m"\n')
    path = tmp_path / "p.toml"
    path.write_text('meaning = "x"\nbased_on = "mine"\npopulation_file = "mine.toml"\n')
    assert read_plan(path)[0].base.name == "mine"


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("candidats = 3\n", BadPopulation, "'candidates'"),
        (f"[[targets]]\n{AGE}meen = 3\n", BadPopulation, "'mean'"),
        (f"[[targets]]\n{AGE}\n", BadPopulation, "one of: mean"),
        (f"[[targets]]\n{AGE}share = 0.4\n", BadPopulation, "one of: mean"),
        (f"[[targets]]\n{AGE}mean = 3\nsd = -1\n", BadPopulation, "greater than 0"),
        (f"[[limits]]\n{AGE}", BadPopulation, "limit on 'age'"),
        (
            "[[limits]]\nquantity = 'age'\nlow = 1\nhow = 'read'\n",
            BadPopulation,
            "limits.0.source",
        ),
        (
            f"[[limits]]\n{AGE.replace('a test', 'E999')}low = 3\n",
            UnknownName,
            "E999",
        ),
        ("method = 'magic'\n", BadPopulation, "maximum entropy"),
        ("method = [\n", Il2simError, "cannot be read"),
    ],
)
def test_what_a_plan_cannot_say(tmp_path, text, kind, said):
    with pytest.raises(kind) as raised:
        read(tmp_path, text)
    assert said in str(raised.value)


def test_a_study_takes_persons_from_a_file(tmp_path):
    """All of them unless it says fewer, in their order, whatever the seed."""
    people = People.of(adults(n=6, seed=3), np.arange(6.0))
    people.write(tmp_path / "people.parquet")
    said = {
        "title": "t",
        "question": "q",
        "model": "body",
        "population": "people.parquet",
        "regimen": "aldesleukin 1 MIU/m2 sc once",
        "days": 2,
        "end_day": 2,
    }
    study = study_of(said, beside=tmp_path)
    assert study.find_population(beside=tmp_path).n == 5
    some = study.find_population(3, 99, beside=tmp_path)
    assert some.draw().age_y.tolist() == people.draw().age_y[:3].tolist()
    few = Study.model_validate({**said, "days": 2.0, "end_day": 2.0, "subjects": 2})
    assert few.find_population(beside=tmp_path).n == 2
    write_columns({"x": np.ones(2)}, tmp_path / "people.parquet", {})
    with pytest.raises(Il2simError, match="holds no persons"):
        study_of(said, beside=tmp_path)
