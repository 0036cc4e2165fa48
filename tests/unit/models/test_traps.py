"""Soluble CD25 and antibodies in the well: closed forms and whom they work for."""

from itertools import permutations

import numpy as np
import pytest

from il2sim.errors import BadModel, UnknownName
from il2sim.models.body import WILD_TYPE, values_for
from il2sim.models.dish import dish
from il2sim.models.family import sequential
from il2sim.models.lasting import LASTING
from il2sim.models.mechanisms import MULTIVALENT, PAIRED
from il2sim.models.traps import blocking_cd25, decoy, triggered_exchange
from il2sim.study.wells import Plate, incubate
from il2sim.symbolic import Output, Reference
from il2sim.units import AVOGADRO


def test_a_trap_follows_the_binding_quadratic():
    """Without cells, free IL-2 is the root for 5 nM in 20 nM of soluble CD25."""
    model = dish(("NK",), decoy("soluble CD25"))
    plate = Plate({"il2": 5.0, "soluble CD25": 20.0}, [50.0], {"NK.seeded": 1e-6})
    seen = incubate(model, plate, tolerance=1e-8)
    spare = 10.0 + 20.0 - 5.0
    free = (-spare + np.sqrt(spare**2 + 4 * 10.0 * 5.0)) / 2
    assert seen["il2 left"][0, 0] == pytest.approx(free, rel=1e-5)
    assert seen["held by soluble CD25"][0, 0] == pytest.approx(5.0 - free, rel=1e-5)


def test_covered_dimers_are_in_detailed_balance():
    """At equilibrium covered over bare dimers are free antibody over its constant.

    Nothing goes inside; few cells, so that the medium stays as it was.
    """
    values = {
        "trafficking.k_internalize": 0.0,
        "trafficking.k_lose_cd122": 1e-9,
        "NK.cd25_at_rest": 1e-9,
        "NK.seeded": 1e-3,
    }
    model = dish(("NK",), blocking_cd25("antibody"))
    plate = Plate({"il2": 1.0, "antibody": [1e-9, 3.0]}, [3000.0], values)
    seen = incubate(model, plate, tolerance=1e-7)
    free = seen["il2 left"][:, 0]
    antibody = 3.0 - seen["held by antibody"][1, 0]
    load = free[1] * (1 + antibody / 1.0) / 1.0  # both kinds bind with 1 nM
    assert seen["engaged on NK"][1, 0] == pytest.approx(
        8503 * load / (1 + load), rel=1e-4
    )


def test_an_antibody_on_the_cd25_site_takes_the_lead_from_treg():
    """Treg lose potency by orders, NK keep what CD122 alone gives them."""
    dose = np.logspace(-4, 2, 19)
    halves = []
    for antibody in (0.0, 1000.0):
        plate = Plate({"il2": dose, "antibody": antibody}, [1.0])
        seen = incubate(dish(("Treg", "NK"), blocking_cd25("antibody")), plate)
        curves = [seen[f"engaged on {cell}"][:, 0] for cell in ("Treg", "NK")]
        halves.append(
            [np.exp(np.interp(one.max() / 2, one, np.log(dose))) for one in curves]
        )
    (treg, nk), (treg_with, nk_with) = halves
    assert treg_with > 10 * treg
    assert nk_with < 2 * nk
    assert treg_with > 0.5 * nk_with


def test_an_exchanging_antibody_leaves_il2_to_cd25():
    """With it NK see next to nothing, Treg still signal (direction of V334)."""
    model = dish(("Treg", "NK"), triggered_exchange("antibody"))
    plate = Plate({"il2": 1.0, "antibody": [0.0, 30.0]}, [1.0])
    seen = incubate(model, plate)
    treg, nk = (seen[f"engaged on {cell}"][:, 0] for cell in ("Treg", "NK"))
    assert treg[1] / treg[0] > 2 * nk[1] / nk[0]
    assert nk[1] < 0.3 * nk[0]


def test_without_the_trap_the_cell_is_the_one_without_it():
    """A trap that is not added changes nothing, within the tolerance of a step."""
    plate = Plate({"il2": 0.5}, [1.0])
    plain, with_trap = (
        incubate(dish(("Treg",), one), plate, save=["engaged on Treg"]).values
        for one in (PAIRED, blocking_cd25("antibody"))
    )
    np.testing.assert_allclose(with_trap, plain, rtol=1e-4)


SOLUBLE, ANTIBODY = "soluble CD25", "antibody"

PAIRS = {
    "decoy and decoy": (decoy, decoy),
    "decoy and block": (decoy, blocking_cd25),
    "block and block": (blocking_cd25, blocking_cd25),
}
"""What soluble CD25 and the antibody do, where both are in the well."""


def both(add_soluble, add_antibody):
    """The two orders in which the traps are added."""
    return (
        add_soluble(SOLUBLE, add_antibody(ANTIBODY)),
        add_antibody(ANTIBODY, add_soluble(SOLUBLE)),
    )


