"""A server for the tests: its application, called without a network."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from il2sim.app.serve.limits import Limits
from il2sim.app.serve.server import Settings, make_app

STUDY: dict[str, Any] = {
    "title": "A small study",
    "question": "Does it answer?",
    "model": "body",
    "population": "adults",
    "regimen": "aldesleukin 1 MIU/m2 sc, daily, for 4 days",
    "days": 6.0,
    "end_day": 5.0,
    "subjects": 6,
    "tolerance": 1e-3,
    "record_finely_until_day": 1.0,
    "record_finely_every_h": 6.0,
    "compare": [
        {"name": "Treg", "endpoint": "peak fold", "evidence": ["E142"], "low": 5.0}
    ],
}


def scenario(**sliders: Any) -> dict[str, Any]:
    return {"study": STUDY, **sliders}


def client_of(
    runs: Path, *, token: str | None = None, limits: Limits | None = None
) -> TestClient:
    """A client of a server of its own; ready when it comes back."""
    app = make_app(Settings(runs=runs, token=token, limits=limits or Limits()))
    client = TestClient(
        app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False
    )
    if token is None:
        wait(lambda: client.get("/api/status").json()["ready"])
    return client


def wait(is_so: Any, seconds: float = 240.0) -> Any:
    """Wait until something is so, and return it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = is_so()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it never became so")


def ended(client: TestClient, address: str) -> dict[str, Any]:
    """Follow work until it neither waits nor runs."""

    def look() -> dict[str, Any] | None:
        told: dict[str, Any] = client.get(address).json()
        return None if told["state"] in ("waiting", "running") else told

    found: dict[str, Any] = wait(look)
    return found
