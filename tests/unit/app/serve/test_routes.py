"""The HTTP API against the Python API, and mistakes as replies."""

from __future__ import annotations

import json
import tomllib

import numpy as np
import pytest

from il2sim.app.run import Options, run_study
from il2sim.app.serve.answers import NEVER_FOLDS, QUICK
from il2sim.app.serve.limits import Limits
from il2sim.engine import store
from il2sim.figures.arms import ARM_COLORS
from il2sim.figures.style import COLORS
from il2sim.formats.study_file import read_study, study_of
from il2sim.study.simulate import simulate
from tests.pictures import leave_out
from tests.unit.app.serve.local import STUDY, client_of, ended, scenario


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def client(runs):
    return client_of(runs)


def simulated(study, n):
    """The same by the Python API, as it is solved while a slider moves."""
    return simulate(
        study.find_model(),
        study.parsed_regimen(),
        study.find_population(n),
        times=study.times(),
        factors=study.factors,
        **QUICK,
    )


def same(band, course):
    """Whether a band is exactly the quantiles of a course."""
    quantiles = course.quantile([0.05, 0.25, 0.5, 0.75, 0.95])
    names = ("q05", "q25", "median", "q75", "q95")
    pairs = zip(names, quantiles, strict=True)
    return all(band[name] == row.tolist() for name, row in pairs)


def test_a_quick_answer_is_what_the_python_api_gives(client):
    """At the tolerance of a moving slider, to the last bit; in folds and in counts."""
    run = simulated(study_of(STUDY), 5)
    for scale in ("fold", "absolute"):
        asked = {"scenario": scenario(), "subjects": 5, "scale": scale}
        answer = client.post("/api/answers", json=asked).json()
        for name in ("naive Treg", "CD8"):
            course = run[name].fold() if scale == "fold" else run[name]
            assert same(answer["bands"][name], course)
        assert same(answer["bands"]["plasma IL-2"], run["plasma IL-2"])
    assert answer["failed"] == 0
    assert answer["published"][0]["shown"] == "> 5"


def test_an_answer_in_time_is_that_of_the_first_subjects(client):
    """However short the time, those followed are the first ones, and none failed."""
    asked = {"scenario": scenario(), "subjects": 200, "within_ms": 1.0}
    answer = client.post("/api/answers", json=asked).json()
    followed = answer["subjects"]
    assert 8 <= followed <= 200
    assert answer["failed"] == 0
    run = simulated(study_of(STUDY), followed)
    assert same(answer["bands"]["CD8"], run["CD8"].fold())


def test_sliders_are_the_study_that_is_downloaded(client):
    """A tenth of the dose every two days, of a molecule that binds otherwise."""
    moved = scenario(dose=0.1, every_h=48.0, kd_cd25=3.0, kd_cd122=2.0, half_life=4.0)
    text = client.post("/api/study", json=moved).text
    study = study_of(tomllib.loads(text))
    assert study.regimen == "aldesleukin 0.1 MIU/m2 sc, every 2 days, for 4 days"
    assert study.factors == {
        "il2.kd_alpha": 3.0,
        "il2.kd_beta_gamma": 2.0,
        "il2.koff_trimer": 2.0,
        "circulation.renal_clearance": 0.25,
    }
    asked = {"scenario": moved, "subjects": 3}
    answer = client.post("/api/answers", json=asked).json()
    run = simulated(study, 3)
    assert same(answer["bands"]["memory Treg"], run["memory Treg"].fold())


def test_receptors_are_outputs_of_the_model(client):
    """Occupied receptors and pSTAT5 of eight cells, in percent."""
    asked = {"scenario": scenario(), "subjects": 3, "view": "receptors"}
    answer = client.post("/api/answers", json={**asked, "scale": "absolute"}).json()
    run = simulated(study_of(STUDY), 3)
    name = "CD122 of memory Treg occupied"
    assert same(answer["bands"][name], run[name])
    assert {band["unit"] for band in answer["bands"].values()} == {"%"}


