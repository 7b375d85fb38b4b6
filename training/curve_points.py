"""What heads are worth that are fitted on a part of the labels: the points of a learning curve, fold by fold."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from joblib.memory import MemorizedResult
from threadpoolctl import threadpool_limits

from khabar.datasets.article import Article
from khabar.datasets.duplicates import near_duplicate_keys
from khabar.inference.errors import ConfigError
from khabar.training.config import TrainConfig
from khabar.training.fit import fit_heads
from khabar.training.fold_figures import fold_figures
from khabar.training.folds import Fold
from khabar.training.metrics import FloatArray, IntArray
from khabar.training.targets import UNKNOWN, main_targets, tone_targets
from khabar.training.vectorised import FoldRows, shelve_folds


@dataclass(frozen=True)
class Point:
    """Heads fitted on a share of a fold's articles.

    Attributes
    ----------
    articles : int
        How many they were fitted on.
    held_out, fitted : dict of str to float
        Figures of the fold's articles, and of those that the heads were fitted on, see
        `khabar.training.fold_figures`.
    """

    articles: int
    held_out: dict[str, float]
    fitted: dict[str, float]


def curve_points(
    config: TrainConfig,
    articles: Sequence[Article],
    unlabelled: Sequence[Article],
    folds: Sequence[Fold],
    shares: Sequence[float],
    cache: Path,
    jobs: int,
) -> Iterator[list[Point]]:
    """Fit heads on shares of each fold's articles.

    Yields
    ------
    list of Point
        For each fold, one point a share.

    Raises
    ------
    ConfigError
        A share is so small that a head is left without a label to fit on.
    """
    places = nested_places(articles, config.seed)
    for number, fold in enumerate(folds, 1):
        for share in shares:
            _check(config, [articles[at] for at in fold.fit[places[fold.fit] <= share]], share, f"fold {number}")
    shelved = shelve_folds(config, articles, unlabelled, folds, cache, jobs)
    parallel = Parallel(n_jobs=jobs, return_as="generator")
    yield from parallel(
        delayed(_fold_points)(config, rows, *(_chosen(articles, part) for part in (fold.fit, fold.held_out)),
                              places[fold.fit], shares)
        for rows, fold in zip(shelved, folds, strict=True)
    )  # fmt: skip


def nested_places(articles: Sequence[Article], seed: int) -> FloatArray:
    """Give each article a place between 0 and 1: a share of the articles are those whose place is at most the share.

    So a smaller share is a part of every larger one. Every outlet gives its part of each share, so the curve is about
    more labels from the same outlets. Near-duplicates have one place, that of their first: a copy is no new label.
    What comes first is ordered by SHA-256 of the seed and the article's name, as in `khabar.datasets.splits`: the same
    on any machine, whatever the order of the articles.

    Parameters
    ----------
    articles : sequence of Article
    seed : int

    Returns
    -------
    ndarray of shape (n,)
    """
    order = [
        sha256(f"{seed}\t{article.corpus}\t{article.id}".encode("utf-8", "surrogatepass")).digest()
        for article in articles
    ]
    groups: dict[Hashable, list[int]] = {}
    keys = near_duplicate_keys(articles)
    for at in sorted(range(len(articles)), key=order.__getitem__):
        groups.setdefault(keys[at], []).append(at)
    outlets: dict[str, list[list[int]]] = {}
    for group in groups.values():
        outlets.setdefault(articles[group[0]].outlet, []).append(group)
    places = np.zeros(len(articles))
    for parts in outlets.values():
        sizes = np.array([len(part) for part in parts])
        # The middle of what a group takes up, so that an outlet of few articles gives neither too many nor too few.
        for part, place in zip(parts, (sizes.cumsum() - sizes / 2) / sizes.sum(), strict=True):
            places[part] = place
    return places


def _chosen(articles: Sequence[Article], rows: IntArray) -> list[Article]:
    return [articles[at] for at in rows.tolist()]


def _check(config: TrainConfig, chosen: Sequence[Article], share: float, where: str) -> None:
    targets = {"sector": main_targets(chosen, config.sectors), "tone": tone_targets(chosen)}
    for head, target in targets.items():
        if (target == UNKNOWN).all():
            raise ConfigError(
                f"found no label of heads.{head} in the {len(chosen)} articles that a share of {share:g} leaves to "
                f"{where}, expected one or more; leave out the smallest shares of the learning curve"
            )


def _fold_points(
    config: TrainConfig,
    shelved: MemorizedResult,
    fit: list[Article],
    held_out: list[Article],
    places: FloatArray,
    shares: Sequence[float],
) -> list[Point]:
    points = []
    with threadpool_limits(limits=1):
        fold: FoldRows = shelved.get()
        for share in shares:
            chosen = np.flatnonzero(places <= share)
            rows = {block: matrix[chosen] for block, matrix in fold.rows.items()}
            fitted_on = [fit[at] for at in chosen.tolist()]
            heads = fit_heads(config, rows, fitted_on, fold.spaces)
            figures = [
                fold_figures(config, {name: head.scores(part) for name, head in heads.items()}, scored)
                for part, scored in ((fold.held_out_rows, held_out), (rows, fitted_on))
            ]
            points.append(Point(len(chosen), *figures))
    return points
