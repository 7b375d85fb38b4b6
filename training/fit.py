"""How feature spaces and heads are fitted: on all articles, and once more for each fold that is held out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Memory, Parallel, delayed
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from khabar.datasets.article import Article
from khabar.datasets.sectors import TONES
from khabar.training.config import BlockConfig, SectorsHead, TrainConfig
from khabar.training.folds import Fold, make_folds
from khabar.training.linear import fit_sigmoid, fit_softmax
from khabar.training.targets import (
    UNKNOWN,
    balance,
    check_labels,
    class_rows,
    main_targets,
    sector_matrix,
    sure_weights,
    tone_targets,
)
from khabar.training.vectorizer import KhabarVectorizer, block_vectorizer, side_by_side

FloatMatrix = npt.NDArray[np.float64]
Rows = Mapping[str, csr_matrix]
Document = tuple[str | None, str]


@dataclass(frozen=True, eq=False)
class LinearHead:
    """A fitted head: its scores are `sum(rows[b] @ weights[b]) + bias` over its blocks.

    Attributes
    ----------
    weights : dict of str to ndarray of shape (n_features, k)
        By block; the head's scale of the block is in them.
    bias : ndarray of shape (k,)
        -inf for a label that no article of a fold stands for: its score is not known.
    """

    weights: dict[str, FloatMatrix]
    bias: FloatMatrix

    def scores(self, rows: Rows) -> FloatMatrix:
        """Score the rows of every block, shape (n, k)."""
        return np.asarray(sum(rows[block] @ weights for block, weights in self.weights.items()) + self.bias)


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a fit gives.

    Attributes
    ----------
    vectorizers : dict of str to KhabarVectorizer
    heads : dict of str to LinearHead
    out_of_fold : dict of str to ndarray of shape (n_articles, k)
        By head, the scores each article gets from the fit that did not see it.
    """

    vectorizers: dict[str, KhabarVectorizer]
    heads: dict[str, LinearHead]
    out_of_fold: dict[str, FloatMatrix]


