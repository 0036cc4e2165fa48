"""Half-maximal doses that were measured, against those that are screened."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from il2sim.app.candidates import candidate_of
from il2sim.app.screen import screened
from il2sim.evidence import library, measurement, measurements
from il2sim.inference.facts import shipped
from il2sim.models.dish import CELLS
from il2sim.models.fusions import MEETING
from il2sim.molecules import variant

GATES = {"Treg": "Treg", "CD4 Tcon": "CD4 Tconv", "CD8": "CD8", "NK": "NK"}
WILD_TYPE = candidate_of(variant("aldesleukin"))

MEASURED = {
    ("Treg", 0.5): "E331",
    ("CD4 Tconv", 0.5): "E334",
    ("CD8", 0.5): "E337",
    ("NK", 0.5): "E338",
    ("Treg", 1.0): "E339",
    ("CD8", 1.0): "E340",
    ("NK", 1.0): "E341",
}
"""Half-maximal unfused IL-2 in blood cells, by cell and hour: the plate of the fit."""


def _screened(candidates, time_h=1.0):
    """Half-maximal doses as fitted, by molecule and cell."""
    found = screened(candidates, time_h=time_h)
    return {
        (one.name, cell): half
        for one, row in zip(candidates, found.halves[:, 0], strict=True)
        for cell, half in zip(CELLS, row, strict=True)
    }


@pytest.mark.parametrize("time_h", [0.5, 1.0])
def test_unfused_il2_has_the_half_maximal_doses_of_the_plate(time_h):
    """E331-E341 within 1.6-fold, which is how far replicates of Treg are apart.

    Known to be off: Treg gain fivefold in sensitivity from 0.5 to 1 h, in the model a
    third, so E339 is missed by up to 3.2-fold (docs/understand/receptors.md).
    """
    found = _screened([WILD_TYPE], time_h)
    for (cell, hour), key in MEASURED.items():
        if hour == time_h:
            most = 3.2 if key == "E339" else 1.6
            ratio = found[WILD_TYPE.name, cell] / measurement(key).to("nM")
            assert 1 / most < ratio < most, (cell, ratio)


def test_unfused_il2_has_its_half_maximal_doses_on_another_plate():
    """0.024, 2.08, 1.71 nM at 1 h on Treg, CD8, NK (V106-V109), within 1.6-fold.

    Helper cells (0.386) are missed, by up to fourfold: the fit has them as sensitive
    at 1 h as at 30 min, as the plate had them then (E334).
    """
    found = _screened([WILD_TYPE])
    for cell, wanted in zip(CELLS, (0.024, 0.386, 2.08, 1.71), strict=True):
        most = 4.0 if cell == "CD4 Tconv" else 1.6
        assert 1 / most < found[WILD_TYPE.name, cell] / wanted < most, cell


def test_fusions_are_in_their_order_and_size():
    """40 doses of Fc fusions (V255-V294): correlation above 0.6, offset below 2.5.

    Doses of two arms were measured in units of IL-2 and are screened in molecules.
    The panel of which these doses are a part was fitted, so this is no test of the
    fit, but of what is screened with it. A dose without a plateau counts as 50 nM.
    """
    rows = [
        row
        for row in measurements("potency")
        if row.quantity.endswith("refit") and "Fc" in row.conditions["product"]
    ]
    names = sorted({row.conditions["product"] for row in rows})
    ones = [candidate_of(variant(name)) for name in names]
    twos = [replace(one, name=f"{one.name} x2", arms=2.0) for one in ones]
    found = _screened([*ones, *twos])
    pairs = []
    for row in rows:
        cell, arms = re.split(r", ", row.conditions["assay"])[:2]
        units = 2 if arms == "bivalent" else 1
        name = row.conditions["product"] + (" x2" if units > 1 else "")
        half = min(found[name, GATES[cell]], 50.0)
        pairs.append((row.to("nM"), units * half))
    measured, predicted = np.log10(np.array(pairs).T)
    assert len(pairs) == 40
    assert np.corrcoef(measured, predicted)[0, 1] > 0.6
    assert 0.4 < 10 ** np.mean(measured - predicted) < 2.5


def test_the_rate_assumed_of_fusions_is_that_of_the_fit():
    """Within a tenth of the shipped value."""
    [row] = [one for one in shipped("panel.tsv") if one["name"] == "meet"]
    assumed = library.parameter(MEETING)
    assert assumed.value == pytest.approx(float(row["value"]), rel=0.1)
    assert assumed.low < float(row["low"]) < float(row["high"]) < assumed.high
