"""How long an answer of the page takes, for one reader and for twenty.

Starts `il2sim serve` as a user does, and lets clients move sliders: each asks for 100
subjects, waits for the answer, and asks the next after a short pause, as a page does.
The tolerance is the one of a moving slider; its error is measured beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from environment import write

from il2sim.app.serve.answers import QUICK
from il2sim.formats.study_file import read_study, studies
from il2sim.study.simulate import simulate

SUBJECTS = 100
PAUSE_S = 0.05
"""Between an answer and the next question: a hand on a slider."""

PAGE_WITHIN_MS = 200.0
"""Of a solve, as in static/engine.js."""

FACTORS = np.round(np.geomspace(0.05, 5.0, 40), 4)


def post(address: str, message: object) -> tuple[int, bytes]:
    request = urllib.request.Request(
        address,
        data=json.dumps(message).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def move(
    address: str, asked: dict, client: str, until: float, seen: list[tuple]
) -> None:
    """One client that moves the dose up and down until the time is over."""
    turn = abs(hash(client)) % len(FACTORS)
    while time.monotonic() < until:
        factor = float(FACTORS[turn % len(FACTORS)])
        message = {
            "scenario": {"study": asked["study"], "dose": factor},
            "subjects": SUBJECTS,
            "within_ms": asked["within_ms"],
            "client": client,
        }
        began = time.perf_counter()
        code, body = post(f"{address}/api/answers", message)
        took = time.perf_counter() - began
        followed = json.loads(body)["subjects"] if code == 200 else 0
        seen.append((code, took, len(body), followed))
        turn += 1
        time.sleep(PAUSE_S)


def measure(address: str, asked: dict, clients: int, seconds: float) -> dict[str, Any]:
    """Latencies of some clients that move sliders for some time."""
    seen: list[tuple] = []
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=move, args=(address, asked, f"c{i}", until, seen))
        for i in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = 1e3 * np.array([one[1] for one in seen])
    return {
        "clients": clients,
        "seconds": seconds,
        "within_ms": asked["within_ms"],
        "median_subjects": float(np.median([one[3] for one in seen])),
        "answers": len(seen),
        "errors": sum(code != 200 for code, *_ in seen),
        "answer_kB": round(float(np.mean([one[2] for one in seen])) / 1e3, 1),
        "latency_ms": {
            name: round(float(np.quantile(took, q)), 1)
            for name, q in (("median", 0.5), ("q95", 0.95), ("most", 1.0))
        },
    }


def error_of(name: str) -> float:
    """Largest relative error of a median fold at the tolerance of a slider."""
    study = read_study(name)
    names = ["naive Treg", "memory Treg", "CD4 Tconv", "CD8"]

    def medians(**how: Any) -> np.ndarray:
        run = simulate(
            study.find_model(),
            study.parsed_regimen(),
            study.find_population(SUBJECTS),
            times=study.times(),
            save=names,
            **how,
        )
        return np.array([run[one].fold().median() for one in names])

    exact = medians(tolerance=1e-6)
    quick = medians(**QUICK)
    return float(np.max(np.abs(quick / exact - 1)))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--clients", type=int, default=20)
    options.add_argument("--seconds", type=float, default=60.0)
    asked = options.parse_args()
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "il2sim", "serve", "--port", "0", "--runs"]
        process = subprocess.Popen(
            [*command, folder], stdout=subprocess.PIPE, text=True
        )
        try:
            address = re.search(r"http://\S+", process.stdout.readline())[0]
            result = answers(address, asked.clients, asked.seconds)
        finally:
            process.terminate()
            process.wait(20)
    print(write("page_load", result))


def answers(address: str, clients: int, seconds: float) -> dict[str, Any]:
    """One client on every study for a while, then many on one study."""
    while not json.load(urllib.request.urlopen(f"{address}/api/status"))["ready"]:
        time.sleep(0.2)
    time.sleep(30)  # attributions are compiled in the background meanwhile
    alone: dict[str, Any] = {}
    for name in studies():
        study = read_study(name).model_dump(exclude_defaults=True)
        all_, page = (
            measure(address, {"study": study, "within_ms": within}, 1, 4)
            for within in (None, PAGE_WITHIN_MS)
        )
        error = error_of(name)
        alone[name] = {"all": all_, "page": page, "error_of_medians": error}
        print(
            f"{name:24} all {all_['latency_ms']['median']:5.0f} ms, as the page asks "
            f"{page['latency_ms']['median']:5.0f} ms with "
            f"{page['median_subjects']:3.0f} subjects, error {error:.1e}"
        )
    study = read_study("daily-low-dose-cancer").model_dump(exclude_defaults=True)
    asked = {"study": study, "within_ms": PAGE_WITHIN_MS}
    many = measure(address, asked, clients, seconds)
    print(f"{clients} clients", many)
    load = [round(one, 1) for one in os.getloadavg()]  # also of what else was running
    return {"subjects": SUBJECTS, "load": load, "alone": alone, "many": many}


if __name__ == "__main__":
    main()
