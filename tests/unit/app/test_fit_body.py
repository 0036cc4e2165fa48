"""`il2sim fit body` and what `validate` makes of its result."""

import json
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from il2sim import models
from il2sim.app import calibration, fit_body, validate
from il2sim.app.cli import app
from il2sim.errors import UnreadableFile
from il2sim.inference import body, body_draws
from il2sim.inference.body_profiles import profiles
from il2sim.inference.body_result import BodyResult, body_key, result_of, shipped_draws
from il2sim.study.validation import Validation, Verdict
from tests.unit.inference.test_body import (
    HALF_H,
    RATE_FREE,
    half_life,
    plan_of,
    solver_of,
)
from tests.unit.study.tiny import tiny

CARD = half_life(1.0)
ROW = "a trial/0"


def verdict(value=1.0):
    sampling = np.full(400, value)
    return Verdict(CARD, CARD.measured[0], sampling, value, sampling, passes=True)


def judged():
    return Validation((verdict(),), {True: 0.0, False: 0.0}, {}, 2, 1, 0)


def result(**more):
    known = BodyResult(
        "2026-01-01", "key", {True: 0.0, False: 0.0}, {ROW: np.zeros(3)}, {ROW: 9.0}
    )
    return replace(known, **more)


def test_blocks_that_are_kept_are_not_solved_again(tmp_path, monkeypatch):
    """The second call reads what the first wrote, to the last bit."""
    plan = plan_of(RATE_FREE)
    plan = replace(plan, told={**plan.told, "seed": 1})
    asked, told = [], []

    def solved(cards, points, *, n_subjects, progress, **_):
        (column,) = points.values()
        asked.append(len(column))
        progress(n_subjects * len(column))
        return {ROW: np.outer(column, np.arange(n_subjects) / 7)}

    monkeypatch.setattr("il2sim.study.ensemble.readings_at", solved)
    solver = fit_body.KeptSolver(plan, {"tiny": tiny()}, "key", tmp_path, told.append)
    points = np.linspace(0.0, 1.0, 300)[:, None]
    first, again = solver([CARD], points, 3), solver([CARD], points, 3)
    assert asked == [133, 133, 34]
    assert np.array_equal(first[ROW], again[ROW])
    assert np.array_equal(first[ROW], np.outer(np.exp(points), np.arange(3) / 7))
    assert sum(told) == 2 * 900
    assert not list(tmp_path.glob("*.part"))


def test_intervals_are_as_wide_as_the_posterior_says():
    """A prediction without any scatter: the interval is that of the draws."""
    draws = np.linspace(-1.0, 1.0, 2001)
    known = calibration.Calibration(result(differences={ROW: draws}))
    found = known.applied(judged()).verdicts[0]
    low, high = found.interval({True: 0.0, False: 0.0})
    assert np.log([low, high]) == pytest.approx([-0.9, 0.9], abs=0.1)


def test_a_part_of_patients_stays_between_none_and_all():
    one = verdict(90.0)
    part = replace(one.measured, above=1.0)
    card = replace(CARD, measured=(part,))
    some = replace(one, card=card, measured=part, unsure=np.array([-2.0, 5.0]))
    low, high = some.interval({True: 0.0, False: 0.0})
    odds = 9.0 * np.exp([-2.0, 5.0])
    assert [low, high] == pytest.approx(100 * odds / (1 + odds))


def test_cards_left_out_are_counted_by_their_bands():
    """9 h is outside of 0.5 to 2 h."""
    said = calibration.left_out_summary(judged(), calibration.Calibration(result()))
    assert "0 of 1 bands" in str(said)


def test_the_table_has_what_fits_without_the_card_say(monkeypatch):
    """9 h where 0.5 to 2 h would pass, in the table and for machines."""
    known = calibration.Calibration(result())
    monkeypatch.setattr(calibration, "calibration", lambda: known)
    shown = Console(width=120, record=True)
    for one in validate.validation_tables(judged()):
        shown.print(one)
    assert "9.00 ✗" in shown.export_text()
    assert validate.as_data(judged())["verdicts"][0]["left_out"] == 9.0


def test_a_population_can_have_the_shipped_draws():
    """All factors of what the model has; another model has fewer."""
    drawn = shipped_draws(models.body())
    assert "signaling.steepness" in drawn.names
    assert "tumor.treg_division" not in drawn.names
    assert drawn.rows.shape[0] >= 100
    assert shipped_draws(models.body_with_tumor()).rows.shape[1] > drawn.rows.shape[1]


def test_a_result_of_other_cards_is_refused(monkeypatch):
    monkeypatch.setattr("il2sim.inference.body_result.shipped_result", result)
    calibration.calibration.cache_clear()
    known = calibration.calibration()
    calibration.calibration.cache_clear()
    assert known.result is None
    assert "out of date" in known.said
    assert known.applied(judged()).between == {True: 0.0, False: 0.0}


def test_the_key_knows_cards_and_not_what_is_told_of_them():
    models = {"tiny": tiny()}
    plan = plan_of(RATE_FREE)
    plan = replace(plan, told={**plan.told, "seed": 1})
    key = body_key([CARD], models, plan)
    assert body_key([replace(CARD, notes=("read twice",))], models, plan) == key
    assert body_key([replace(CARD, n=11)], models, plan) != key


def test_receptors_ask_for_their_plate():
    found = CliRunner().invoke(app, ["fit", "receptors"])
    assert isinstance(found.exception, UnreadableFile)
    assert "needs the public data" in str(found.exception)


@pytest.fixture(scope="module")
def calibrated():
    """A trial of half the half-life of the tables, fitted and left out."""
    plan = plan_of(RATE_FREE)
    cards = [half_life(HALF_H / 2)]
    solver = solver_of(plan)
    fit = body.fit_body(plan, cards, solver)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(body_draws, "STEPS", 1600)
        drawn, fit = body_draws.draw_body(plan, cards, solver, fit)
    left = body.leave_one_out(
        plan, cards, solver, fit, lambda _, values: float(np.median(values))
    )
    return fit_body.Calibrated(
        plan=plan,
        key="key",
        fit=fit,
        drawn=drawn,
        profiles=profiles(plan, fit),
        best={ROW: HALF_H / 2},
        differences={ROW: np.zeros(3)},
        left_out=left,
        cards=cards,
    )


def test_what_is_written_is_what_validate_reads(calibrated, tmp_path):
    """The interval holds the value that was published, and draws are around it."""
    written = {path.name for path in fit_body.write_fit(calibrated, tmp_path)}
    assert {"body.tsv", "body_draws.tsv", "body.json", "calibration.png"} <= written
    row = (tmp_path / "body.tsv").read_text().splitlines()[1].split("\t")
    low, high = float(row[3]), float(row[4])
    assert low < 2 * RATE_FREE.value < high
    draws = (tmp_path / "body_draws.tsv").read_text().splitlines()
    assert draws[0] == "plasma.k_lose"
    assert np.median([float(one) for one in draws[1:]]) == pytest.approx(2.0, rel=0.1)
    told = json.loads((tmp_path / "body.json").read_text())
    assert told["passed"] == {"calibration": {"passed": 1, "bands": 1}}
    # Without its only card nothing is known: the prior's middle is the table's value.
    assert result_of(told).left_out[ROW] == pytest.approx(HALF_H, rel=0.01)


def test_the_table_shows_values_and_intervals(calibrated):
    console = Console(width=120, record=True)
    console.print(fit_body.fit_table(calibrated))
    assert "rate" in console.export_text()