def test_two_traps_share_a_ligand_by_the_cubic():
    """Without cells, free IL-2 solves L + 20 L/(10 + L) + 3 L/(1 + L) = 5 nM."""
    cubic = np.poly1d([1, 0]) * np.poly1d([1, 10]) * np.poly1d([1, 1])
    cubic += 20 * np.poly1d([1, 0]) * np.poly1d([1, 1])
    cubic += 3 * np.poly1d([1, 0]) * np.poly1d([1, 10])
    cubic -= 5 * np.poly1d([1, 10]) * np.poly1d([1, 1])
    [free] = [one.real for one in cubic.roots if one.real > 0]
    doses = {"il2": 5.0, SOLUBLE: 20.0, ANTIBODY: 3.0}
    plate = Plate(doses, [300.0], {"NK.seeded": 1e-6})
    for mechanism in both(decoy, decoy):
        seen = incubate(dish(("NK",), mechanism), plate, tolerance=1e-8)
        held = {one: seen[f"held by {one}"][0, 0] for one in (SOLUBLE, ANTIBODY)}
        assert seen["il2 left"][0, 0] == pytest.approx(free, rel=1e-5)
        assert held[SOLUBLE] == pytest.approx(20 * free / (10 + free), rel=1e-5)
        assert held[ANTIBODY] == pytest.approx(3 * free / (1 + free), rel=1e-5)


@pytest.mark.parametrize("adds", PAIRS.values(), ids=PAIRS)
def test_a_second_trap_of_amount_zero_changes_nothing(adds):
    """In either order, all that one trap alone shows stays, to the tolerance."""
    alone = dict(zip((SOLUBLE, ANTIBODY), adds, strict=True))
    for trap, add in alone.items():
        [other] = set(alone) - {trap}
        doses = {"il2": [0.05, 1.0], trap: [3.0, 30.0]}
        plain = incubate(dish(("Treg", "NK"), add(trap)), Plate(doses, [0.5, 3.0]))
        for mechanism in both(*adds):
            assert set(mechanism.traps) == {SOLUBLE, ANTIBODY}
            plate = Plate(doses | {other: 0.0}, [0.5, 3.0])
            seen = incubate(dish(("Treg", "NK"), mechanism), plate)
            for name in plain.names:
                np.testing.assert_allclose(seen[name], plain[name], 1e-4, 1e-9)
            assert not np.any(seen[f"held by {other}"])


@pytest.mark.parametrize("adds", PAIRS.values(), ids=PAIRS)
def test_the_order_of_traps_does_not_matter(adds):
    """Both orders are one biology: every output agrees, with both in the well."""
    plate = Plate({"il2": [0.05, 1.0], SOLUBLE: 20.0, ANTIBODY: 2.0}, [0.5, 3.0])
    first, second = (
        incubate(dish(("Treg", "NK"), one), plate, tolerance=1e-7)
        for one in both(*adds)
    )
    assert set(first.names) == set(second.names)
    for name in first.names:
        np.testing.assert_allclose(first[name], second[name], 1e-5, 1e-9)


@pytest.mark.parametrize("adds", PAIRS.values(), ids=PAIRS)
def test_il2_is_free_or_in_one_of_two_traps_or_on_cells(adds):
    """Its total stays in every well, where nothing goes inside."""
    volume_l, n_cells = 1e-4, 1e7
    values = {
        "trafficking.k_internalize": 0.0,
        "well.volume": volume_l,
        "NK.seeded": n_cells,
    }
    doses = {"il2": [0.3, 1.0, 5.0], SOLUBLE: [40.0, 5.0, 0.0], ANTIBODY: 4.0}
    seen = incubate(
        dish(("NK",), both(*adds)[0]),
        Plate(doses, [0.2, 2.0, 20.0], values),
        tolerance=1e-7,
    )
    traps = seen[f"held by {SOLUBLE}"] + seen[f"held by {ANTIBODY}"]
    on_cells = seen["engaged on NK"] * n_cells / AVOGADRO / volume_l
    assert np.all(on_cells[:, -1] > 0.01 * np.array(doses["il2"]))
    total = seen["il2 left"] + traps + on_cells
    np.testing.assert_allclose(total, np.transpose([doses["il2"]] * 3), rtol=1e-5)


def test_dimers_covered_by_two_traps_are_in_detailed_balance():
    """The load of the dimer grows with each free trap over its own constant."""
    values = {
        "trafficking.k_internalize": 0.0,
        "trafficking.k_lose_cd122": 1e-9,
        "NK.cd25_at_rest": 1e-9,
        "NK.seeded": 1e-3,
    }
    model = dish(("NK",), both(blocking_cd25, blocking_cd25)[0])
    plate = Plate({"il2": 1.0, SOLUBLE: 20.0, ANTIBODY: 3.0}, [3000.0], values)
    seen = incubate(model, plate, tolerance=1e-7)
    empty = {
        one: amount - seen[f"held by {one}"][0, 0]
        for one, amount in ((SOLUBLE, 20.0), (ANTIBODY, 3.0))
    }
    load = seen["il2 left"][0, 0] * (1 + empty[SOLUBLE] / 10 + empty[ANTIBODY] / 1)
    assert seen["engaged on NK"][0, 0] == pytest.approx(
        8503 * load / (1 + load), rel=1e-4
    )


