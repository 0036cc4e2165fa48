"""Each exception, raised the way a user would meet it, and its wording."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import il2sim as il
from il2sim import errors
from il2sim.symbolic import process, state


def unknown_name() -> None:
    il.product("proleukn")


def bad_unit() -> None:
    il.Quantity(1.0, "furlongs")


def unit_mismatch() -> None:
    il.Quantity(1.0, "MIU").to("mg")


def bad_model() -> None:
    class Leak(il.Component):
        amount = state("nmol", "something")
        leak = process("amont ->", rate=amount)


def bad_evidence() -> None:
    from il2sim.evidence import read_library

    folder = Path("tables")
    folder.mkdir()
    (folder / "sources.bib").write_text("", encoding="utf-8")
    (folder / "odd.tsv").write_text("key\tvalue\nE1\t1\n", encoding="utf-8")
    read_library(folder)


def bad_variant() -> None:
    from il2sim.molecules import read_catalog

    path = Path("mine.toml")
    path.write_text('[variants.mine]\ncolor = "red"\n', encoding="utf-8")
    read_catalog(path)


def bad_regimen() -> None:
    il.Regimen.parse("aldesleukin 1 MIU/m2 sc daily for -1 days")


def bad_population() -> None:
    from il2sim.study.populations import adults

    adults(n=0)


def bad_study() -> None:
    from il2sim.figures.published import Published

    Published("Treg", "E142", 0.0, 84 * 24.0)


def bad_table() -> None:
    from il2sim.formats.nonmem import EventTable

    EventTable.parse("ID,TIME,AMT,SS\n1,0,3,1\n")


def bad_problem() -> None:
    nothing = np.zeros((1, 0))
    il.Trajectories(
        names=(),
        units=(),
        times_h=np.zeros(1),
        values=np.zeros((1, 2, 0)),
        resting=nothing,
        peaks=nothing,
        status=np.zeros(1, np.int64),
    )


def unreadable_file() -> None:
    il.read("nowhere")


def cluster_unusable():
    from il2sim.study.workers import refuse_other_code

    refuse_other_code("tcp://a", ("0.0.1", ""))


def folder_in_use() -> None:
    nothing = np.zeros((0, 0))
    run = il.Trajectories(
        names=(),
        units=(),
        times_h=np.zeros(1),
        values=np.zeros((0, 1, 0)),
        resting=nothing,
        peaks=nothing,
        status=np.zeros(0, np.int64),
    )
    il.write(run, "here")
    il.write(run, "here")


def solve_failed() -> None:
    from il2sim.study.population import Varied

    leaky = Varied("naive Treg.conversion_at_rest", 20.0, "none", is_assumption=True)
    il.simulate(
        il.body(),
        il.Regimen.parse("aldesleukin 1 MIU/m2 sc once"),
        il.adults(n=1, seed=1).with_varied(leaky),
        times=il.days(0, 1, every=1),
        save=["CD8"],
        on_failure="raise",
    )


MISTAKES: dict[type[il.Il2simError], tuple[Callable[[], None], str]] = {
    errors.UnknownName: (unknown_name, r"proleukn"),
    errors.BadUnit: (bad_unit, r"the unit 'furlongs' cannot be read\."),
    errors.UnitMismatch: (unit_mismatch, r"'MIU' cannot be given in 'mg'\."),
    errors.BadModel: (bad_model, r"amont"),
    errors.BadEvidence: (bad_evidence, r"odd\.tsv"),
    errors.BadVariant: (bad_variant, r"mine"),
    errors.BadRegimen: (bad_regimen, r"prescription"),
    errors.BadPopulation: (bad_population, r"size"),
    errors.BadStudy: (bad_study, r"'E142' for 'Treg' cannot be drawn"),
    errors.BadTable: (bad_table, r"row 1 of an event table \(ID 1\) has no usable II"),
    errors.BadProblem: (bad_problem, r"the 'values' of trajectories do not fit"),
    errors.UnreadableFile: (unreadable_file, r"'nowhere' holds no complete"),
    errors.FolderInUse: (folder_in_use, r"'here' already holds trajectories\."),
    errors.ClusterUnusable: (cluster_unusable, r"the worker at tcp://a has another"),
    errors.SolveFailed: (solve_failed, r"subject 0 could not be solved"),
}


def tree() -> Iterator[type[il.Il2simError]]:
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.Il2simError):
            yield kind


@pytest.mark.parametrize("kind", MISTAKES, ids=lambda kind: kind.__name__)
def test_a_mistake_is_answered_in_the_form_of_the_house(
    kind: type[il.Il2simError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A headline that names the thing and ends with a full stop, then labeled lines."""
    monkeypatch.chdir(tmp_path)
    mistake, headline = MISTAKES[kind]
    with pytest.raises(kind) as caught:
        mistake()
    assert type(caught.value) is kind
    first, *rest = str(caught.value).splitlines()
    assert re.search(headline, first)
    assert first.endswith(".")
    assert rest, "nothing says what was got, expected, or what to try"
    assert all(re.match(r"  (got|expected|try): ", line) for line in rest)


def test_every_exception_is_met_and_drawn_in_the_tree() -> None:
    """Nothing in the tree goes untested, and the drawing is complete."""
    kinds = set(tree()) - {errors.Il2simError}
    assert kinds == set(MISTAKES)
    drawn = re.findall(r"[├└]─ (\w+) +\((\w+)\)", errors.__doc__ or "")
    assert drawn == [(kind.__name__, kind.__bases__[1].__name__) for kind in MISTAKES]
