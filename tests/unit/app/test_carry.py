"""Portions are read back one at a time, in order, up to a gap."""

import pytest

from il2sim.app.carry import Sizes, read_back
from il2sim.errors import UnreadableFile


class Kept:
    """Six subjects in portions of two, of which some are in the folder."""

    n, sizes = 6, Sizes(first=2, most=2, aim_s=1.0)

    def __init__(self, *starts):
        self.starts, self.asked = starts, []

    def read(self, start):
        self.asked.append(start)
        return (
            (range(start, start + 2), f"from {start}") if start in self.starts else None
        )


def test_each_is_read_when_it_is_asked_for():
    work = Kept(0, 2, 4)
    parts = read_back(work, complete=True)
    assert next(parts) == "from 0"
    assert work.asked == [0]
    assert list(parts) == ["from 2", "from 4"]


def test_a_gap_ends_what_was_stopped_and_refuses_what_was_complete():
    assert list(read_back(Kept(0, 4), complete=False)) == ["from 0"]
    with pytest.raises(UnreadableFile, match="begins with subject 2 is gone"):
        list(read_back(Kept(0, 4), complete=True))
