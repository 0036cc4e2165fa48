"""The fit of YT-1 cells: its file, its curves, its scores, and what it finds."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from il2sim.errors import UnreadableFile
from il2sim.inference import Likelihood, fit
from il2sim.inference.yt1 import (
    CD122_FILES,
    CD132_FILE,
    PSTAT5_FILE,
    READ,
    Seen,
    model_of,
    problem_of,
    read_line,
    read_plan,
)
from il2sim.inference.yt1_facts import Curve, curves_of, places_of, readings_of
from il2sim.inference.yt1_judge import LEFT_OUT, at_other_time, predict, score
from il2sim.inference.yt1_numbers import derived
from tests.differences import assert_derivatives

PLAN = read_plan()
SIMPLE = replace(PLAN.chosen, free=("internalize", "cd25", "half", "see_cd122"))
TRUTH = {"internalize": 0.07, "cd25": 9000.0, "half": 500.0, "see_cd122": 0.2}
DATA = Path(os.environ.get("IL2SIM_DATA", Path(__file__).parents[4] / "shared/data"))


def made():
    """Readings that the model makes itself, without noise."""
    blank = [
        Seen(
            what,
            has_cd25,
            ligand,
            place if what == "pSTAT5" else dose,
            PLAN.told["pstat5_min"] if what == "pSTAT5" else place,
            50.0,
        )
        for what in READ
        for has_cd25 in (False, True)
        for ligand in ("il2", "il15")
        for dose in ((0.0,) if what == "pSTAT5" else (1.0, 500.0))
        for place in places_of(PLAN, what)
    ]
    point = problem_of(PLAN, SIMPLE, blank).inside(TRUTH)
    values = predict(PLAN, SIMPLE, blank, point)
    pairs = zip(blank, values, strict=True)
    return [replace(one, value=float(value)) for one, value in pairs]


def test_the_plan_is_whole():
    """Every candidate's free numbers are described, and move what the model has."""
    for candidate in PLAN.candidates.values():
        known = set(model_of(candidate).parameters)
        assert set(candidate.fixed) <= known
        for name in candidate.free:
            assert set(PLAN.free[name]["moves"]) <= known
    assert PLAN.chosen.name in PLAN.candidates


def test_affinities_are_those_of_the_model():
    """Where ``at`` is: the cycle of binding in solution, and parting over meeting."""
    model = model_of(PLAN.chosen)
    known = {name: one.engine_value for name, one in model.parameters.items()}
    meet, cd132 = known["membrane.k_assemble"], known["YT-1.cd132_at_rest"]
    for ligand in ("il2", "il15"):
        parted = known[f"{ligand}.k_drop_gamma_from_beta"] / meet
        kd_nm = known[f"{ligand}.kd_beta"] * parted / cd132
        assert PLAN.free[ligand]["at"] == pytest.approx(kd_nm, rel=1e-3)
    for name in ("il2_first", "il15_first", "il15_all", "il15_beta"):
        [rate] = PLAN.free[name]["moves"]
        assert PLAN.free[name]["at"] == pytest.approx(known[rate] / meet, rel=1e-4)
    assert PLAN.free["assemble"]["at"] == pytest.approx(meet / 60)  # cell/molecule/min


def test_a_fit_finds_what_made_the_readings():
    """Within the pull of the priors; and what was left out is then met exactly."""
    seen = made()
    some = [one for one in seen if not LEFT_OUT["IL-15"](one)]
    likelihood = Likelihood(problem_of(PLAN, SIMPLE, some))
    found = fit(likelihood, starts=1)
    values = likelihood.problem.outside(found.best)
    assert values == {k: pytest.approx(v, rel=0.05) for k, v in TRUTH.items()}
    others = [one for one in seen if LEFT_OUT["IL-15"](one)]
    predicted = predict(PLAN, SIMPLE, others, found.best)
    assert score(others, predicted, "pSTAT5").r_squared > 0.999
    assert score(others, predicted, "CD122").r_squared > 0.999


def test_derivatives_are_those_of_differences():
    """Of a part on the logit scale and of a number on the log scale."""
    assert_derivatives(Likelihood(problem_of(PLAN, SIMPLE, made()), tolerance=1e-9))


def test_curves_are_found_again():
    """A Hill curve and an exponential without noise come back, without scatter."""
    curves = [
        Curve("pSTAT5", True, "il15", 0.0, 0.0, 100.0, 0.3, 1.5, 0.0, 8),
        Curve("CD122", False, "il2", 1.0, 80.0, 30.0, 20.0, 0.0, 0.0, 6),
        Curve("CD132", False, "il2", 1e3, 92.0, 48.0, 55.0, 0.0, 0.0, 11),
    ]
    seen, scatter = readings_of(PLAN, curves)
    assert len(seen) == 8 + 6 + 11
    assert not scatter.any()
    for one, found in zip(curves, curves_of(seen), strict=True):
        assert found.n == one.n
        assert found.scatter < 0.02
        four = [found.first, found.last, found.place, found.slope]
        wanted = [one.first, one.last, one.place, one.slope]
        np.testing.assert_allclose(four, wanted, rtol=1e-2, atol=0.1)


