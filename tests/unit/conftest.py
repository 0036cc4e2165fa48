"""Compiled code of the tests is kept in pytest's own cache, not in the user's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def _kernels(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        cache = request.config.cache
        if cache is not None:
            patch.setenv("IL2SIM_CACHE", str(cache.mkdir("kernels")))
        yield
