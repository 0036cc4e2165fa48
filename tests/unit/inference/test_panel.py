"""The panel of Fc fusions: its file, its curves, its scores, and what a fit finds."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from il2sim.errors import UnreadableFile
from il2sim.inference import Likelihood
from il2sim.inference.panel import (
    COLUMNS,
    FILES,
    Plan,
    Seen,
    model_of,
    problem_of,
    read_panel,
    read_plan,
)
from il2sim.inference.panel_facts import Curve, curves_of, means_of
from il2sim.inference.panel_judge import (
    blind,
    fit_panel,
    left_out,
    over_times,
    scaled,
    scores,
    signals_of,
    signals_published,
)
from il2sim.inference.receptors import CELL
from il2sim.models.published import bound_at_equilibrium
from il2sim.study.wells import Plate, incubate
from tests.differences import assert_derivatives

PLAN = read_plan()
SHARP = Plan({**PLAN.told, "noise": 0.005})
DATA = Path(os.environ.get("IL2SIM_DATA", Path(__file__).parents[4] / "shared/data"))
SIMPLE = replace(PLAN.candidates["inside, cooperative"], free=("meet", "steepness"))
TRUTH = {"meet": 2.0, "steepness": 1.5}
WILD, WEAK = "WT N-term Fc", "H16N N-term Fc"


def made(noise=0.0):
    """Means that the model makes itself: two molecules, two cell types, two days."""
    blank = [
        Seen(molecule, arms, cell, date, time_h, dose, dose)
        for molecule in (WILD, WEAK)
        for arms in (1, 2)
        for cell in ("Treg", "NK")
        for date in ("one", "two")
        for time_h in (1.0,)
        for dose in PLAN.told["doses_nM"][2::3]
    ]
    point = problem_of(PLAN, SIMPLE, blank).inside(TRUTH)
    signals = signals_of(PLAN, SIMPLE, blank, point)
    gain = np.array([100 if one.date == "one" else 300 for one in blank])
    random = noise * np.random.default_rng(2).normal(size=len(blank))
    return [
        replace(one, value=float(50 + g * (s + r)))
        for one, g, s, r in zip(blank, gain, signals, random, strict=True)
    ]


def test_the_plan_is_whole():
    """Every candidate's free numbers are described, and move what the model has."""
    for candidate in PLAN.candidates.values():
        known = set(model_of(candidate).parameters)
        assert set(candidate.fixed) <= known
        for name in candidate.free:
            assert set(PLAN.free[name]["moves"]) <= known
        for cell in PLAN.cells.values():
            assert min(cell.counts[candidate.counts]) > 0
    assert set(left_out(PLAN)) == {*PLAN.molecules.values(), *PLAN.cells}


def test_at_rest_arms_are_held_as_the_published_equilibrium_says():
    """Without traffic the dish of the fit ends at the closed mass action, 1 % off."""
    candidate = PLAN.candidates["surface, cooperative"]
    still = ("k_internalize", "k_lose_cd25", "k_shed", "k_lose_cd122")
    counts, kds = (3646.0, 2350.0), (0.19, 5.296)
    values = {f"trafficking.{one}": 0.0 for one in still} | {
        f"{CELL}.cd25_at_rest": counts[0],
        f"{CELL}.cd122_at_rest": counts[1],
        f"{CELL}.seeded": 1.0,
        "il2.kd_alpha": kds[0],
        "il2.kd_beta_gamma": kds[1],
        "il2.reach": 2.1958e-3,
        "il2.arms": np.array([1.0, 1.0, 2.0, 2.0]),
    }
    doses = np.array([0.05, 2.0, 0.05, 2.0])
    plate = Plate({"il2": doses}, [400.0], values)
    name = f"engaged on {CELL}"
    found = incubate(model_of(candidate), plate, save=[name])[name][:, 0]
    wanted = [
        bound_at_equilibrium(
            dose, counts, kds, valency=arms, reach=2.1958e-3
        ).beta_gamma
        for dose, arms in zip(doses, values["il2.arms"], strict=True)
    ]
    np.testing.assert_allclose(found, wanted, rtol=0.01)


def test_a_fit_finds_what_made_the_means():
    """Within the pull of the priors; a molecule left out is then met blind."""
    seen = made()
    rest = [one for one in seen if not left_out(PLAN)[WEAK](one)]
    found = fit_panel(SHARP, SIMPLE, rest, starts=1)
    values = problem_of(SHARP, SIMPLE, rest).outside(found.best)
    assert values == {k: pytest.approx(v, rel=0.1) for k, v in TRUTH.items()}
    signals = signals_of(PLAN, SIMPLE, seen, found.best)
    predicted = blind(PLAN, seen, lambda name: signals)
    assert scores(seen, predicted)["all"].r_squared > 0.999


def test_derivatives_are_those_of_differences():
    """Of numbers that move all wells."""
    some = made(noise=5.0)[::3]
    assert_derivatives(Likelihood(problem_of(PLAN, SIMPLE, some), tolerance=1e-9))