def fit(
    config: TrainConfig,
    articles: Sequence[Article],
    *,
    jobs: int = 1,
    cache: Path | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Fitted:
    """Fit feature spaces and heads, and score every article by a fit that has not seen it.

    Parameters
    ----------
    config : TrainConfig
    articles : sequence of Article
    jobs : int
        Processes; the result does not depend on it.
    cache : Path, optional
        A folder where vectorised folds are kept between runs.
    report : callable
        Told what is done.

    Raises
    ------
    ConfigError
        A label has no example, or there are fewer groups of articles than folds.
    """
    check_labels(config, articles)
    folds = make_folds(config, articles)
    everything = Fold(np.arange(len(articles)), np.array([], dtype=np.intp))
    parallel = Parallel(n_jobs=jobs, return_as="generator")
    results = parallel(delayed(_fit_fold)(config, articles, fold, cache) for fold in (everything, *folds))
    vectorizers, heads, _ = next(results)
    report("fitted all articles")
    out_of_fold = {name: np.full((len(articles), len(head.bias)), np.nan) for name, head in heads.items()}
    for number, (fold, (_, _, scores)) in enumerate(zip(folds, results, strict=True), 1):
        for name, values in scores.items():
            out_of_fold[name][fold.held_out] = values
        report(f"fitted fold {number} of {len(folds)}")
    return Fitted(vectorizers, heads, out_of_fold)


def fit_heads(config: TrainConfig, rows: Rows, articles: Sequence[Article]) -> dict[str, LinearHead]:
    """Fit the three heads on vectorised articles.

    Parameters
    ----------
    rows : mapping of str to csr_matrix of shape (n_articles, n_features)
        By block, without scale.
    """
    heads: dict[str, LinearHead] = {}
    sector, tone = config.heads.sector, config.heads.tone
    matrix = sector_matrix(articles, config.sectors)
    weight = sure_weights([article.sector_sure for article in articles], config.heads.sectors.sure)
    heads["sectors"] = _fit_sectors(config, rows, matrix, weight)
    if sector.sectors_share < 1:
        main = main_targets(articles, config.sectors)
        weight = sure_weights([article.sector_sure for article in articles], sector.sure)
        further = (matrix == 1) & (np.arange(len(config.sectors)) != main[:, None])
        chosen = class_rows(main, weight, further, sector.secondary)
        heads["sector"] = _fit_classes(config, "sector", rows, chosen.article, chosen.target, chosen.weight)
    heads["sector"] = _mixed(heads.get("sector"), heads["sectors"], sector.sectors_share)
    weight = sure_weights([article.tone_sure for article in articles], tone.sure)
    chosen = class_rows(tone_targets(articles), weight, None, 0)
    heads["tone"] = _fit_classes(config, "tone", rows, chosen.article, chosen.target, chosen.weight)
    return {name: heads[name] for name, _ in config.heads.items()}


def _fit_fold(
    config: TrainConfig, articles: Sequence[Article], fold: Fold, cache: Path | None
) -> tuple[dict[str, KhabarVectorizer], dict[str, LinearHead], dict[str, FloatMatrix]]:
    # One thread of linear algebra: sums in a fixed order, and no contention between processes.
    with threadpool_limits(limits=1):
        vectorise = _vectorise if cache is None else Memory(cache, verbose=0).cache(_vectorise)
        documents = [(article.title, article.text) for article in articles]
        fitted_on, held_out = ([documents[at] for at in part] for part in (fold.fit, fold.held_out))
        vectorizers, rows, held_out_rows = vectorise(config.blocks, fitted_on, held_out)
        heads = fit_heads(config, rows, [articles[at] for at in fold.fit])
        scores = {name: head.scores(held_out_rows) for name, head in heads.items()} if held_out else {}
    return vectorizers, heads, scores


def _vectorise(
    blocks: Mapping[str, BlockConfig], fitted_on: list[Document], held_out: list[Document]
) -> tuple[dict[str, KhabarVectorizer], dict[str, csr_matrix], dict[str, csr_matrix]]:
    """Fit every block's vocabulary, and give the rows of both lists of documents."""
    vectorizers, rows, held_out_rows = {}, {}, {}
    for name, block in blocks.items():
        vectorizers[name] = vectorizer = block_vectorizer(block)
        rows[name] = vectorizer.fit_transform(fitted_on)
        held_out_rows[name] = vectorizer.transform(held_out)
    return vectorizers, rows, held_out_rows


def _fit_classes(config: TrainConfig, name: str, rows: Rows, article: Any, target: Any, weight: Any) -> LinearHead:
    """Fit a softmax head; classes that no row stands for get the score -inf."""
    head = config.heads.sector if name == "sector" else config.heads.tone
    labels = config.sectors if name == "sector" else TONES
    present, target = np.unique(target, return_inverse=True)
    together = _joined(config, name, rows)
    if not np.array_equal(article, np.arange(together.shape[0])):
        together = together[article]
    weight = balance(target, weight, head.class_weight)
    coefficients = np.zeros((len(labels), together.shape[1]))
    bias = np.full(len(labels), -np.inf)
    if len(present) == 1:
        bias[present] = 0.0
    else:
        coefficients[present], bias[present] = fit_softmax(together, target, weight, head.loss, head.C, config.seed)
    return _split(config, name, rows, coefficients, bias)


def _fit_sectors(config: TrainConfig, rows: Rows, matrix: npt.NDArray[np.int8], weight: FloatMatrix) -> LinearHead:
    """Fit one sigmoid a sector, each on the articles that assert or deny it."""
    head = config.heads.sectors
    together = _joined(config, "sectors", rows).astype(np.float64)  # what liblinear computes in
    coefficients = np.zeros((matrix.shape[1], together.shape[1]))
    bias = np.full(matrix.shape[1], -np.inf)
    for label, column in enumerate(matrix.T):
        known = column != UNKNOWN
        target = column[known] == 1
        if len(np.unique(target)) < 2:
            continue
        weights = balance(target.astype(np.intp), weight[known], head.class_weight)
        chosen = together if known.all() else together[np.flatnonzero(known)]
        coefficients[label], bias[label] = fit_sigmoid(chosen, target, weights, head.loss, head.C, config.seed)
    return _split(config, "sectors", rows, coefficients, bias)


def _mixed(own: LinearHead | None, sectors: LinearHead, share: float) -> LinearHead:
    """Mix the scores of two heads."""
    if own is None:
        return sectors
    if share == 0:
        return own
    weights = {block: values * (1 - share) for block, values in own.weights.items()}
    for block, values in sectors.weights.items():
        weights[block] = weights[block] + share * values
    return LinearHead(weights, own.bias * (1 - share) + sectors.bias * share)


def _scales(config: TrainConfig, name: str) -> dict[str, float]:
    """Give the scale of each block of a head."""
    head: SectorsHead = getattr(config.heads, name)
    return {block: scale or config.blocks[block].scale for block, scale in head.blocks.items()}


def _joined(config: TrainConfig, name: str, rows: Rows) -> csr_matrix:
    """Give the rows of a head's blocks side by side, scaled."""
    parts = [rows[block] * np.float32(scale) for block, scale in _scales(config, name).items()]
    return side_by_side(parts)


def _split(config: TrainConfig, name: str, rows: Rows, coefficients: FloatMatrix, bias: FloatMatrix) -> LinearHead:
    """Give each block its part of the coefficients, with its scale."""
    weights, low = {}, 0
    for block, scale in _scales(config, name).items():
        high = low + rows[block].shape[1]
        weights[block] = coefficients[:, low:high].T * scale
        low = high
    return LinearHead(weights, bias)
