"""YT-1 cells: the published model has its scores here, and what ours says is held."""

import pytest

from il2sim.inference.facts import shipped
from il2sim.inference.yt1 import read_plan
from il2sim.inference.yt1_checks import read_values, scored
from il2sim.inference.yt1_facts import read_curves, readings_of
from il2sim.inference.yt1_judge import LEFT_OUT, predict_published, score
from il2sim.provenance import hash_of

PLAN = read_plan()


@pytest.fixture(scope="module")
def seen():
    """Readings on the shipped curves, and their scatter."""
    return readings_of(PLAN, read_curves())


@pytest.mark.parametrize(
    ("what", "name", "printed", "off"),
    [
        ("pSTAT5", "r_squared", 0.960, 0.01),
        ("CD122", "r_squared", 0.953, 0.01),
        ("CD132", "rmse", 0.137, 0.005),
    ],
)
def test_the_published_model_scores_as_published(seen, what, name, printed, off):
    """0.960, 0.953 and 0.137: medians of its posterior, printed to two digits."""
    readings, scatter = seen
    found = score(readings, predict_published(readings), what, scatter)
    assert getattr(found, name) == pytest.approx(printed, abs=off)


def test_shipped_values_are_within_their_intervals():
    """And every fit that left something out has all of them."""
    rows = shipped("yt1.tsv")
    for row in rows:
        assert float(row["low"]) < float(row["value"]) < float(row["high"])
    assert {row["name"] for row in rows} > set(PLAN.chosen.free)
    for name in LEFT_OUT:
        assert set(read_values("yt1_left_out.tsv", name)) == set(PLAN.chosen.free)


def test_shipped_values_are_those_of_the_shipped_fit_file():
    """A fit file that was changed needs `il2sim fit yt1` again."""
    for row in shipped("yt1.tsv"):
        assert row["source"].startswith(f"fit {hash_of(PLAN.told)[:16]} to Ring")


def test_the_chosen_candidate_has_fewest_numbers_among_those_that_predict_alike():
    """By curves left out singly, within 5 of the best log likelihood."""
    rows = shipped("yt1_candidates.tsv")
    scores = {row["name"]: float(row["curves left out"]) for row in rows}
    free = {row["name"]: int(row["free"]) for row in rows}
    alike = [name for name in scores if scores[name] > max(scores.values()) - 5]
    assert min(alike, key=lambda name: free[name]) == PLAN.chosen.name


def test_internalization_is_what_was_measured():
    """0.03-0.15 /min, where the published fit needed 2.6: epitopes hide the rest.

    In the fit to all readings with its interval, and in each that left some out.
    """
    [row] = [one for one in shipped("yt1.tsv") if one["name"] == "internalize"]
    assert 0.03 < float(row["low"]) < float(row["high"]) < 0.15
    for name in LEFT_OUT:
        assert 0.03 < read_values("yt1_left_out.tsv", name)["internalize"] < 0.15


def test_each_row_can_fail(seen):
    """Without hidden epitopes, or with half the CD122, the stains are missed."""
    best = read_values()
    plain = scored(PLAN, best | {"see_cd122": 0.95}, *seen, "CD122")
    assert plain.r_squared < 0.9
    fewer = scored(PLAN, best | {"cd122": 0.3 * best["cd122"]}, *seen, "CD132")
    assert fewer.rmse > 0.08
    deaf = scored(PLAN, best | {"half": 20 * best["half"]}, *seen, "pSTAT5")
    assert deaf.r_squared < 0.9
