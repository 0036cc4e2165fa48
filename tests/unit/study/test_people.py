"""Persons who are kept: as drawn, on disk to the last bit, treated by weight."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.engine.columns import write_columns
from il2sim.errors import BadPopulation, UnknownName, UnreadableFile
from il2sim.models import body
from il2sim.provenance import hash_of
from il2sim.study.people import People
from il2sim.study.populations import adults, cancer_patients
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import simulate
from il2sim.units import days

WEIGHTS = np.array([1.0, 0.0, 2.0, 1.0])
LOW = Regimen.parse("aldesleukin 1 MIU/m2 sc daily for 2 days")


def kept() -> People:
    return People.of(
        cancer_patients(n=4, seed=5),
        WEIGHTS,
        measured={"age [y]": np.arange(4.0)},
        made={"method": "by hand", "quality": {"effective": 2.7}},
    )


def test_who_is_kept_is_who_was_drawn():
    drawn, people = cancer_patients(n=4, seed=5).draw(), kept()
    rows = [0, 2, 3]
    assert people.draw().age_y.tolist() == drawn.age_y[rows].tolist()
    assert people.draw(range(1, 3)).weight_kg.tolist() == drawn.weight_kg[2:].tolist()
    for name, counts in people.draw().counts.items():
        assert counts.tolist() == drawn.counts[name][rows].tolist()
    assert people.prevalence().tolist() == [0.75, 1.5, 0.75]
    assert people.measured["age [y]"].tolist() == [0.0, 2.0, 3.0]


def test_a_file_gives_every_bit_back(tmp_path):
    people = kept()
    again = People.read(people.write(tmp_path / "people.parquet"))
    assert hash_of(again) == hash_of(people)
    assert again.optional == ("tumor.baseline", "tumor.growth", "tumor.killing")


def test_other_tables_are_refused(tmp_path):
    path = write_columns({"x": np.ones(2)}, tmp_path / "x.parquet", {})
    with pytest.raises(UnreadableFile, match=r"'x.parquet' holds no persons"):
        People.read(path)
    with pytest.raises(BadPopulation, match="stand for nobody"):
        People.of(adults(n=2), np.zeros(2))


def test_the_first_so_many_and_no_more():
    people = kept()
    assert people.sized(2).draw().age_y.tolist() == people.draw().age_y[:2].tolist()
    with pytest.raises(BadPopulation, match="are 3"):
        people.sized(4)


def test_any_number_is_drawn_by_prevalence():
    """Systematic: 400 persons of prevalences 1, 2 and 1 are 100, 200 and 100."""
    many = kept().resampled(400, seed=2)
    ages, counts = np.unique(many.draw().age_y, return_counts=True)
    expected = dict(zip(kept().draw().age_y, [100, 200, 100], strict=True))
    assert dict(zip(ages, counts, strict=True)) == expected
    assert set(many.prevalence()) == {1.0}
    assert len(set(many.draw().age_y[:20])) > 1, "in a mixed order"


def test_people_are_treated_like_those_of_a_population():
    """The same bits as the population's own rows; the median is by prevalence."""
    base = cancer_patients(n=4, seed=5)
    whole, some = (
        simulate(body(), LOW, who, times=days(0, 2, every=1), save=["Treg"])
        for who in (base, kept())
    )
    rows = [0, 2, 3]
    assert np.array_equal(some.values, whole.values[rows])
    assert some.prevalence.tolist() == [0.75, 1.5, 0.75]
    values = whole["Treg"].at(48.0)[rows]
    order = np.argsort(values)
    share = np.array([0.75, 1.5, 0.75])[order]
    place = np.array([0.0, share[0] / (share[0] + share[2]), 1.0])
    assert some["Treg"].median()[-1] == np.interp(0.5, place, values[order])


def test_a_factor_that_a_model_lacks_is_an_error_unless_it_is_optional():
    from dataclasses import replace

    strict = replace(kept(), optional=())
    with pytest.raises(UnknownName, match=r"varies 'tumor"):
        simulate(body(), LOW, strict, times=days(0, 2, every=1))
