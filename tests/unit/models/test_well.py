"""The medium of a well, against closed forms."""

import numpy as np

from il2sim.models.dish import dish
from il2sim.models.mechanisms import PAIRED
from il2sim.study.wells import Plate, incubate


def test_ligand_is_mixed_in_by_three_stages():
    """What has arrived is the distribution of a sum of three exponential times.

    No cells take it up; tolerance of the solver 1e-8 a step.
    """
    k_mix = 0.3  # 1/min
    minutes = np.array([1.0, 5.0, 10.0, 30.0])
    values = {"mixed_medium.k_mix": 60 * k_mix, "NK.seeded": 1e-9}
    model = dish(("NK",), PAIRED.with_mixing())
    plate = Plate({"il2": 2.0}, minutes / 60, values)
    seen = incubate(model, plate, save=["il2 left"], tolerance=1e-8)
    x = k_mix * minutes
    wanted = 2.0 * (1 - np.exp(-x) * (1 + x + x * x / 2))
    np.testing.assert_allclose(seen["il2 left"][0], wanted, rtol=1e-6)


def test_a_wash_takes_what_is_not_yet_mixed():
    """After ten times the mean time of mixing nothing has arrived.

    A minute of washing leaves exp(-20) of what it met.
    """
    values = {"mixed_medium.k_mix": 60 * 0.3, "NK.seeded": 1e-9}
    model = dish(("NK",), PAIRED.with_mixing())
    plate = Plate({"il2": 2.0}, [100 / 60], values, wash_h=1 / 60)
    seen = incubate(model, plate, save=["il2 left"], tolerance=1e-8)
    assert abs(seen["il2 left"][0, 0]) < 2.0 * 1e-7
