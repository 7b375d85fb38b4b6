"""The commands that need no training: tag, explain, info.

What they need is imported inside the functions, so that `khabar --help` costs nothing.
"""

import sys
from typing import TYPE_CHECKING, Any

import click

from khabar.inference.errors import InputError
from khabar.inference.formats import FORMATS, STANDARD_STREAM
from khabar.inference.signals import ended_by_signal

if TYPE_CHECKING:
    from khabar.inference.batch import Summary
    from khabar.inference.named_target import Target

REFUSED = 3  # exit code
MODEL_HELP = "Model file, or models:/NAME@ALIAS of MLflow's registry; default the one that ships with khabar."


def _targets(ctx: click.Context, param: click.Parameter, spelt: tuple[str, ...]) -> "tuple[Target, ...]":
    """Read the targets; what is wrong with them is wrong usage."""
    from khabar.inference.named_target import parse_targets

    try:
        return parse_targets(spelt)
    except InputError as error:
        raise click.BadParameter(str(error), ctx, param) from error


@click.command(short_help="Tag the articles of files.")
@click.argument("inputs", nargs=-1, required=True, metavar="IN...")
@click.option("-o", "--output", default=STANDARD_STREAM, metavar="OUT", help="File to write; default stdout.")
@click.option("--text-field", default="text", show_default=True, metavar="NAME", help="Field of the text.")
@click.option("--title-field", metavar="NAME", help="Field of the title; default `title`, if there.")
@click.option("--id-field", metavar="NAME", help="Field of the id; default `id`, if there, else the row number.")
@click.option("--model", metavar="MODEL", help=MODEL_HELP)
@click.option("--threads", type=click.IntRange(min=1), metavar="N", help="Default: as many as processors.")
@click.option(
    "--precision",
    type=click.FloatRange(0.5, 0.99),
    metavar="P",
    help="How often a tag not in `abstained` is to be right: .5 to .99.",
)
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Format of IN, whatever its name, and of stdout.")
@click.option("--output-format", type=click.Choice(FORMATS), help="Format of OUT, whatever its name.")
@click.option(
    "--stance", "stances", multiple=True, metavar="TARGET[=NAME,...]", callback=_targets,
    help="Tag the stance towards TARGET, which articles also call NAME. May be given several times.",
)  # fmt: skip
@click.pass_context
def tag(
    ctx: click.Context,
    inputs: tuple[str, ...],
    output: str,
    text_field: str,
    title_field: str | None,
    id_field: str | None,
    model: str | None,
    threads: int | None,
    precision: float | None,
    format_: str | None,
    output_format: str | None,
    stances: "tuple[Target, ...]",
) -> None:
    """Tag the articles of IN... and write one row for each to OUT, in order.

    IN and OUT are JSONL, CSV, TSV or Parquet by their names; JSONL, CSV and TSV also end in .gz or .zst. `-`
    is standard input or output, as JSONL unless --format says otherwise.

    Columns of OUT: id, sector, sectors, sector_scores, tone, tone_scores, abstained, error. A row that cannot
    be tagged has nulls and the reason in `error`; the exit code is then 3.

    \b
    With --stance there is one more column, `stance`: for each TARGET its label (against, neutral, favor), score,
    scores, abstained, evidence, and error where an article does not name it:
      khabar tag in.jsonl -o out.jsonl --stance فرنسا --stance "المغرب=المملكة المغربية,الرباط"
    """
    from khabar.inference.batch import tag_files
    from khabar.inference.predictor import Predictor
    from khabar.inference.progress import progress_bar
    from khabar.inference.records import Fields

    predictor = Predictor.load(model, precision=precision)
    to_terminal = output == STANDARD_STREAM and sys.stdout.isatty()
    with ended_by_signal(), progress_bar(shown=sys.stderr.isatty() and not to_terminal) as on_progress:
        summary = tag_files(
            predictor,
            inputs,
            output,
            fields=Fields(text_field, title_field, id_field),
            targets=stances,
            threads=threads,
            input_format=format_,
            output_format=output_format,
            on_progress=on_progress,
        )
    if summary.refused:
        _report_refused(summary)
        ctx.exit(REFUSED)


@click.command(short_help="Show why an article gets its tags.")
@click.argument("file", metavar="FILE|-")
@click.option("--title", help="The article's title.")
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="Words to name for a label.")
@click.option("--model", metavar="MODEL", help=MODEL_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with character spans and all sentences.")
def explain(file: str, title: str | None, top: int, model: str | None, as_json: bool) -> None:
    """Show the sectors and the tone of the article in FILE, a plain text, and what gave them.

    The number before a word or sentence is its share of the label's score: the shares of all words and the
    intercept add up to the score, and so do those of all sentences.
    """
    from khabar.inference.predictor import Predictor
    from khabar.inference.show import explanation_lines

    text = _read_text(file)
    predictor = Predictor.load(model)
    tags = predictor.tag(text, title)
    if tags.error is not None:
        raise InputError(f"{file} cannot be tagged: {tags.error}. Expected an article in Arabic.")
    explanations = predictor.explain(text, title, top=top)
    if as_json:
        _print_json({"tags": tags.to_dict(), "explanations": [e.to_dict() for e in explanations]})
    else:
        for line in explanation_lines(tags, explanations, predictor.model.labels):
            click.echo(line)


@click.command(short_help="Show what a model is and what it was trained on.")
@click.argument("model", required=False, metavar="[MODEL]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(model: str | None, as_json: bool) -> None:
    """Show the model file MODEL, by default the one that ships with khabar. A model in MLflow's registry is named by
    models:/khabar@champion or models:/khabar/3; MLFLOW_TRACKING_URI says where the registry is.

    The file's digest is checked and its smoke articles are scored, as each time a model is loaded.
    """
    from khabar.inference.show import info_lines, model_info

    described = model_info(model)
    if as_json:
        _print_json(described)
    else:
        for line in info_lines(described):
            click.echo(line)


def _report_refused(summary: "Summary") -> None:
    click.echo(f"{summary.refused:,} of {summary.rows:,} rows refused:", err=True)
    for reason, rows, first in summary.reasons:
        click.echo(f"  {rows:,}  {reason} (first: {first})", err=True)


def _read_text(file: str) -> str:
    with click.open_file(file, "rb") as stream:
        data: bytes = stream.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{file} is not valid UTF-8 at byte {error.start + 1}. Convert it: iconv -f WINDOWS-1256 -t UTF-8"
        ) from error


def _print_json(value: Any) -> None:
    import orjson

    click.echo(orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2))
