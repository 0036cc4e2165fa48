"""Fit files: what is told once and used in several."""

import pytest

from il2sim.errors import BadProblem, UnknownName
from il2sim.inference.fit_file import _whole, read_told


def told(name):
    """The free numbers of a shipped fit file, by name."""
    return {one["name"]: one for one in read_told(name)["free"]}


def test_a_shared_number_is_that_of_the_other_file():
    """With its prior, and with what it moves."""
    there = told("receptors")
    for name in ("inhibitor", "tight", "half_free", "steepness"):
        assert told("panel")[name] == told("yt1")[name] == there[name]


def test_a_number_that_is_not_there_says_which_are():
    """By the nearest name."""
    with pytest.raises(UnknownName, match=r"(?s)receptors.*inhibitr.*inhibitor"):
        _whole({"name": "inhibitr", "as_in": "receptors"})


def test_a_shared_number_takes_no_prior_of_its_own():
    """It would be dropped unseen."""
    with pytest.raises(BadProblem, match=r"(?s)tight.*told twice.*median"):
        _whole({"name": "tight", "as_in": "receptors", "median": 1.0})
