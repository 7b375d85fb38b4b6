"""How feature spaces and heads are fitted: on all articles, and once more for each fold that is held out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from khabar.datasets.article import Article
from khabar.datasets.sectors import TONES
from khabar.inference.errors import ConfigError
from khabar.training.config import TrainConfig
from khabar.training.events import FoldFitted, Note, Report, unheard
from khabar.training.folds import Fold, make_folds
from khabar.training.linear import fit_sigmoids
from khabar.training.linear_head import FloatMatrix, HeadSpace, LinearHead, Rows, fit_classes, mixed
from khabar.training.spaces import Spaces
from khabar.training.targets import (
    UNKNOWN,
    balance,
    check_labels,
    class_rows,
    main_targets,
    rarity_weights,
    sector_matrix,
    sure_weights,
    tone_targets,
)
from khabar.training.vectorised import vectorise
from khabar.training.vectorizer import KhabarVectorizer


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
    unlabelled: Sequence[Article] = (),
    *,
    folds: Sequence[Fold] | None = None,
    jobs: int = 1,
    cache: Path | None = None,
    report: Report = unheard,
) -> Fitted:
    """Fit feature spaces and heads, and score every article by a fit that has not seen it.

    Parameters
    ----------
    config : TrainConfig
    articles : sequence of Article
    unlabelled : sequence of Article
        Vocabularies and spaces are fitted on them too; where folds leave outlets out, not on articles of those.
    folds : sequence of Fold, optional
        By default, those of the config.
    jobs : int
        Processes; the result does not depend on it.
    cache : Path, optional
        A folder where vectorised folds are kept between runs.
    report : callable
        Told what is done, fold by fold.

    Raises
    ------
    ConfigError
        A label has no example, there are fewer groups of articles than folds, or a fold leaves a head no example.
    """
    check_labels(config, articles)
    folds = make_folds(config, articles) if folds is None else folds
    check_folds(config, articles, folds)
    everything = Fold(np.arange(len(articles)), np.array([], dtype=np.intp))
    parallel = Parallel(n_jobs=jobs, return_as="generator")
    results = parallel(delayed(_fit_fold)(config, articles, unlabelled, fold, cache) for fold in (everything, *folds))
    vectorizers, heads, _ = next(results)
    report(Note("fitted all articles"))
    out_of_fold = {name: np.full((len(articles), len(head.bias)), np.nan) for name, head in heads.items()}
    for number, (fold, (_, _, scores)) in enumerate(zip(folds, results, strict=True), 1):
        for name, values in scores.items():
            out_of_fold[name][fold.held_out] = values
        report(FoldFitted(number, len(folds), fold.held_out, scores))
    return Fitted(vectorizers, heads, out_of_fold)


def fit_heads(
    config: TrainConfig, rows: Rows, articles: Sequence[Article], spaces: Spaces | None = None
) -> dict[str, LinearHead]:
    """Fit the three heads on vectorised articles.

    Parameters
    ----------
    rows : mapping of str to csr_matrix of shape (n_articles, n_features)
        By block, without scale.
    spaces : mapping of str to mapping of str to ndarray of shape (n_features, dimensions), optional
        By block and name, all that the heads are fitted on.
    """
    space = HeadSpace(config, rows, spaces or {})
    heads: dict[str, LinearHead] = {}
    sector, tone = config.heads.sector, config.heads.tone
    matrix, main = sector_matrix(articles, config.sectors), main_targets(articles, config.sectors)
    sure = [article.sector_sure for article in articles]
    weight = sure_weights(sure, config.heads.sectors.sure) * rarity_weights(main, config.heads.sectors.rarity)
    every = _fit_sectors(config, space, matrix, weight)
    own = None
    if sector.sectors_share < 1:
        weight = sure_weights(sure, sector.sure) * rarity_weights(main, sector.rarity)
        further = (matrix == 1) & (np.arange(len(config.sectors)) != main[:, None])
        chosen = class_rows(main, weight, further, sector.secondary)
        own = _fit_classes(config, "sector", space, chosen.article, chosen.target, chosen.weight)
    heads["sector"] = every if own is None else mixed(own, every, sector.sectors_share)
    heads["sectors"] = every if own is None else mixed(every, own, config.heads.sectors.sector_share)
    target = tone_targets(articles)
    weight = sure_weights([article.tone_sure for article in articles], tone.sure) * rarity_weights(target, tone.rarity)
    chosen = class_rows(target, weight, None, 0)
    heads["tone"] = _fit_classes(config, "tone", space, chosen.article, chosen.target, chosen.weight)
    return {name: heads[name] for name, _ in config.heads.items()}


def check_folds(config: TrainConfig, articles: Sequence[Article], folds: Sequence[Fold]) -> None:
    """Refuse folds without which no article has a main sector, or none a tone."""
    targets = {"tone": tone_targets(articles)}
    if config.heads.sector.sectors_share < 1:
        targets["sector"] = main_targets(articles, config.sectors)
    for number, fold in enumerate(folds, 1):
        for head, target in targets.items():
            if (target[fold.fit] == UNKNOWN).all():
                raise ConfigError(
                    f"heads.{head}: found no label in the {len(fold.fit)} articles that fold {number} of {len(folds)} "
                    "is fitted on, expected one or more; set fold_by: group, or add labelled articles to data.train"
                )


def _fit_fold(
    config: TrainConfig,
    articles: Sequence[Article],
    unlabelled: Sequence[Article],
    fold: Fold,
    cache: Path | None,
) -> tuple[dict[str, KhabarVectorizer], dict[str, LinearHead], dict[str, FloatMatrix]]:
    known = vectorise(config, articles, unlabelled, fold, cache)
    with threadpool_limits(limits=1):  # as for `vectorise`
        heads = fit_heads(config, known.rows, [articles[at] for at in fold.fit], known.spaces)
        scores = {name: head.scores(known.held_out_rows) for name, head in heads.items()} if len(fold.held_out) else {}
    return known.vectorizers, heads, scores


def _fit_classes(
    config: TrainConfig, name: str, space: HeadSpace, article: Any, target: Any, weight: Any
) -> LinearHead:
    """Fit a softmax head on rows of articles."""
    head = config.heads.sector if name == "sector" else config.heads.tone
    labels = config.sectors if name == "sector" else TONES
    together = space.joined(name)
    if not np.array_equal(article, np.arange(together.shape[0])):
        together = together[article]
    return space.folded(name, *fit_classes(together, target, len(labels), weight, head, config.seed))


def _fit_sectors(
    config: TrainConfig, space: HeadSpace, matrix: npt.NDArray[np.int8], weight: FloatMatrix
) -> LinearHead:
    """Fit one sigmoid a sector, each on the articles that assert or deny it."""
    head = config.heads.sectors
    together = space.joined("sectors")
    known = matrix != UNKNOWN
    fit = [label for label, column in enumerate(matrix.T) if len(np.unique(column[column != UNKNOWN])) == 2]
    coefficients = np.zeros((matrix.shape[1], together.shape[1]))
    bias = np.full(matrix.shape[1], -np.inf)
    weights = np.zeros(matrix.shape)
    for label in fit:
        rows = known[:, label]
        target = (matrix[rows, label] == 1).astype(np.intp)
        weights[rows, label] = balance(target, weight[rows], head.class_weight)
    coefficients[fit], bias[fit] = fit_sigmoids(
        together, matrix[:, fit] == 1, weights[:, fit], head.loss, head.C, config.seed
    )
    return space.folded("sectors", coefficients, bias)
