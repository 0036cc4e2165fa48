"""The closed vocabularies are what the rest of the package can read."""

import pytest

from il2sim.evidence import measurements, parameters
from il2sim.evidence.words import UNITS
from il2sim.units import unit


@pytest.mark.parametrize("text", sorted(UNITS))
def test_every_unit_taken_unread_is_readable(text):
    """The list that spares the unit library holds only units it reads."""
    assert unit(text).factor > 0


def test_every_unit_of_the_tables_is_readable():
    """Each unit of a measurement or a parameter has a factor into the engine's."""
    given = {row.unit for row in measurements() if row.unit} | {
        row.unit for row in parameters()
    }
    assert all(unit(text).factor > 0 for text in given)
