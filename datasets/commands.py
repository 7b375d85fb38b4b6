"""The commands `khabar data …`: which corpora there are, how to get them, what is in them, how they are split.

What they need is imported inside the functions, so that `khabar data --help` costs nothing.
"""

import sys
from pathlib import Path
from typing import Any

import click

from khabar.inference.cli import CommandGroup
from khabar.inference.errors import CorpusError

# The kinds of split, with the options that each heeds.
KINDS = {
    "random": ("folds", "test_share", "seed"),
    "group": ("folds", "seed"),
    "outlet": (),
    "date": ("test_share", "after"),
    "official": (),
}
ORIGINS = {
    "mirror": "in the mirror, checked where it lies",
    "cache": "in the cache, checked",
    "download": "downloaded, checked",
}


class DataCommands(CommandGroup):
    """The sub-commands of `khabar data`."""

    entry_point_group = "khabar.commands.data"


@click.group(cls=DataCommands, short_help="List, fetch, describe and split the corpora.")
def data() -> None:
    """List, fetch, describe and split the corpora of the catalogue.

    KHABAR_MIRROR is a directory that holds <owner>/<repo>/<commit>.zip, or a URL below which these are downloaded;
    KHABAR_HOME is where downloads are kept, by default ~/.cache/khabar.
    """


@click.command("list", short_help="List the corpora: task, licence, where they are.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with nothing shortened.")
def list_(as_json: bool) -> None:
    """List the corpora: what for, how large, by whom, under what licence, and where they are on this machine.

    A corpus that permits `ship` may train a model that ships; one that permits `research` serves evaluation only.
    """
    from khabar.datasets.archive import found_in
    from khabar.datasets.catalog import CATALOG

    corpora = [(corpus, found_in(corpus)) for corpus in CATALOG.values()]
    if as_json:
        import orjson

        shown = ("name", "task", "metric", "documents", "outlets", "dates", "licence", "permits", "citation", "traps")
        rows = [
            {name: getattr(corpus, name) for name in (*shown, "url", "digest")} | {"where": place}
            for corpus, place in corpora
        ]
        click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
    else:
        from khabar.datasets.data_table import console, corpora_table

        console().print(corpora_table(corpora))


@click.command(short_help="Download corpora and check them.")
@click.argument("names", nargs=-1, metavar="NAME...")
@click.option("--all", "everything", is_flag=True, help="All corpora of the catalogue.")
@click.pass_context
def fetch(ctx: click.Context, names: tuple[str, ...], everything: bool) -> None:
    """Download the corpora NAME... into the cache, and check that their content is the catalogue's.

    What is there already is checked only; in a mirror directory it stays where it is. A download that breaks off is
    continued by the next call.
    """
    from khabar.datasets.catalog import CATALOG, entry
    from khabar.datasets.download import NetworkError
    from khabar.datasets.download_bar import download_bar
    from khabar.datasets.fetch import CacheError
    from khabar.datasets.fetch import fetch as fetch_one
    from khabar.inference.signals import ended_by_signal

    if bool(names) == everything:
        raise click.UsageError("Give the names of corpora, or --all for every one; khabar data list shows them.")
    corpora = list(CATALOG.values()) if everything else [entry(name) for name in names]
    failed = 0
    for corpus in corpora:
        try:
            with ended_by_signal(), download_bar(corpus.name, shown=sys.stderr.isatty()) as on_progress:
                fetched = fetch_one(corpus.name, on_progress)
        except (NetworkError, CacheError):
            raise  # The next corpus would meet the same.
        except CorpusError as error:
            click.echo(f"khabar: {error}", err=True)
            failed += 1
        else:
            click.echo(f"{fetched.name}: {ORIGINS[fetched.origin]}: {fetched.path}")
    if failed:
        click.echo(f"khabar: {failed} of {len(corpora)} corpora could not be fetched.", err=True)
        ctx.exit(1)


@click.command(short_help="Describe a corpus: its data card.")
@click.argument("name")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE.md", help="Default stdout.")
def card(name: str, output: Path | None) -> None:
    """Write the data card of the corpus NAME, as Markdown without any text of the corpus.

    Its classes, outlets, lengths, copies and conflicts, its official split and what leaks across it, its licence, and
    how its labels are read.
    """
    from khabar.datasets.data_card import card as write_card
    from khabar.inference.destination import open_output
    from khabar.inference.formats import Location

    text = write_card(name)
    with open_output(Location(output, "markdown")) as file:
        file.write(text.encode("utf-8"))


@click.command(short_help="Show what stands more than once in corpora.")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE.jsonl",
    help="Write all groups there, one a line: ids and labels of their articles.",
)  # fmt: skip
def duplicates(names: tuple[str, ...], output: Path | None) -> None:
    """Show the near-duplicates within the corpora NAME... and across them, and those whose labels differ."""
    import orjson

    from khabar.datasets.corpora import read
    from khabar.datasets.data_table import console, duplicate_tables
    from khabar.datasets.duplicates import duplicate_report, near_duplicate_keys
    from khabar.inference.destination import open_output
    from khabar.inference.formats import Location

    articles = [article for name in dict.fromkeys(names) for article in read(name)]
    report = duplicate_report(articles, near_duplicate_keys(articles), largest=len(articles))
    console().print(*duplicate_tables(report))
    if output is not None:
        conflicts = {(group[0].corpus, group[0].id) for group in report.conflicts}
        with open_output(Location(output, "jsonl")) as file:
            for group in report.largest:
                rows = [{"corpus": a.corpus, "id": a.id, "outlet": a.outlet, "labels": a.labels} for a in group]
                conflict = (group[0].corpus, group[0].id) in conflicts
                file.write(orjson.dumps({"conflict": conflict, "articles": rows}) + b"\n")


@click.command(short_help="Split a corpus into what is trained on and tested on.")
@click.argument("name")
@click.option("--by", type=click.Choice(tuple(KINDS)), required=True, help="How; see above.")
@click.option("--folds", type=click.IntRange(min=2), metavar="N", help="So many parts, each tested on once.")
@click.option("--test-share", type=click.FloatRange(0, 1, min_open=True, max_open=True), metavar="X")
@click.option("--seed", type=int, metavar="N", help="Of what is random; default 0.")
@click.option("--after", metavar="YYYY-MM-DD", help="The first day that is tested on.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE.json", help="Write the ids there.")
def split(name: str, by: str, output: Path | None, **options: Any) -> None:
    """Split the corpus NAME, the same on any machine, with no near-duplicate on both sides.

    \b
    random    at random, with like shares of each label; --folds (10) or --test-share
    group     targets of a stance kept whole, or else outlets; --folds (10)
    outlet    one outlet left out at a time
    date      trained on what came first; --test-share (0.1) or --after
    official  as published, near-duplicates and all
    """
    from khabar.datasets.corpus_split import split_corpus
    from khabar.datasets.data_table import console, split_table
    from khabar.datasets.splits import save

    given = {option: value for option, value in options.items() if value is not None}
    for option in given:
        if option not in KINDS[by]:
            raise click.UsageError(f"--{option.replace('_', '-')} has no meaning for a split by {by}; leave it out.")
    made = split_corpus(name, by, **given)
    console().print(split_table(made))
    click.echo(f"digest  {made.digest}")
    if output is not None:
        save(made, output)
        click.echo(f"split   {output}")
