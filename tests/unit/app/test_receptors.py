"""Checks of receptors as tables: parted, counted, marked, and told for machines."""

from rich.console import Console

from il2sim.app.receptors import headline, parted, shown, told
from il2sim.inference.check import Check

CHECKS = [
    Check(2, "an error", 0.25, 0.0, 0.08, "", "held out", published=0.14, beyond=True),
    Check(1, "a score", 0.98, 0.97, 1.0, "0.96", "fitted", published=0.96),
    Check(3, "a dose", 2.0, 1.0, 3.0, "", "fitted", spread=(1.5, 2.5)),
]


def test_the_headline_counts_bands_and_published_scores():
    """Two of three in their band, ahead of one of the two that have a score."""
    assert headline(CHECKS) == (
        "Receptors: 2 of 3 checks in their band, and at least as good as the published "
        "model in 1 of 2 that have one"
    )


def test_what_goes_beyond_the_list_has_a_table_of_its_own():
    """Rows in their order; a cross and a mark where ours is worse."""
    listed, beyond = parted(CHECKS)
    assert [one.row for one in listed] == [1, 3]
    assert [one.row for one in beyond] == [2]
    console = Console(width=140, record=True)
    for part in shown(CHECKS):
        console.print(part)
    text = console.export_text()
    assert "Reproduction checks: 2 of 2 in their band" in text
    assert "same checks: 0 of 1 in their band" in text
    assert text.index("a score") < text.index("a dose") < text.index("an error")
    lines = {
        name: line
        for line in text.splitlines()
        for name in ("a score", "an error")
        if name in line
    }
    assert "✓≥" in lines["a score"]
    assert "✗<" in lines["an error"]
    assert "2 (1.5-2.5)" in text


def test_machines_are_told_what_passes_and_keeps_up():
    """Beside every field of a check."""
    first = told(CHECKS)[0]
    assert (first["passes"], first["keeps_up"], first["beyond"]) == (False, False, True)
    assert told(CHECKS)[2]["keeps_up"] is None
