"""The API against its own description, by Schemathesis.

It invents requests from the description, good and bad, and checks that each reply is
one that is described: its code, its kind, its shape; and that none is a failure of the
server. A prescription that fits the description may still be no prescription, so what
is refused with a text is no mistake here.
"""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from il2sim.app.serve.limits import Limits
from il2sim.app.serve.server import Settings, make_app
from tests.unit.app.serve.local import STUDY, client_of, wait

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
SHORT = {
    **{key: value for key, value in STUDY.items() if key != "compare"},
    "regimen": "aldesleukin 1 MIU/m2 sc, daily, for 2 days",
    "days": 2.0,
    "end_day": 2.0,
    "subjects": 2,
}
SMALL = Limits(
    quick_subjects=200,
    background_subjects=200,
    run_subjects=2,
    days=3,
    doses=9,
    quick_s=2,
)


@schemathesis.serializer("application/toml")
def as_sent(context, value):
    """A body of TOML is whatever text or bytes were invented."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    client_of(runs / "warm")  # compiles what the other server finds on the disk
    app = make_app(Settings(host="testserver", runs=runs, limits=SMALL))
    yield schemathesis.openapi.from_asgi("/openapi.json", app)
    stop_all(TestClient(app))


def stop_all(client):
    """Stop what was begun, or its figures are drawn while other tests go on."""

    def going():
        told = client.get("/api/runs").json()
        return [one["id"] for one in told if one["state"] in ("waiting", "running")]

    for name in going():
        client.post(f"/api/runs/{name}/stop", json={})
    wait(lambda: not going())


def with_a_study(body):
    """The same sliders and choices, with a study and a prescription that exist."""
    if "scenario" in body:
        return {**body, "scenario": with_a_study(body["scenario"])}
    known = {"study": SHORT, "text": SHORT["regimen"]}
    return {key: known.get(key, value) for key, value in body.items()}


@pytest.mark.parametrize("examples", [8, pytest.param(20, marks=pytest.mark.slow)])
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_replies_are_as_described(described, mode, examples):
    """Every route, with requests that fit the description and with ones that do not."""
    seen, codes = 0, []
    for found in described.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def one_route(case):
            if mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
                case.body = with_a_study(case.body)
            reply = case.call_and_validate(checks=list(CHECKS))
            codes.append(reply.status_code)

        try:
            one_route()
        except Unsatisfiable:
            continue  # a route that takes nothing cannot be asked wrongly
        seen += 1
    assert seen >= 10
    if mode is GenerationMode.POSITIVE:
        assert codes.count(200) >= 2.5 * examples
