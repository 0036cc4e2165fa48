"""Cells as doses: counted, conserved, followed among the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from il2sim.errors import BadRegimen, UnitMismatch
from il2sim.models import body, body_with_cells, body_with_tumor_and_cells
from il2sim.models.cells import POPULATIONS
from il2sim.study.attribution import DOSES, attribute
from il2sim.study.populations import adults, cancer_patients
from il2sim.study.protocol import Protocol
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import prepare, simulate
from il2sim.units import days, hours

PEOPLE = adults(n=3, seed=2)


def treat(text: str, times, save, model=None, **kw):
    return simulate(
        model or body_with_cells(),
        Regimen.parse(text),
        kw.pop("people", PEOPLE),
        times=times,
        save=save,
        on_failure="raise",
        **kw,
    )


def pool_of(cell: str) -> str:
    """The output that holds its pool; all CD8 are one, of which naive ones stay."""
    return "CD8 pool" if cell == "memory CD8" else f"{cell} pool"


@pytest.mark.parametrize(
    ("dose", "cell", "per"),
    [
        ("1e9 memory Treg iv once", "memory Treg", 1e9),
        ("3e6 naive Treg/kg iv", "naive Treg", None),
        ("TIL 5e10 cells iv over 30 min", "memory CD8", 5e10),
        ("1e8 NK cells iv", "NK dim", 1e8),
    ],
)
def test_no_cell_is_lost_on_the_way(dose, cell, per):
    """After the dose the pool has grown by what was given, and so has the label.

    Division and death move both, by less than 1 % in an hour.
    """
    after = 0.6 if "over" in dose else 1e-3
    run = treat(dose, hours(0, after, every=after), [pool_of(cell), f"given {cell}"])
    given = np.full(3, per) if per else 3e6 * PEOPLE.draw().weight_kg
    pool = run[pool_of(cell)]
    loss = 1e-2 if "over" in dose else 1e-5
    assert pool.values[:, -1] - pool.resting == pytest.approx(given, rel=loss)
    assert run[f"given {cell}"].values[:, -1] == pytest.approx(given, rel=loss)
    assert np.all(run[f"given {cell}"].resting == 0)


def test_a_few_given_cells_are_diluted_as_the_resting_pool_renews_itself():
    """Without IL-2 a resting pool loses each cell at the rate at which others enter it.

    Closed form for memory Treg: exp(-k t), k the conversions of naive Treg over the
    pool. Tolerance: ten times that of a step.
    """
    model = body_with_cells()
    names = ["naive Treg pool", "memory Treg pool", "pSTAT5 of naive Treg"]
    run = treat(
        "10 memory Treg iv once", days(0, 90, every=30), [*names, "given memory Treg"]
    )
    value = {name: one.engine_value for name, one in model.parameters.items()}
    naive, memory, signal = (run[name].resting for name in names)
    each = value["naive Treg.conversion_at_rest"] * (
        1 + value["naive Treg.conversion_by_il2"] * signal / 100
    )
    rate = each * naive / memory
    left = run["given memory Treg"].values
    for i, day in enumerate((30, 60, 90), start=1):
        assert left[:, i] == pytest.approx(10 * np.exp(-rate * 24 * day), rel=1e-3)


def test_given_cells_follow_their_pool_through_il2_and_conversion():
    """Label and pool have the same rates for each cell.

    Ten times the dose is ten times the label while both are few, whatever IL-2 does.
    """
    il2 = "; plus aldesleukin 1 MIU/m2 sc daily for 10 days"
    save = ["given naive Treg", "given memory Treg", "memory Treg pool"]
    few, more = (
        treat(f"{n} naive Treg iv once{il2}", days(0, 20, every=5), save)
        for n in (100, 1000)
    )
    for name in save[:2]:
        assert more[name].values[:, 1:] == pytest.approx(
            10 * few[name].values[:, 1:], rel=1e-3
        )
    assert np.all(few["given memory Treg"].values[:, -1] > 0)
    plain = treat("100 naive Treg iv once", days(0, 20, every=5), save)
    both = [sum(one[name].values[:, 2] for name in save[:2]) for one in (few, plain)]
    assert np.all(both[0] > 1.2 * both[1]), "IL-2 expands given cells too"


def test_the_model_without_cells_is_the_same_without_a_dose_of_them():
    """Other states are untouched by the label. Tolerance: ten times that of a step."""
    text, save = "aldesleukin 1 MIU/m2 sc daily for 3 days", ["memory Treg", "CD8"]
    plain, with_cells = (
        treat(text, days(0, 5, every=1), save, model) for model in (body(), None)
    )
    assert with_cells.values == pytest.approx(plain.values, rel=1e-3)


def test_the_shares_of_a_change_count_given_cells():
    """Shares sum to the change; the doses' share is what was given."""
    task = prepare(
        body_with_cells(),
        Regimen.parse("1e9 memory Treg iv once, from day 1"),
        PEOPLE,
        times=days(0, 10, every=1),
    )
    why = attribute(task, "memory Treg pool", by="event")
    assert why.gap < 1e-8
    assert why.shares[:, -1, why.parts.index(DOSES)] == pytest.approx(1e9)


