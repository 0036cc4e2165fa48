"""Ready-made populations, and a user's own, read from a TOML file.

The numbers stand in `populations.toml`, each with evidence keys or marked as an
assumption with its reason; a user's file has the same form and must keep the same rule.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from il2sim.engine import elementary
from il2sim.errors import BadPopulation, UnknownName, UnreadableFile, closest
from il2sim.study.population import Correlated, Population, Trait, Varied
from il2sim.study.posterior import Posterior

HOW = ("read", "derived", "assumption")

_TRAIT_KEYS = {
    *("unit", "shape", "women", "men", "all", "by_age", "source", "how", "note"),
}
_VARIED_KEYS = {"log_sd", "median", "where_present", "source", "how", "note"}
_CORRELATED_KEYS = {"pair", "value", "source", "how", "note"}
_POSTERIOR_KEYS = {"file", "source", "how", "note"}
_TABLE_KEYS = {
    *("meaning", "based_on", "share_female"),
    *("traits", "varied", "correlated", "posterior"),
}


def adults(n: int = 1000, *, seed: int = 1) -> Population:
    """Healthy adults."""
    return population("adults", n=n, seed=seed)


def cancer_patients(n: int = 1000, *, seed: int = 1) -> Population:
    """Adults with a solid tumor, before treatment."""
    return population("cancer_patients", n=n, seed=seed)


def colorectal_cancer_patients(n: int = 1000, *, seed: int = 1) -> Population:
    """Adults with colorectal carcinoma of stage IV; their naive Treg are raised."""
    return population("colorectal_cancer_patients", n=n, seed=seed)


def t1d_patients(n: int = 1000, *, seed: int = 1) -> Population:
    """Adults with type 1 diabetes."""
    return population("t1d_patients", n=n, seed=seed)


def cgvhd_patients(n: int = 1000, *, seed: int = 1) -> Population:
    """Adults with chronic graft-versus-host disease, lymphopenic."""
    return population("cgvhd_patients", n=n, seed=seed)


def elderly_cancer_patients(n: int = 1000, *, seed: int = 1) -> Population:
    """Cancer patients above 65 years whose thymus exports little."""
    return population("elderly_cancer_patients", n=n, seed=seed)


def lymphodepleted_patients(n: int = 1000, *, seed: int = 1) -> Population:
    """Cancer patients after lymphodepleting chemotherapy."""
    return population("lymphodepleted_patients", n=n, seed=seed)


def high_tumor_burden_patients(n: int = 1000, *, seed: int = 1) -> Population:
    """Cancer patients with much tumor."""
    return population("high_tumor_burden_patients", n=n, seed=seed)


def populations() -> tuple[str, ...]:
    """Names of the ready-made populations."""
    return tuple(_shipped())


def population(name: str, n: int = 1000, *, seed: int = 1) -> Population:
    """Find a ready-made population by name.

    Raises
    ------
    UnknownName
        There is none of that name.

    Examples
    --------
    >>> population("t1d_patients", n=20).meaning
    'adults with type 1 diabetes'
    """
    return _from_tables(_shipped(), name, "the ready-made populations", n=n, seed=seed)


def read_population(
    path: Path, name: str, n: int = 1000, *, seed: int = 1
) -> Population:
    """Read a population of a user's file; it may be `based_on` a ready-made one.

    Raises
    ------
    UnreadableFile
        The file is missing or not TOML.
    UnknownName
        The file has no population of that name.
    BadPopulation
        A key is unknown, or a number lacks its source.
    """
    try:
        own = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnreadableFile(
            f"the population file '{path.name}' cannot be read.",
            got=str(error),
            expected="a TOML file in the form of the ready-made populations",
        ) from error
    made = _from_tables({**_shipped(), **own}, name, str(path), n=n, seed=seed)
    fit = _whole({**_shipped(), **own}, name, str(path), seen=()).get("posterior")
    if fit is None:
        return made
    return made.with_posterior(_posterior(fit, name, path))


def posterior_files(path: Path) -> list[str]:
    """Names of the tables of fits that a file of populations needs beside it."""
    tables = tomllib.loads(path.read_text("utf-8")).values()
    fits = (one.get("posterior") for one in tables if isinstance(one, dict))
    return [str(fit["file"]) for fit in fits if fit]


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, Any]:
    text = files("il2sim.study").joinpath("populations.toml").read_text("utf-8")
    return tomllib.loads(text)


def _from_tables(
    tables: Mapping[str, Any], name: str, where: str, *, n: int, seed: int
) -> Population:
    whole = _whole(tables, name, where, seen=())
    share = whole.get("share_female", {"value": 0.5})
    return Population(
        name=name,
        meaning=whole.get("meaning", name),
        traits={
            key: _trait(key, row, where) for key, row in whole.get("traits", {}).items()
        },
        varied={
            key: _varied(key, row, where)
            for key, row in whole.get("varied", {}).items()
        },
        correlated=tuple(
            _correlated(row, where) for row in whole.get("correlated", ())
        ),
        share_female=float(share["value"]),
        n=n,
        seed=seed,
    )


def _whole(
    tables: Mapping[str, Any], name: str, where: str, *, seen: tuple[str, ...]
) -> dict[str, Any]:
    """A table with everything of those it is based on."""
    if name not in tables or name in seen:
        raise UnknownName(
            f"there is no population '{name}'"
            + (" that is not based on itself." if name in seen else "."),
            got=f"'{name}' in {where}",
            expected=closest(name, tables),
        )
    own = dict(tables[name])
    _refuse_unknown(own, _TABLE_KEYS, name, where)
    if "based_on" not in own:
        return own
    below = _whole(tables, own["based_on"], where, seen=(*seen, name))
    joined = {**below, **own}
    for part in ("traits", "varied"):
        joined[part] = {**below.get(part, {}), **own.get(part, {})}
    joined["correlated"] = [*below.get("correlated", ()), *own.get("correlated", ())]
    return joined


def _trait(name: str, row: Mapping[str, Any], where: str) -> Trait:
    _refuse_unknown(row, _TRAIT_KEYS, name, where)
    shape = row.get("shape", "log-normal")
    if shape not in ("normal", "log-normal", "logit-normal"):
        raise _bad(
            name, where, f"shape '{shape}'", "normal, log-normal or logit-normal"
        )
    women, men = (
        _median_and_spread(row.get(sex, row.get("all")), shape, name, where)
        for sex in ("women", "men")
    )
    return Trait(
        name=name,
        unit=str(row.get("unit", "1")),
        shape=shape,
        women=women,
        men=men,
        by_age=float(row.get("by_age", 0.0)),
        **_origin(row, name, where),
    )


def _median_and_spread(
    row: Any, shape: str, name: str, where: str
) -> tuple[float, float]:
    """Median and spread on the scale of the shape; a log-normal matches mean and SD."""
    given = set(row) if isinstance(row, Mapping) else set()
    if given == {"median", "sd"}:
        return float(row["median"]), float(row["sd"])
    if given == {"mean", "sd"} and shape == "log-normal":
        relative = row["sd"] / row["mean"]
        variance = float(elementary.log1p(relative * relative))
        return row["mean"] * float(elementary.exp(-variance / 2)), math.sqrt(variance)
    raise _bad(name, where, row, "{ median, sd }, or { mean, sd } of a log-normal")


def _varied(name: str, row: Mapping[str, Any], where: str) -> Varied:
    _refuse_unknown(row, _VARIED_KEYS, name, where)
    if "log_sd" not in row:
        raise _bad(name, where, "no log_sd", "the spread of the logarithm")
    return Varied(
        name=name,
        log_sd=float(row["log_sd"]),
        median=float(row.get("median", 1.0)),
        where_present=bool(row.get("where_present", False)),
        **_origin(row, name, where),
    )


def _correlated(row: Mapping[str, Any], where: str) -> Correlated:
    name = " and ".join(map(str, row.get("pair", ())))
    _refuse_unknown(row, _CORRELATED_KEYS, name, where)
    if len(row.get("pair", ())) != 2 or "value" not in row:
        raise _bad(name, where, dict(row), "pair = [one, other], value")
    one, other = row["pair"]
    return Correlated((one, other), float(row["value"]), **_origin(row, name, where))


def _posterior(row: Mapping[str, Any], name: str, path: Path) -> Posterior:
    _refuse_unknown(row, _POSTERIOR_KEYS, name, str(path))
    if Path(str(row.get("file", "/"))).name != row.get("file"):
        told = f"file {row.get('file')!r}"
        raise _bad(name, str(path), told, "a Parquet table in the same folder")
    _origin(row, name, str(path))
    return Posterior.read(path.parent / str(row["file"]), str(row["source"]))


def _origin(row: Mapping[str, Any], name: str, where: str) -> dict[str, Any]:
    how = row.get("how")
    if not row.get("source") or how not in HOW:
        raise _bad(
            name,
            where,
            f"source {row.get('source')!r}, how {how!r}",
            "a source (evidence keys or text) and how = " + ", ".join(HOW),
        )
    return {
        "source": str(row["source"]),
        "is_assumption": how == "assumption",
        "note": str(row.get("note", "")),
    }


def _refuse_unknown(
    row: Mapping[str, Any], known: set[str], name: str, where: str
) -> None:
    for key in row:
        if key not in known:
            raise _bad(name, where, f"the key '{key}'", closest(key, known))


def _bad(name: str, where: str, got: object, expected: str) -> BadPopulation:
    return BadPopulation(
        f"'{name}' of a population cannot be used.",
        got=f"{got}, in {where}",
        expected=expected,
    )
