"""Stains of surface chains: with nothing hidden they are counts, and linear between."""

import numpy as np
import pytest

from il2sim.models.dish import dish
from il2sim.models.stain import stained
from il2sim.study.wells import Plate, incubate

MODEL = dish(("YT-1", "YT-1 CD25+"), stained("il2", "il15"))


def seen(visible):
    """Both cells after IL-2 and IL-15, with epitopes visible to a part."""
    plate = Plate(
        {"il2": [1.0, 100.0, 0.0], "il15": [0.0, 0.0, 5.0]},
        times_h=[0.0, 0.1, 2.0],
        values={f"{chain} epitope.visible": visible for chain in ("CD122", "CD132")},
    )
    return incubate(MODEL, plate, tolerance=1e-8)


@pytest.mark.parametrize(("chain", "rest"), [("CD122", 2000), ("CD132", 10909)])
def test_an_epitope_that_nothing_hides_counts_the_surface(chain, rest):
    """Stain over that at rest is the count over that at rest."""
    found = seen(1.0)
    for cell in ("YT-1", "YT-1 CD25+"):
        counted = 100 * found[f"{chain} on {cell}"] / rest
        np.testing.assert_allclose(found[f"stained {chain} of {cell}"], counted)


def test_a_stain_is_linear_in_what_is_visible():
    """Half visible lies between all and none; at once none is hidden."""
    none, half, every = (
        seen(part)["stained CD122 of YT-1 CD25+"] for part in (0.0, 0.5, 1.0)
    )
    np.testing.assert_allclose(half, (none + every) / 2, rtol=1e-5)
    np.testing.assert_allclose(none[:, 0], 100)
    assert np.all(none[:2, 1] < every[:2, 1] - 20)


def test_cells_with_cd25_hide_more_at_a_low_dose():
    """1 nM IL-2 covers CD122 of cells with CD25, 1 nM of IL-15 of all alike."""
    found = seen(0.0)
    plus, minus = (found[f"stained CD122 of {cell}"] for cell in ("YT-1 CD25+", "YT-1"))
    assert plus[0, 1] < minus[0, 1] - 10
    np.testing.assert_allclose(plus[2], minus[2], rtol=1e-3)
