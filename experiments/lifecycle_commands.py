"""The commands that say which model is in service: promote, rollback, history.

What they need is imported inside the functions, so that `khabar --help` costs nothing.
"""

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from khabar.experiments.gates import GateResult
    from khabar.experiments.promotion import Promotion
    from khabar.experiments.promotion_history import Record

NAME = "khabar"
GATES = "gates"
_TRACKING_URI = click.option(
    "--tracking-uri", metavar="URI", help="Default: $MLFLOW_TRACKING_URI, else sqlite:///mlflow.db."
)
_WHY = click.option("--why", required=True, metavar="TEXT", help="The reason, for the history.")
_BY = click.option("--by", metavar="NAME", help="Who does it, for the history; default the system's user.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command(short_help="Make a run's model champion, if all gates let it pass.")
@click.argument("run")
@_WHY
@_BY
@click.option(
    "--gates", "config", default=GATES, show_default=True, metavar="CONFIG",
    help="A YAML file, or the name of one that ships.",
)  # fmt: skip
@click.option(
    "--as-first", is_flag=True,
    help="Judge as if there were no champion: where it is lost, or cannot be compared with. The history keeps it.",
)  # fmt: skip
@_TRACKING_URI
@click.option("--dry-run", is_flag=True, help="Ask the gates, change and record nothing.")
@_JSON
def promote(
    run: str,
    why: str,
    by: str | None,
    config: str,
    as_first: bool,
    tracking_uri: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Ask all gates about the model that RUN registered, and give it the alias champion if they let it pass.

    RUN is a run's id, the beginning of one, or models:/NAME/VERSION. The gates: no sector, tone or stance worse than
    the champion's by more than a margin; main figures; calibration; speed; robustness; and that the file loads with
    all its checks and is the one that was measured. khabar history shows promotions and refusals: who, when, from which
    version, to which, why.

    Exit codes: 0 promoted, 1 refused, with the gates and what they found.
    """
    from khabar import configs
    from khabar.experiments.gates_config import load_gates
    from khabar.experiments.promotion import PromotionError
    from khabar.experiments.promotion import promote as ask
    from khabar.experiments.registry import opened_registry

    gates = load_gates(configs.find(config))
    with opened_registry(tracking_uri) as store:
        who = by or _user()
        found = ask(store, run, gates, why=why, who=who, as_first=as_first, dry_run=dry_run, report=_to_stderr)
    if as_json:
        _print_json({**found.to_dict(), "dry_run": dry_run})
    elif not found.already:
        _print_results(found.results)
    instead = "" if found.before is None else f" in place of version {found.before}"
    if not found.passed:
        raise PromotionError(
            f"version {found.after} of {found.name} is refused as champion{instead}:\n"
            + "\n".join(f"  {problem}" for problem in found.problems)
        )
    if not as_json:
        click.echo(_outcome(found, instead, dry_run))


@click.command(short_help="Make the champion before the present one champion again.")
@click.argument("name", default=NAME, metavar="[NAME]")
@_WHY
@_BY
@_TRACKING_URI
def rollback(name: str, why: str, by: str | None, tracking_uri: str | None) -> None:
    """Give the alias champion of the registered model NAME (khabar) back to the version that had it before the
    present one was promoted. A second rollback goes one further back. Versions deleted in MLflow are passed over.
    """
    from khabar.experiments.registry import opened_registry
    from khabar.experiments.rollback import rollback as restore

    with opened_registry(tracking_uri) as store:
        record = restore(store, name, why=why, who=by or _user())
    click.echo(f"models:/{name}@champion is version {record.after} again, in place of version {record.before}")
    for note in record.problems:
        click.echo(note)


@click.command(short_help="List promotions, refusals and rollbacks.")
@click.argument("name", default=NAME, metavar="[NAME]")
@_TRACKING_URI
@_JSON
def history(name: str, tracking_uri: str | None, as_json: bool) -> None:
    """List what was done with the alias champion of the registered model NAME (khabar), the newest first: when, who,
    from which version, to which, why, and what gates refused. A version was champion from then until the next line that
    names it on the left, unless the line says that the alias never moved, or was moved by other means.
    """
    from khabar.experiments.promotion_history import read_history
    from khabar.experiments.registry import CHAMPION, opened_registry, registered_model

    with opened_registry(tracking_uri) as store:
        records = read_history(store, name)
        now = registered_model(store, name).aliases.get(CHAMPION)
    if as_json:
        _print_json([record.to_dict() for record in records])
        return
    click.echo(f"{name} has no champion" if now is None else f"models:/{name}@{CHAMPION} is version {now}")
    for record in records:
        click.echo("\n".join(_record_lines(record)))
    if not records:
        click.echo("nothing was promoted yet: khabar promote RUN --why TEXT")


def _outcome(found: "Promotion", instead: str, dry_run: bool) -> str:
    if found.already:
        return f"version {found.after} of {found.name} is champion already; nothing was changed"
    if dry_run:
        return f"version {found.after} of {found.name} would be champion{instead}; nothing was changed"
    return f"models:/{found.name}@champion is version {found.after}{instead}"


def _print_results(results: "tuple[GateResult, ...]") -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from khabar.experiments.show import console

    table = Table("gate", "", "", box=SIMPLE_HEAD)
    for result in results:
        said = Text("\n".join((*result.problems, *result.notes)))
        said.stylize("bold", 0, len("\n".join(result.problems)))
        table.add_row(result.gate, "passed" if result.passed else "refused", said)
    console().print(table)


def _record_lines(record: "Record") -> list[str]:
    before = "no champion" if record.before is None else f"version {record.before}"
    if record.what == "refused" or record.in_effect:
        then = ""
    elif record.done is None:
        then = "   (cut off: the alias was not moved)"
    else:
        then = "   (in effect, until the alias was moved by other means)"
    head = f"{record.when:%Y-%m-%d %H:%M:%S} UTC  {record.what}: {before} → version {record.after}, by {record.who}"
    return [
        f"{click.style(head, bold=True)}{then}",
        f"  why: {record.why}",
        f"  run: {record.run_id}",
        *(["  judged as the first one is, not against the champion: --as-first"] if record.as_first else []),
        *(f"  {problem}" for problem in record.problems),
    ]


def _user() -> str:
    from getpass import getuser

    try:
        return getuser()
    except (KeyError, OSError) as error:
        raise click.UsageError("The system does not say who you are; say it with --by NAME.") from error


def _print_json(value: Any) -> None:
    import orjson

    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2))


def _to_stderr(message: str) -> None:
    click.echo(message, err=True)
