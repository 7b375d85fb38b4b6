"""What a trial is measured on: the fits of a training job, on articles vectorised once and memory-mapped."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from khabar import configs
from khabar.experiments.sweep_error import SweepError
from khabar.experiments.sweep_folds import SweepFolds
from khabar.inference.errors import ConfigError
from khabar.training.config import TrainConfig, parse_config
from khabar.training.events import Event
from khabar.training.fit import fit
from khabar.training.fold_figures import FIGURES, fold_figures
from khabar.training.folds import make_folds
from khabar.training.sources import JobData, read_data


@pytest.fixture(scope="module")
def values() -> dict:
    values = yaml.safe_load(configs.find("sample").read_text(encoding="utf-8"))
    values |= {"folds": 2, "sectors": ["economy", "politics", "sport", "justice"]}
    values["blocks"] = {"stems": {"kind": "stem", "scale": 0.5}, "words": {"kind": "word", "min_df": 2}}
    for head in values["heads"].values():
        head["blocks"] = ["stems", "words"]
    return values


@pytest.fixture(scope="module")
def base(values) -> TrainConfig:
    return parse_config(values, "base")


@pytest.fixture(scope="module")
def data(base) -> JobData:
    return read_data(base.data)


def changed(values: dict, key: str, value: object) -> TrainConfig:
    values = yaml.safe_load(yaml.safe_dump(values))
    *path, last = key.split(".")
    at = values
    for part in path:
        at = at[part]
    at[last] = value
    return parse_config(values, "changed")


def stored(cache: Path) -> int:
    return len(list(cache.rglob("output.pkl")))


@pytest.mark.parametrize("key", ["heads.sector.C", "blocks.stems.scale", "blocks.words.min_df"])
def test_a_trial_is_measured_as_a_training_job_would_be(values, base, data, tmp_path, key):
    config = changed(values, key, 3)
    expected = fit(config, data.train).out_of_fold
    folds = SweepFolds(base, data, FIGURES, tmp_path, 1)
    for at, fold in enumerate(make_folds(config, data.train)):
        scores = {head: rows[fold.held_out] for head, rows in expected.items()}
        articles = [data.train[row] for row in fold.held_out]
        assert folds.measure([config], at) == [fold_figures(config, scores, articles)]


def test_articles_are_vectorised_once_for_all_that_trials_change_in_heads(values, base, data, tmp_path):
    said: list[Event] = []
    folds = SweepFolds(base, data, FIGURES, tmp_path, 1, said.append)
    trials = [changed(values, "heads.tone.C", c) for c in (0.1, 1.0, 10.0)]
    trials += [changed(values, "blocks.words.scale", scale) for scale in (0.5, 2.0)]
    for at in range(len(folds)):
        assert len(folds.measure(trials, at)) == len(trials)
    assert stored(tmp_path) == len(folds) == len(said) + 1
    SweepFolds(base, data, FIGURES, tmp_path, 1).measure(trials, 0)
    assert stored(tmp_path) == len(folds)


def test_articles_are_vectorised_once_for_each_way_to_do_it(values, base, data, tmp_path):
    folds = SweepFolds(base, data, FIGURES, tmp_path, 1)
    trials = [changed(values, "blocks.words.min_df", n) for n in (2, 3, 2, 3)]
    for at in range(len(folds)):
        one, other, *again = folds.measure(trials, at)
        assert again == [one, other]
        assert one != other
    assert stored(tmp_path) == 2 * len(folds)


def test_what_a_worker_reads_is_memory_mapped_and_without_texts(base, data, tmp_path):
    folds = SweepFolds(base, data, FIGURES, tmp_path, 1)
    kept = folds.vectorised(base)[0].get()
    for rows in (*kept.rows.values(), *kept.held_out_rows.values()):
        assert all(is_mapped(part) for part in (rows.data, rows.indices, rows.indptr))
    assert {(article.title, article.text) for article in folds.labels} == {(None, "")}


def is_mapped(array: np.ndarray) -> bool:
    """Say whether an array is a view of a mapped file: a csr_matrix keeps views as plain arrays."""
    while array is not None:
        if isinstance(array, np.memmap):
            return True
        array = array.base
    return False


def test_a_worker_that_does_not_see_the_folder_says_so(base, data, tmp_path):
    folds = SweepFolds(base, data, FIGURES, tmp_path, 1)
    folds.measure([base], 0)
    for path in tmp_path.rglob("output.pkl"):
        path.unlink()
    with pytest.raises(SweepError, match=f"cannot read the vectorised articles in {tmp_path}.*--cache"):
        folds.measure([base], 0)


def test_a_figure_that_a_fold_has_no_label_for_is_refused(values, data, tmp_path):
    base = changed(values, "folds", 3)
    at = set(make_folds(base, data.train)[1].held_out.tolist())
    without = replace(data, train=[replace(a, tone=None) if row in at else a for row, a in enumerate(data.train)])
    SweepFolds(base, without, ["sector.accuracy"], tmp_path, 1)
    with pytest.raises(ConfigError, match=r"objective: tone.accuracy: found no label .* articles of fold 2, expected"):
        SweepFolds(base, without, ["sector.accuracy", "tone.accuracy"], tmp_path, 1)
