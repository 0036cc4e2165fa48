"""Tables of one row a subject, as Parquet."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.engine.columns import read_columns, write_columns
from il2sim.errors import UnreadableFile


def test_what_is_written_is_read_to_the_last_bit(tmp_path):
    columns = {
        "age [y]": np.array([0.1 + 0.2, np.pi]),
        "is female": np.array([True, False]),
        "row": np.array([7, 2], np.int64),
    }
    about = {"name": "people", "seed": 3, "sources": ["E001"]}
    path = write_columns(columns, tmp_path / "some" / "people.parquet", about)
    found, told = read_columns(path)
    assert told == about
    assert list(found) == list(columns)
    assert all(np.array_equal(found[name], columns[name]) for name in columns)
    assert [one.name for one in path.parent.iterdir()] == ["people.parquet"]


def test_a_cut_file_is_refused(tmp_path):
    path = write_columns({"x": np.arange(9.0)}, tmp_path / "cut.parquet", {})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UnreadableFile, match=r"the table 'cut.parquet' cannot be read"):
        read_columns(path)
    with pytest.raises(UnreadableFile):
        read_columns(tmp_path / "none.parquet")
