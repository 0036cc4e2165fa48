"""Populations: published means and spreads come back, subjects stay the same."""

from dataclasses import replace

import numpy as np
import pytest

from il2sim.errors import BadPopulation, UnknownName, UnreadableFile
from il2sim.study.population import Correlated, Trait, Varied
from il2sim.study.populations import (
    adults,
    cancer_patients,
    colorectal_cancer_patients,
    population,
    populations,
    read_population,
)

MANY = 20_000


def test_drawn_counts_have_the_published_mean_and_spread():
    """E055-E064, within four standard errors and 1 % for the draws kept within 3 SD."""
    people = adults(n=MANY).draw()
    published = {
        # women: mean, SD; men: mean, SD [cell/uL]
        "CD8": ((628, 242), (660, 231)),
        "NK": ((375, 224), (472, 247)),
        "B cells": ((356, 138), (349, 213)),
    }
    counts = people.counts
    drawn = {
        "CD8": counts["naive CD8"] + counts["memory CD8"],
        "NK": counts["NK dim"] + counts["NK bright"],
        "B cells": counts["B cells"],
    }
    for name, by_sex in published.items():
        for sex, (mean, spread) in zip((True, False), by_sex, strict=True):
            some = drawn[name][people.is_female == sex]
            assert some.mean() == pytest.approx(mean, rel=0.01 + 4 / np.sqrt(len(some)))
            assert some.std() == pytest.approx(spread, rel=0.08)


def test_parts_make_the_whole():
    people = adults(n=500).draw()
    counts = people.counts
    cd4 = sum(
        counts[f"{stage} {kind}"]
        for stage in ("naive", "memory")
        for kind in ("Treg", "CD4 Tconv")
    )
    treg = counts["naive Treg"] + counts["memory Treg"]
    assert np.median(treg / cd4) == pytest.approx(0.0722, rel=0.05)
    assert all(np.all(values > 0) for values in counts.values())


def test_correlations_are_kept():
    """CD4 and CD8 were given 0.7 on the logarithms; four standard errors."""
    people = adults(n=MANY).draw()
    men = ~people.is_female
    counts = people.counts
    cd8 = np.log(counts["naive CD8"] + counts["memory CD8"])[men]
    cd4 = np.log(
        counts["naive Treg"]
        + counts["memory Treg"]
        + counts["naive CD4 Tconv"]
        + counts["memory CD4 Tconv"]
    )[men]
    assert np.corrcoef(cd4, cd8)[0, 1] == pytest.approx(
        0.7, abs=4 * 0.51 / np.sqrt(len(cd4))
    )


def test_a_subject_is_the_same_in_any_population_size():
    few, many = (
        cancer_patients(n=7, seed=3).draw(),
        cancer_patients(n=300, seed=3).draw(),
    )
    for name in ("age_y", "weight_kg", "surface_m2", "is_female"):
        assert np.array_equal(getattr(many, name)[:7], getattr(few, name))
    for name in few.counts:
        assert np.array_equal(many.counts[name][:7], few.counts[name])
    for name in few.factors:
        assert np.array_equal(many.factors[name][:7], few.factors[name])


def test_one_more_parameter_does_not_change_the_others():
    plain = adults(n=20)
    more = plain.with_varied(Varied("trafficking.k_shed", 0.3, "test", True))
    one, other = plain.draw(), more.draw()
    assert all(np.array_equal(one.factors[n], other.factors[n]) for n in one.factors)


def test_what_is_drawn_cannot_be_written_to():
    people = adults(n=3).draw()
    with pytest.raises(ValueError, match="read-only"):
        people.weight_kg[0] = 1.0


def test_without_spread_everybody_is_alike():
    people = adults(n=50).without_spread().draw()
    assert len(set(people.age_y)) == 1
    assert len(set(people.weight_kg)) == 2
    assert people.factors == {}


