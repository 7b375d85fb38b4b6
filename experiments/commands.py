"""The commands that need the training side: train, evaluate, bench.

What they need is imported inside the functions, so that `khabar --help` costs nothing.
"""

from pathlib import Path
from typing import Any

import click

SHIPPED = "-"


@click.command(short_help="Train a model by a config, tracked by MLflow.")
@click.argument("config")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="MODEL.safetensors",
    help="Model file to write; default the model's name, in the working directory.",
)  # fmt: skip
@click.option(
    "--card", type=click.Path(path_type=Path), metavar="CARD.md", help="Write the model's card there, as Markdown."
)
@click.option("--no-track", is_flag=True, help="Train without MLflow.")
@click.option("--tracking-uri", metavar="URI", help="Default: $MLFLOW_TRACKING_URI, else sqlite:///mlflow.db.")
@click.option("--experiment", metavar="NAME", help="MLflow experiment; default the model's name.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes to train with.")
@click.option(
    "--cache", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Folder that keeps what is computed from the data, for the next job.",
)  # fmt: skip
def train(
    config: str,
    output: Path | None,
    card: Path | None,
    no_track: bool,
    tracking_uri: str | None,
    experiment: str | None,
    jobs: int | None,
    cache: Path | None,
) -> None:
    """Train a model by the job that CONFIG describes, a YAML file or the name of one that ships; write one model file.

    The job is one run of MLflow: its config, data digests, figures, pictures and model. Stopped by Ctrl-C or by
    a signal, the run ends as KILLED.
    """
    from khabar import configs
    from khabar.experiments.show import console, figures_table
    from khabar.inference.signals import ended_by_signal
    from khabar.training.card import card as write_card
    from khabar.training.config import load_config
    from khabar.training.job import JOBS, run

    job = load_config(configs.find(config))
    path = output or Path(f"{job.name}.safetensors")

    def fit() -> Any:
        return run(job, path, report=_to_stderr, jobs=jobs or JOBS, cache=cache)

    with ended_by_signal():
        if no_track:
            result, where = fit(), None
        else:
            from khabar.experiments.tracking import track

            result, where = track(fit, job, uri=tracking_uri, experiment=experiment)
    console().print(figures_table(result.reports))
    if card is not None:
        card.parent.mkdir(parents=True, exist_ok=True)
        card.write_text(write_card(result), encoding="utf-8")
        click.echo(f"card   {card}")
    click.echo(f"model  {path} ({path.stat().st_size / 1e6:.1f} MB)")
    if where is not None:
        click.echo(f"run    {where.run_id} of experiment {where.experiment}, {where.uri}")
        click.echo(f"       registered as {where.model_uri}")


@click.command(short_help="Measure a model on labelled articles.")
@click.argument("model", metavar="MODEL")
@click.argument("corpus", metavar="CORPUS")
@click.option("--config", metavar="CONFIG", help="Read CORPUS as this training config does: columns, labels.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(model: str, corpus: str, config: str | None, as_json: bool) -> None:
    """Measure the model file MODEL (`-`: the one that ships with khabar) on CORPUS.

    CORPUS is annotations/dev, annotations/train, sample/test, sample/train, the name of a corpus, or a JSONL file
    with the keys text, title, id, sectors (a list, the main one first) and tone. The labels of a file must be
    khabar's own ids, such as economy and negative. Of a file with other columns or labels, give with --config the
    training config that maps them under data.train or data.evaluate, and as CORPUS the path as it stands there.
    """
    import orjson

    from khabar.experiments.show import console, figures_table, labels_table
    from khabar.inference.predictor import Predictor
    from khabar.training.evaluate import evaluate as measure
    from khabar.training.sources import read_source

    report = measure(Predictor.load(None if model == SHIPPED else model), read_source(_source(corpus, config)))
    if as_json:
        click.echo(orjson.dumps(report.to_dict(), option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY))
    else:
        console().print(figures_table({corpus: report}), labels_table(report))


@click.command(short_help="Measure how fast training and tagging are.")
@click.option("--model", type=click.Path(path_type=Path), metavar="PATH", help="Default: the one that ships.")
@click.option("--articles", type=click.IntRange(min=1), default=6000, show_default=True, metavar="N")
@click.option("--repeat", type=click.IntRange(min=1), default=5, show_default=True, help="Medians of so many.")
@click.option("--memory", is_flag=True, help="Measure the memory of tagging a file of one gigabyte as well.")
@click.option("--training", is_flag=True, help="Train on 41,000 articles as well: a quarter of an hour.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def bench(model: Path | None, articles: int, repeat: int, memory: bool, training: bool, as_json: bool) -> None:
    """Measure khabar against scikit-learn on the same articles, features and thread, in one run."""
    import orjson

    from khabar.experiments.bench import run
    from khabar.experiments.show import console, rows_table

    result = run(articles, repeat, model, _to_stderr, memory=memory, training=training)
    if as_json:
        click.echo(orjson.dumps(result.to_dict(), option=orjson.OPT_INDENT_2))
    else:
        click.echo(f"{result.articles:,} articles of {result.source}, {result.megabytes:.1f} MB of UTF-8")
        console().print(rows_table(("what", "median", "unit", "lowest", "highest"), result.rows))


def _to_stderr(message: str) -> None:
    click.echo(message, err=True)


def _source(corpus: str, config: str | None) -> Any:
    """Read what the user calls a corpus: `corpus/part`, `corpus`, the path of a file, or a source of a config."""
    from pydantic import ValidationError

    from khabar import configs
    from khabar.inference.errors import ConfigError
    from khabar.training.config import load_config
    from khabar.training.config_data import Source
    from khabar.training.config_problem import nearest, reworded

    if config is not None:
        data = load_config(configs.find(config)).data
        sources = {source.name: source for source in (*data.train, *data.evaluate)}
        if corpus not in sources:
            known = ", ".join(sources)
            raise ConfigError(f"{config}: found no source {corpus!r}, expected {known}{nearest(corpus, sources)}")
        return sources[corpus]
    name, _, part = corpus.partition("/")
    values: dict[str, Any] = {"corpus": name, "part": part or None}
    if Path(corpus).suffix or Path(corpus).exists():
        fields = ("text", "title", "id", "sectors", "tone")
        values = {"path": corpus, "columns": {field: field for field in fields}}
    try:
        return Source.model_validate(values)
    except ValidationError as error:
        raise ConfigError(reworded(error, Source, corpus)) from error
