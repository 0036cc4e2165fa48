"""A subject has the same bits under every setting and on every processor.

Each setting is a process of its own that hashes whatever lies between the seed and the
endpoints (`bits.py`). NumPy, the C library and BLAS are made to use the code that they
keep for older processors; the engine compiles for another processor, one without fused
multiplication among them.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from il2sim.engine.emit import machine
from il2sim.engine.precision import PRECISIONS

ARGUMENTS = {
    "two threads, portions upside down": ("--workers", "2", "--portion", "5"),
    "every subject alone": ("--portion", "1"),
}
SLOW_ARGUMENTS = {
    **{f"{lanes} lanes": ("--lanes", str(lanes)) for lanes in (1, 2, 4, 8)},
    "compiled for haswell": ("--processor", "haswell", "--lanes", "4"),
    "compiled without fma": ("--processor", "x86-64", "--lanes", "2"),
}
TIMEOUT_S = 300  # compiling for eight lanes on a busy machine takes a minute

on_x86_64 = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="names processors of x86-64"
)


def hashes(
    repository: Path, *arguments: str, settings: dict[str, str] | None = None
) -> dict[str, str]:
    """What a process under some setting prints, by what was hashed."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.agreement.bits", *arguments],
        cwd=repository,
        env={**os.environ, **(settings or {})},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    lines = (line.rsplit(" ", 1) for line in ran.stdout.splitlines())
    return dict(lines)


@pytest.fixture(scope="module")
def usual(repository):
    """The hashes on this processor as it is."""
    found = hashes(repository)
    assert len({what.split(":")[0] for what in found}) == 5  # 2 studies x 2, tangents
    one, other = (
        found[f"high-dose-melanoma in {precision}: reduced"] for precision in PRECISIONS
    )
    assert one != other
    assert {"values", "parameters", "solved", "summary", "sink tangents"} <= {
        what.split(": ", 1)[1] for what in found
    }
    return found


def older_processor() -> dict[str, str]:
    """Settings under which libraries take their code for an older processor."""
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    return {
        "NPY_DISABLE_CPU_FEATURES": " ".join(found),
        "OPENBLAS_CORETYPE": "Prescott",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA,-FMA4",
    }


@pytest.mark.parametrize("name", ARGUMENTS)
def test_threads_portions_and_order_change_nothing(name, usual, repository):
    """Nor does a subject that fails beside the others."""
    assert hashes(repository, *ARGUMENTS[name]) == usual


@on_x86_64
def test_libraries_for_an_older_processor_change_nothing(usual, repository):
    """Under them the last bits of NumPy's own exp and matrix product do change."""
    assert hashes(repository, settings=older_processor()) == usual


@pytest.mark.slow
@on_x86_64
@pytest.mark.parametrize("name", SLOW_ARGUMENTS)
def test_lanes_and_processor_change_nothing(name, usual, repository):
    """Compiled at another width or for another processor, by the same text."""
    if "haswell" in name and not machine.host().has_fma:
        pytest.skip("this processor has no fma")
    assert hashes(repository, *SLOW_ARGUMENTS[name]) == usual
