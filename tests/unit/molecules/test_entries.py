"""Entries of a catalog: what follows from an affinity, and what does not bind."""

import pytest

from il2sim.errors import BadVariant
from il2sim.molecules import carry_over, read_catalog, variant, variants
from il2sim.molecules.variant import NO_BINDING_NM

WILD = variant("wild-type IL-2")
OWN = 'source = "own SPR, 2026"'
BETA = f'kd_beta_gamma = {{value = 8, unit = "nM", {OWN}}}\n'
ALPHA = f'kd_alpha = {{value = 30, unit = "nM", {OWN}}}\n'
LEFT = f'koff_trimer = {{value = 0.03, unit = "1/min", {OWN}}}\n'
BLIND = f'kd_alpha = {{value = "none", {OWN}}}\n'


@pytest.fixture
def mine(tmp_path):
    """A molecule like the wild type, with some lines of its own."""

    def read(text, like="wild-type IL-2"):
        path = tmp_path / "mine.toml"
        path.write_text(f'[variants.mine]\nlike = "{like}"\n{text}')
        return read_catalog(path).variant("mine")

    return read


@pytest.mark.parametrize(
    ("text", "left", "trimer"),
    [
        (BETA, 8.0, 8.0),
        (ALPHA, 1.0, 3.0),
        (ALPHA + BETA, 8.0, 24.0),
        (LEFT, 5.0, 5.0),
        (ALPHA + BETA + LEFT, 5.0, 15.0),
        ("", 1.0, 1.0),
    ],
)
def test_numbers_of_the_trimer_follow_the_affinities_given(mine, text, left, trimer):
    """The dimer holds the trimer, and assembly stays: its cycle is closed as before.

    By hand: 8 nM over 1, 30 over 10, 0.03 over 0.006 1/min where it is given.
    """
    found = mine(text)
    assert found.koff_trimer.value == pytest.approx(left * 0.006, rel=1e-12)
    assert found.kd_trimer.value == pytest.approx(trimer * 0.01, rel=1e-12)
    assert found.kon_alpha.value == WILD.kon_alpha.value
    assert found.kon_beta_gamma.value == WILD.kon_beta_gamma.value


def test_a_molecule_like_the_wild_type_is_as_one_carried_over(mine):
    """One rule for both: equal ratios give equal numbers."""
    found = mine(ALPHA + BETA)
    carried = carry_over(found, via=WILD, onto=WILD)
    for name in ("kd_alpha", "kd_beta_gamma", "kd_trimer", "koff_trimer"):
        assert carried.numbers[name].value == pytest.approx(found.numbers[name].value)


def test_what_was_derived_is_said_and_what_was_given_is_not(mine):
    """A number by a ratio is no reading; the words are those of `il2sim show`."""
    found = mine(BETA)
    for name in ("koff_trimer", "kd_trimer"):
        assert found.numbers[name].is_assumption
    line = (
        "koff_trimer = 0.048 1/min  (V015,V012,V016; assumption: derived: 8 times that "
        "of wild-type IL-2, by the ratio of kd_beta_gamma)"
    )
    assert line in str(found)
    assert found.koff_trimer.low == pytest.approx(8 * WILD.koff_trimer.low)
    assert not mine(LEFT).koff_trimer.is_assumption
    assert mine("").koff_trimer.note == "as wild-type IL-2"


def test_another_scale_gives_no_ratio(mine):
    """The trimer of a molecule measured elsewhere is not known, rather than wrong."""
    found = mine('scale = "own SPR"\n' + ALPHA + BETA)
    assert found.koff_trimer is None
    assert found.kd_trimer is None
    with pytest.raises(BadVariant, match="no koff_trimer"):
        found.values()


def test_no_shipped_molecule_has_a_derived_trimer():
    """Their numbers are in the file, or are those of the molecule they are like."""
    for name in variants():
        for number in variant(name).numbers.values():
            assert not number.note.startswith("derived"), name


def test_what_does_not_bind_cd25_is_said_with_its_source(mine):
    """It has no trimer, and leaves one as it leaves the dimer: it needs no rate."""
    found = mine(BLIND + BETA)
    assert found.binds_cd25 is False
    assert "kd_alpha: does not bind  (own SPR, 2026; read)" in str(found)
    assert found.kd_trimer is None
    assert found.parameters()["il2.kd_alpha"] == NO_BINDING_NM
    assert found.parameters()["il2.kon_alpha"] == 0
    assert variant("wild-type IL-2").binds_cd25 is True
    assert variant("rezpegaldesleukin").binds_cd25 is None


def test_a_rate_that_is_of_no_effect_is_not_asked_for(tmp_path):
    """Two numbers of the dimer are enough for what does not bind CD25."""
    path = tmp_path / "mine.toml"
    met = f'kon_beta_gamma = {{value = 0.5, unit = "1/(nM*min)", {OWN}}}\n'
    path.write_text("[variants.mine]\n" + BLIND + BETA + met)
    found = read_catalog(path).variant("mine")
    assert found.can_be_simulated
    left = found.values()["il2.koff_trimer"]
    assert left.value == pytest.approx(0.5 * 8)  # 1/(nM*min) * nM
    assert left.unit == "1/min"
    assert left.is_assumption


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('kd_alpha = "none"\n', "nothing is bound, without a source"),
        ('kd_alpha = {value = "none"}\n', "gives kd_alpha without a source"),
        (BLIND.replace("kd_alpha", "kd_beta_gamma"), "kd_beta_gamma that is no number"),
        (f'cd25_arms = {{value = -1, unit = "1", {OWN}}}\n', "no cd25_arms above zero"),
    ],
)
def test_a_site_that_is_not_there_has_a_source(mine, text, said):
    """Only CD25 may be passed by, and somebody must have seen it."""
    with pytest.raises(BadVariant, match=said):
        mine(text)


@pytest.mark.parametrize("arms", [0, 1])
def test_dead_arms_can_be_none_or_some(mine, arms):
    """They are told of few molecules, and are not missed in the others."""
    found = mine(f'cd25_arms = {{value = {arms}, unit = "1", {OWN}}}\n')
    assert found.numbers["cd25_arms"].value == arms
    assert "cd25_arms" in str(found)
    assert "cd25_arms" not in str(WILD)
    assert "cd25_arms" not in WILD.unknown


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("MDNA11", "read"),
        ("Neo-2/15", "read"),
        ("XTX202", "read"),
        ("THOR-707", "assumption"),
        ("IL-2v", "assumption"),
        ("no-alpha IL-2", "assumption"),
    ],
)
def test_the_class_that_passes_cd25_by_says_so(name, how):
    """Read where a verified row says it (V181, V190, V319), else marked."""
    one = variant(name)
    assert one.binds_cd25 is False
    assert one.kd_alpha.how == how


def test_the_background_of_the_panel_is_named():
    """V69A Q74P has an entry, and no number: its row has none (V231)."""
    one = variant("IL-2 V69A Q74P")
    assert not one.numbers
    assert [row.key for row in one.facts()] == ["V231"]
