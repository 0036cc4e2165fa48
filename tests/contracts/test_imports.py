"""Importing is quick and does nothing; heavy libraries wait until they are used."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import il2sim

HEAVY = {
    "fastapi",
    "jinja2",
    "llvmlite",
    "matplotlib",
    "pandas",
    "pint",
    "pyarrow",
    "pydantic",
    "rich",
    "scipy",
    "sympy",
    "typer",
    "xarray",
    "zarr",
}
MADE_OF_UNITS = {"models", "symbolic"}
"""These need pint, which looks whether SciPy is there."""

ROOMS = sorted(
    path.parent.name for path in Path(il2sim.__file__).parent.glob("*/__init__.py")
)


def loaded_by(statement: str) -> set[str]:
    """Names of the modules that a statement loads in a fresh interpreter."""
    script = f"{statement}\nimport sys, json\nprint(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True
    )
    assert not done.stderr
    return set(json.loads(done.stdout))


def test_importing_the_package_loads_almost_nothing() -> None:
    """No room, no heavy library, not even NumPy."""
    loaded = loaded_by("import il2sim")
    assert not loaded & (HEAVY | {"numpy"})
    assert {name for name in loaded if name.startswith("il2sim")} == {"il2sim"}


@pytest.mark.parametrize("room", ROOMS)
def test_entering_a_room_loads_no_heavy_library(room: str) -> None:
    """Except where a room is made of units, which are read when they are written."""
    heavy = loaded_by(f"import il2sim.{room}") & HEAVY
    by_pint = {"pint", "scipy", "jinja2"}  # the last by Dask, where it is installed
    assert heavy <= (by_pint if room in MADE_OF_UNITS else set())


def test_every_public_name_can_be_used() -> None:
    """About 20 names, all there, sorted, and shown by `dir`."""
    assert dir(il2sim) == sorted(il2sim.__all__)
    assert len(il2sim.__all__) <= 26
    for name in il2sim.__all__:
        assert getattr(il2sim, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        _ = il2sim.simulat


def test_the_version_is_said_once() -> None:
    """It stands in the package; the citation repeats it."""
    citation = (Path(__file__).parents[2] / "CITATION.cff").read_text(encoding="utf-8")
    assert re.fullmatch(r"\d+\.\d+\.\d+", il2sim.__version__)
    assert f"\nversion: {il2sim.__version__}\n" in citation
