"""What the tests of the two doors share."""

from __future__ import annotations

import pytest

from tests.pictures import leave_out


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs and trials of this test draw nothing; see `tests.pictures`."""
    leave_out(monkeypatch)
