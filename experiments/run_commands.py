"""The command that sends a kept run to MLflow: log.

What it needs is imported inside the function, so that `khabar --help` costs nothing.
"""

from pathlib import Path

import click


@click.command(short_help="Send a run to MLflow that could not be sent while it ran.")
@click.argument("journal", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="NAME.run")
@click.option("--tracking-uri", metavar="URI", help="Another store than the one the run was meant for.")
def log(journal: Path, tracking_uri: str | None) -> None:
    """Send the run in the folder NAME.run, which khabar train keeps beside its model when MLflow goes away.

    A run that was sent in part goes on where it stopped; in another store it is sent whole. What
    happened when stays as it was. The folder is deleted once all of it is sent.
    """
    from khabar.experiments.recording import PARENT, send_kept

    sent = send_kept(journal, tracking_uri)
    click.echo(f"run    {sent.runs[PARENT]} of experiment {sent.experiment}, {sent.uri}")
    for model in sent.models:
        click.echo(f"       registered as {model}")