def test_an_exchanging_antibody_goes_with_a_decoy():
    """In both orders; soluble CD25 that is not there leaves what the antibody does."""
    doses = {"il2": 1.0, ANTIBODY: 30.0}
    plain = incubate(dish(("Treg",), triggered_exchange(ANTIBODY)), Plate(doses, [1.0]))
    for mechanism in (
        decoy(SOLUBLE, triggered_exchange(ANTIBODY)),
        triggered_exchange(ANTIBODY, decoy(SOLUBLE, sequential())),
    ):
        seen = incubate(
            dish(("Treg",), mechanism), Plate(doses | {SOLUBLE: [0.0, 500.0]}, [1.0])
        )
        for name in plain.names:
            np.testing.assert_allclose(seen[name][:1], plain[name], 1e-4, 1e-9)
        assert seen["engaged on Treg"][1, 0] < 0.9 * plain["engaged on Treg"][0, 0]


def test_cd25_that_holds_il2_in_its_trap_is_still_on_the_surface():
    """Where nothing goes inside all 3476 are there, hundreds of them with both."""
    ternary = Reference(f"Treg exchange by {ANTIBODY}.ternary")
    model = dish(("Treg",), triggered_exchange(ANTIBODY)).with_outputs(
        [Output("with both", "molecule/cell", "CD25 with IL-2 in its trap", ternary)]
    )
    values = {"antibody.weakening": 1.0, "endosome.k_internalize": 0.0}
    plate = Plate({"il2": 10.0, ANTIBODY: 1000.0}, [0.5], values)
    seen = incubate(model, plate, save=["CD25 on Treg", "with both"], tolerance=1e-7)
    assert seen["with both"][0, 0] > 500
    assert seen["CD25 on Treg"][0, 0] == pytest.approx(3476, rel=1e-5)


def test_traps_keep_the_signal_of_the_mechanism():
    """Receptors that signal inside go on to do so beside a trap that is not there."""
    plate = Plate({"il2": 0.5}, [2.0])
    plain, with_trap = (
        incubate(dish(("Treg",), one), plate, save=["engaged on Treg"]).values
        for one in (LASTING, blocking_cd25(ANTIBODY, LASTING))
    )
    np.testing.assert_allclose(with_trap, plain, rtol=1e-4)


def test_two_antibodies_of_ones_own():
    """With values from a `look_up`, a trap has any name, and two of one kind go."""
    known = values_for(WILD_TYPE)

    def look_up(name):
        return known(name.replace("first", ANTIBODY).replace("second", ANTIBODY))

    mechanism = decoy("first", decoy("second"))
    model = dish(("NK",), mechanism, look_up=look_up)
    shared = incubate(model, Plate({"il2": 1.0, "first": 2.0, "second": 2.0}, [1.0]))
    single = dish(("NK",), decoy(ANTIBODY))
    one = incubate(single, Plate({"il2": 1.0, ANTIBODY: 4.0}, [1.0]))
    np.testing.assert_allclose(shared["il2 left"], one["il2 left"], rtol=1e-4)


@pytest.mark.parametrize("adds", [*permutations((decoy, blocking_cd25), 2)])
def test_a_name_stands_for_one_thing_in_the_medium(adds):
    """That of a trap or a ligand which is there already is refused."""
    outer, inner = adds
    with pytest.raises(BadModel, match="'antibody' in its medium already"):
        outer(ANTIBODY, decoy(SOLUBLE, inner(ANTIBODY)))
    with pytest.raises(BadModel, match="'il2' in its medium already"):
        outer("il2")


def test_a_trap_without_values_is_refused_with_those_that_have_them():
    """Not every trap has every parameter in the tables."""
    with pytest.raises(UnknownName, match="no weakening of the trap") as found:
        dish(("NK",), triggered_exchange(SOLUBLE))
    assert "weakening: 'antibody'; or" in str(found.value)
    with pytest.raises(UnknownName, match="no k_hold and kd of the trap") as found:
        dish(("NK",), decoy("JES6-1", decoy(SOLUBLE)))
    assert "'antibody', 'soluble CD25'; or a look_up" in str(found.value)


def test_cells_without_what_a_trap_changes_are_refused():
    """A trap on cells of another kind is a mistake, told when they are joined."""
    with pytest.raises(BadModel, match="blocks CD25") as found:
        blocking_cd25(ANTIBODY, triggered_exchange(SOLUBLE))
    assert "try:      blocking_cd25('antibody', PAIRED)" in str(found.value)
    with pytest.raises(BadModel, match=r"no '<cell> receptors\.dimer'"):
        blocking_cd25(ANTIBODY, MULTIVALENT)
    with pytest.raises(BadModel, match="hands IL-2 over"):
        triggered_exchange(ANTIBODY, PAIRED)
    with pytest.raises(BadModel, match="nothing to hold"):
        decoy(ANTIBODY, sequential("il15"))