RULES = {"rules": ["skip if lymphocytes fold < 0.9"], "missed": "20 %"}


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize("more", [{}, {"protocol": RULES}], ids=["regimen", "rules"])
def test_a_refinement_is_the_run_of_the_command_line(client, tmp_path, more):
    """Same subjects, seed and tolerance: the same key and the same bits.

    Also where rules decide about doses.
    """
    moved = {"study": {**STUDY, **more}, "dose": 0.5}
    asked = {"scenario": moved, "subjects": 6}
    begun = client.post("/api/refinements", json=asked).json()
    work = ended(client, f"/api/refinements/{begun['id']}")
    assert work["state"] == "done"
    assert work["done"] == work["total"] == 6

    file = tmp_path / "mine.toml"
    file.write_text(client.post("/api/study", json=moved).text, encoding="utf-8")
    outcome = run_study(read_study(file), "mine", Options(out=tmp_path / "out"))
    assert (outcome.trajectories.decisions is not None) == bool(more)
    for name, band in work["answer"]["bands"].items():
        course = outcome.trajectories[name]
        expected = course if name in NEVER_FOLDS else course.fold()
        assert same(band, expected), name


def test_a_run_is_the_run_of_the_command_line(client, tmp_path, monkeypatch):
    """The folder holds what `il2sim run` makes of the study file in it."""
    begun = client.post("/api/runs", json={"scenario": scenario()}).json()
    work = ended(client, f"/api/runs/{begun['id']}")
    assert work["state"] == "done"
    address = f"/api/runs/{begun['id']}/files"
    file = tmp_path / "again.toml"
    file.write_bytes(client.get(f"{address}/study.toml").content)
    leave_out(monkeypatch)  # of the second run, which is compared by its numbers
    again = run_study(read_study(file), "again", Options(out=tmp_path / "again"))
    summary = client.get(f"{address}/summary.json").json()
    assert summary == json.loads((again.folder / "summary.json").read_text())
    assert summary["key"] == work["answer"]["key"]
    figures = [name for name in work["files"] if name.startswith("figures/")]
    reply = client.get(f"{address}/{figures[0]}")
    assert reply.status_code == 200
    assert "sandbox" in reply.headers["content-security-policy"]
    assert begun["id"] in [one["id"] for one in client.get("/api/runs").json()]


@pytest.mark.usefixtures("no_pictures")
def test_a_run_is_stopped_and_goes_on_to_the_same_bits(tmp_path, monkeypatch):
    """What a stop left is used, also by another server on the same folder."""
    from il2sim.app import run as app_run

    monkeypatch.setattr(app_run, "PORTION", 8)
    client = client_of(tmp_path / "runs")
    long = {**STUDY, "subjects": 160, "title": "A longer study"}
    begun = client.post("/api/runs", json={"scenario": {"study": long}}).json()
    address = f"/api/runs/{begun['id']}"
    while client.get(address).json()["done"] < 8:
        pass
    client.post(f"{address}/stop")
    stopped = ended(client, address)
    assert stopped["state"] == "stopped"
    assert 8 <= stopped["done"] < 160

    other = client_of(tmp_path / "runs")
    assert other.get(address).json()["state"] == "stopped"
    other.post(f"{address}/resume")
    assert ended(other, address)["state"] == "done"
    straight = run_study(study_of(long), "x", Options(out=tmp_path / "straight"))
    resumed = store.read(tmp_path / "runs" / begun["id"])
    assert np.array_equal(resumed.values, straight.trajectories.values)


def test_a_sweep_is_the_scaled_prescription(client):
    """At each factor the medians of the prescription with that dose.

    Tolerance: amounts are multiplied in another order, so steps differ by rounding,
    far below the tolerance of a step.
    """
    asked = {"scenario": scenario(), "factors": [0.1, 1.0], "subjects": 4}
    found = client.post("/api/sweeps", json=asked).json()
    assert found["doses"] == [0.1, 1.0]
    assert found["dose_unit"] == "MIU/m2"
    answer = client.post(
        "/api/answers", json={"scenario": scenario(dose=0.1), "subjects": 4}
    ).json()
    for name in ("Treg", "CD8"):
        one, other = found["endpoints"][0][name], answer["endpoints"][name]
        assert one["end fold"]["median"] == pytest.approx(
            other["end fold"]["median"], rel=1e-3
        )


