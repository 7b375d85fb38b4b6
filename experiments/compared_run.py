"""What two tracked runs are beside what they predict: settings, data and code, and what of it differs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from khabar.experiments.predictions import Predictions
from khabar.experiments.tracked_runs import FoundRun, fetch_artifacts, fetch_predictions
from khabar.experiments.tracking_store import Store
from khabar.training.config_file import read_yaml
from khabar.training.job import OUT_OF_FOLD

DATA, CONFIG = "data.json", "config.yaml"
# Settings that say which articles are tagged by which fit.
OF_FOLDS = ("folds", "fold_by", "seed")
# Names of a job, not settings of it.
NAMES = ("name", "version")
CHANGED = ", with changes that no commit has"


@dataclass(frozen=True, eq=False)
class ComparedRun:
    """A tracked run.

    Attributes
    ----------
    run : FoundRun
    predictions : dict of str to Predictions
        By source, as reports call it.
    data : dict of str to str
        Digests of the corpora that it was trained on, by their names.
    config : object
        As its YAML reads, which may be that of another version of khabar.
    """

    run: FoundRun
    predictions: dict[str, Predictions]
    data: dict[str, str]
    config: object

    @property
    def commit(self) -> str:
        """What git says of the code that trained it."""
        commit = self.run.tags.get("git.commit", "")[:10] or "not known"
        return f"{commit}{CHANGED}" if self.run.tags.get("git.dirty") == "true" else commit

    def to_dict(self) -> dict[str, Any]:
        """Give what the run is as JSON values."""
        run = self.run
        return {
            "run_id": run.run_id, "name": run.name, "experiment": run.experiment, "started": run.started.isoformat(),
            "digest": run.tags.get("khabar.digest"), "registered": run.tags.get("khabar.registered"),
            "commit": self.commit, "data": self.data,
        }  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """A setting in which two runs differ; None in a run that has no such setting."""

    key: str
    first: str | None
    second: str | None


@dataclass(frozen=True)
class Apart:
    """In what two runs differ beside their predictions.

    Attributes
    ----------
    settings : tuple of Setting
        Keys of the config.
    data : tuple of Setting
        Digests of what was trained on, by corpus.
    warnings : tuple of str
        What a reader of the figures has to know.
    """

    settings: tuple[Setting, ...]
    data: tuple[Setting, ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return asdict(self)


def fetch_run(store: Store, run: FoundRun) -> ComparedRun:
    """Fetch what a run predicted and was trained on.

    Raises
    ------
    TrackingError
        The run has no predictions, or the store cannot be read.
    PredictionsError, ConfigError
        They, or its config, cannot be read.
    """
    found = fetch_predictions(store, run.run_id)
    with TemporaryDirectory(prefix="khabar-compare-") as folder:
        facts = orjson.loads(fetch_artifacts(store, run.run_id, DATA, Path(folder)).read_bytes())
        config = read_yaml(fetch_artifacts(store, run.run_id, CONFIG, Path(folder)), "a training config")
    digests = {fact["name"]: fact["digest"] for fact in facts}
    # What no fit has seen stands first.
    found.sort(key=lambda one: one.source == OUT_OF_FOLD)
    return ComparedRun(run, {one.source: one for one in found}, digests, config)


def apart(first: ComparedRun, second: ComparedRun) -> Apart:
    """Say in what two runs differ beside their predictions."""
    settings = [one for one in _differing(first.run.params, second.run.params) if one.key not in NAMES]
    data = _differing(first.data, second.data)
    warnings = []
    if data:
        names = ", ".join(one.key for one in data)
        warnings.append(
            f"the runs were trained on other data ({names}): a difference may come from that, not from settings"
        )
    folds = [one.key for one in settings if one.key in OF_FOLDS]
    if folds and OUT_OF_FOLD in first.predictions and OUT_OF_FOLD in second.predictions:
        warnings.append(
            f"folds were made otherwise ({', '.join(folds)}): figures of {OUT_OF_FOLD} are not of the same kind"
        )
    if len({one.tagged.columns.sector_labels for run in (first, second) for one in run.predictions.values()}) > 1:
        warnings.append("the runs know other sectors: sector and sectors are not compared")
    if first.commit != second.commit or CHANGED in first.commit:
        warnings.append(f"the code may not have been the same: {first.commit}; {second.commit}")
    return Apart(tuple(settings), tuple(data), tuple(warnings))


def _differing(first: Mapping[str, str], second: Mapping[str, str]) -> list[Setting]:
    keys = [key for key in dict.fromkeys((*first, *second)) if first.get(key) != second.get(key)]
    return [Setting(key, first.get(key), second.get(key)) for key in keys]