def test_colorectal_patients_start_with_more_naive_treg_only():
    """E084: naive Treg raised; the assumption is 1.5 times, memory Treg unchanged."""
    one = cancer_patients(n=50).without_spread().draw().counts
    other = colorectal_cancer_patients(n=50).without_spread().draw().counts
    assert np.median(other["naive Treg"] / one["naive Treg"]) == pytest.approx(
        1.5, rel=0.05
    )
    ratio = np.median(other["memory Treg"] / one["memory Treg"])
    assert ratio == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize("name", populations())
def test_every_ready_made_population_draws_plausible_people(name):
    people = population(name, n=2000).draw()
    assert 1.6 < np.median(people.surface_m2) < 2.1
    assert 60 < np.median(people.weight_kg) < 85
    assert people.weight_kg.min() > 30
    assert people.age_y.min() >= 18


def test_a_user_adds_a_population_in_a_few_lines(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        """
        [elderly]
        meaning = "people above 75"
        based_on = "adults"
        [elderly.traits.age]
        unit = "y"
        shape = "normal"
        all = { median = 80.0, sd = 3.0 }
        source = "my own trial"
        how = "read"
        """
    )
    people = read_population(path, "elderly", n=100).draw()
    assert people.age_y.mean() == pytest.approx(80, abs=2)


BROKEN = {
    "sized": "[x]\nbased_on = 'adults'\nsize = 3",
    "source": "[x]\nbased_on = 'adults'\n[x.varied.'a.b']\nlog_sd = 0.1",
    "log_sd": "[x]\nbased_on = 'adults'\n[x.varied.'a.b']\nsource='s'\nhow='read'",
    "shape": "[x]\nbased_on='adults'\n[x.traits.age]\nshape='flat'\nsource='s'\n",
    "mean": "[x]\nbased_on='adults'\n[x.traits.age]\nsource='s'\nhow='read'",
    "pair": "[x]\nbased_on='adults'\n[[x.correlated]]\nvalue=0.1\nsource='s'\n",
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_population_files_are_refused(case, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(BROKEN[case])
    with pytest.raises(BadPopulation, match="expected"):
        read_population(path, "x")


def test_unknown_names_and_files_are_answered(tmp_path):
    with pytest.raises(UnknownName, match="'cancer_patients'"):
        population("cancer_patient")
    path = tmp_path / "loop.toml"
    path.write_text("[a]\nbased_on = 'b'\n[b]\nbased_on = 'a'")
    with pytest.raises(UnknownName, match="based on itself"):
        read_population(path, "a")
    with pytest.raises(UnreadableFile):
        read_population(tmp_path / "none.toml", "a")
    path.write_text("[a")
    with pytest.raises(UnreadableFile):
        read_population(path, "a")


@pytest.mark.parametrize(
    "change",
    [
        {"n": 0},
        {"n": 1.5},
        {"seed": -1},
        {"share_female": 2.0},
        {"traits": {}},
        {"correlated": (Correlated(("CD4", "nothing"), 0.5, "s", True),)},
        {"correlated": (Correlated(("CD4", "CD8"), 1.5, "s", True),)},
        {
            "correlated": (
                Correlated(("CD4", "CD8"), 0.9, "s", True),
                Correlated(("CD4", "NK"), 0.9, "s", True),
                Correlated(("CD8", "NK"), -0.9, "s", True),
            )
        },
    ],
)
def test_populations_that_cannot_be_drawn_are_refused(change):
    with pytest.raises(BadPopulation, match="'adults'"):
        replace(adults(), **change)


def test_traits_out_of_range_are_refused():
    with pytest.raises(BadPopulation, match="cannot be drawn"):
        Trait("CD4", "cell/uL", "log-normal", (-1, 0.1), (1, 0.1), "s", True)
    with pytest.raises(BadPopulation, match="cannot be drawn"):
        Trait("share", "1", "logit-normal", (0.5, 0.1), (1.5, 0.1), "s", True)
    with pytest.raises(BadPopulation, match="spread"):
        Varied("x", float("nan"), "s", True)
