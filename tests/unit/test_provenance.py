"""The name of a run depends on what determines it, and on nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il2sim.provenance import VERSION, Provenance, digest, record, run_key

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@dataclass(frozen=True)
class Weight:
    kilograms: float


@dataclass(frozen=True)
class Height:
    kilograms: float


def note(**changes: object) -> Provenance:
    given = {
        "model": "body",
        "model_fingerprint": "ab12",
        "inputs": {"weight_kg": np.array([60.0, 70.0])},
        "seed": 1,
        "device": "cpu",
        "tolerance": 1e-4,
    }
    return record(**(given | changes))  # type: ignore[arg-type]


@given(PLAIN, PLAIN)
def test_values_have_one_hash_exactly_if_they_read_alike(
    one: object, two: object
) -> None:
    """`repr` is the slow twin: it tells 1 from 1.0 and from True, and 0.0 from -0.0."""

    def sorted_keys(value: object) -> object:
        if isinstance(value, dict):
            return sorted((key, sorted_keys(item)) for key, item in value.items())
        if isinstance(value, list):
            return [sorted_keys(item) for item in value]
        return value

    def text(value: object) -> str:
        kinds = "mapping" if isinstance(value, dict) else ""
        return kinds + repr(sorted_keys(value))

    if text(one) == text(two):
        assert digest(one) == digest(two)
    elif not (isinstance(one, dict) or isinstance(two, dict)):
        assert digest(one) != digest(two)


def test_arrays_differ_by_value_shape_and_kind_but_not_by_layout() -> None:
    """A transposed copy in memory is the same array."""
    square = np.arange(6.0).reshape(2, 3)
    assert digest(square) == digest(np.asfortranarray(square))
    assert digest(square) == digest(square.astype(">f8"))
    others = [square.reshape(3, 2), square.astype(np.int64), square + 1e-12]
    assert len({digest(square), *map(digest, others)}) == 4


def test_equal_numbers_of_different_things_differ() -> None:
    """A dataclass is hashed with its name."""
    assert digest(Weight(70.0)) != digest(Height(70.0))


def test_what_has_no_fixed_meaning_is_refused() -> None:
    """A function can do anything; its address says nothing."""
    with pytest.raises(TypeError, match="a function cannot be part of the inputs"):
        digest({"rate": lambda x: x})


def test_the_key_is_of_model_inputs_seed_and_version() -> None:
    """Changing one of them changes the key; device and time do not."""
    first = note()
    assert first.key == run_key("ab12", first.inputs, 1)
    assert note(device="reference").key == first.key
    changed = [
        note(model_fingerprint="cd34").key,
        note(inputs={"weight_kg": np.array([60.0, 70.5])}).key,
        note(seed=2).key,
        run_key("ab12", first.inputs, 1, version=VERSION + "1"),
    ]
    assert len({first.key, *changed}) == 5


def test_writing_and_reading_is_the_identity() -> None:
    """Through JSON, and with a name that a later version may add."""
    made = note()
    text = json.dumps(made.to_dict() | {"of the future": 1})
    assert replace(Provenance.from_dict(json.loads(text)), libraries={}) == replace(
        made, libraries={}
    )
    assert made.libraries["numpy"] == np.__version__
