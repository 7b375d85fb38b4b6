"""Spaces that heads are fitted on beside a block's rows: directions in the rows that other data or knowledge gives.

A head that scores a row x by w x + u V x, V being the directions, scores it by (w + V u) x: what it learnt of places in
a space folds into one weight a feature, and costs nothing at tagging time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from khabar.datasets.article import Article
from khabar.inference.features import stem
from khabar.training.latent import latent_space
from khabar.training.lexicon import lexicon_space
from khabar.training.sections_space import Filed, sections_space
from khabar.training.vectorizer import KhabarVectorizer

SpaceName = Literal["latent", "sections", "lexicon"]
# By block and name: what its rows are multiplied by to get their places, shape (n_features, dimensions).
Spaces = Mapping[str, Mapping[SpaceName, npt.NDArray[np.float32]]]


@dataclass(frozen=True)
class SpaceConfig:
    """Which spaces of a block are wanted, and of how many dimensions the latent one is."""

    names: tuple[SpaceName, ...]
    dimensions: int


def block_spaces(
    config: SpaceConfig,
    vectorizer: KhabarVectorizer,
    rows: csr_matrix,
    unlabelled_rows: csr_matrix,
    filed: Sequence[Filed],
) -> dict[SpaceName, npt.NDArray[np.float32]]:
    """Fit the spaces of a block.

    Parameters
    ----------
    config : SpaceConfig
    vectorizer : KhabarVectorizer
        Of the block, fitted.
    rows, unlabelled_rows : csr_matrix of float32, shape (n, n_features)
        Of the articles fitted on, and of those without labels.
    filed : sequence of (corpus, sections)
        Where publishers file the latter.

    Returns
    -------
    dict of str to ndarray of float32, shape (n_features, dimensions)
    """
    made: dict[SpaceName, npt.NDArray[np.float32]] = {}
    for name in config.names:
        if name == "latent":
            made[name] = latent_space(vstack([rows, unlabelled_rows], format="csr"), config.dimensions)
        elif name == "sections":
            made[name] = sections_space(unlabelled_rows, filed)
        else:
            names = vectorizer.get_feature_names_out().tolist()
            made[name] = lexicon_space(names if vectorizer.analyzer == "stem" else list(map(stem, names)))
    return made


def without_outlets_of(unlabelled: Sequence[Article], held_out: Sequence[Article]) -> list[Article]:
    """Drop the articles of outlets that are held out: of an outlet left out, nothing at all is to be known."""
    outlets = {article.outlet for article in held_out}
    return [article for article in unlabelled if article.outlet not in outlets]
