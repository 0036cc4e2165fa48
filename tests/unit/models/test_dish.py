"""Cells in a well, against closed forms and the plates they were measured on."""

from dataclasses import replace

import numpy as np
import pytest

from il2sim.errors import BadVariant
from il2sim.models.dish import CELLS, dish
from il2sim.models.mechanisms import PAIRED
from il2sim.models.stat5 import cycle, threshold
from il2sim.molecules import Variant, read_catalog, variant
from il2sim.study.screening import DOSES_NM, half_maximal
from il2sim.study.wells import Plate, incubate

AVOGADRO = 6.02214076e14  # molecules in a nmol

QUIET = {
    "trafficking.k_internalize": 0.0,
    "trafficking.k_lose_cd25": 1e-9,
    "trafficking.k_lose_cd122": 1e-9,
    "trafficking.k_shed": 0.0,
}
"""Nothing goes inside, so that binding alone is left."""


def test_a_single_receptor_comes_to_the_closed_form():
    """Without CD25, the dimer holds CD122 * L / (KD + L) at equilibrium.

    Few cells, so that the medium stays as it was; the tolerance of a step is 1e-7.
    """
    dose = np.array([0.03, 0.3, 1.0, 3.0, 30.0])
    values = QUIET | {"NK.cd25_at_rest": 1e-9, "NK.seeded": 1e-3}
    seen = incubate(
        dish(("NK",)), Plate({"il2": dose}, [2000.0], values), tolerance=1e-7
    )
    wanted = 8503 * dose / (1.0 + dose)
    np.testing.assert_allclose(seen["engaged on NK"][:, 0], wanted, rtol=1e-5)


def test_detailed_balance_gives_the_trimer_its_affinity():
    """At equilibrium the trimer is to the dimer as free CD25 over its constant.

    The ratio is `k_assemble` * free CD25 / (`koff_trimer` * KD alpha / KD beta-gamma).
    """
    values = QUIET | {"Treg.seeded": 1e-3}
    model = dish(("Treg",))
    seen = incubate(model, Plate({"il2": 0.2}, [5000.0], values), tolerance=1e-7)
    known = {name: one.engine_value for name, one in model.parameters.items()}
    engaged, cd122, cd25 = (
        seen[name][0, 0]
        for name in ("engaged on Treg", "CD122 on Treg", "CD25 on Treg")
    )
    empty = cd122 - engaged
    dimer = 0.2 * empty / known["il2.kd_beta_gamma"]
    trimer = engaged - dimer
    free = (cd25 - trimer) * known["il2.kd_alpha"] / (known["il2.kd_alpha"] + 0.2)
    drop = known["il2.koff_trimer"] * known["il2.kd_alpha"] / known["il2.kd_beta_gamma"]
    assert trimer / dimer == pytest.approx(
        known["binding.k_assemble"] * free / drop, rel=1e-4
    )


def test_what_leaves_the_medium_is_on_the_cells():
    """Nothing is lost to plastic, kidney or time: amounts add up to the dose."""
    values = QUIET | {"Treg.seeded": 2e5, "NK.seeded": 2e5}
    model = dish(("Treg", "NK"))
    seen = incubate(model, Plate({"il2": 0.05}, [0.5, 4.0], values), tolerance=1e-7)
    volume = model.parameters["well.volume"].engine_value
    held = sum(seen[f"engaged on {cell}"][0] * 2e5 for cell in ("Treg", "NK"))
    total = seen["il2 left"][0] * volume + held / AVOGADRO
    np.testing.assert_allclose(total, 0.05 * volume, rtol=1e-5)


def test_plastic_takes_ligand_exponentially():
    """Without cells the medium falls by exp(-k t)."""
    model = dish(("NK",))
    values = {"NK.seeded": 1e-6, "il2.k_plastic": 0.5}
    seen = incubate(model, Plate({"il2": 1.0}, [1.0, 4.0], values), tolerance=1e-7)
    np.testing.assert_allclose(seen["il2 left"][0], np.exp([-0.5, -2.0]), rtol=1e-6)


def test_a_wash_takes_the_ligand_and_signaling_falls():
    """After a wash only what cells let go is in the medium, and NK fall silent."""
    kept, washed = (
        incubate(dish(), Plate({"il2": 1.0}, [0.5, 0.6, 3.0], wash_h=wash))
        for wash in (None, 0.5)
    )
    assert washed["il2 left"][0, 1] < 1e-4 * kept["il2 left"][0, 1]
    assert washed["pSTAT5 of NK"][0, 2] < 0.2 * kept["pSTAT5 of NK"][0, 2]


@pytest.mark.parametrize("mechanism", [PAIRED, PAIRED.with_signaling(threshold)])
def test_cells_answer_in_the_order_measured(mechanism):
    """Treg before helper cells before CD8 and NK (E331-E338), 20 to 100-fold apart."""
    dose = np.logspace(-4, 2, 25)
    seen = incubate(dish(mechanism=mechanism), Plate({"il2": dose}, [0.5]))
    half = {}
    for cell in CELLS:
        curve = seen[f"pSTAT5 of {cell}"][:, 0]
        half[cell] = np.interp(curve[-1] / 2, curve, dose)
    assert half["Treg"] < half["CD4 Tconv"] < half["CD8"]
    assert 20 < half["CD8"] / half["Treg"] < 100
    assert 20 < half["NK"] / half["Treg"] < 100