def test_rules_decide_about_doses_in_every_answer(client):
    """A study whose rules skip all but the first dose is not the study without."""
    rules = {"rules": ["skip if lymphocytes < 5000 cell/uL"]}
    strict = {"study": {**STUDY, "protocol": rules}}
    found = []
    for moved in (scenario(), strict):
        asked = {"scenario": moved, "subjects": 4}
        answer = client.post("/api/answers", json=asked).json()
        sweep = client.post(
            "/api/sweeps", json={"scenario": moved, "factors": [1.0], "subjects": 4}
        ).json()
        ends = [one["Treg"]["end fold"]["median"] for one in sweep["endpoints"]]
        assert ends == pytest.approx(
            [answer["endpoints"]["Treg"]["end fold"]["median"]]
        )
        found += ends
    assert found[1] < 1.1 < found[0]
    refused = client.post("/api/shares", json={"scenario": strict})
    assert refused.status_code == 422
    assert "no rule decides" in refused.json()["text"]


def test_an_answer_that_takes_too_long_is_refused(tmp_path):
    """It never shows some of the subjects as if they were all."""
    hasty = client_of(tmp_path / "runs", limits=Limits(quick_s=1e-3))
    for route, more in (("sweeps", {"factors": [1.0]}), ("shares", {})):
        asked = {"scenario": scenario(), "subjects": 100, **more}
        reply = hasty.post(f"/api/{route}", json=asked)
        assert reply.status_code == 422
        assert "longer than this page waits" in reply.json()["headline"]


def test_a_prescription_is_read_as_fields_and_doses(client):
    """Also after the sliders for dose and interval."""
    text = "aldesleukin 600 kIU/kg iv over 15 min, every 8 h, 14 doses"
    asked = {"text": text, "dose": 0.1, "every_h": 24.0}
    read = client.post("/api/regimen", json=asked).json()
    assert read["text"].startswith("aldesleukin 60 kIU/kg iv over 15 min, daily")
    assert len(read["doses"]) == 14
    assert read["doses"][1] == {
        "product": "aldesleukin",
        "amount": 60.0,
        "unit": "kIU",
        "per": "kg",
        "route": "iv",
        "day": 1.0,
        "hours": 0.25,
    }
    assert read["courses"][0]["n_doses"] == 14


def test_what_a_page_needs_to_know(client):
    """Studies, populations, products, sources; colors of the figures."""
    facts = client.get("/api/facts").json()
    assert {one["name"] for one in facts["studies"]} >= {"high-dose-melanoma"}
    nemvaleukin = next(
        one for one in facts["products"] if one["name"] == "nemvaleukin alfa"
    )
    assert "not known well enough" in nemvaleukin["why_not"]
    assert facts["sliders"]["kd_cd25"][0]["source"]
    assert client.get("/api/evidence/E142").json()["shown"] == "> 5-fold"
    trials = client.get("/api/published").json()
    assert {one["study"] for one in trials} >= {"every-third-day-t1d"}
    assert {"E149", "E177", "V152"} <= {
        key for one in trials for key in one["treg"]["evidence"]
    }
    for effector in ("CD8", "CD4 Tconv"):
        shown = [one for one in trials if one["effector"]["name"] == effector]
        keys = [key for one in shown for key in one["treg"]["evidence"]]
        assert len(keys) == len(set(keys)) >= 3
    assert facts["colors"]["CD8"] == COLORS["CD8"]
    assert facts["scenarios"] == list(ARM_COLORS[:4])


def test_a_study_file_is_opened_as_data(client):
    """What was downloaded can be opened again."""
    text = client.post("/api/study", json=scenario()).text
    kind = {"content-type": "application/toml"}
    read = client.post("/api/study/read", content=text, headers=kind).json()
    assert study_of(read) == study_of(STUDY)
