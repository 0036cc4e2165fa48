"""The posterior of a fit is drawn once, goes on, and is not mixed with another's."""

import numpy as np
import pytest

from il2sim.app import fit_draws
from il2sim.inference import Likelihood
from il2sim.inference.receptor_draws import spread_of
from tests.fitted_wells import counting

POINT = np.array([8500.0])


@pytest.fixture(scope="module")
def likelihood() -> Likelihood:
    stained = np.array([8100.0, 8700.0, 8400.0, 9000.0])
    return Likelihood(counting(stained, 300.0), tolerance=1e-7, workers=1)


def test_draws_go_on_in_their_folder_and_begin_anew_for_another_fit(
    likelihood, tmp_path, monkeypatch
):
    """Equal to those that never stopped; another key keeps nothing."""
    monkeypatch.setattr(fit_draws, "WALKERS", 8)
    monkeypatch.setattr(fit_draws, "BLOCK", 10)
    told = []

    def drawn(folder, steps, key):
        folder.mkdir(exist_ok=True)
        return fit_draws.draw(
            likelihood,
            POINT,
            folder,
            steps=steps,
            key=key,
            progress=lambda done, _: told.append(done),
        )

    drawn(tmp_path / "a", 20, "this")
    again = drawn(tmp_path / "a", 40, "this")
    assert told == [10, 20, 30, 40]
    whole = drawn(tmp_path / "b", 40, "this")
    np.testing.assert_array_equal(again.points, whole.points)
    assert len(drawn(tmp_path / "a", 20, "that").points) == 20


def test_a_profile_is_written_where_the_data_left_a_number_open(
    likelihood, tmp_path, monkeypatch
):
    """Of a normal density it falls by half the squared distance."""
    monkeypatch.setattr(fit_draws, "LEARNED", 1.0)
    chains = fit_draws.draw(
        likelihood, POINT, tmp_path, steps=200, key="x", progress=lambda *_: None
    )
    known = spread_of(likelihood.problem, chains)
    path = fit_draws.write_profiles(likelihood, POINT, known, tmp_path / "p.tsv")
    rows = [line.split("\t") for line in path.read_text().splitlines()[1:]]
    places, values = np.array([row[1:] for row in rows], dtype=float).T
    slope, *_ = np.polyfit(places, values, 2)
    precision = 4 / 300.0**2 + 1 / 500.0**2
    assert slope == pytest.approx(-precision / 2, rel=0.05)
