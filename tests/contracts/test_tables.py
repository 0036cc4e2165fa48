"""The tables of evidence keep the rules of the house."""

import re
from collections import Counter
from pathlib import Path

import pytest

import il2sim.evidence
from il2sim.evidence import measurements, sources

TABLES = Path(il2sim.evidence.__file__).parent / "tables"
BRITISH = re.compile(
    r"\b(tumo[u]r|signal[l]ing|label[l]ed|catalog[u]e|leuk[a]emia|p[a]ediatric|random[i]sed)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    "path",
    sorted(one for one in TABLES.rglob("*") if one.is_file()),
    ids=lambda path: path.name,
)
def test_tables_are_plain_text(path):
    """One row a line, Unix line ends, no address, no path, American spelling."""
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    assert "\r" not in text
    assert "://" not in text
    assert "/tmp/" not in text
    assert not BRITISH.search(text)
    assert all(line == line.strip(" ") for line in text.splitlines()[:1])


def test_every_source_is_cited():
    """The bibliography holds what the tables use."""
    used = {row.source.key for row in measurements()}
    assert used == {one.key for one in sources()}


def test_one_quantity_has_one_row_per_condition():
    """No two rows of one table are the same measurement under two keys."""
    seen = Counter(
        (
            row.quantity,
            row.kind,
            row.shown,
            tuple(row.conditions.items()),
            row.source.key,
        )
        for row in measurements()
    )
    doubles = {one: count for one, count in seen.items() if count > 1}
    assert not doubles
