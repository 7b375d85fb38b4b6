"""The commands that train and time: train, bench.

What they need is imported inside the functions, so that `khabar --help` costs nothing.
"""

import shlex
from pathlib import Path
from typing import Any

import click


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
@click.option("--learning-curve", is_flag=True, help="Fit on shares of the labels too: would more help?")
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
    learning_curve: bool,
    jobs: int | None,
    cache: Path | None,
) -> None:
    """Train a model by the job that CONFIG describes, a YAML file or the name of one that ships; write one model file.

    The job is one run of MLflow: its config, data digests, splits, predictions, figures, pictures, page and model, and
    a run within it for each fold and head. Stopped by Ctrl-C or by a signal, it ends as KILLED with what it had. If the
    tracking store goes away, the model is written all the same, and what MLflow did not get is kept beside it for
    khabar log.
    """
    from khabar import configs
    from khabar.experiments.show import console, figures_table, print_curve
    from khabar.inference.signals import ended_by_signal
    from khabar.training.card import card as write_card
    from khabar.training.config import load_config
    from khabar.training.job import JOBS, run
    from khabar.training.learning_curve import SHARES
    from khabar.training.robustness import movements_of

    job = load_config(configs.find(config))
    path = output or Path(f"{job.name}.safetensors")

    def fit(report: Any = _to_stderr) -> Any:
        return run(job, path, report, jobs=jobs or JOBS, cache=cache, curve=SHARES if learning_curve else ())

    with ended_by_signal():
        if no_track:
            result, where = fit(), None
        else:
            from khabar.experiments.recording import log_command
            from khabar.experiments.tracking import track

            result, where = track(
                fit,
                job,
                journal=path.with_name(f"{path.stem}.run"),
                uri=tracking_uri,
                experiment=experiment,
                command=_command(config, output, card, learning_curve),
                report=_to_stderr,
            )
    console().print(figures_table(result.reports))
    if result.curve is not None:
        print_curve(result.curve)
    if card is not None:
        card.parent.mkdir(parents=True, exist_ok=True)
        card.write_text(write_card(result, movements_of(result)), encoding="utf-8")
        click.echo(f"card   {card}")
    click.echo(f"model  {path} ({path.stat().st_size / 1e6:.1f} MB)")
    if where is not None:
        click.echo(f"run    {where.run_id} of experiment {where.experiment}, {where.uri}")
        if where.kept is None:
            click.echo(f"       registered as {where.model_uri}")
            click.echo(f"next   khabar show {where.run_id[:8]}; khabar promote {where.run_id[:8]} --why TEXT")
        else:
            click.echo(f"       not sent whole; once MLflow is back: {log_command(where.kept)}")


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


def _command(config: str, output: Path | None, card: Path | None, learning_curve: bool) -> str:
    """Write what makes the same run again; jobs and cache change nothing."""
    paths = [
        word for name, path in (("-o", output), ("--card", card)) if path is not None for word in (name, str(path))
    ]
    return shlex.join(["khabar", "train", config, *paths, *(["--learning-curve"] if learning_curve else [])])


def _to_stderr(message: object) -> None:
    click.echo(str(message), err=True)
