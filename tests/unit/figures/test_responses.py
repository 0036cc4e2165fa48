"""Curves of each cell, and a plane of squares with numbered molecules."""

import numpy as np

from il2sim.figures.responses import SHADES, responses_figure, selectivity_map
from il2sim.study.screening import DOSES_NM, Candidate, Screening

CELLS = ("Treg", "NK")


def invented(affinities):
    """A screening whose selectivity is a hundred over the affinity for CD25."""
    molecules = tuple(
        Candidate(f"{alpha:g}", alpha, beta, "unfused IL-2")
        for alpha, beta in affinities
    )
    halves = np.array([[[0.01 * one.kd_alpha_nM, 1.0]] for one in molecules])
    curves = 100 * DOSES_NM / (DOSES_NM + halves[:, 0, :, None])
    return Screening(
        candidates=molecules,
        cells=CELLS,
        doses_nM=DOSES_NM,
        time_h=1.0,
        responses=np.stack([0.9 * curves, curves, 1.1 * curves]),
        halves=halves,
    )


def test_a_panel_for_each_molecule_and_a_line_for_each_cell():
    figure = responses_figure(invented([(1, 1), (10, 1)]), title="two")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["1", "10"]
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == list(CELLS)


def test_the_plane_shows_ratios_and_where_molecules_are():
    grid = invented([(a, b) for a in (1.0, 10.0, 100.0) for b in (1.0, 10.0)])
    known = {"wild": (10.0, 1.0), "far away": (1e6, 1.0)}
    figure = selectivity_map({"one arm": grid}, known, over="NK", title="map")
    plane, words = figure.axes
    mesh = plane.collections[0]
    np.testing.assert_allclose(np.sort(mesh.get_array().ravel())[::2], [1, 10, 100])
    assert [text.get_text() for text in plane.texts] == ["1"]
    assert [text.get_text() for text in words.texts] == ["1  wild", "2  far away"]
    assert len(words.get_legend().get_texts()) == len(SHADES)


def test_the_plane_shows_a_bound_where_a_cell_has_no_half():
    """Where NK have none it is a dot, and the ratio that of the highest half told."""
    grid = invented([(a, b) for a in (1.0, 10.0) for b in (1.0, 10.0)])
    grid.halves[..., 1] = np.inf
    figure = selectivity_map({"one arm": grid}, {}, over="NK", title="map")
    ratios = np.sort(figure.axes[0].collections[0].get_array().ravel())
    np.testing.assert_allclose(ratios[::2], [450, 4500])
    assert len(figure.axes[0].lines[0].get_xdata()) == 4
