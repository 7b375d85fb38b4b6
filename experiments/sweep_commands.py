"""The command that searches for better configs: sweep.

What it needs is imported inside the function, so that `khabar --help` costs nothing.
"""

import shlex
from pathlib import Path

import click

WIDEST = 1000  # characters of a table of trials


@click.command(short_help="Search for a better training config.")
@click.argument("config")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="BEST.yaml",
    help="Write the training config of the best trial there.",
)  # fmt: skip
@click.option(
    "--storage", type=click.Path(dir_okay=False, path_type=Path), metavar="PATH",
    help="File that keeps the trials; default NAME.sweep.db, in the working directory.",
)  # fmt: skip
@click.option(
    "--cache", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Folder that keeps vectorised articles; default NAME.sweep, beside the storage. Workers of a cluster read it.",
)  # fmt: skip
@click.option("--jobs", type=click.IntRange(min=1), help="Processes to fit with.")
@click.option("--scheduler", metavar="ADDRESS", help="Fit on the Dask cluster whose scheduler is there.")
@click.option("--no-track", is_flag=True, help="Search without MLflow.")
@click.option("--tracking-uri", metavar="URI", help="Default: $MLFLOW_TRACKING_URI, else sqlite:///mlflow.db.")
@click.option("--experiment", metavar="NAME", help="MLflow experiment; default the sweep's name.")
def sweep(
    config: str,
    output: Path | None,
    storage: Path | None,
    cache: Path | None,
    jobs: int | None,
    scheduler: str | None,
    no_track: bool,
    tracking_uri: str | None,
    experiment: str | None,
) -> None:
    """Try training configs by the search that CONFIG describes, a YAML file or the name of one that ships.

    Every trial is measured on the same folds; one that falls behind the median of earlier ones that were measured on
    all folds is pruned. Trials are kept as they end: ended by Ctrl-C, a signal or a kill, the same command goes on with
    the next one. What is found depends on neither the number of processes nor where they are. The base of CONFIG is
    looked up from its folder, then from the working directory.
    """
    from contextlib import ExitStack

    from khabar import configs
    from khabar.experiments.show import WIDTH, console
    from khabar.experiments.sweep import best, finished, run_sweep
    from khabar.experiments.sweep_cluster import fitting_on
    from khabar.experiments.sweep_config import load_sweep
    from khabar.experiments.sweep_error import SweepError
    from khabar.experiments.sweep_folds import SweepFolds
    from khabar.experiments.sweep_results import best_yaml, trials_table
    from khabar.experiments.sweep_study import SUFFIX, opened_study, sweep_digests
    from khabar.inference.signals import ended_by_signal
    from khabar.training.config import parse_config
    from khabar.training.events import Event
    from khabar.training.job import JOBS
    from khabar.training.sources import read_data

    def say(event: Event) -> None:
        click.echo(str(event), err=True)

    plan = load_sweep(configs.find(config))
    name = plan.config.name
    path = storage or Path(f"{name}{SUFFIX}")
    base = parse_config(plan.base, plan.config.base)
    run = None
    with ended_by_signal(), ExitStack() as stack:
        # What is wrong with an address is said before articles are read.
        stack.enter_context(fitting_on(scheduler, say))
        if not no_track:
            from khabar.experiments.sweep_tracking import check_store, tracked_sweep
            from khabar.experiments.tracking_store import opened

            store = stack.enter_context(opened(tracking_uri))
            check_store(store, experiment or name)
        data = read_data(base.data)
        click.echo(", ".join(f"{what}: {n}" for what, n in data.counts().items()), err=True)
        study = stack.enter_context(opened_study(path, plan, sweep_digests(plan, data.facts)))
        folds = SweepFolds(
            base, data, list(plan.config.objective), cache or path.with_name(f"{name}.sweep"), jobs or JOBS, say
        )
        if before := finished(plan, study):
            click.echo(f"{len(before)} of {plan.config.trials} trials are in {path}", err=True)
        try:
            if no_track:
                results = run_sweep(plan, study, folds, say)
            else:
                command = shlex.join(["khabar", "sweep", config])
                with tracked_sweep(store, experiment or name, plan, study, command, say) as run:
                    run(before)
                    results = run_sweep(plan, study, folds, say, run)
        except (KeyboardInterrupt, SystemExit, SweepError):
            kept = len(finished(plan, study))
            click.echo(f"{kept} of {plan.config.trials} trials are in {path}; the same command goes on", err=True)
            raise
    table = trials_table(plan, results)
    # A search of many keys is wider than other tables, and to cut it would hide what was found.
    console(max(WIDTH, console(WIDEST).measure(table).maximum)).print(table)
    click.echo(f"best    trial {best(results).number}, {best(results).value:.4f}")
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(best_yaml(plan, results), encoding="utf-8")
        click.echo(f"config  {output}; train it by: khabar train {output}")
    click.echo(f"trials  {path}")
    if run is not None:
        click.echo(f"run     {run.run_id} of experiment {run.experiment}, {store.uri}")
