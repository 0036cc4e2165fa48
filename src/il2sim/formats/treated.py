"""Who is treated, and by which model: what files of studies and trials name alike."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from il2sim.study.people import People
    from il2sim.study.population import Population
    from il2sim.symbolic import Model


class NamesPopulation(Protocol):
    """A file that names a population, its size and its seed."""

    @property
    def population(self) -> str:
        """Of a ready-made one, of one in `population_file`, or a file of persons."""
        ...

    @property
    def population_file(self) -> str | None:
        """A TOML file of populations."""
        ...

    @property
    def subjects(self) -> int:
        """How many."""
        ...

    @property
    def seed(self) -> int:
        """Of their draws."""
        ...


def model_named(name: str) -> Model:
    """A complete model, joined; the file has checked its name."""
    from il2sim import models

    made: Model = getattr(models, name)()
    return made


def people_file_of(file: NamesPopulation) -> str | None:
    """The file of persons, if the population is one."""
    name = file.population
    return name if name.endswith(".parquet") else None


def people_of(file: NamesPopulation, beside: Path | None) -> People | None:
    """The persons that a file names, if it names any; relative to a folder."""
    from il2sim.study.people import People

    name = people_file_of(file)
    return None if name is None else People.read((beside or Path()) / name)


def population_of(
    file: NamesPopulation, n: int | None, seed: int | None, beside: Path | None
) -> Population:
    """The population that a file names, of its size and seed or of others."""
    from il2sim.study import populations

    count = file.subjects if n is None else n
    stream = file.seed if seed is None else seed
    if file.population_file is None:
        return populations.population(file.population, n=count, seed=stream)
    path = (beside or Path()) / file.population_file
    return populations.read_population(path, file.population, n=count, seed=stream)
