"""What the complete models are made of."""

from __future__ import annotations

import pytest

from il2sim.errors import UnknownName
from il2sim.models import body, body_with_tumor
from il2sim.models.cells import POPULATIONS, REPORTED, THYMIC
from il2sim.symbolic import conserved_totals


def test_every_population_has_receptors_in_both_places():
    """Eight populations, each facing plasma and in tissue, four species each."""
    states = body().states
    for cell in POPULATIONS:
        for place in ("facing", "tissue"):
            for species in ("cd25", "cd122", "dimer", "trimer"):
                assert f"{cell} {place} receptors.{species}" in states


def test_populations_of_the_clinic_are_recorded():
    """The names that summaries use, and TREC where there is a thymus."""
    outputs = body().outputs
    for name in (*REPORTED, "lymphocytes", "plasma IL-2"):
        assert name in outputs
    assert {outputs[name].unit for name in REPORTED} == {"cell/uL"}
    for cell in THYMIC:
        assert f"TREC per {cell}" in outputs
        assert f"emigrants of {cell}" in outputs


def test_both_routes_lead_to_naive_treg():
    """Export and division are two processes with values of their own."""
    model = body()
    changed = {
        f"{one.component.name}: {one.process.name}"
        for one in model.changes
        if one.state == "naive Treg.pool"
    }
    assert {"naive Treg export: export", "naive Treg: divide"} <= changed
    assert {"naive Treg.export_by_il2", "naive Treg.division_by_il2"} <= set(
        model.parameters
    )


def test_a_molecule_is_values_never_another_model():
    """Models around two molecules have one fingerprint."""
    assert body("teceleukin").fingerprint == body().fingerprint


def test_an_unknown_molecule_is_refused():
    """With the closest known."""
    with pytest.raises(UnknownName, match="teceleukine"):
        body("teceleukine")


def test_a_person_conserves_nothing():
    """Cells, receptors and IL-2 all come and go; no total is constant by accident."""
    assert conserved_totals(body_with_tumor()) == []
