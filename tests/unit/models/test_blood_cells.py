"""What the plate tells of the body is what the fit of receptors means by it."""

import numpy as np
import pytest

from il2sim.evidence import library
from il2sim.evidence.fitted import fitted_draws, fitted_numbers
from il2sim.inference import receptors
from il2sim.models import body, dish
from il2sim.models.blood_cells import (
    DRAWS,
    MANY_CD25,
    TABLE,
    plate_values,
    powers_of,
    told,
    value_of,
)
from il2sim.models.cells import NK_BRIGHT, NK_DIM, POPULATIONS, TREG
from il2sim.study.wells import Plate, incubate

NUMBERS = {name: one.value for name, one in fitted_numbers(TABLE).items()}
GATE_OF = {cell: "NK" if cell == NK_DIM else cell for cell in POPULATIONS}
TOLD = [cell for cell in POPULATIONS if cell != NK_BRIGHT]


def in_the_fit(cell):
    """CD25 of a cell in the wells of the fit, by its own rules."""
    plan = receptors.read_plan()
    gate = plan.gate(GATE_OF[cell])
    layout = receptors.Layout((gate,), ("IL2",), np.array([1.0]))
    middle = receptors.NODES // 2  # the cell whose CD25 is that of its gate
    one = plan.free["dim"]
    decades = layout.columns[one["wells"]][middle]
    return gate.cd25 * (NUMBERS["dim"] / one["at"]) ** decades


def of_fresh_cells(cd122, engaged):
    """pSTAT5 of the cells of the fit by receptors engaged; nothing goes inside."""
    cell = receptors.CELL
    names = {"inhibitor": "per_cd122", "tight": "tight", "half_free": "half_free"}
    values = {f"titrated.{name}": NUMBERS[number] for number, name in names.items()}
    values |= {
        "trafficking.k_internalize": 0.0,
        "trafficking.k_lose_cd25": 1e-9,
        "trafficking.k_lose_cd122": 1e-9,
        "trafficking.k_shed": 0.0,
        "fading.k_fade": 1e-9,
        "mixed_medium.k_mix": 1e6,
        "il2.kon_beta_gamma": 1e6,
        "il2.kd_beta_gamma": 1.0,
        f"{cell}.cd25_at_rest": 1e-9,
        f"{cell}.cd122_at_rest": cd122,
        f"{cell}.seeded": 1e-3,
    }
    plate = Plate({"il2": engaged / (cd122 - engaged)}, [0.01], values)
    model = receptors.model_of(receptors.read_plan().chosen)
    return incubate(model, plate, tolerance=1e-7)[f"pSTAT5 of {cell}"][:, 0]


def test_the_cell_compared_with_is_that_of_the_fit():
    assert receptors.MANY_CD25 == MANY_CD25


@pytest.mark.parametrize("cell", TOLD)
def test_thresholds_are_those_of_the_wells(cell):
    """Half of what a fresh cell of the plate gives with all of its CD122 engaged.

    In the plate cells differ in inhibitor and it can let go, which moves the half by
    less than 5 %.
    """
    cd122 = library.parameter(f"{cell}.cd122_at_rest").value
    engaged = value_of(f"{cell}.half_engaged").value
    half, most = of_fresh_cells(cd122, np.array([engaged, 0.9999 * cd122]))
    assert half == pytest.approx(most / 2, rel=0.05)


@pytest.mark.parametrize("cell", [cell for cell in TOLD if cell not in TREG])
def test_dim_cells_have_the_cd25_of_the_wells(cell):
    found = value_of(f"{cell}.cd25_at_rest").value
    assert found == pytest.approx(in_the_fit(cell), rel=1e-6)
    assert found < library.parameter(f"{cell}.cd25_at_rest").value


def test_rates_are_those_of_the_fit():
    for number, name in (
        ("assemble", "binding.k_assemble"),
        ("meet", "binding.meeting"),
        ("internalize", "trafficking.k_internalize"),
    ):
        assert value_of(name).value == NUMBERS[number]


def test_the_body_uses_what_the_plate_tells_and_names_the_fit():
    """Value, range and source of every such parameter, in `il2sim show model body`."""
    model = body()
    for name, one in plate_values().items():
        used = model.parameters[name]
        assert (used.value, used.low, used.high) == (one.value, one.low, one.high)
        assert used.source.startswith("fit ")
        assert not used.is_assumption
        assert f"{name} = {one.value:.6g}" in str(model)


def test_a_dish_begins_where_the_fit_begins():
    """Tables and molecule: fits move them, and must find them as they were."""
    model = dish(("memory Treg", "NK dim"))
    for name in plate_values():
        if name in model.parameters:
            assert model.parameters[name].value == library.parameter(name).value
    assert model.parameters["binding.meeting"].value == 1


def test_the_body_answers_more_steeply_than_a_dish():
    """One row of its own, in place of the row that a dish has."""
    own = library.parameter("division.steepness")
    assert body().parameters["signaling.steepness"].value == own.value
    assert value_of("signaling.steepness").low == own.low
    dished = dish(("memory Treg",)).parameters["signaling.steepness"].value
    assert dished == library.parameter("signaling.steepness").value < own.value


def test_what_no_plate_has_is_as_in_the_tables():
    names = {f"{NK_BRIGHT}.half_engaged", f"{NK_BRIGHT}.cd25_at_rest"}
    names |= {f"{cell}.cd25_at_rest" for cell in TREG}
    assert not names & set(plate_values())
    assert all(value_of(name) == library.parameter(name) for name in names)


def test_ranges_are_nine_tenths_of_the_draws():
    for one in told():
        drawn = [one.at(draw) for draw in fitted_draws(DRAWS)]
        low, high = np.quantile(drawn, [0.05, 0.95])
        found = plate_values()[one.name]
        assert found.low == pytest.approx(min(low, found.value))
        assert found.high == pytest.approx(max(high, found.value))


def test_powers_say_how_values_move():
    """A thousandth more of a number moves each value as its power says."""
    for number in ("inhibitor", "half_free", "dim", "meet"):
        moved = NUMBERS | {number: 1.001 * NUMBERS[number]}
        for one in told():
            power = powers_of(number).get(one.name, 0.0)
            assert one.at(moved) == pytest.approx(one.at(NUMBERS) * 1.001**power, 1e-6)
