"""The catalog finds molecules by name, and takes a user's own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il2sim.errors import BadVariant, UnknownName, UnreadableFile
from il2sim.evidence import measurement
from il2sim.molecules import (
    product,
    products,
    read_catalog,
    variant,
    variants,
)

MINE = """
[variants.mine]
like = "wild-type IL-2"
format = "unfused"
mutations = "N88D"
kd_beta_gamma = {value = 8, unit = "nM", source = "own SPR, 2024", low = 6, high = 11}
koff_trimer = {value = 0.05, unit = "1/min", assumption = true, why = "by the ratio"}

[products."mine, vial"]
variant = "mine"
activity = {value = 12, unit = "MIU/mg", assumption = true, why = "as its maker says"}
"""


def written(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return path


def test_a_users_molecule_in_ten_lines(tmp_path):
    """A molecule and its vial need no line of Python, and are ready to simulate."""
    assert len([line for line in MINE.splitlines() if line]) == 9
    catalog = read_catalog(written(tmp_path, MINE))
    mine = catalog.variant("Mine")
    assert mine.parameters()["il2.kd_beta_gamma"] == 8
    assert mine.kd_beta_gamma.source == "own SPR, 2024"
    assert not mine.kd_beta_gamma.is_assumption
    assert mine.kd_alpha.is_assumption
    assert mine.kd_alpha.note == "as wild-type IL-2"
    assert catalog.product("mine, vial").iu_per_mg == 12e6
    assert set(variants()) < set(catalog.variants())
    assert set(products()) < set(catalog.products())


def test_an_unknown_variant_is_answered_with_what_to_list():
    """The nearest of many, not the first by the alphabet, and a line to try."""
    with pytest.raises(UnknownName) as caught:
        variant("zzz wild")
    said = str(caught.value)
    assert "ALKS" not in said
    assert "try:      il2sim list variants" in said


def test_a_catalog_that_is_missing_says_how_one_begins(tmp_path):
    """The file that the line makes is a catalog."""
    with pytest.raises(UnreadableFile, match="printf") as caught:
        read_catalog(tmp_path / "mine.toml")
    text = str(caught.value).split("printf '")[1].split("'")[0]
    made = read_catalog(written(tmp_path, text.replace("\\n", "\n")))
    assert made.variant("mine").kd_alpha.is_assumption


def test_a_number_without_a_source_is_answered_with_one_that_has_it(tmp_path):
    """The line of the answer, put in its place, is read."""
    wrong = MINE.replace(', source = "own SPR, 2024", low = 6, high = 11', "")
    with pytest.raises(BadVariant) as caught:
        read_catalog(written(tmp_path, wrong))
    line = str(caught.value).split("try:      ")[1]
    bare = 'kd_beta_gamma = {value = 8, unit = "nM"}'
    assert bare in wrong
    mended = read_catalog(written(tmp_path, wrong.replace(bare, line)))
    assert mended.variant("mine").kd_beta_gamma.value == 8


NUMBER = 'kd_beta_gamma = {value = 8, unit = "nM", source = "own SPR, 2024"'
BROKEN = {
    "no source": (', source = "own SPR, 2024"', "", "kd_beta_gamma without a source"),
    "no unit": (', unit = "nM"', "", "kd_beta_gamma without a unit"),
    "wrong unit": ('"nM"', '"h"', "in a unit that does not fit"),
    "no such unit": ('"nM"', '"nanomol"', "in a unit that does not fit"),
    "negative": ("value = 8", "value = -8", "no kd_beta_gamma above zero"),
    "text": ("value = 8", 'value = "8"', "that is no number"),
    "infinite": ("value = 8", "value = inf", "that is no number"),
    "out of range": ("low = 6", "low = 9", "outside its range"),
    "unknown key": ("mutations", "mutation", "a key that is not known"),
    "unknown part": ("low = 6", "lower = 6", "a key in kd_beta_gamma"),
    "no reason": (', why = "by the ratio"', "", "without a reason"),
    "bare number": ("{value = 0.05, unit", "0.05 #", "as a bare number"),
    "no evidence": (NUMBER, 'kd_beta_gamma = {evidence = "V999"', "no table of evid"),
    "unverified": (NUMBER, 'kd_beta_gamma = {evidence = "V199"', "unverified"),
    "unverified source": ('"own SPR, 2024"', '"V199"', "'V199', which is not verified"),
    "range only": (
        NUMBER + ", low = 6, high = 11}",
        'kd_beta_gamma = "V009"',
        "above zero",
    ),
    "taken name": ("[variants.mine]", '[variants."NKTR-358"]', "takes the name"),
    "unknown table": ("[variants.mine]", "[variant.mine]", "table that is not known"),
    "not a table": ("[variants.mine]", "variants.mine = 1\n[variants.x]", "not a tabl"),
    "words as a number": ('"unfused"', "3", "'format' that is not text"),
    "text for a list": ('"unfused"', '"unfused"\naliases = "m"', "not a list of texts"),
    "unknown how": ("low = 6", 'how = "guess"', "which is guess"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_molecule_is_refused(case, tmp_path):
    """Each mistake in a user's file is named with the entry that has it."""
    old, new, said = BROKEN[case]
    text = MINE.replace(old, new, 1)
    assert text != MINE
    with pytest.raises(BadVariant, match=said) as error:
        read_catalog(written(tmp_path, text))
    assert "mine.toml" in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('like = "wild-type IL-2"', 'like = "wildtype IL-2"', "'wild-type IL-2'"),
        ('variant = "mine"', 'variant = "mime"', "'mine'"),
    ],
)
def test_names_inside_a_file_are_looked_up(old, new, said, tmp_path):
    """A molecule that is like none, or a vial of none, is answered with the closest."""
    with pytest.raises(UnknownName, match=said):
        read_catalog(written(tmp_path, MINE.replace(old, new)))


