"""The commands of virtual populations: build one from a plan, show what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.console import Console
from rich.table import Table

from il2sim.app import options as words
from il2sim.app.tables import listing, shown
from il2sim.errors import BadPopulation, UnreadableFile

if TYPE_CHECKING:
    from il2sim.study.people import People

app = typer.Typer(
    help="Build virtual populations, and show what they are worth.",
    no_args_is_help=True,
)

FIGURES = "figures"
"""Ending of the folder beside a file of persons that holds its pictures."""


@app.command()
def build(  # noqa: PLR0913 - one argument for each option of the command
    plan: Annotated[Path, typer.Argument(help="The plan, a .toml file.")],
    *,
    out: Annotated[Path, typer.Option(help="A .parquet file.")] = Path(
        "people.parquet"
    ),
    candidates: Annotated[int | None, typer.Option(help="How many to draw.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything drawn.")] = None,
    method: Annotated[
        str | None,
        typer.Option(help="maximum entropy, raking, bins, rejection or none."),
    ] = None,
    persons: Annotated[
        int | None, typer.Option(help="Draw so many, each to stand for one.")
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Try every method; write none.")
    ] = False,
    predict: Annotated[
        bool, typer.Option("--predict", help="Hold out each target; write none.")
    ] = False,
    workers: words.Workers = None,
) -> None:
    """Draw candidates, keep the plausible, meet the targets, write the persons."""
    from il2sim.app.terminal import progress_bar
    from il2sim.formats.plan_file import read_plan
    from il2sim.study.measures import measure
    from il2sim.study.virtual import weigh

    made, file = read_plan(
        plan,
        candidates=candidates,
        seed=seed,
        method=cast("Any", method),
        persons=persons,
    )
    if out.suffix != ".parquet":
        raise UnreadableFile(
            "persons cannot be kept in such a file.",
            got=f"'{out}'",
            expected="a name that ends in .parquet",
        )
    with progress_bar(made.name) as progress:
        found = measure(
            made.asked,
            made.base,
            file.find_model(),
            {one.name: one for one in made.responses},
            workers=workers,
            progress=progress,
        )
    console = Console()
    if compare or predict:
        if compare:
            _compare(console, made, found)
        if predict:
            _predict(console, made, found)
        return
    built = weigh(made, found)
    for limit, mask in built.kept.by_limit.items():
        console.print(f"{int(mask.sum())} of {made.base.n} keep {limit}", markup=False)
    path = built.people.write(out)
    _show(console, built.people)
    console.print(f"{built.people.n} persons are in {path}", markup=False)


@app.command("show")
def show(
    people: Annotated[Path, typer.Argument(help="A .parquet file of persons.")],
    *,
    figure: Annotated[
        bool, typer.Option("--figure/--no-figure", help="Draw beside the file.")
    ] = True,
) -> None:
    """Show the certificate of a population, and draw it."""
    from il2sim.study.people import People

    console = Console()
    known = People.read(people)
    if "quality" not in known.made:
        raise BadPopulation(
            f"'{people.name}' has no certificate.",
            got=", ".join(known.made) or "nothing said",
            expected="a file that 'il2sim population build' wrote",
        )
    _show(console, known)
    if figure:
        from il2sim.figures import save
        from il2sim.figures.people import certificate_figure

        folder = people.parent / f"{people.stem}-{FIGURES}"
        save(certificate_figure(known), folder, "certificate")
        console.print(f"The figure is in {folder}", markup=False)


def _compare(console: Console, plan: Any, found: Mapping[Any, Any]) -> None:
    """One row for each method, the same candidates and targets."""
    from typing import get_args

    from il2sim.study.virtual import Method, compare_methods

    rows = []
    for method, made in compare_methods(plan, found, get_args(Method)).items():
        if isinstance(made, BadPopulation):
            rows.append((method, "–", "–", "–", "–", made.headline))
            continue
        one = made.quality
        met = [c for c in one.coverage if c.is_met]
        rows.append(
            (
                method,
                str(one.kept),
                shown(one.effective),
                f"{100 * one.largest:.1f} %",
                f"{len(met)} of {len(one.coverage)}",
                shown(one.information),
            )
        )
    heads = ("method", "kept", "worth", "largest", "targets met", "information [nat]")
    console.print(listing(heads, rows))


def _predict(console: Console, plan: Any, found: Mapping[Any, Any]) -> None:
    """One row for each target, met by the others or not."""
    from il2sim.study.virtual import predict_each

    rows = []
    for target, made in predict_each(plan, found).items():
        if isinstance(made, BadPopulation):
            rows.append((str(target), made.headline, "–", "–"))
            continue
        told = ", ".join(shown(one) for one in made.found)
        rows.append((str(target), told, f"{made.off:.3f}", "✓" if made.is_met else "✗"))
    console.print(listing(("held out", "found without it", "off", ""), rows))


def _show(console: Console, people: People) -> None:
    """The certificate as tables and words."""
    made: Any = people.made
    quality = made["quality"]
    console.print(f"{people.name}: {people.meaning}", style="bold", markup=False)
    console.print(
        f"{made['candidates']} drawn from {made['base']} (seed {made['seed']}), "
        f"{quality['plausible']} plausible, {quality['kept']} kept by "
        f"{made['method']}, worth {quality['effective']:.0f} persons; the heaviest "
        f"holds {100 * quality['largest']:.1f} %, Gini {quality['gini']:.2f}",
        markup=False,
        highlight=False,
    )
    if quality["coverage"]:
        console.print(_coverage(quality["coverage"]))
    moved = [one for one in quality["drift"] if one["distance"] > 0][:8]
    if moved:
        console.print(
            listing(
                ("moved most", "distance", "information [nat]"),
                [
                    (o["what"], f"{o['distance']:.3f}", f"{o['information']:.3f}")
                    for o in moved
                ],
            )
        )
    for line in quality["warnings"]:
        console.print(line, markup=False, highlight=False)


def _coverage(rows: list[dict[str, Any]]) -> Table:
    def told(numbers: list[float]) -> str:
        return ", ".join(shown(one) for one in numbers)

    return listing(
        ("target", "found", "off", "distance", ""),
        [
            (
                one["target"] + (" (held out)" if one["held out"] else ""),
                told(one["found"]),
                f"{one['off']:.3f}",
                "–" if one["distance"] is None else f"{one['distance']:.3f}",
                "✓" if one["met"] else "✗",
            )
            for one in rows
        ],
    )
