"""Parameters lean on evidence that exists."""

from il2sim.evidence import ParameterValue, measurement, parameters, source
from il2sim.evidence.parameter import parts_of


def test_every_parameter_has_its_ground():
    """What is not an assumption names verified keys or papers of the bibliography."""
    for one in parameters():
        assert one.low <= one.value <= one.high
        for part in parts_of(one.source):
            if part in one.keys:
                assert measurement(part).is_verified or one.is_assumption
            elif not one.is_assumption:
                assert source(part).identifier


def test_parameters_named_after_a_row_have_its_value():
    """A parameter read from one row is that row's number, not a copy gone astray."""
    for one in parameters():
        if one.how == "read" and len(one.keys) == 1 and one.source == one.keys[0]:
            assert one.value == measurement(one.source).to(one.unit)


def test_keys_are_told_from_words():
    """Only evidence keys count as keys."""
    mixed = ParameterValue(
        "a.b", 1, "1", 0, 2, "E009, doi:10.1/x, by hand", "assumption"
    )
    assert mixed.keys == ("E009",)
