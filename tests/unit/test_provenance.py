"""A run's name depends on what decides its numbers, and on nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il2sim.errors import UnreadableFile
from il2sim.provenance import Provenance, hash_of, provenance_of


def record(**changes: object) -> Provenance:
    made = provenance_of(
        model="body",
        fingerprint="ab12",
        inputs={"times": np.arange(3.0)},
        seed=1,
        tolerance=1e-4,
        device="cpu",
    )
    return replace(made, **changes)


@pytest.mark.parametrize(
    "changed",
    [
        {"version": "9"},
        {"fingerprint": "cd34"},
        {"inputs": "00"},
        {"seed": 2},
        {"tolerance": 1e-6},
        {"precision": "single"},
        {"device": "reference"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_decides_the_numbers_changes_the_key(changed: dict[str, object]) -> None:
    assert record(**changed).key != record().key


@pytest.mark.parametrize("changed", [{"time": "later"}, {"platform": "elsewhere"}])
def test_where_and_when_do_not(changed: dict[str, object]) -> None:
    assert record(**changed).key == record().key


def test_reading_undoes_writing(tmp_path: Path) -> None:
    made = record()
    made.write(tmp_path / "provenance.json")
    assert Provenance.read(tmp_path / "provenance.json") == made


def test_a_record_that_does_not_say_its_precision_is_of_doubles() -> None:
    """Records of before there was a choice are read as they were meant."""
    told = record().to_dict()
    del told["precision"]
    assert Provenance.from_dict(told) == record()


@pytest.mark.parametrize("text", ["", "{}", '{"version": ', "[]"])
def test_a_broken_record_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "provenance.json"
    path.write_text(text)
    with pytest.raises(UnreadableFile, match="cannot be read as the provenance"):
        Provenance.read(path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["ab"], ["a", "b"]),
        (1, 1.0),
        ("1", 1),
        (None, "None"),
        ([[1], 2], [1, [2]]),
        (np.zeros(2), np.zeros((2, 1))),
        (np.zeros(2), np.zeros(2, int)),
    ],
)
def test_different_values_have_different_hashes(one: object, other: object) -> None:
    assert hash_of(one) != hash_of(other)


def test_the_hash_of_an_array_does_not_know_its_layout() -> None:
    square = np.arange(6.0).reshape(2, 3)
    assert hash_of(square) == hash_of(np.asfortranarray(square))
    assert hash_of(square) == hash_of(square.astype(">f8"))


def test_what_has_no_content_is_refused() -> None:
    with pytest.raises(TypeError, match="object cannot be hashed"):
        hash_of({"a": object()})


@dataclass(frozen=True)
class Weight:
    kilograms: float


@dataclass(frozen=True)
class Height:
    kilograms: float


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


@given(PLAIN, PLAIN)
def test_values_have_one_hash_exactly_if_they_read_alike(
    one: object, two: object
) -> None:
    """`repr` is the slow twin: it tells 1 from 1.0 and from True, and 0.0 from -0.0."""
    assert (hash_of(one) == hash_of(two)) == (repr(one) == repr(two))


def test_arrays_differ_by_value_shape_and_kind_but_not_by_layout() -> None:
    """An array is the same in any order of memory and of bytes."""
    square = np.arange(6.0).reshape(2, 3)
    assert hash_of(square) == hash_of(np.asfortranarray(square))
    assert hash_of(square) == hash_of(square.astype(">f8"))
    others = [square.reshape(3, 2), square.astype(np.int64), square + 1e-12]
    assert len({hash_of(square), *map(hash_of, others)}) == 4


def test_equal_numbers_of_different_things_differ() -> None:
    """A dataclass is hashed with its name."""
    assert hash_of(Weight(70.0)) != hash_of(Height(70.0))