def test_scores_have_their_closed_forms():
    """Four readings off by 3, -3, 3, -3 beside one untreated: by hand."""
    values = [60.0, 40.0, 30.0, 30.0]
    seen = [Seen("CD122", False, "il2", 1.0, float(i), v) for i, v in enumerate(values)]
    found = score(seen, np.add(values, [3, -3, 3, -3]), "CD122")
    assert found.n == 5
    assert found.rmse == pytest.approx(np.sqrt(36 / 5) / 100)
    assert found.r_squared == pytest.approx(1 - 36 / (5 * np.var([*values, 100.0])))
    around = score(seen, np.array(values), "CD122", np.full(4, 3.0))
    assert around.rmse == pytest.approx(found.rmse)


def test_files_are_read_as_they_are_laid_out(tmp_path):
    """Logarithms of doses, tenths of untreated cells, percent; others are skipped."""
    heads = [
        f"## {ligand} in IL2Ra{sign} in YT-1 cells"
        for sign in "-+"
        for ligand in ("H9", "IL2", "IL15", "IL15_IL15Ra")
    ]
    (tmp_path / PSTAT5_FILE).write_text(
        "," + ",".join(heads) + "\n-1,1,2,3,4,5,6,7,8", encoding="utf-8"
    )
    for has_cd25, name in CD122_FILES.items():
        text = (
            f"time,IL2 - 1nM,H9 - 1nM,IL15 - 500nM\n0,10,10,10\n5,{4 + has_cd25},0,1\n"
        )
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / CD132_FILE).write_text("min,gc\n0,100\n30,70\n", encoding="utf-8")
    seen = read_line(tmp_path, pstat5_min=500.0, cd132_nM=1000.0)
    told = {(*one.curve, one.time_min): one.value for one in seen}
    assert told["pSTAT5", True, "il15", 0.0, 500.0] == 7
    assert told["pSTAT5", False, "il2", 0.0, 500.0] == 2
    assert told["CD122", True, "il2", 1.0, 5.0] == 50
    assert told["CD122", False, "il15", 500.0, 5.0] == 10
    assert told["CD132", False, "il2", 1000.0, 30.0] == 70
    assert len(seen) == 4 + 4 + 1
    assert seen[0].dose_nM == pytest.approx(0.1)
    early = at_other_time(seen, 20.0)
    assert {one.time_min for one in early if one.what == "pSTAT5"} == {20.0}
    assert early[4:] == seen[4:]


def test_a_folder_without_the_readings_says_what_to_fetch(tmp_path):
    """With the address of the repository."""
    with pytest.raises(UnreadableFile, match=r"(?s)readings of YT-1.*gc-cytokines"):
        read_line(tmp_path, pstat5_min=500.0, cd132_nM=1000.0)


def test_what_follows_is_computed_from_the_point():
    """Loss inside is the fitted rate in hours; of empty chains by what returns."""
    likelihood = Likelihood(problem_of(PLAN, PLAN.chosen, made()))
    values = {"degrade": 0.02, "return": 0.03, "sorted": 0.6, "internalize": 0.05}
    found = {
        one.name: one for one in derived(likelihood, likelihood.problem.inside(values))
    }
    assert found["lose held"].value == pytest.approx(1.2)
    assert found["lose empty"].value == pytest.approx(60 * 0.05 * 0.012 / 0.024)
    for one in found.values():
        assert one.low < one.value < one.high


@pytest.mark.skipif(
    not (DATA / "meyer-lab-gc-cytokines").exists(), reason="needs IL2SIM_DATA"
)
def test_curves_judge_as_the_readings_do():
    """R² within 0.01 and errors within 0.01 of those of the readings, off or not."""
    told = PLAN.told
    seen = read_line(DATA, pstat5_min=told["pstat5_min"], cd132_nM=told["cd132_nM"])
    smooth, scatter = readings_of(PLAN, curves_of(seen))
    for values in (TRUTH, TRUTH | {"internalize": 0.1, "see_cd122": 0.05}):
        point = problem_of(PLAN, SIMPLE, seen).inside(values)
        raw, same = (predict(PLAN, SIMPLE, one, point) for one in (seen, smooth))
        for what in READ:
            one, other = score(seen, raw, what), score(smooth, same, what, scatter)
            assert other.n == one.n
            assert other.rmse == pytest.approx(one.rmse, abs=0.01)
            assert 1 - other.r_squared == pytest.approx(
                1 - one.r_squared, rel=0.1, abs=0.01
            )