@pytest.mark.parametrize("text", ["[variants.", "\x00"])
def test_a_file_that_is_no_toml_is_said(text, tmp_path):
    """A half-written file is a file error that says where it breaks."""
    with pytest.raises(UnreadableFile, match=r"mine\.toml"):
        read_catalog(written(tmp_path, text))
    with pytest.raises(UnreadableFile, match=r"none\.toml"):
        read_catalog(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("NKTR-358", "rezpegaldesleukin"),
        ("  amg 592 ", "efavaleukin alfa"),
        ("WILD TYPE", "wild-type IL-2"),
        ("Aldesleukin", "wild-type IL-2"),
    ],
)
def test_aliases_and_case_do_not_matter(said, meant):
    """Every name that people use finds its molecule."""
    assert variant(said).name == meant


def test_a_near_name_is_offered():
    """A slip of the finger is answered with what was meant."""
    with pytest.raises(UnknownName, match="'rezpegaldesleukin'"):
        variant("rezpegaldesleukine")
    with pytest.raises(UnknownName, match="'aldesleukin'"):
        product("aldesleukine")


@given(st.text(max_size=20))
@settings(max_examples=60, deadline=None)
def test_no_name_breaks_the_look_up(name):
    """Any text is a name or is answered with names that exist."""
    known = {one.casefold() for one in variants()}
    known |= {alias.casefold() for one in variants() for alias in variant(one).aliases}
    if " ".join(name.casefold().split()) in known:
        assert variant(name).name in variants()
    else:
        with pytest.raises(UnknownName, match="expected:"):
            variant(name)


def test_shipped_numbers_rest_on_keys():
    """Every number of the shipped catalog names evidence keys that exist."""
    for name in variants():
        for number in variant(name).numbers.values():
            assert number.keys, number
            verified = [measurement(key).is_verified for key in number.keys]
            assert all(verified) or number.is_assumption, number


def test_products_hold_known_variants():
    """Every vial holds a variant of the catalog; IU are known for aldesleukin only."""
    with_iu = [name for name in products() if product(name).activity]
    assert with_iu == ["aldesleukin"]
    assert all(product(name).variant.name in variants() for name in products())
    assert "activity" in str(product("aldesleukin"))
