"""Doses, sizes, counts and molecules reach the arrays; known answers come back."""

import numpy as np
import pytest

from il2sim.engine.rows import put_together
from il2sim.errors import BadProblem, BadRegimen, SolveFailed, UnitMismatch, UnknownName
from il2sim.molecules import catalog
from il2sim.study.population import Varied
from il2sim.study.populations import adults, cancer_patients
from il2sim.study.portions import portions
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import prepare, simulate, solve_task
from il2sim.units import Quantity, hours
from tests.unit.study.tiny import VALUES, tiny

LOSS = VALUES["plasma.k_lose"].value
"""Of the tiny model [1/h]."""

PEOPLE = adults(n=5, seed=4)
# The tiny model has none of the body's parameters.
PLAIN = PEOPLE.without_spread()


def run(text, population=PLAIN, device="reference", **more):
    return simulate(
        tiny(),
        Regimen.parse(text),
        population,
        times=hours(0, 24, every=6),
        device=device,
        tolerance=1e-8,
        **more,
    )


@pytest.mark.parametrize("device", ["reference", "cpu"])
def test_boluses_by_weight_decay_as_the_closed_form(device):
    """Two doses in IU/kg: amounts by product and weight, samples before a dose."""
    got = run("aldesleukin 600 kIU/kg iv every 12 h, 2 doses", device=device)
    weight = PLAIN.draw().weight_kg
    one = catalog.product("aldesleukin").to_nmol(600, "kIU") * weight
    times = got.times_h
    expected = one[:, None] * np.exp(-LOSS * times) * (times > 0)
    second = one[:, None] * np.exp(-LOSS * (times - 12)) * (times > 12)
    np.testing.assert_allclose(
        got["amount"].values, expected + second, rtol=1e-6, atol=1e-9
    )
    peak = one * (1 + np.exp(-LOSS * 12))
    np.testing.assert_allclose(got["amount"].peak, peak, rtol=1e-6)


def test_infusions_by_surface_and_flat_doses():
    surface = PLAIN.draw().surface_m2
    got = run("aldesleukin 2.4 MIU/m2/day iv continuous for 1 day")
    rate = catalog.product("aldesleukin").to_nmol(0.1, "MIU") * surface
    expected = rate / LOSS * (1 - np.exp(-LOSS * 24.0))
    np.testing.assert_allclose(got["amount"].at(24.0), expected, rtol=1e-6)
    flat = run("aldesleukin 10 nmol iv over 6 h, once")["amount"].at(6.0)
    expected = 10 / 6 / LOSS * (1 - np.exp(-LOSS * 6.0))
    np.testing.assert_allclose(flat, expected, rtol=1e-6)


def test_weight_and_counts_of_each_subject_reach_the_model():
    people = adults(n=5, seed=4)
    plain = type(people)(people.name, people.meaning, people.traits, n=5, seed=4)
    drawn = plain.draw()
    got = run("aldesleukin 10 nmol iv once", plain)
    np.testing.assert_allclose(
        got["memory Treg"].resting, drawn.counts["memory Treg"], rtol=1e-12
    )
    volume = 0.040 * drawn.weight_kg
    expected = 10 / volume * 1e3 * np.exp(-LOSS * 6.0)  # nM in pM
    np.testing.assert_allclose(got["plasma IL-2"].at(6.0), expected, rtol=1e-6)
    assert got["plasma IL-2"].unit == "pM"


def test_a_varied_parameter_multiplies_the_value_of_the_model():
    varied = PLAIN.with_varied(Varied("plasma.k_lose", 0.5, "test", True))
    got = run("aldesleukin 10 nmol iv once", varied)
    factor = varied.draw().factors["plasma.k_lose"]
    assert len(set(factor)) == 5
    expected = 10 * np.exp(-LOSS * factor * 6.0)
    np.testing.assert_allclose(got["amount"].at(6.0), expected, rtol=1e-6)


def test_a_parameter_the_model_lacks_is_named():
    """Unless it was said to matter only where it is present."""
    lacking = PLAIN.with_varied(Varied("plasma.k_loss", 0.5, "test", True))
    with pytest.raises(UnknownName, match=r"'plasma\.k_lose'"):
        run("aldesleukin 10 nmol iv once", lacking)
    optional = Varied("tumor.growth", 0.5, "test", True, where_present=True)
    run("aldesleukin 10 nmol iv once", PLAIN.with_varied(optional))
    with pytest.raises(UnknownName):
        run("aldesleukin 10 nmol iv once", cancer_patients(n=2))


