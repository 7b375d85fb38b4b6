"""The command that perturbs articles: robustness.

What it needs is imported inside the functions, so that `khabar --help` costs nothing.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from khabar.training.robustness import Movement

SHIPPED = "-"
ANNOTATED, SAMPLE = "annotations/dev", "sample/test"
COLUMNS = (
    "perturbation", "articles", "sector", "sectors", "tone", "p sector", "p tone", "accuracy", "micro-F1", "tone F1",
)  # fmt: skip


@click.command(short_help="Measure how far the tags move when articles are written otherwise.")
@click.argument("model", default=SHIPPED, metavar="[MODEL]")
@click.argument("corpus", required=False, metavar="[CORPUS]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with what each perturbation does.")
def robustness(model: str, corpus: str | None, as_json: bool) -> None:
    """Tag the articles of CORPUS as they are and perturbed by the model file MODEL (`-`, the default: the one that
    ships with khabar), and show how far that moves their tags.

    CORPUS is named as for khabar evaluate; by default annotations/dev where KHABAR_MIRROR says where the corpora
    are, else sample/test. Perturbations are the same ones whenever they are made: vowel marks, variants of letters
    and digits, left-overs of HTML, missing titles, errors of scanning and typing, dialect and others.

    Of the articles that a perturbation changes: the share whose main sector, set of sectors or tone is another one;
    the mean change of the top probability, p; and where labels are known, the accuracy of the main sector, the
    micro-F1 of all and the macro-F1 of the tone, before and after. A star marks what khabar's normaliser undoes;
    tags then move only where it moves words past the number of characters that the model reads.
    """
    import orjson

    from khabar.experiments.named_source import named_source
    from khabar.experiments.show import console, rows_table
    from khabar.inference.predictor import Predictor
    from khabar.training.robustness import robustness as measure
    from khabar.training.sources import read_source

    name = corpus or (ANNOTATED if os.environ.get("KHABAR_MIRROR") else SAMPLE)
    predictor = Predictor.load(None if model == SHIPPED else model)
    articles = read_source(named_source(name))
    found = measure(predictor, articles)
    if as_json:
        values = {"corpus": name, "articles": len(articles), "movements": [movement.to_dict() for movement in found]}
        click.echo(orjson.dumps(values, option=orjson.OPT_INDENT_2))
        return
    click.echo(f"{len(articles):,} articles of {name}; of those that are changed, the share with other tags:")
    console().print(rows_table(COLUMNS, _rows(found)))


def _rows(found: "list[Movement]") -> Iterator[list[str | float | None]]:
    from khabar.training.robustness import FIGURES

    for movement in found:
        yield [
            f"{movement.name}{' *' if movement.undone else ''}",
            movement.articles,
            *(f"{share:.1%}" for share in (movement.sector, movement.sectors, movement.tone)),
            *(f"{change:+.3f}" for change in (movement.sector_confidence, movement.tone_confidence)),
            *(_before_after(movement, name) for name in FIGURES),
        ]


def _before_after(movement: "Movement", name: str) -> str | None:
    from khabar.experiments.outcome_tables import figure

    if name not in movement.before:
        return None
    return f"{figure(movement.before[name])} → {figure(movement.after[name])}"
