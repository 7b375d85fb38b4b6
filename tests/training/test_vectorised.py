"""A vectorised fold is computed once, and what is read back is the same, memory-mapped."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from khabar.datasets.article import Article
from khabar.training.config import TrainConfig, parse_config
from khabar.training.folds import Fold, make_folds
from khabar.training.vectorised import shelve_folds, vectorise


def same(one: csr_matrix, other: csr_matrix) -> bool:
    return all(np.array_equal(getattr(one, part), getattr(other, part)) for part in ("data", "indices", "indptr"))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_shelved_fold_is_the_fold_vectorised(
    config: TrainConfig, articles: list[Article], tmp_path: Path, jobs: int
) -> None:
    folds = make_folds(config, articles)
    for fold, shelved in zip(folds, shelve_folds(config, articles, [], folds, tmp_path, jobs), strict=True):
        kept, expected = shelved.get(), vectorise(config, articles, [], fold)
        for block in config.blocks:
            assert same(kept.rows[block], expected.rows[block])
            assert same(kept.held_out_rows[block], expected.held_out_rows[block])
            assert np.array_equal(kept.vectorizers[block].ids_, expected.vectorizers[block].ids_)


def test_the_rows_of_a_shelved_fold_are_memory_mapped(
    config: TrainConfig, articles: list[Article], tmp_path: Path
) -> None:
    shelved, *_ = shelve_folds(config, articles, [], make_folds(config, articles), tmp_path)
    kept = shelved.get()
    for rows in (kept.rows, kept.held_out_rows):
        assert all(is_mapped(part) for row in rows.values() for part in (row.data, row.indices, row.indptr))


def test_folds_are_vectorised_once(config: TrainConfig, articles: list[Article], tmp_path: Path) -> None:
    folds = make_folds(config, articles)
    for _ in range(2):
        shelve_folds(config, articles, [], folds, tmp_path)
        vectorise(config, articles, [], folds[0], tmp_path)
        assert len(list(tmp_path.rglob("output.pkl"))) == len(folds)


def is_mapped(array: np.ndarray) -> bool:
    """Say whether an array is a view of a mapped file: a csr_matrix keeps views as plain arrays."""
    while array is not None:
        if isinstance(array, np.memmap):
            return True
        array = array.base
    return False


@pytest.mark.parametrize("change", ["a text", "a title", "what is held out", "a section"])
def test_other_documents_are_vectorised_anew(
    config: TrainConfig, articles: list[Article], tmp_path: Path, change: str
) -> None:
    fold = make_folds(config, articles)[0]
    other, unlabelled, filed = list(articles), [articles[0]], [replace(articles[0], labels=("أخبار",))]
    vectorise(config, articles, unlabelled, fold, tmp_path)
    if change == "a text":
        other[fold.fit[0]] = replace(other[fold.fit[0]], text=other[fold.fit[0]].text + " كلمة")
    elif change == "a title":
        other[fold.fit[0]] = replace(other[fold.fit[0]], title="")
    elif change == "what is held out":
        fold = Fold(fold.fit, fold.held_out[1:])
    else:
        unlabelled = filed
    vectorise(config, other, unlabelled, fold, tmp_path)
    assert len(list(tmp_path.rglob("output.pkl"))) == 2


def test_scales_and_heads_do_not_change_what_is_kept(
    config: TrainConfig, articles: list[Article], tmp_path: Path
) -> None:
    fold = make_folds(config, articles)[0]
    values = config.to_dict()
    values["blocks"]["words"]["scale"], values["heads"]["tone"]["C"] = 7, 0.5
    for alike in (config, parse_config(values, "other scales")):
        vectorise(alike, articles, [], fold, tmp_path)
    assert len(list(tmp_path.rglob("output.pkl"))) == 1


def test_no_text_is_written_beside_what_is_kept(config: TrainConfig, articles: list[Article], tmp_path: Path) -> None:
    vectorise(config, articles, [], make_folds(config, articles)[0], tmp_path)
    kept = list(tmp_path.rglob("*.json"))
    assert kept
    assert not any(article.text[:20] in path.read_text() for path in kept for article in articles)
