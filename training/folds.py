"""Which articles are held out together: folds that keep an outlet, or a group of near-duplicates, in one piece."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from khabar.datasets.article import Article
from khabar.datasets.duplicates import near_duplicate_keys
from khabar.inference.errors import ConfigError
from khabar.training.config import TrainConfig

IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Fold:
    """Positions of the articles to fit on and of those held out."""

    fit: IntArray
    held_out: IntArray


def make_folds(config: TrainConfig, articles: Sequence[Article]) -> list[Fold]:
    """Part articles into folds, main sectors in like shares as far as groups allow.

    No near-duplicate of a held-out article is fitted on, unless the config folds by nothing.

    Raises
    ------
    ConfigError
        There are fewer groups than folds.
    """
    n = len(articles)
    keys = np.arange(n) if config.fold_by == "none" else np.array(near_duplicate_keys(articles))
    outlets = {outlet: at for at, outlet in enumerate(dict.fromkeys(article.outlet for article in articles))}
    groups = np.array([outlets[a.outlet] for a in articles]) if config.fold_by == "outlet" else keys
    n_groups = len(np.unique(groups))
    if n_groups < config.folds:
        raise ConfigError(
            f"found {n_groups} groups of articles (fold_by: {config.fold_by}), expected at least as many as folds: "
            f"{config.folds}; lower folds, or choose another fold_by"
        )
    # Groups of one article each are no groups, and cost time.
    splitter = StratifiedKFold if n_groups == n else StratifiedGroupKFold
    split = splitter(config.folds, shuffle=True, random_state=config.seed)
    strata = _strata(articles, config.folds)
    folds = []
    for fit, held_out in split.split(np.zeros(n), strata, None if n_groups == n else groups):
        folds.append(Fold(fit[~np.isin(keys[fit], keys[held_out])], held_out))
    return folds


def _strata(articles: Sequence[Article], folds: int) -> IntArray:
    """Number the main sectors; those too rare to stand in every fold count as the most frequent one."""
    mains = [article.main or "" for article in articles]
    _, strata, counts = np.unique(mains, return_inverse=True, return_counts=True)
    return np.where(counts[strata] < folds, np.argmax(counts), strata)
