"""Plates: shapes, agreement with the slow reference, and mistakes of the caller."""

from dataclasses import replace

import numpy as np
import pytest

from il2sim.errors import BadProblem, UnknownName
from il2sim.models.dish import dish
from il2sim.study.wells import Plate, incubate, problem_of

MODEL = dish(("Treg", "NK"))
SAVED = ["pSTAT5 of Treg", "pSTAT5 of NK", "il2 left"]


def test_a_plate_is_one_row_for_each_well():
    """Values and doses of one number stand for all wells."""
    plate = Plate({"il2": 1.0}, [0.5, 1.0], {"NK.cd122_at_rest": [100.0, 8000.0]})
    seen = incubate(MODEL, plate, save=SAVED)
    assert seen.values.shape == (2, 2, 3)
    assert seen["pSTAT5 of NK"][0, 0] < seen["pSTAT5 of NK"][1, 0]


def test_wells_agree_with_the_reference():
    """The slow backend gives the same within ten times the tolerance."""
    plate = Plate({"il2": [1e-3, 0.1, 10.0]}, [0.5, 4.0], wash_h=2.0)
    fast, slow = (
        incubate(MODEL, plate, save=SAVED, device=device)
        for device in ("cpu", "reference")
    )
    np.testing.assert_allclose(fast.values, slow.values, rtol=1e-4, atol=1e-7)


def test_a_ligand_put_in_later_acts_from_then_on():
    """Given after an hour and read after one and a half: as half an hour after zero."""
    saved = ["il2 left", "pSTAT5 of NK"]
    late = Plate({"il2": 3.0}, [0.99, 1.5], given_h={"il2": 1.0})
    found = incubate(MODEL, late, save=saved).values[0]
    soon = incubate(MODEL, Plate({"il2": 3.0}, [0.5]), save=saved).values[0]
    assert found[0, 0] == 0
    np.testing.assert_allclose(found[1], soon[0], rtol=1e-3)


def test_mistakes_are_named():
    """An unknown ligand, parameter, output; wells of two numbers."""
    with pytest.raises(UnknownName, match="into the medium"):
        incubate(MODEL, Plate({"il15": 1.0}, [0.5]))
    with pytest.raises(UnknownName, match="no parameter"):
        incubate(MODEL, Plate({"il2": 1.0}, [0.5], {"NK.cd": 1.0}))
    with pytest.raises(UnknownName, match="not recorded"):
        incubate(MODEL, Plate({"il2": 1.0}, [0.5]), save=SAVED)["pSTAT5"]
    with pytest.raises(BadProblem, match="different numbers"):
        incubate(MODEL, Plate({"il2": [1.0, 2.0]}, [0.5], {"well.volume": [1, 2, 3]}))


NOT_POSSIBLE = [
    ({"doses_nM": {"il2": [-1.0]}}, "the dose of 'il2'", "-1 at [0]"),
    ({"doses_nM": {"il2": [0.1, np.nan]}}, "the dose of 'il2'", "nan at [1]"),
    ({"doses_nM": {"il2": np.inf}}, "the dose of 'il2'", "inf"),
    ({"doses_nM": {"il2": ["much"]}}, "the dose of 'il2'", "['much']"),
    ({"doses_nM": {"il2": [[1.0, 2.0]]}}, "the dose of 'il2'", "[[1.0, 2.0]]"),
    ({"times_h": [-0.5, 1.0]}, "'times_h'", "-0.5 at [0]"),
    ({"times_h": np.nan}, "'times_h'", "nan"),
    ({"times_h": []}, "never looked at", "no times_h"),
    ({"values": {"Treg.cd25_at_rest": [1.0, np.inf]}}, "cd25_at_rest'", "inf at [1]"),
    ({"wash_h": -1.0}, "'wash_h'", "-1"),
    ({"given_h": {"il2": np.nan}}, "the time of 'il2'", "nan"),
]


@pytest.mark.parametrize(("wrong", "thing", "got"), NOT_POSSIBLE)
def test_an_impossible_plate_is_refused_when_it_is_made(wrong, thing, got):
    """Doses and times are finite and not negative; values are finite."""
    plain = {"doses_nM": {"il2": 1.0}, "times_h": [0.5]}
    with pytest.raises(BadProblem) as found:
        Plate(**plain | wrong)
    headline, quoted, expected, *_ = str(found.value).splitlines()
    assert thing in headline
    assert quoted == f"  got:      {got}"
    assert "expected" in expected


@pytest.mark.parametrize("count", [-5.0, -1e-12])
def test_a_count_below_zero_is_refused_with_the_models_own(count):
    """The line to try has the value of the model, and can be carried out."""
    plate = Plate({"il2": 1.0}, [0.5], {"Treg.cd25_at_rest": [3000.0, count]})
    with pytest.raises(
        BadProblem, match=r"'Treg\.cd25_at_rest' is not possible"
    ) as found:
        incubate(MODEL, plate)
    assert "try:      values={'Treg.cd25_at_rest': 3476}" in str(found.value)


def test_nothing_is_possible():
    """No dose and no CD25 are limits of what is given, not mistakes."""
    plate = Plate({"il2": [0.0, 1.0]}, [0.5], {"Treg.cd25_at_rest": 0.0})
    seen = incubate(MODEL, plate, save=["engaged on Treg"])["engaged on Treg"][:, 0]
    assert seen[0] == 0 < seen[1]


def test_a_parameter_with_a_negative_range_may_be_negative():
    """What the model's own tables let below zero is not refused."""
    lower = {"NK.half_engaged": -1.0}

    def look_up(name):
        row = MODEL.look_up(name)
        return replace(row, low=lower[name]) if name in lower else row

    plate = Plate({"il2": 1.0}, [0.5], {"NK.half_engaged": -0.5})
    problem_of(replace(MODEL, look_up=look_up), plate, save=SAVED)
    with pytest.raises(BadProblem, match=r"'NK.half_engaged'"):
        problem_of(MODEL, plate, save=SAVED)