def test_the_reference_gives_the_same_cells():
    """Fast and slow agree on an infusion of cells with IL-2, within ten tolerances."""
    text = "5e9 memory Treg iv over 1 h; plus aldesleukin 1 MIU/m2 sc daily for 2 days"
    save = ["memory Treg pool", "given memory Treg", "memory Treg"]
    fast, slow = (
        treat(text, days(0, 3, every=1), save, people=adults(n=1), device=device)
        for device in ("cpu", "reference")
    )
    assert fast.values == pytest.approx(slow.values, rel=1e-3)


def test_til_enter_the_tumor():
    people = cancer_patients(n=3, seed=1)
    save = ["CD8 in tumor", "tumor"]
    with_til, without = (
        treat(
            text,
            days(0, 30, every=10),
            save,
            body_with_tumor_and_cells(),
            people=people,
        )
        for text in ("1e11 TIL iv once", "1 TIL iv once")
    )
    assert np.all(with_til["CD8 in tumor"].peak > 1.3 * without["CD8 in tumor"].peak)
    assert np.all(with_til["tumor"].at(720.0) < without["tumor"].at(720.0))


def test_a_protocol_gives_cells_once():
    """Nothing is stopped at this threshold, so the bits are those of the regimen.

    The log has one dose for each that was prescribed: 1 of cells and 3 of IL-2.
    """
    text = (
        "1e9 memory Treg iv; plus aldesleukin 1 MIU/m2 sc daily for 3 days, from day 1"
    )
    save = ["memory Treg pool", "given memory Treg"]
    plain = treat(text, days(0, 5, every=1), save)
    planned = simulate(
        body_with_cells(),
        Protocol.parse(f"{text}; stop if CD8 > 1e6 cell/uL"),
        PEOPLE,
        times=days(0, 5, every=1),
        save=[*save, "CD8"],
    )
    assert np.array_equal(planned.values[:, :, :2], plain.values)
    assert planned.decisions.given_h.tolist() == [0.0, 24.0, 48.0, 72.0]
    assert np.all(planned.decisions.given == 1.0)


def test_every_population_can_be_given():
    inlets = body_with_cells().inlets
    for cell in POPULATIONS:
        assert inlets[f"{cell} iv"] == f"{cell}.pool"
        assert inlets[f"given {cell} iv"] == f"given {cell}.cells"


@pytest.mark.parametrize(
    ("text", "model", "kind", "said"),
    [
        ("1e9 memory Treg iv", body(), BadRegimen, "the model 'body_with_cells'"),
        ("1e9 memory Treg sc", None, BadRegimen, "'memory Treg sc'"),
        ("memory Treg 5 MIU iv once", None, UnitMismatch, "no number of cells"),
        ("aldesleukin 1e9 cells iv once", None, UnitMismatch, "given in nmol"),
    ],
)
def test_doses_that_cannot_be_given(text, model, kind, said):
    with pytest.raises(kind) as raised:
        treat(text, days(0, 1, every=1), ["memory Treg"], model)
    assert said in str(raised.value)


def test_prescriptions_of_cells_are_read_and_written():
    for text, written in {
        "1e9 memory Treg iv once": "memory Treg 1000000000 cells iv, once",
        "3e6 naive Treg/kg iv": "naive Treg 3000000 cells/kg iv, once",
        "1e8 cells of TIL iv, every 14 days, 3 doses": (
            "TIL 100000000 cells iv, every 14 days, 3 doses"
        ),
    }.items():
        regimen = Regimen.parse(text)
        assert str(regimen) == written
        assert Regimen.parse(written) == regimen
    til = Regimen.parse(
        "1e11 TIL iv; plus aldesleukin 720 kIU/kg iv, every 8 h, 12 doses"
    )
    assert [one.unit for one in til.doses[:2]] == ["cell", "kIU"]
    assert replace(til.courses[0], amount=2.0).doses
