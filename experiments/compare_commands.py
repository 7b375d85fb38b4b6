"""The command that compares two tracked runs: compare.

What it needs is imported inside the functions, so that `khabar --help` costs nothing.
"""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from khabar.experiments.compared_run import Apart, ComparedRun
    from khabar.experiments.comparison import Comparison
    from khabar.experiments.predictions import Predictions


@click.command(short_help="Say which of two runs is better, and where they differ.")
@click.argument("first", metavar="RUN")
@click.argument("second", metavar="RUN")
@click.option("--source", metavar="S", help="Only these articles, such as annotations/dev or out-of-fold.")
@click.option(
    "--articles", type=click.IntRange(min=0), default=5, show_default=True, metavar="N",
    help="Show so many articles that the runs tag differently, of each head.",
)  # fmt: skip
@click.option("--tracking-uri", metavar="URI", help="Default: $MLFLOW_TRACKING_URI, else sqlite:///mlflow.db.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: all articles that differ, by id.")
def compare(
    first: str, second: str, source: str | None, articles: int, tracking_uri: str | None, as_json: bool
) -> None:
    """Compare two runs on the articles that both have tagged: figures with a paired bootstrap's interval and p, each
    label, outlet and length, and the articles where they differ.

    RUN is a run's id, the beginning of one, or a registered model: models:/khabar@champion, models:/khabar/3.

    What is compared was written when the runs were trained; nothing is tagged again. Titles and beginnings of articles
    are read from the corpora on this machine, and shown, not kept.
    """
    import orjson

    from khabar.experiments.compared_run import apart, fetch_run
    from khabar.experiments.comparison import compare as compare_predictions
    from khabar.experiments.tracked_runs import find_run
    from khabar.experiments.tracking_store import opened

    with opened(tracking_uri) as store:
        found = [find_run(store, name) for name in (first, second)]
        if found[0].run_id == found[1].run_id:
            raise click.UsageError(f"{first} and {second} are the same run, {found[0].run_id}; name two.")
        one, two = (fetch_run(store, run) for run in found)
    compared = compare_predictions(*(_of_source(run, source) for run in (one, two)))
    between = apart(one, two)
    if as_json:
        values = {"first": one.to_dict(), "second": two.to_dict(), "apart": between.to_dict(), **compared.to_dict()}
        click.echo(orjson.dumps(values, option=orjson.OPT_INDENT_2))
    else:
        _print(one, two, between, compared, articles)


def _of_source(run: "ComparedRun", source: str | None) -> "dict[str, Predictions]":
    """Give what a run predicted; of one source alone if that is asked for, by its name in reports or in MLflow."""
    from khabar.experiments.matched_articles import ComparisonError
    from khabar.experiments.tracking_store import mlflow_name

    if source is None:
        return run.predictions
    chosen = {name: found for name, found in run.predictions.items() if source in (name, mlflow_name(name))}
    if not chosen:
        raise ComparisonError(
            f"found no predictions of {source} in the run {run.run.run_id}, expected one of "
            f"{', '.join(run.predictions)}; give another --source"
        )
    return chosen


def _print(one: "ComparedRun", two: "ComparedRun", between: "Apart", compared: "Comparison", articles: int) -> None:
    from khabar.experiments.article_texts import article_texts
    from khabar.experiments.comparison_tables import differing_tables, runs_table, source_tables
    from khabar.experiments.show import print_text

    print_text(runs_table(one, two, between))
    for warning in between.warnings:
        _note(warning)
    for name in compared.not_compared:
        _note(f"{name} is not compared: the runs have no article of it in common")
    for name, found in compared.sources.items():
        for table in source_tables(name, found):
            print_text(table)
        if articles and any(found.differing.values()):
            texts, problems = article_texts(one.config, name)
            for problem in problems:
                _note(problem)
            for table in differing_tables(name, found, texts, articles):
                print_text(table)


def _note(text: str) -> None:
    click.echo(f"note: {text}", err=True)
