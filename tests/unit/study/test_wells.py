"""Plates: shapes, agreement with the slow reference, and mistakes of the caller."""

import numpy as np
import pytest

from il2sim.errors import BadProblem, UnknownName
from il2sim.models.dish import dish
from il2sim.study.wells import Plate, incubate

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