def test_the_threshold_follows_goldbeter_and_koshland():
    """With receptors held, pSTAT5 is the root of the published quadratic."""
    ratio, j = 1.4, 0.2
    values = QUIET | {"NK.cd25_at_rest": 1e-9, "NK.seeded": 1e-3}
    model = dish(("NK",), PAIRED.with_signaling(threshold))
    engaged = 8503 * 2.0 / 3.0
    values["NK.half_engaged"] = engaged / ratio
    seen = incubate(model, Plate({"il2": 2.0}, [3000.0], values), tolerance=1e-7)
    b = 1 - ratio + j + ratio * j
    wanted = 2 * ratio * j / (b + np.sqrt(b * b - 4 * (1 - ratio) * ratio * j))
    assert seen["pSTAT5 of NK"][0, 0] == pytest.approx(100 * wanted, rel=1e-4)


def test_the_cycle_keeps_all_stat5():
    """Singles and twice the pairs, in cytosol and nucleus, stay what they were."""
    from il2sim.models.stat5 import Stat5Cycle
    from il2sim.symbolic import conserved_totals

    weights = {
        "empty": "1",
        "single": "1",
        "nuclear": "1",
        "pair": "2",
        "nuclear_pair": "2",
        "spent_pair": "2",
    }
    kept = [
        {name: str(by) for name, by in one.items()}
        for one in conserved_totals(Stat5Cycle)
    ]
    assert weights in kept
    seen = incubate(
        dish(("NK",), PAIRED.with_signaling(cycle)), Plate({"il2": 5.0}, [0.5])
    )
    assert 10 < seen["pSTAT5 of NK"][0, 0] < 100


@pytest.mark.parametrize("cell", CELLS)
def test_resting_cells_consume_what_their_receptors_can(cell):
    """At saturation 0.03 to 15 molecules a second and cell, the audit of consumption.

    Between 0.25 and 0.5 h in 20 nM, from what leaves the medium; later helper cells,
    limited by the making of CD122, fall just below it (0.029).
    """
    model = dish((cell,))
    values = {f"{cell}.seeded": 1e5}
    seen = incubate(model, Plate({"il2": 20.0}, [0.25, 0.5], values), tolerance=1e-8)
    left = seen["il2 left"][0] * model.parameters["well.volume"].engine_value
    taken = (left[0] - left[1]) * AVOGADRO / 1e5 / 900
    assert 0.03 < taken < 15


OWN = """
[variants.mine]
like = "wild-type IL-2"
kd_beta_gamma = {value = 100, unit = "nM", source = "own SPR, 2026"}

[variants.blind]
like = "wild-type IL-2"
kd_alpha = {value = "none", source = "own SPR, 2026"}
"""


@pytest.fixture
def own(tmp_path):
    """A catalog of a user's own."""
    (tmp_path / "mine.toml").write_text(OWN)
    return read_catalog(tmp_path / "mine.toml")


def engaged(molecule: Variant | str, **values: float) -> np.ndarray:
    """Signaling receptors of Treg after 1 h, over the doses of a screening."""
    seen = incubate(
        dish(("Treg",), variant=molecule), Plate({"il2": DOSES_NM}, [1.0], values)
    )
    return seen["engaged on Treg"][:, 0]


def test_a_molecule_of_ones_own_catalog_is_put_in_a_dish(own):
    """By itself or by name is the same; a name that is none is answered."""
    wild = variant("wild-type IL-2")
    np.testing.assert_array_equal(engaged(wild), engaged("wild-type IL-2"))
    assert dish(("Treg",)) is dish(("Treg",))
    model = dish(("Treg",), variant=own.variant("mine"))
    assert model.parameters["il2.kd_beta_gamma"].value == 100
    with pytest.raises(BadVariant, match="not known well enough"):
        dish(("Treg",), variant=variant("rezpegaldesleukin"))


def test_a_weaker_dimer_holds_the_trimer_less(own):
    """100 nM for the dimer: Treg answer at 0.30 nM, the wild type at 0.025 nM.

    Were the trimer left as the wild type's, both would answer at 0.025 nM.
    """
    halves = [half_maximal(engaged(one)) for one in (own.variant("mine"), "IL-2")]
    assert halves == pytest.approx([0.303, 0.025], rel=0.02)


def test_without_a_cd25_site_cd25_does_not_matter(own):
    """Receptors engaged are those of a cell without CD25, and of a KD a hundredth off.

    To 1e-4, the tolerance of a step; 1e-3 for 1e7 nM, whose trimer is the more.
    """
    blind = own.variant("blind")
    alone = engaged(blind, **{"Treg.cd25_at_rest": 1e-9})
    np.testing.assert_allclose(engaged(blind), alone, rtol=1e-4)
    assert blind.kd_alpha is not None
    weak = {**blind.numbers, "kd_alpha": replace(blind.kd_alpha, value=1e7)}
    np.testing.assert_allclose(engaged(replace(blind, numbers=weak)), alone, rtol=1e-3)
