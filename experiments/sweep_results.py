"""What a sweep found, as a table for readers and as a training config for `khabar train`."""

from collections.abc import Sequence

import orjson
import yaml
from rich.table import Table

from khabar.experiments.show import rows_table
from khabar.experiments.sweep import TrialResult, best
from khabar.experiments.sweep_config import Sweep


def trials_table(sweep: Sweep, results: Sequence[TrialResult]) -> Table:
    """Show trials, the best first and those that were pruned last: what they
    took, figures as means of folds, and the objective."""
    weights = sweep.config.objective
    figures = list(weights) if len(weights) > 1 else []
    columns = [
        key.removeprefix("heads.").replace(".", "\n").replace("_", "_\n") for key in (*sweep.config.search, *figures)
    ]
    top = best(results)
    rows = []
    for result in sorted(results, key=lambda result: (result.pruned, -result.value)):
        means = [sum(fold[name] for fold in result.folds) / len(result.folds) for name in figures]
        number = f"{result.number}{' best' if result is top else ''}"
        folds = f"{len(result.folds)}{', pruned' if result.pruned else ''}"
        rows.append([number, *map(_shown, result.params.values()), *means, result.value, folds])
    return rows_table(["trial", *columns, "value", "folds"], rows)


def best_yaml(sweep: Sweep, results: Sequence[TrialResult]) -> str:
    """Write the training config of the best trial."""
    result, weights = best(results), sweep.config.objective
    aim = ", ".join(name if len(weights) == 1 else f"{name} x {weight:g}" for name, weight in weights.items())
    config = sweep.trial(result.params, f"trial {result.number}").to_dict()
    return (
        f"# Trial {result.number} of the sweep {sweep.config.name}, the best of {len(results)}: {result.value:.4f} "
        f"({aim}; mean of folds).\n" + yaml.safe_dump(config, allow_unicode=True, sort_keys=False)
    )


def _shown(value: object) -> str | float:
    if isinstance(value, str | float) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    return orjson.dumps(value).decode()
