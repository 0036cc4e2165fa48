"""Cards are read whole, checked, and say where everything is from."""

import pytest

from il2sim.errors import BadStudy, UnknownName, UnreadableFile
from il2sim.formats.card_file import KINDS, cards, read_card, read_cards

CARD = """
title = "a trial"
kind = "high dose"
role = "held out"
population = "adults"
n = 10
visits_d = [0, 1, 2]
regimen = "aldesleukin 1 MIU sc, once"

[[measured]]
name = "Treg"
endpoint = "fold"
day = 2
low = 1.2
high = 1.4
basis = "spread"
evidence = ["E163"]
"""


def written(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_card_of_the_user_is_read_by_its_path(tmp_path):
    card = read_card(written(tmp_path, CARD))
    assert card.name == "mine"
    assert card.times_h("all").tolist() == [0.0, 1.0, 48.0]
    assert card.outputs("all") == ("Treg",)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "Treg"', 'name = "Tregs"', "does not show"),
        ("low = 1.2", "low = 1.6", "low at most as large as high"),
        ("day = 2", "from_day = 1", "a window that begins and ends"),
        ('"spread"', '"none"', "a band or a direction"),
        ('"held out"', '"tested"', "calibration"),
        ('"fold"', '"height"', "peak fold"),
        ("n = 10", "patients = 10", "a key that is not known"),
        ("day = 2", 'day = 2\narm = "high"', "among the arms"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, old, new, says):
    with pytest.raises(BadStudy, match=says):
        read_card(written(tmp_path, CARD.replace(old, new)))


def test_missing_files_evidence_and_names_are_refused(tmp_path):
    with pytest.raises(UnknownName):
        read_card(written(tmp_path, CARD.replace("E163", "E999")))
    with pytest.raises(UnknownName, match="no card"):
        read_card("daily-cgvhd-phase-9")
    with pytest.raises(UnreadableFile):
        read_card(tmp_path / "none.toml")
    with pytest.raises(UnreadableFile):
        read_card(written(tmp_path, CARD.replace("]", "", 1)))


def test_shipped_cards_cover_what_was_asked_for():
    found = read_cards()
    assert len(found) == len(cards()) >= 20
    assert {one.kind for one in found} <= set(KINDS)
    held_out = {one.name for one in found if one.role == "held out"}
    assert {"rezpegaldesleukin-2022", "efavaleukin-2018"} <= held_out


def test_unverified_rows_never_calibrate():
    from il2sim.evidence import measurement

    for card in read_cards():
        if card.role == "calibration":
            assert all(measurement(key).is_verified for key in card.evidence())


def test_engineered_molecules_have_no_efficacy_factor():
    """What a card may change of an agent is how long it stays, never what it does."""
    for card in read_cards():
        for arm in card.arms.values():
            assert all(
                name.startswith(("circulation.", "injection_site."))
                for name in arm.factors
            )