def test_the_molecule_of_the_product_reaches_the_model():
    task = prepare(
        tiny(),
        Regimen.parse("aldesleukin 10 nmol iv once"),
        PLAIN,
        times=hours(0, 24, every=6),
    )
    column = list(tiny().parameters).index("il2.kd_alpha")
    wanted = catalog.variant("aldesleukin").parameters()["il2.kd_alpha"]
    assert (
        task.problem().parameters[0, column] == wanted != VALUES["il2.kd_alpha"].value
    )


def test_half_of_the_subjects_are_the_same_subjects():
    few, many = (run("aldesleukin 1 MIU/kg iv once", PLAIN.sized(n)) for n in (3, 7))
    assert np.array_equal(few.values, many.values[:3])


def test_portions_put_together_are_the_whole():
    task = prepare(
        tiny(),
        Regimen.parse("aldesleukin 1 MIU/kg iv once"),
        PLAIN.sized(7),
        times=hours(0, 24, every=6),
    )
    whole = solve_task(task, device="reference")
    parts = [solve_task(task, some, device="reference") for some in portions(7, 3)]
    joined = put_together(parts)
    assert np.array_equal(joined.values, whole.values)
    assert np.array_equal(joined.status, whole.status)
    assert joined.provenance.key == whole.provenance.key
    with pytest.raises(BadProblem, match="nothing"):
        put_together([])
    other = run("aldesleukin 1 MIU/kg iv once", save=["amount"])
    with pytest.raises(BadProblem, match="different"):
        put_together([whole, other])


def test_what_decides_the_numbers_decides_the_key():
    def key(text="aldesleukin 1 MIU/kg iv once", population=PLAIN, **more):
        task = prepare(
            tiny(),
            Regimen.parse(text),
            population,
            **{"times": hours(0, 24, every=6), **more},
        )
        return task.provenance("cpu").key

    same = key()
    assert same == key()
    others = [
        key("aldesleukin 2 MIU/kg iv once"),
        key(population=PLAIN.seeded(9)),
        key(population=PLAIN.sized(6)),
        key(times=hours(0, 48, every=6)),
        key(save=["amount"]),
        key(tolerance=1e-6),
    ]
    assert len({same, *others}) == 7


def test_names_units_and_routes_are_checked_before_anything_is_solved():
    with pytest.raises(UnknownName, match="'memory Treg'"):
        run("aldesleukin 10 nmol iv once", save=["memry Treg"])
    with pytest.raises(UnknownName, match="'aldesleukin'"):
        run("aldesleukn 10 nmol iv once")
    with pytest.raises(BadRegimen, match="no way in"):
        run("aldesleukin 10 nmol sc once")
    with pytest.raises(UnitMismatch):
        simulate(
            tiny(),
            Regimen.parse("aldesleukin 10 nmol iv once"),
            PLAIN,
            times=Quantity([0.0, 1.0], "kg"),
        )


def test_two_molecules_in_one_regimen_are_refused():
    text = "aldesleukin 1 MIU iv once; then rezpegaldesleukin 1 nmol iv once from day 2"
    with pytest.raises(BadRegimen, match="different molecules"):
        run(text)


def test_a_failure_is_a_value_unless_it_is_asked_to_stop(monkeypatch):
    broken = PLAIN.with_varied(Varied("plasma.k_lose", 0.5, "test", True))
    draw = type(broken).draw

    def with_one_infinite(self, some=None):
        people = draw(self, some)
        factor = np.array(people.factors["plasma.k_lose"])
        factor[2] = np.nan
        return type(people)(**{**vars(people), "factors": {"plasma.k_lose": factor}})

    monkeypatch.setattr(type(broken), "draw", with_one_infinite)
    got = run("aldesleukin 10 nmol iv once", broken)
    assert got.is_done.tolist() == [True, True, False, True, True]
    with pytest.raises(SolveFailed, match="subject 2"):
        run("aldesleukin 10 nmol iv once", broken, on_failure="raise")
