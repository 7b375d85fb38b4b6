"""The same features in scikit-learn: the definition that the kernel is held against, and the pace it is measured by."""

import re
from collections.abc import Callable

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from khabar.inference.features import Block, ngrams
from khabar.training.table import normalise

TOKEN = re.compile(r"(?u)\b\w\w+\b")  # scikit-learn's own token pattern


def tokens(text: str) -> list[str]:
    """Normalise with camel-tools and cut with scikit-learn's token pattern."""
    return TOKEN.findall(normalise(text))


def reference_vectorizer(
    block: Block, *, min_df: float = 1, max_df: float = 1.0, max_features: int | None = None
) -> TfidfVectorizer:
    """Make the TfidfVectorizer that a block must equal on documents without titles.

    Word and character n-grams are scikit-learn's own analysers; stems, which it does not know, are an analyser
    over `khabar.inference.features.ngrams`.
    """
    options = {"min_df": min_df, "max_df": max_df, "max_features": max_features, "sublinear_tf": block.sublinear}
    n = (block.min_n, block.max_n)
    if block.kind == "word":
        return TfidfVectorizer(
            preprocessor=normalise, token_pattern=TOKEN.pattern, ngram_range=n, dtype=np.float64, **options
        )
    if block.kind == "char_wb":
        return TfidfVectorizer(analyzer="char_wb", preprocessor=_joined, ngram_range=n, dtype=np.float64, **options)
    return TfidfVectorizer(analyzer=_analyser(block), dtype=np.float64, **options)


def _joined(text: str) -> str:
    return " ".join(tokens(text))


def _analyser(block: Block) -> Callable[[str], list[str]]:
    return lambda text: [ngram.name for ngram in ngrams(block, tokens(text))]
