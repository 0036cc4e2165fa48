"""What every test shares: markers from folders, and which tests wait for a flag."""

from __future__ import annotations

import ctypes.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from il2sim.inference.check import Check
    from il2sim.inference.facts import Response

FOLDERS = ("unit", "laws", "agreement", "published", "contracts")

# The same examples everywhere, and none that fails because the machine is busy.
settings.register_profile(
    "il2sim",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("il2sim")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run the slow tests too")


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Mark tests by folder, skip what is not asked for or cannot run, put in order."""
    root = Path(config.rootpath) / "tests"
    slow = pytest.mark.skip(reason="slow: runs with --all")
    no_gpu = pytest.mark.skip(reason="no GPU")
    for item in items:
        if item.path.is_relative_to(root):
            folder = item.path.relative_to(root).parts[0]
            if folder in FOLDERS:
                item.add_marker(folder)
        if item.get_closest_marker("slow") and not config.getoption("--all"):
            item.add_marker(slow)
        if item.get_closest_marker("gpu") and not has_gpu():
            item.add_marker(no_gpu)
    if config.getoption("--all"):
        # The longest files first, or one process works on one when the others are done.
        long = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in long)


def has_gpu() -> bool:
    """Whether the driver of an NVIDIA GPU is installed."""
    return ctypes.util.find_library("cuda") is not None


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds pyproject.toml."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def receptors_judged(_kernels: None) -> tuple[list[Response], list[Check]]:
    """What `il2sim validate receptors` computes, and what it finds: ten seconds."""
    from il2sim.inference.checks import check_receptors, responses_of
    from il2sim.inference.receptors import read_plan

    plan = read_plan()
    responses = responses_of(plan)
    return responses, check_receptors(plan, responses)


@pytest.fixture(autouse=True, scope="session")
def _kernels(request: pytest.FixtureRequest) -> Iterator[None]:
    """Compiled code of the tests is kept in pytest's own cache, not in the user's."""
    with pytest.MonkeyPatch.context() as patch:
        cache = request.config.cache
        if cache is not None:
            patch.setenv("IL2SIM_CACHE", str(cache.mkdir("kernels")))
        yield
