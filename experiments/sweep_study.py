"""Where a sweep's trials are kept, so that it goes on where it ended: a study of Optuna's in a file of SQLite."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import optuna
from optuna.pruners import MedianPruner
from optuna.storages import RDBStorage
from sqlalchemy.exc import DatabaseError

from khabar.experiments.sweep_config import Sweep
from khabar.experiments.sweep_error import SweepError

SUFFIX = ".sweep.db"
DIGESTS = "digests"


def sweep_digests(sweep: Sweep, data: list[dict[str, Any]]) -> dict[str, str]:
    """Hash what trials must have in common to be compared: the search, the base config, the articles.

    The number of trials is left out, so that a sweep can go on for longer, and how the base is written, of which the
    values count.

    Parameters
    ----------
    sweep : Sweep
    data : list of dict
        Facts of each corpus trained on, see `khabar.training.sources.source_facts`.
    """
    parts = {
        "sweep config": sweep.config.model_dump(mode="json", exclude={"trials", "base"}),
        "base config": sweep.base,
        "articles": [fact["digest"] for fact in data],
    }
    return {name: sha256(json.dumps(part, sort_keys=True).encode()).hexdigest() for name, part in parts.items()}


@contextmanager
def opened_study(path: Path, sweep: Sweep, digests: dict[str, str]) -> Iterator[optuna.Study]:
    """Open a sweep's study, or make it.

    Raises
    ------
    SweepError
        The file cannot be used, another process runs a sweep on it, or it holds trials of another sweep by this name.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if not path.parent.is_dir():
        raise SweepError(f"{path}: there is no folder {path.parent}; make it, or name another by --storage")
    with _locked(path):
        try:
            storage = RDBStorage(f"sqlite:///{path}")
        except DatabaseError as error:
            raise SweepError(
                f"{path}: cannot be opened as a sweep's storage ({error.orig}); name another file by --storage"
            ) from error
        try:
            yield _study(storage, path, sweep, digests)
        finally:
            storage.remove_session()
            storage.engine.dispose()


def _study(storage: RDBStorage, path: Path, sweep: Sweep, digests: dict[str, str]) -> optuna.Study:
    pruning = sweep.config.pruning
    study = optuna.create_study(
        study_name=sweep.config.name,
        storage=storage,
        direction="maximize",
        load_if_exists=True,
        # By position of the fold: the first after which a trial may be pruned.
        pruner=MedianPruner(pruning.startup_trials, pruning.warmup_folds - 1),
    )
    kept = study.user_attrs.get(DIGESTS)
    if kept is None:
        if study.get_trials(deepcopy=False):
            raise SweepError(
                f"{path}: holds a study {study.study_name!r} that is no sweep of khabar's; change name, or --storage"
            )
        study.set_user_attr(DIGESTS, digests)
        study.set_user_attr("seed", sweep.config.seed)
    elif differing := [name for name in digests if kept.get(name) != digests[name]]:
        raise SweepError(
            f"{path}: holds {len(study.get_trials(deepcopy=False))} trials of the sweep {study.study_name!r} with "
            f"another {' and another '.join(differing)}. Trials of both cannot be compared: change name, name another "
            "file by --storage, or remove this one"
        )
    return study


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other sweeps off a storage. The lock ends with the process, however that ends; its file stays."""
    lock = path.with_name(f"{path.name}.lock")
    with lock.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise SweepError(
                f"{path}: process {file.read().strip() or 'unknown'} runs a sweep on it; wait for its end, or name "
                "another file by --storage"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
