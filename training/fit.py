"""How feature spaces and heads are fitted: on all articles, and once more for each fold that is held out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Memory, Parallel, delayed
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from khabar.datasets.article import Article
from khabar.datasets.sectors import TONES
from khabar.inference import _kernel
from khabar.inference.errors import ConfigError
from khabar.training.config import TrainConfig
from khabar.training.config_heads import BlockConfig
from khabar.training.folds import Fold, make_folds
from khabar.training.linear import fit_sigmoids
from khabar.training.linear_head import FloatMatrix, HeadSpace, LinearHead, Rows, fit_classes, mixed
from khabar.training.sections_space import Filed
from khabar.training.spaces import SpaceConfig, SpaceName, Spaces, block_spaces, without_outlets_of
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
from khabar.training.vectorizer import KhabarVectorizer, block_vectorizer

Document = tuple[str | None, str]
# What vocabularies and spaces are made by, beside the kernel.
CODE = (
    "latent.py", "lexicon.py", "sections_space.py", "spaces.py", "table.py", "tone_lexicon.toml", "vectorizer.py",
)  # fmt: skip


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
    jobs: int = 1,
    cache: Path | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Fitted:
    """Fit feature spaces and heads, and score every article by a fit that has not seen it.

    Parameters
    ----------
    config : TrainConfig
    articles : sequence of Article
    unlabelled : sequence of Article
        Vocabularies and spaces are fitted on them too; where folds leave outlets out, not on articles of those.
    jobs : int
        Processes; the result does not depend on it.
    cache : Path, optional
        A folder where vectorised folds are kept between runs.
    report : callable
        Told what is done.

    Raises
    ------
    ConfigError
        A label has no example, there are fewer groups of articles than folds, or a fold leaves a head no example.
    """
    check_labels(config, articles)
    folds = make_folds(config, articles)
    _check_folds(config, articles, folds)
    everything = Fold(np.arange(len(articles)), np.array([], dtype=np.intp))
    parallel = Parallel(n_jobs=jobs, return_as="generator")
    results = parallel(
        delayed(_fit_fold)(config, articles, _known(config, unlabelled, articles, fold), fold, cache)
        for fold in (everything, *folds)
    )
    vectorizers, heads, _ = next(results)
    report("fitted all articles")
    out_of_fold = {name: np.full((len(articles), len(head.bias)), np.nan) for name, head in heads.items()}
    for number, (fold, (_, _, scores)) in enumerate(zip(folds, results, strict=True), 1):
        for name, values in scores.items():
            out_of_fold[name][fold.held_out] = values
        report(f"fitted fold {number} of {len(folds)}")
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


def _check_folds(config: TrainConfig, articles: Sequence[Article], folds: Sequence[Fold]) -> None:
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


def _known(
    config: TrainConfig, unlabelled: Sequence[Article], articles: Sequence[Article], fold: Fold
) -> list[tuple[Document, Filed]]:
    """Choose the unlabelled articles that a fold may know."""
    if config.fold_by == "outlet":
        unlabelled = without_outlets_of(unlabelled, [articles[at] for at in fold.held_out])
    return [((article.title, article.text), (article.corpus, article.labels)) for article in unlabelled]


def _fit_fold(
    config: TrainConfig,
    articles: Sequence[Article],
    unlabelled: list[tuple[Document, Filed]],
    fold: Fold,
    cache: Path | None,
) -> tuple[dict[str, KhabarVectorizer], dict[str, LinearHead], dict[str, FloatMatrix]]:
    # One thread of linear algebra: sums in a fixed order, and no contention between processes.
    with threadpool_limits(limits=1):
        vectorise = _vectorise if cache is None else Memory(cache, verbose=0).cache(_vectorise)
        documents = [(article.title, article.text) for article in articles]
        fitted_on, held_out = ([documents[at] for at in part] for part in (fold.fit, fold.held_out))
        vectorizers, rows, held_out_rows, spaces = vectorise(
            config.blocks, _wanted(config), fitted_on, held_out, unlabelled, _code_digest()
        )
        heads = fit_heads(config, rows, [articles[at] for at in fold.fit], spaces)
        scores = {name: head.scores(held_out_rows) for name, head in heads.items()} if held_out else {}
    return vectorizers, heads, scores


def _wanted(config: TrainConfig) -> dict[str, SpaceConfig]:
    """Say which spaces of each block the heads are fitted on."""
    wanted: dict[str, list[SpaceName]] = {block: [] for block in config.blocks}
    for block, spaces in (item for _, head in config.heads.items() for item in head.spaces.items()):
        wanted[block] += [name for name in spaces if name not in wanted[block]]
    return {block: SpaceConfig(tuple(names), config.blocks[block].dimensions) for block, names in wanted.items()}


def _code_digest() -> str:
    """Hash what vocabularies and spaces come from beside their articles, so that a cache holds none of another code."""
    training = files("khabar.training")
    digest = sha256(Path(_kernel.__file__).read_bytes())
    for name in CODE:
        digest.update(training.joinpath(name).read_bytes())
    return digest.hexdigest()


def _vectorise(
    blocks: Mapping[str, BlockConfig],
    wanted: Mapping[str, SpaceConfig],
    fitted_on: list[Document],
    held_out: list[Document],
    unlabelled: list[tuple[Document, Filed]],
    code: str,  # noqa: ARG001 - a key of the cache
) -> tuple[dict[str, KhabarVectorizer], dict[str, csr_matrix], dict[str, csr_matrix], Spaces]:
    """Fit every block's vocabulary and spaces, and give the rows of the articles fitted on and held out."""
    vectorizers, rows, held_out_rows, spaces = {}, {}, {}, {}
    for name, block in blocks.items():
        vectorizers[name] = vectorizer = block_vectorizer(block)
        others = unlabelled if block.unlabelled else []
        every = vectorizer.fit_transform([*fitted_on, *(document for document, _ in others)])
        rows[name] = every[: len(fitted_on)]
        spaces[name] = block_spaces(
            wanted[name], vectorizer, rows[name], every[len(fitted_on) :], [filed for _, filed in others]
        )
        held_out_rows[name] = vectorizer.transform(held_out)
    return vectorizers, rows, held_out_rows, spaces


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
