"""The numbers of ready-made populations are those of their evidence and models."""

import re
import tomllib
from importlib.resources import files

import numpy as np
import pytest

from il2sim.errors import BadPopulation
from il2sim.evidence import library
from il2sim.models import body, body_with_tumor
from il2sim.study.population import Varied
from il2sim.study.populations import (
    elderly_cancer_patients,
    high_tumor_burden_patients,
    lymphodepleted_patients,
    population,
    populations,
)
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import simulate
from il2sim.units import convert, hours

TABLES = tomllib.loads(
    files("il2sim.study").joinpath("populations.toml").read_text("utf-8")
)
ROWS = [
    (f"{who}, {name}", row)
    for who, table in TABLES.items()
    for part in ("traits", "varied")
    for name, row in table.get(part, {}).items()
]


@pytest.mark.parametrize(
    ("name", "row"), [one for one in ROWS if one[1]["how"] == "read"]
)
def test_what_was_read_is_what_the_evidence_says(name, row):
    """Means and SD of men and women are those of their two evidence keys."""
    men, women = (library.measurement(key) for key in row["source"].split(","))
    for given, measured in ((row["men"], men), (row["women"], women)):
        assert (given["mean"], given["sd"]) == (measured.value, measured.spread)
        assert measured.unit == row["unit"]
        assert measured.spread_kind == "SD"
    assert women.conditions["population"].endswith(" female")


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_evidence_keys_exist_and_are_verified_unless_it_is_an_assumption(name, row):
    keys = re.findall(r"\bE\d+\b", f"{row['source']} {row.get('note', '')}")
    for key in keys:
        assert library.measurement(key).is_verified or row["how"] == "assumption"
    if row["how"] != "assumption":
        assert keys


@pytest.mark.parametrize("who", populations())
def test_what_varies_is_a_parameter_of_the_models(who):
    plain, tumor = body().parameters, body_with_tumor().parameters
    for name, varied in population(who).varied.items():
        assert name in tumor
        assert name in plain or varied.where_present


def test_shares_at_rest_agree_with_the_reference_subject_of_the_model():
    """Medians of healthy adults are within 15 % of the model's own baselines.

    The model's are published means; medians of skewed counts lie up to 13 % lower.
    """
    counts = population("adults").without_spread().draw().counts
    for cell, values in counts.items():
        row = body().parameters[f"{cell}.baseline"]
        reference = convert(row.value, row.unit, "cell/uL")
        assert values.mean() == pytest.approx(reference, rel=0.15)


def test_a_population_tells_its_numbers_and_their_sources():
    text = str(population("cgvhd_patients"))
    assert "CD4 [cell/uL]" in text
    assert "assumption: lymphopenic" in text
    assert "CD4 and CD8: 0.7" in text


def test_a_median_factor_moves_everybody_and_stays_without_spread():
    """Strata: medians as written, 3 standard errors of 4,000 draws allowed."""
    old = elderly_cancer_patients(n=4000).draw()
    for cell in ("naive Treg", "naive CD4 Tconv", "naive CD8"):
        export = old.factors[f"{cell}.export_at_rest"]
        error = 3 * 1.2533 * 0.6 / np.sqrt(4000)
        assert abs(np.log(np.median(export) / 0.2)) < error
    assert np.percentile(old.age_y, [5, 95]) == pytest.approx([67.6, 82.4], abs=0.6)
    few = lymphodepleted_patients(n=4000).draw().counts
    cd4 = sum(
        few[c]
        for c in ("naive Treg", "memory Treg", "naive CD4 Tconv", "memory CD4 Tconv")
    )
    assert np.median(cd4) == pytest.approx(98.0, rel=3 * 1.2533 * 0.78 / np.sqrt(4000))
    plain = high_tumor_burden_patients(n=3).without_spread().draw()
    assert plain.factors == {"tumor.baseline": pytest.approx(np.full(3, 6.0))}
    with pytest.raises(BadPopulation, match="median of 'x'"):
        Varied("x", 0.1, "a test", is_assumption=True, median=0.0)


@pytest.mark.parametrize(
    "who",
    [
        "elderly_cancer_patients",
        "lymphodepleted_patients",
        "high_tumor_burden_patients",
    ],
)
def test_strata_come_to_rest(who):
    """Everybody has a resting state, with the counts that were drawn."""
    people = population(who, n=40, seed=3)
    run = simulate(
        body_with_tumor(),
        Regimen.parse("aldesleukin 1 MIU/m2 sc once"),
        people,
        times=hours(0, 1, every=1),
        save=["memory Treg"],
    )
    assert run.n_failed == 0
    assert run["memory Treg"].resting == pytest.approx(
        people.draw().counts["memory Treg"], rel=1e-6
    )
