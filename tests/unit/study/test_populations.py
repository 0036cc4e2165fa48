"""The numbers of ready-made populations are those of their evidence and models."""

import re
import tomllib
from importlib.resources import files

import pytest

from il2sim.evidence import library
from il2sim.models import body, body_with_tumor
from il2sim.study.populations import population, populations
from il2sim.units import convert

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
