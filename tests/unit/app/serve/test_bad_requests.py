"""Bad requests by the hundred: each a 4xx with a useful text, the server alive."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from il2sim.app.serve.limits import Limits
from tests.unit.app.serve.local import STUDY, client_of, ended, scenario

JSON = {"content-type": "application/json"}
TOML = {"content-type": "application/toml"}

STRANGE = [
    *(None, True, "", "x", "\ud800", "NaN", -1, 0, 10**400, -(10**30), 1e308, -0.0),
    *(float("nan"), float("inf"), [], {}, [[]], {"a": {}}, "../../passwd", "A" * 9000),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def client(runs):
    return client_of(runs, limits=Limits(body_bytes=40_000))


def is_useful(reply):
    """A code of the client's mistakes, and a text that names what is wrong."""
    told = reply.json()
    assert 400 <= reply.status_code < 500, (reply.status_code, told)
    assert set(told) == {"error", "headline", "text"}
    assert told["headline"][:1].isalpha()
    assert len(told["text"]) >= len(told["headline"]) > 8


@pytest.fixture(autouse=True)
def _alive(client):
    """After each test the server still answers."""
    yield
    assert client.get("/api/status").json()["ready"]


def sent(client, address, message):
    """JSON as Python writes it: NaN and Infinity included."""
    return client.post(address, content=json.dumps(message), headers=JSON)


@pytest.mark.parametrize("key", [*STUDY, "factors", "sources", "nonsense"])
def test_a_study_with_a_strange_value(client, key):
    """Every key of a study with every strange value: refused, or carried out."""
    for value in STRANGE:
        study = {**STUDY, key: value}
        reply = sent(client, "/api/study", {"study": study})
        if reply.status_code != 200:
            is_useful(reply)


@pytest.mark.parametrize(
    "slider", ["dose", "every_h", "kd_cd25", "kd_cd122", "half_life"]
)
def test_a_slider_that_stands_nowhere(client, slider):
    for value in STRANGE:
        reply = sent(client, "/api/study", scenario(**{slider: value}))
        if not (slider == "every_h" and value is None):
            if reply.status_code != 200:
                is_useful(reply)
            assert reply.status_code != 200 or value is True or value == 1


def test_whatever_is_no_message(client):
    """Text that is not JSON, not an object, too deep, or half."""
    deep = "[" * 20_000
    texts = ["", "{", "nul", "[]", '"x"', "1e999", deep, "\x00", '{"scenario": 1']
    for address in ("answers", "sweeps", "shares", "regimen", "study", "runs"):
        for text in texts:
            is_useful(client.post(f"/api/{address}", content=text, headers=JSON))


def test_more_than_this_machine_is_given(client):
    """Too many subjects, days, doses, records: refused before anything is solved."""
    too_much = [
        {"days": 1e9},
        {"record_every_h": 1e-9},
        {"record_finely_every_h": 1e-7},
        {"regimen": "aldesleukin 1 IU iv every 1 h for 700 days", "days": 720.0},
        {"protocol": {"repeat": "from day 5 if tumor fold < 1, at most 999 courses"}},
    ]
    for more in too_much:
        study = {**STUDY, **more}
        for address in ("answers", "refinements", "sweeps", "shares"):
            message = {"scenario": {"study": study}}
            if address == "sweeps":
                message["factors"] = [1.0]
            is_useful(sent(client, f"/api/{address}", message))
        is_useful(sent(client, "/api/runs", {"scenario": {"study": study}}))
    is_useful(sent(client, "/api/answers", {"scenario": scenario(), "subjects": 9999}))
    million = {"study": {**STUDY, "subjects": 10**9}}
    is_useful(sent(client, "/api/runs", {"scenario": million}))


def test_no_file_outside_a_run_is_reached(client, runs):
    """Path tricks, in the name of a run, of a file, and of a page."""
    ups = ["..", "../..", "%2e%2e", "..%2f..%2f", "....//", "/etc/passwd", "%00", "~"]
    for up in ups:
        for address in (
            f"/api/runs/{up}",
            f"/api/runs/{up}/files/summary.json",
            f"/api/runs/x/files/{up}/passwd",
            f"/static/{up}/server.py",
            f"/static/{up}",
        ):
            reply = client.get(address)
            if reply.status_code == 200:  # the client itself went up, to the page
                assert reply.content == client.get("/").content, address
            else:
                assert reply.status_code in (404, 405, 422), address
    for name in ("../../escaped", "/tmp", "a/../../b", ".", ".."):
        title = {**STUDY, "title": name, "subjects": 1}
        reply = sent(client, "/api/runs", {"scenario": {"study": title}})
        assert Path(reply.json()["folder"]).parent == runs.resolve()
        client.post(f"/api/runs/{reply.json()['id']}/stop")


