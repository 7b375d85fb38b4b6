"""Which articles are held out together: folds that keep an outlet, or a group of near-duplicates, in one piece."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from khabar.datasets.article import Article
from khabar.datasets.duplicates import near_duplicate_keys
from khabar.datasets.split_file import Split, positions
from khabar.datasets.splits import by_group, stratified
from khabar.inference.errors import ConfigError
from khabar.training.config import TrainConfig

IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Fold:
    """Positions of the articles to fit on and of those held out."""

    fit: IntArray
    held_out: IntArray


def make_folds(config: TrainConfig, articles: Sequence[Article]) -> list[Fold]:
    """Part articles into folds as `fold_split` does, and give the positions."""
    return folds_of(fold_split(config, articles), articles)


def folds_of(split: Split, articles: Sequence[Article]) -> list[Fold]:
    """Give the positions of a split's articles."""
    return [Fold(*positions(articles, part)) for part in split.parts]


def fold_split(config: TrainConfig, articles: Sequence[Article]) -> Split:
    """Part articles into folds, main sectors in like shares as far as groups allow.

    No near-duplicate of a held-out article is fitted on, unless the config folds by nothing.

    Raises
    ------
    ConfigError
        There are fewer groups than folds.
    InputError
        An article stands twice.
    """
    keys = range(len(articles)) if config.fold_by == "none" else near_duplicate_keys(articles)
    outlets = [article.outlet for article in articles]
    n_groups = len(set(outlets if config.fold_by == "outlet" else keys))
    if n_groups < config.folds:
        raise ConfigError(
            f"found {n_groups} groups of articles (fold_by: {config.fold_by}), expected at least as many as folds: "
            f"{config.folds}; lower folds, or choose another fold_by"
        )
    mains = [article.main or "" for article in articles]
    if config.fold_by == "outlet":
        return by_group(articles, outlets, mains, config.folds, config.seed, keys)
    return stratified(articles, mains, keys, folds=config.folds, seed=config.seed)
