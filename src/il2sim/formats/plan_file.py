"""The plan of a virtual population as a TOML file: read and checked.

A plan says who is drawn, between which limits a person is plausible, and what the group
shall be. Each number has a source or is marked as an assumption, as in a file of
populations.
"""

from __future__ import annotations

import math
import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from il2sim.errors import BadPopulation, UnreadableFile
from il2sim.formats.refusals import refusal
from il2sim.formats.treated import model_named
from il2sim.study.measures import Asked, Response
from il2sim.study.plausibility import Limit
from il2sim.study.targets import Target
from il2sim.study.virtual import LEAST_EFFECTIVE, Method, Plan

if TYPE_CHECKING:
    from il2sim.symbolic import Model

Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1)]

QUANTILES = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}
"""Keys of a target that say below which value so many lie."""

_KEY = re.compile(r"\b[EV]\d{3}\b")


class _Sourced(BaseModel):
    """A number of the plan, and what it rests on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quantity: Text
    unit: str = "1"
    response: str = ""
    source: Text
    how: Literal["read", "derived", "assumption"]
    note: str = ""

    @property
    def asked(self) -> Asked:
        """What is looked at."""
        return Asked(self.quantity, self.unit, self.response)

    def origin(self) -> dict[str, Any]:
        """What it rests on, checked.

        Raises
        ------
        UnknownName
            An evidence key does not exist.
        """
        from il2sim.evidence import library

        for key in _KEY.findall(self.source):
            library.measurement(key)
        return {
            "source": self.source,
            "is_assumption": self.how == "assumption",
            "note": self.note,
        }


class ResponseRow(BaseModel):
    """One ``[[responses]]``; see `Response`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text
    regimen: Text
    days: Positive


class LimitRow(_Sourced):
    """One ``[[limits]]``; see `Limit`."""

    low: Number | None = None
    high: Number | None = None

    def limit(self) -> Limit:
        """The same for `build`."""
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        return Limit(self.asked, low, high, **self.origin())


class TargetRow(_Sourced):
    """One ``[[targets]]``: mean and sd, quantiles, a share above, or bins."""

    mean: Number | None = None
    sd: Positive | None = None
    shape: Literal["normal", "log-normal"] = "log-normal"
    q05: Number | None = None
    q25: Number | None = None
    median: Number | None = None
    q75: Number | None = None
    q95: Number | None = None
    above: Number | None = None
    share: Number | None = None
    edges: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()
    held_out: bool = False

    @model_validator(mode="after")
    def _says_one_thing(self) -> TargetRow:
        said = (
            self.mean is not None,
            any(getattr(self, name) is not None for name in QUANTILES),
            self.share is not None,
            bool(self.shares),
        )
        if sum(said) != 1 or (self.share is None) != (self.above is None):
            raise ValueError(
                "one of: mean (and sd); quantiles (median, q25, …); share and above; "
                "edges and shares"
            )
        return self

    def target(self) -> Target:
        """The same for `build`."""
        edges, shares = self.edges, self.shares
        known = {name: getattr(self, name) for name in QUANTILES}
        known = {name: one for name, one in known.items() if one is not None}
        if known:
            levels = [0.0, *(QUANTILES[name] for name in known), 1.0]
            shares = tuple(high - low for low, high in pairwise(levels))
            edges = (-math.inf, *known.values(), math.inf)
        elif self.share is not None and self.above is not None:
            shares = (1.0 - self.share, self.share)
            edges = (-math.inf, self.above, math.inf)
        return Target(
            self.asked,
            mean=self.mean,
            sd=self.sd,
            shape=self.shape,
            edges=edges,
            shares=shares,
            is_held_out=self.held_out,
            **self.origin(),
        )


class PlanFile(BaseModel):
    """Everything a plan says.

    Attributes
    ----------
    meaning
        For the reader.
    based_on, population_file
        Who is drawn: a ready-made population, or one of a file beside the plan.
    candidates, seed
        How many are drawn, and from which stream.
    model
        As in a study file.
    method, persons, least_effective
        As in `Plan`.
    responses, limits, targets
        Rows of each.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    meaning: Text
    based_on: Text
    population_file: str | None = None
    candidates: Annotated[int, Field(gt=0)] = 2000
    seed: Annotated[int, Field(ge=0)] = 1
    model: Literal[
        "body", "body_with_tumor", "body_with_cells", "body_with_tumor_and_cells"
    ] = "body"
    method: Method = "maximum entropy"
    persons: Annotated[int, Field(gt=0)] | None = None
    least_effective: Positive = LEAST_EFFECTIVE
    responses: list[ResponseRow] = []
    limits: list[LimitRow] = []
    targets: list[TargetRow] = []

    def find_model(self) -> Model:
        """The model, joined."""
        return model_named(self.model)


def read_plan(
    path: Path,
    *,
    candidates: int | None = None,
    seed: int | None = None,
    method: Method | None = None,
    persons: int | None = None,
) -> tuple[Plan, PlanFile]:
    """Read a plan, with what is chosen instead of its own values.

    Parameters
    ----------
    path
        A TOML file; its name is that of the population.
    candidates, seed, method, persons
        Instead of the file's.

    Raises
    ------
    UnreadableFile
        The file is missing or not TOML.
    BadPopulation
        A key is unknown, missing or has a value that cannot be used.
    UnknownName
        The base or an evidence key does not exist.
    """
    file = _checked(path)
    size, stream = candidates or file.candidates, file.seed if seed is None else seed
    plan = Plan(
        name=path.stem,
        meaning=file.meaning,
        base=_base(file, path, size).seeded(stream),
        limits=tuple(one.limit() for one in file.limits),
        targets=tuple(one.target() for one in file.targets),
        responses=tuple(Response(**one.model_dump()) for one in file.responses),
        method=method or file.method,
        persons=persons or file.persons,
        least_effective=file.least_effective,
    )
    return plan, file


def _checked(path: Path) -> PlanFile:
    try:
        return PlanFile.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnreadableFile(
            f"the plan '{path.name}' cannot be read.",
            got=str(error),
            expected="a TOML file: based_on, [[limits]], [[targets]]",
        ) from error
    except ValidationError as error:
        levels = (PlanFile, TargetRow, LimitRow, ResponseRow)
        told = f"the plan '{path.name}'"
        raise refusal(error, told, levels, BadPopulation) from error


def _base(file: PlanFile, path: Path, n: int) -> Any:
    from il2sim.study import populations

    if file.population_file is None:
        return populations.population(file.based_on, n=n)
    place = path.parent / file.population_file
    return populations.read_population(place, file.based_on, n=n)
