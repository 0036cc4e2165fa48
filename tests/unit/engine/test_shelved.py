"""Values on disk read like the array that they are, and memory holds few of them."""

import numpy as np
import pytest

from il2sim.engine import shelved as module
from il2sim.engine.shelved import Shelved

WHOLE = np.random.default_rng(1).normal(size=(5, 4, 3))


class Counting:
    """Fetches columns of `WHOLE`, and writes down which."""

    def __init__(self):
        self.asked = []

    def __call__(self, name):
        self.asked.append(name)
        return WHOLE[:, :, name].copy()


@pytest.mark.parametrize(
    "where",
    [
        np.s_[:, :, 1],
        np.s_[1:3, ::2, 2],
        np.s_[:, 0, -1],
        np.s_[:, :, [2, 0]],
        np.s_[1:, :, 1:],
        np.s_[2],
        np.s_[1:4],
        np.s_[..., 0],
        np.s_[:, :, []],
    ],
)
def test_any_part_is_that_of_the_array(where):
    found = Shelved(WHOLE.shape, Counting())[where]
    assert np.array_equal(found, WHOLE[where])
    assert found.shape == WHOLE[where].shape


def test_one_name_is_fetched_alone_and_once():
    fetch = Counting()
    values = Shelved(WHOLE.shape, fetch)
    for _ in range(3):
        values[:, 1:, 2]
    assert fetch.asked == [2]
    assert len(values) == 5
    with pytest.raises(ValueError, match="read-only"):
        values[:, :, 2][0, 0] = 1.0


def test_no_more_is_kept_than_the_budget(monkeypatch):
    """With room for two names, the one that was not used longest is fetched again."""
    monkeypatch.setattr(module, "KEPT_BYTES", 2 * WHOLE[:, :, 0].nbytes)
    fetch = Counting()
    values = Shelved(WHOLE.shape, fetch)
    for name in (0, 1, 0, 2, 0, 1):
        values.column(name)
    assert fetch.asked == [0, 1, 2, 1]
    assert np.array_equal(np.asarray(values), WHOLE)
