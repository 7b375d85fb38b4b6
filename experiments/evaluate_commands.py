"""The commands that measure: evaluate, leaderboard, and data audit.

What they need is imported inside the functions, so that `khabar --help` costs nothing.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

SHIPPED = "-"
PROTOCOLS = ("in-corpus", "outlets", "cross-corpus", "official", "byline")
TASKS = ("sector", "sectors", "tone", "stance")
BYLINE, ALL = "byline", "all"
# What only one of the two forms of evaluate heeds.
OF_A_MODEL = ("config",)
OF_A_PROTOCOL = ("system", "jobs", "no_track", "tracking_uri")


@click.command(short_help="Measure a model on labelled articles, or a system by a protocol.")
@click.argument("names", nargs=-1, metavar="MODEL CORPUS | --protocol P [CORPUS...]")
@click.option("--against", metavar="MODEL|CONFIG", help="A second one, tested for a difference on the same articles.")
@click.option("--config", metavar="CONFIG", help="Read CORPUS as this training config does: columns, labels.")
@click.option(
    "--protocol", "protocols", multiple=True, type=click.Choice((*PROTOCOLS, ALL)),
    help="Fit and test on splits of corpora; see above. May be given several times.",
)  # fmt: skip
@click.option(
    "--system", metavar="CONFIG", help="What is fitted: a YAML file, or the name of one that ships; default baseline."
)
@click.option("--jobs", type=click.IntRange(min=1), help="Fits at a time.")
@click.option("--no-track", is_flag=True, help="Without MLflow.")
@click.option("--tracking-uri", metavar="URI", help="Default: $MLFLOW_TRACKING_URI, else sqlite:///mlflow.db.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(
    names: tuple[str, ...], against: str | None, protocols: tuple[str, ...], as_json: bool, **options: Any
) -> None:
    """Measure the model file MODEL (`-`: the one that ships with khabar) on CORPUS; or fit a system on corpora and
    test it by a protocol. Figures stand with their 95 % intervals.

    CORPUS is annotations/dev, annotations/train, sample/test, sample/train, the name of a corpus, or a JSONL file
    with the keys text, title, id, sectors (a list, the main one first) and tone. The labels of a file must be
    khabar's own ids, such as economy and negative. Of a file with other columns or labels, give with --config the
    training config that maps them under data.train or data.evaluate, and as CORPUS the path as it stands there.

    \b
    --protocol in-corpus     a random tenth of each corpus
    --protocol outlets       each outlet of a corpus, trained on the others
    --protocol cross-corpus  every corpus, trained on every other one
    --protocol official      the splits and metrics that corpora are published with
    --protocol byline        what the first 80 characters tell, before and after cleaning
    --protocol all           all of these

    Without a CORPUS, a protocol runs on all that it fits. Its figures are given as published and without
    near-duplicates, and are tracked by MLflow; khabar leaderboard shows them.
    """
    asked = {name for name, value in options.items() if value}
    if not protocols:
        _refuse_options(asked & set(OF_A_PROTOCOL), "belongs to --protocol; add one, such as --protocol in-corpus")
        if len(names) != 2:
            raise click.UsageError(
                f"Found {len(names)} arguments, expected MODEL and CORPUS: khabar evaluate - annotations/dev. "
                "To fit and test a system: khabar evaluate --protocol in-corpus [CORPUS...]"
            )
        _evaluate_model(*names, against=against, config=options["config"], as_json=as_json)
    else:
        _refuse_options(asked & set(OF_A_MODEL), "belongs to khabar evaluate MODEL CORPUS; leave it out")
        of_protocol = {name: options[name] for name in OF_A_PROTOCOL}
        _evaluate_systems(protocols, names, against=against, as_json=as_json, **of_protocol)


def _refuse_options(names: set[str], why: str) -> None:
    for name in sorted(names):
        raise click.UsageError(f"--{name.replace('_', '-')} {why}.")


def _evaluate_model(model: str, corpus: str, *, against: str | None, config: str | None, as_json: bool) -> None:
    import orjson

    from khabar.experiments.named_source import named_source
    from khabar.experiments.show import console, differences_table, figures_table, labels_table
    from khabar.inference.predictor import Predictor
    from khabar.training.evaluate import labelled_stances, measure
    from khabar.training.sources import read_source
    from khabar.training.tag_intervals import paired

    models = [model] if against is None else [model, against]
    predictors = [Predictor.load(None if name == SHIPPED else name) for name in models]
    articles = read_source(named_source(corpus, config))
    texts, titles = [article.text for article in articles], [article.title for article in articles]
    tags = [predictor.tag_columns(texts, titles, threads=1) for predictor in predictors]
    stances = [labelled_stances(predictor, articles) for predictor in predictors]
    reports = [measure(columns, articles, said) for columns, said in zip(tags, stances, strict=True)]
    differences = {} if against is None else paired(tags[0], tags[1], articles, (stances[0], stances[1]))
    if as_json:
        values = reports[0].to_dict()
        if against is not None:
            values |= {"against": reports[1].to_dict(), "differences": differences}
        click.echo(orjson.dumps(values, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY))
        return
    out = console()
    if against is None:
        out.print(figures_table({corpus: reports[0]}), labels_table(reports[0]))
    else:
        out.print(figures_table(dict(zip(_told_apart(models), reports, strict=True))), differences_table(differences))


def _told_apart(models: Sequence[str]) -> list[str]:
    """Name two models by what their paths end in, or by the whole of them where that is the same, or a URI."""
    ends = [name if ":/" in name else Path(name).name for name in models]
    return ends if len(set(ends)) == len(models) else list(models)


def _evaluate_systems(
    protocols: Sequence[str],
    names: Sequence[str],
    *,
    against: str | None,
    system: str | None,
    jobs: int | None,
    no_track: bool,
    tracking_uri: str | None,
    as_json: bool,
) -> None:
    import orjson

    from khabar import configs
    from khabar.experiments.evaluation import BASELINE, evaluate_systems
    from khabar.experiments.outcome_tables import difference_table, list_table, matrices
    from khabar.experiments.show import print_text
    from khabar.inference.signals import ended_by_signal
    from khabar.training.classifier_config import load_system

    if set(protocols) == {BYLINE} and (system or against):
        raise click.UsageError("The protocol byline has a system of its own; leave --system and --against out.")
    if tracking_uri and no_track:
        raise click.UsageError("--tracking-uri says where to track, --no-track not to; leave one out.")
    chosen = _protocols(protocols, names)
    called = [system or BASELINE, *([] if against is None else [against])]
    systems = {name: load_system(configs.find(name)) for name in called}
    if len({config.name for config in systems.values()}) < len(called):
        raise click.UsageError("--against is a system of the same name; give the config of another one, under a name.")
    with ended_by_signal():
        found = evaluate_systems(chosen, systems, jobs=jobs, report=_to_stderr, track=not no_track, uri=tracking_uri)
    if as_json:
        click.echo(orjson.dumps(found.to_dict(), option=orjson.OPT_INDENT_2))
        return
    for one in chosen:
        own = [outcome for outcome in found.outcomes if outcome.protocol == one]
        for table in matrices(own) if one == "cross-corpus" else [list_table(own, one)]:
            print_text(table)
    if found.differences:
        print_text(difference_table(found.differences))
    for run in found.runs:
        click.echo(f"run    {run}")


def _protocols(asked: Sequence[str], names: Sequence[str]) -> dict[str, list[str]]:
    """Give the corpora of each protocol that is to be run."""
    from khabar.experiments.protocol_runs import PROTOCOLS, fitting, misfit

    chosen = {one: fitting(one, names) for one in (PROTOCOLS if ALL in asked else asked)}
    missed = [name for name in names if not any(name in fit for fit in chosen.values())]
    if missed:
        raise click.UsageError(misfit("in-corpus" if ALL in asked else asked[0], missed[0]))
    return {one: fit for one, fit in chosen.items() if fit or not names}


@click.command(short_help="Show the newest tracked figures beside those that others report, or rank all tracked jobs.")
@click.option("--task", type=click.Choice(TASKS), help="Rank the jobs of khabar train by this, instead.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FOLDER|PAGE.html",
    help="Write leaderboard.md and leaderboard.html there, or with --task one page; default on stdout.",
)  # fmt: skip
@click.option("--tracking-uri", metavar="URI", help="Default: $MLFLOW_TRACKING_URI, else sqlite:///mlflow.db.")
def leaderboard(task: str | None, output: Path | None, tracking_uri: str | None) -> None:
    """Show the newest tracked figures of each system, protocol and corpus, with intervals, as published and without
    near-duplicates, beside what others report; with the commit and the command that made each.

    With --task, rank all jobs of khabar train, on each source they were measured on: which is champion, of which
    commit, data and settings.
    """
    if task is not None:
        from khabar.experiments.page_commands import show_board

        show_board(task, output, tracking_uri)
        return
    if output is not None and output.is_file():
        raise click.UsageError(f"{output} is a file; expected the folder to write leaderboard.md and .html to.")
    from khabar.experiments.evaluation_tracking import tracked_outcomes
    from khabar.experiments.leaderboard import leaderboard as arrange
    from khabar.experiments.leaderboard import markdown, page
    from khabar.inference.destination import open_output
    from khabar.inference.formats import Location

    board = arrange(tracked_outcomes(tracking_uri))
    if output is None:
        click.echo(markdown(board), nl=False)
        return
    output.mkdir(parents=True, exist_ok=True)
    for name, text in (("leaderboard.md", markdown(board)), ("leaderboard.html", page(board))):
        with open_output(Location(output / name, "text")) as file:
            file.write(text.encode("utf-8"))
        click.echo(output / name)


@click.command(short_help="List the labels of a corpus that are likely wrong.")
@click.argument("name")
@click.option("--top", type=click.IntRange(min=1), default=50, show_default=True, metavar="N", help="List so many.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE.csv",
    help="Write all of them there. It has the beginnings of texts: for reading, not for passing on.",
)  # fmt: skip
def audit(name: str, top: int, output: Path | None) -> None:
    """List the labels of the corpus NAME that a classifier fitted on the other articles contradicts most surely: id,
    own label, suggested label with its probability, and how the article begins.

    NAME is a corpus of the catalogue with labels of its own, annotations/sector or annotations/tone.
    """
    from khabar import configs
    from khabar.experiments.evaluation import BASELINE
    from khabar.experiments.show import console, suspects_table
    from khabar.inference.destination import open_output
    from khabar.inference.formats import Location
    from khabar.training.audit import audit as find
    from khabar.training.audit import suspects_csv
    from khabar.training.classifier_config import Task, load_system
    from khabar.training.protocol_tasks import ANNOTATIONS, annotations, own_labels

    corpus, _, part = name.partition("/")
    if corpus == ANNOTATIONS and part not in ("sector", "tone"):
        raise click.UsageError(f"Found {name!r}, expected annotations/sector or annotations/tone.")
    task: Task = "tone" if part == "tone" else "topic"
    data = annotations(task) if corpus == ANNOTATIONS else own_labels(name)
    found = find(data.articles, data.labels, load_system(configs.find(BASELINE)).classifier(data.task))
    console().print(suspects_table(found.suspects[:top]))
    click.echo(
        f"{len(found.suspects):,} of {found.articles:,} labels are likely wrong, {found.noise:.1%} by estimate; "
        f"{found.accuracy:.1%} are what the classifier says."
    )
    if output is not None:
        with open_output(Location(output, "csv")) as file:
            file.write(suspects_csv(found.suspects).encode("utf-8"))
        click.echo(f"suspects  {output}")


def _to_stderr(message: str) -> None:
    click.echo(message, err=True)