def test_background_and_scale_come_from_what_is_known():
    """A line through the other molecule; one's own only where nothing else is there."""
    told = ("Treg", "a day", 1.0)
    seen = [
        *(Seen(WILD, 1, *told, dose, 10 + 2 * dose) for dose in (0.0, 1.0, 3.0)),
        Seen(WEAK, 1, *told, 5.0, 100.0),
        *(Seen(WEAK, 1, "NK", *told[1:], dose, 7 * dose) for dose in (1.0, 2.0)),
    ]
    signals = np.array([one.dose_nM for one in seen])
    known = np.array([one.molecule == WILD for one in seen])
    found = scaled(seen, signals, known)
    np.testing.assert_allclose(found, [10, 12, 16, 20, 7, 14], rtol=1e-9)


def test_one_scale_over_times_is_one_line_for_a_day():
    """Two times on two lines are two groups, or one that neither line meets."""
    seen = [
        Seen(WILD, 1, "NK", "a day", time_h, dose, gain * dose)
        for time_h, gain in ((1.0, 1.0), (4.0, 3.0))
        for dose in (1.0, 2.0)
    ]
    signals = np.array([one.dose_nM for one in seen])
    np.testing.assert_allclose(scaled(seen, signals), [1, 2, 3, 6], rtol=1e-9)
    found = scaled(over_times(seen), signals)
    np.testing.assert_allclose(found, [2, 4, 2, 4], rtol=1e-9)


def test_scores_have_their_closed_forms():
    """Two days of two doses, by hand: means over days are 2 and 4, found 2 and 5."""
    seen = [
        Seen(WILD, 1, "NK", date, 1.0, dose, value)
        for date, dose, value in (
            *(("one", 1.0, 1.0), ("two", 1.0, 3.0)),
            *(("one", 9.0, 4.0), ("two", 9.0, 4.0)),
        )
    ]
    found = scores(seen, np.array([2.0, 2.0, 5.0, 5.0]))
    assert found["all"].n == 2
    assert found["NK"].r_squared == pytest.approx(1 - 1 / 2)
    around = scores(seen, np.array([2.0, 2.0, 5.0, 5.0]), scatter=np.full(4, 1.0))
    assert around["NK"].r_squared == pytest.approx(1 - (1 + 1) / (2 + 1))
    assert scores(seen, np.zeros(4), times_h=[1.0])["all"].n == 2


def test_curves_are_found_again():
    """A Hill curve without noise comes back, without scatter."""
    told = (WILD, 2, "CD8", "a day", 1.0)
    curve = Curve(*told, 100.0, 900.0, 0.5, 1.4, 0.0, 12)
    seen, scatter = means_of(PLAN, [curve])
    assert len(seen) == 12
    assert not scatter.any()
    [found] = curves_of(seen)
    assert found.scatter < 1
    assert found.half_nM == pytest.approx(0.5, rel=1e-2)
    assert found.slope == pytest.approx(1.4, rel=1e-2)


def test_files_are_read_as_they_are_laid_out(tmp_path):
    """By the names of columns; molecules without an affinity are skipped."""
    head = ",".join(COLUMNS)
    rows = ["WT N-term,1.0,Thelper,day,0.5,84.0,12.5", "H16L N-term,0,NK,day,1,1,3"]
    (tmp_path / FILES[0]).write_text("\n".join([head, *rows]), encoding="utf-8")
    (tmp_path / FILES[1]).write_text(head + "\nV91K C-term,0,NK,day,4,1,3\n")
    one, two = read_panel(PLAN, tmp_path)
    assert one == Seen(WILD, 2, "CD4 Tconv", "day", 0.5, 84.0, 12.5)
    assert two == Seen("V91K C-term Fc", 1, "NK", "day", 4.0, 1.0, 3.0)
    (tmp_path / FILES[1]).write_text("Ligand,Dose\nWT N-term,1\n")
    with pytest.raises(UnreadableFile, match="not laid out as published"):
        read_panel(PLAN, tmp_path)


def test_a_folder_without_the_panel_says_what_to_fetch(tmp_path):
    """With the address of the repository."""
    with pytest.raises(UnreadableFile, match=r"(?s)panel of Fc fusions.*gcSolver"):
        read_panel(PLAN, tmp_path)


@pytest.mark.skipif(
    not (DATA / "meyer-lab-gcSolver.jl").exists(), reason="needs IL2SIM_DATA"
)
def test_curves_judge_as_the_means_do():
    """R² of the published equilibrium: by 1,584 means and their curves, 0.015 off."""
    seen = read_panel(PLAN, DATA)
    smooth, scatter = means_of(PLAN, curves_of(seen))
    raw, same = (
        scores(
            one, scaled(one, signals_published(PLAN, one, counts="single cells")), **k
        )
        for one, k in ((seen, {}), (smooth, {"scatter": scatter}))
    )
    assert raw["all"].n == 1584
    for name, one in raw.items():
        assert same[name].r_squared == pytest.approx(one.r_squared, abs=0.015)