@pytest.mark.usefixtures("no_pictures")
def test_a_link_out_of_a_run_is_not_followed(client, runs, tmp_path):
    """A file that only seems to lie in the folder is none of the run's."""
    reply = sent(client, "/api/runs", {"scenario": {"study": STUDY}}).json()
    ended(client, f"/api/runs/{reply['id']}")
    (tmp_path / "secret.csv").write_text("secret", encoding="utf-8")
    (runs / reply["id"] / "mine.csv").symlink_to(tmp_path / "secret.csv")
    assert client.get(f"/api/runs/{reply['id']}/files/mine.csv").status_code == 404
    assert client.get(f"/api/runs/{reply['id']}/files/endpoints.csv").status_code == 200


def test_a_study_may_name_no_file(client):
    """An upload is data: a file of this machine that it names is never opened."""
    study = {**STUDY, "population_file": "/etc/passwd"}
    is_useful(sent(client, "/api/study", {"study": study}))
    text = 'population_file = "/etc/passwd"\n'
    reply = client.post("/api/study/read", content=text, headers=TOML)
    is_useful(reply)
    assert "root" not in reply.text
    people = {**STUDY, "population": "/etc/people.parquet"}
    is_useful(sent(client, "/api/study", {"study": people}))
    reply = client.post(
        "/api/study/read",
        content='population = "/etc/people.parquet"\n',
        headers=TOML,
    )
    assert "reads no files" in reply.text


def test_uploads_that_are_no_study(client):
    """A study file with random letters changed, cut or repeated."""
    good = client.post("/api/study", json=scenario()).content
    strange = random.Random(1)
    for _ in range(150):
        text = bytearray(good)
        for _ in range(strange.randint(1, 6)):
            place = strange.randrange(len(text))
            what = strange.choice(["change", "cut", "repeat"])
            if what == "change":
                text[place] = strange.randrange(256)
            elif what == "cut":
                del text[place : place + strange.randint(1, 40)]
            else:
                text[place:place] = text[place : place + 30] * strange.randint(1, 5)
        reply = client.post("/api/study/read", content=bytes(text), headers=TOML)
        if reply.status_code != 200:
            is_useful(reply)
    for text in ("a = " + "[" * 9000, "a = " + "9" * 9000, "a." * 9000 + "b = 1"):
        is_useful(client.post("/api/study/read", content=text, headers=TOML))


def test_prescriptions_that_nobody_can_follow(client):
    for text in (
        "",
        "aldesleukin",
        "aldesleukin 1e999 MIU sc once",
        "aldesleukin nan MIU/m2 sc daily for 3 days",
        "aldesleukin 1 MIU/m2 sc every 1e-9 h for 700 days",
        "nemvaleukin alfa 1 ug/kg iv daily for 5 days" * 3,
        "robert'); DROP TABLE students;--",
        "<script>alert(1)</script>",
        "9" * 3999,
    ):
        is_useful(sent(client, "/api/regimen", {"text": text}))


def test_who_may_come_in(client, tmp_path):
    """Other names, other pages, other kinds, no length, too long: each its own code."""
    good = json.dumps({"text": "aldesleukin 1 MIU/m2 sc once"})

    def code(headers, content=good):
        whole = {**JSON, **headers}
        reply = client.post("/api/regimen", content=content, headers=whole)
        if reply.status_code != 200:
            is_useful(reply)
        return reply.status_code

    assert code({}) == 200
    assert code({"host": "evil.example"}) == 421
    assert code({"host": ""}) == 421
    assert code({"origin": "http://evil.example"}) == 403
    assert code({"origin": "null"}) == 403
    assert code({"sec-fetch-site": "cross-site"}) == 403
    assert code({"origin": "http://127.0.0.1:8000"}) == 200
    assert code({"content-type": "text/plain"}) == 415
    assert code({}, "x" * 50_000) == 413
    assert code({}, iter([good.encode()])) == 411
    assert client.get("/", headers={"host": "evil.example"}).status_code == 421
    assert client.put("/api/regimen", content="", headers=JSON).status_code == 405
    policy = client.get("/").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy.replace("style-src-attr 'unsafe-inline'", "")


def test_a_token_is_needed_where_others_can_reach(tmp_path):
    """Without it, with a wrong one, with half of it: nothing; with it, everything."""
    guarded = client_of(tmp_path / "runs", token="sesame-open-wide")
    wrong = ["", "sesame", "sesame-open-widE", "ä", "x" * 5000]
    for token in wrong:
        bearer = {"authorization": f"Bearer {token}".encode()}
        is_useful(guarded.get("/api/status", headers=bearer))
        is_useful(guarded.get("/", params={"token": token}))
        is_useful(guarded.get("/", headers={"cookie": f"il2sim={token}".encode()}))
    bearer = {"authorization": "Bearer sesame-open-wide"}
    assert guarded.get("/api/status", headers=bearer).status_code == 200
    reply = guarded.get("/", params={"token": "sesame-open-wide"})
    assert reply.status_code == 200
    assert "token" not in str(reply.url)
    assert "httponly" in reply.history[0].headers["set-cookie"].lower()
    assert guarded.get("/api/status").status_code == 200
