"""Where and with what something was measured."""

from __future__ import annotations

import json
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from il2sim.engine.emit import machine

RESULTS = Path(__file__).parent / "results"


def environment() -> dict[str, Any]:
    """Processor, lanes, versions, commit, time."""
    target = machine.host()
    wanted = {"+avx", "+avx2", "+avx512f", "+fma"}
    return {
        "processor": target.cpu,
        "vector features": sorted(wanted.intersection(target.features.split(","))),
        "lanes": target.lanes,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "libraries": {one: version(one) for one in ("llvmlite", "numpy", "scipy")},
        "commit": _commit(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _commit() -> str:
    said = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip() or "unknown"


def write(question: str, answer: dict[str, Any]) -> Path:
    """Write one result file under the processor's name."""
    about = environment()
    folder = RESULTS / about["processor"]
    folder.mkdir(parents=True, exist_ok=True)
    day = about["time"][:10]
    path = folder / f"{question}-{day}-{about['commit']}.json"
    path.write_text(json.dumps({"environment": about} | answer, indent=2) + "\n")
    return path
