"""The command that shows a run as a page: show; and the board of runs that `khabar leaderboard --task` shows.

What they need is imported inside the functions, so that `khabar --help` costs nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from khabar.experiments.tracked_runs import FoundRun
    from khabar.experiments.tracking_store import Store

FROM_A_RUN = ("config.yaml", "data.json", "environment.txt", "errors", "learning_curve.json", "reports", "run.json")


@click.command(short_help="Show a run as one page of HTML.")
@click.argument("run")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="PAGE.html",
    help="Page to write; default the model's name and the run's id, in the working directory.",
)  # fmt: skip
@click.option("--tracking-uri", metavar="URI", help="Default: $MLFLOW_TRACKING_URI, else sqlite:///mlflow.db.")
def show(run: str, output: Path | None, tracking_uri: str | None) -> None:
    """Write the page of RUN, in Arabic: its figures by label, outlet and length, pictures, errors worth reading, data,
    and what the model is for.

    RUN is the id of a tracked run or its beginning, the model it registered (models:/khabar@champion), or a folder of
    a run's artifacts. Of a run that did not end, the page has what there is.
    """
    from tempfile import TemporaryDirectory

    from khabar.experiments.run_page import run_page
    from khabar.experiments.tracked_runs import find_run
    from khabar.experiments.tracking_store import opened

    if Path(run).is_dir():
        name, page = Path(run).resolve().name, run_page(Path(run))
    else:
        with opened(tracking_uri) as store, TemporaryDirectory() as folder:
            found = find_run(store, run)
            _fetch(store, found, Path(folder))
            # What MLflow has of the run by now; its own summary was written before it ended.
            known = {"status": found.status, "tags": found.tags, "metrics": found.metrics}
            name = f"{found.tags.get('khabar.model', found.name)}-{found.run_id[:8]}"
            page = run_page(Path(folder), {"started": found.started.isoformat(), **known})
    _write(output or Path(f"{name}.html"), page)


def show_board(task: str, output: Path | None, tracking_uri: str | None) -> None:
    """Print the board of a task, or write it as a page."""
    from khabar.experiments.runs_board import board_page, board_tables, boards
    from khabar.experiments.show import print_text
    from khabar.experiments.tracked_jobs import tracked_jobs
    from khabar.experiments.tracking_store import opened

    with opened(tracking_uri) as store:
        found = boards(tracked_jobs(store), task)
    if output is not None:
        _write(output, board_page(found, task))
        return
    for table in board_tables(found, task):
        print_text(table)


def _fetch(store: Store, run: FoundRun, folder: Path) -> None:
    """Bring what a page needs of a run."""
    from khabar.experiments.registry import answering
    from khabar.experiments.tracked_runs import fetch_artifacts

    with answering(store):
        there = [one.path for one in store.mlflow.MlflowClient().list_artifacts(run.run_id)]
    for path in set(there) & set(FROM_A_RUN):
        fetch_artifacts(store, run.run_id, path, folder)


def _write(path: Path, page: str) -> None:
    from khabar.inference.destination import open_output
    from khabar.inference.formats import Location

    with open_output(Location(path, "text")) as file:
        file.write(page.encode("utf-8"))
    click.echo(path)
