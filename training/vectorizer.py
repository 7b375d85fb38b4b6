"""TF-IDF over the compiled kernel, as a scikit-learn transformer: TfidfVectorizer's matrix, many times faster."""

from collections.abc import Iterable, Sequence
from math import ceil
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from khabar.inference._kernel import Counts, Scorer
from khabar.inference.features import KINDS, MAX_TITLE_WEIGHT, Block
from khabar.training.table import build_table

if TYPE_CHECKING:
    from khabar.training.config_heads import BlockConfig

Document = str | tuple[str | None, str]


class KhabarVectorizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn documents into rows of TF-IDF weights.

    Text goes through the normaliser of `khabar.training.table` and is cut into tokens of two or more word
    characters. Vocabulary, column order and values are those of scikit-learn's `TfidfVectorizer` over the same
    tokens; values are computed in float64 and kept in float32.

    Parameters
    ----------
    analyzer : {"word", "char_wb", "stem", "stem_prefix"}, default="word"
        See `khabar.inference.features.Block`.
    ngram_range : tuple (min_n, max_n), default=(1, 1)
    min_df, max_df : int or float
        Document frequency a feature needs, and may have: a count, or a share of the documents.
    max_features : int, default=None
        Keep the features with the highest total count.
    sublinear_tf : bool, default=False
        A count tf becomes 1 + log(tf).
    title_weight : int, default=1
        Counts of the title are multiplied by it.
    max_chars : int, default=0
        Tokens of the text that start before this many characters are read; 0 reads all.

    Attributes
    ----------
    idf_ : ndarray of float64, shape (n_features,)
        Smoothed: log((1 + n) / (1 + df)) + 1.
    ids_ : ndarray of uint64, shape (n_features,)
        The kernel's n-gram id of each column.

    Examples
    --------
    >>> rows = KhabarVectorizer().fit_transform(["افتتح الوزير المعرض", ("الوزير", "زار المعرض")])
    >>> rows.shape
    (2, 4)
    """

    _parameter_constraints = {
        "analyzer": [StrOptions(set(KINDS))],
        "ngram_range": [tuple],
        "min_df": [Interval(Integral, 1, None, closed="left"), Interval(Real, 0, 1, closed="both")],
        "max_df": [Interval(Integral, 1, None, closed="left"), Interval(Real, 0, 1, closed="both")],
        "max_features": [Interval(Integral, 1, None, closed="left"), None],
        "sublinear_tf": ["boolean"],
        "title_weight": [Interval(Integral, 0, MAX_TITLE_WEIGHT, closed="both")],
        "max_chars": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        *,
        analyzer: str = "word",
        ngram_range: tuple[int, int] = (1, 1),
        min_df: float = 1,
        max_df: float = 1.0,
        max_features: int | None = None,
        sublinear_tf: bool = False,
        title_weight: int = 1,
        max_chars: int = 0,
    ) -> None:
        self.analyzer = analyzer
        self.ngram_range = ngram_range
        self.min_df = min_df
        self.max_df = max_df
        self.max_features = max_features
        self.sublinear_tf = sublinear_tf
        self.title_weight = title_weight
        self.max_chars = max_chars

    def block(self, name: str, scale: float = 1.0) -> Block:
        """Describe the features as a block of a model."""
        return Block(
            name=name,
            kind=self.analyzer,  # type: ignore[arg-type]  # checked by Block
            min_n=self.ngram_range[0],
            max_n=self.ngram_range[1],
            title_weight=self.title_weight,
            max_chars=self.max_chars,
            scale=scale,
            sublinear=self.sublinear_tf,
        )

    def fit(self, X: Iterable[Document], y: object = None) -> Self:
        """Learn vocabulary and idf.

        Parameters
        ----------
        X : iterable of str or of (title, text)
        y : ignored
        """
        self.fit_transform(X, y)
        return self

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit_transform(self, X: Iterable[Document], y: object = None) -> csr_matrix:  # noqa: ARG002
        """Learn vocabulary and idf, and give the documents' rows.

        Returns
        -------
        csr_matrix of float32, shape (n_documents, n_features)

        Raises
        ------
        ValueError
            Where no feature is left.
        """
        titles, texts = split_documents(X)
        lowest, highest = self._document_frequencies(len(texts))
        # What occurs in enough documents occurs often enough.
        counts = Counts(build_table(), self.block("fit"), texts, titles, max(1, ceil(lowest)))
        document_frequency = np.bincount(counts.indices, minlength=len(counts.ids))
        if not counts.n_tokens:
            raise ValueError("empty vocabulary; the documents hold no token of two or more letters")
        kept = np.flatnonzero((document_frequency >= lowest) & (document_frequency <= highest))
        if not len(kept):
            raise ValueError("After pruning, no terms remain. Try a lower min_df or a higher max_df.")
        words, numbers = counts.spell(kept)
        order = _alphabetical(words, numbers)
        if self.max_features is not None and len(order) > self.max_features:
            total = np.bincount(counts.indices, weights=counts.data, minlength=len(counts.ids))
            # The same sort on the same array as scikit-learn, so that ties fall alike.
            most = (-total[kept[order]].astype(np.int64)).argsort()[: self.max_features]
            order = order[np.sort(most)]
        columns = kept[order]

        self._words, self._numbers = words, numbers[order]
        self._names: list[str] | None = None
        self._scorer: Scorer | None = None
        self.ids_ = counts.ids[columns]
        self.idf_ = np.log((1 + len(texts)) / (1 + document_frequency[columns])) + 1.0
        column_of = np.full(len(counts.ids), -1, dtype=np.int32)
        column_of[columns] = np.arange(len(columns), dtype=np.int32)
        indptr, indices, data = counts.rows(column_of, self.idf_, self.sublinear_tf)
        return csr_matrix((data, indices, indptr), shape=(len(texts), len(columns)))

    def transform(self, X: Iterable[Document]) -> csr_matrix:
        """Give the documents' rows.

        Returns
        -------
        csr_matrix of float32, shape (n_documents, n_features)
            Rows of unit L2 norm, or empty.
        """
        check_is_fitted(self, "ids_")
        titles, texts = split_documents(X)
        indptr, indices, data = self._kernel().transform(0, texts, titles)
        return csr_matrix((data, indices, indptr), shape=(len(texts), len(self.ids_)))

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:  # noqa: ARG002
        """Give the names of the columns."""
        check_is_fitted(self, "ids_")
        if self._names is None:  # put together when first asked for: most fits never are
            self._names = join_words(self._words, self._numbers)
        return np.array(self._names, dtype=object)

    @property
    def vocabulary_(self) -> dict[str, int]:
        """Feature name to column."""
        return {name: column for column, name in enumerate(self.get_feature_names_out())}

    def _document_frequencies(self, n_documents: int) -> tuple[float, float]:
        """Give the lowest and the highest document frequency of what is kept."""
        lowest = self.min_df if isinstance(self.min_df, Integral) else self.min_df * n_documents
        highest = self.max_df if isinstance(self.max_df, Integral) else self.max_df * n_documents
        if highest < lowest:
            raise ValueError(f"max_df ({self.max_df}) corresponds to fewer documents than min_df ({self.min_df})")
        return float(lowest), float(highest)

    def _kernel(self) -> Scorer:
        if self._scorer is None:
            n = len(self.ids_)
            self._scorer = Scorer(
                build_table(),
                [self.block("rows")],
                [self.ids_],
                [self.idf_.astype(np.float32)],
                [np.empty((n, 0), dtype=np.float32)],
                [(0, 0)],
                np.empty(0, dtype=np.float32),
            )
        return self._scorer

    def __getstate__(self) -> dict[str, Any]:
        # The kernel's tables are made again from ids and idf where they are needed.
        state: dict[str, Any] = super().__getstate__()
        return {**state, "_scorer": None} if "_scorer" in state else state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def block_vectorizer(block: "BlockConfig") -> KhabarVectorizer:
    """Make the vectoriser of a block of features, as a config describes it."""
    return KhabarVectorizer(
        analyzer=block.kind,
        ngram_range=block.ngrams,
        min_df=block.min_df,
        max_df=block.max_df,
        max_features=block.max_features,
        sublinear_tf=block.sublinear,
        title_weight=block.title_weight,
        max_chars=block.max_chars,
    )


def side_by_side(parts: list[csr_matrix]) -> csr_matrix:
    """Join the rows of several blocks, float32."""
    return hstack(parts, format="csr", dtype=np.float32) if len(parts) > 1 else parts[0]


def join_words(words: list[str], numbers: npt.NDArray[np.int32]) -> list[str]:
    """Put together the names that `Counts.spell` spelt."""
    return [" ".join([words[word] for word in row if word >= 0]) for row in numbers.tolist()]


def _alphabetical(words: list[str], numbers: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Order features by name.

    N-grams are compared word by word, which is how their joined names compare: a space comes before any letter.
    """
    rank = np.empty(len(words) + 1, dtype=np.int32)
    rank[sorted(range(len(words)), key=words.__getitem__)] = np.arange(len(words))
    rank[-1] = -1  # no word
    return np.lexsort(rank[numbers].T[::-1])


def split_documents(documents: Iterable[Document]) -> tuple[list[str | None] | None, list[str]]:
    """Part documents into titles (None where no document has one) and texts."""
    if isinstance(documents, str):
        raise ValueError("Iterable over raw text documents expected, string object received.")
    rows: Sequence[Document] = list(documents)
    if all(isinstance(row, str) for row in rows):
        return None, list(rows)  # type: ignore[arg-type]
    titles: list[str | None] = []
    texts: list[str] = []
    for at, row in enumerate(rows):
        if isinstance(row, str):
            row = (None, row)
        if not (isinstance(row, tuple) and len(row) == 2 and isinstance(row[1], str)):
            raise ValueError(f"document {at} is {row!r:.60}; expected a str or a pair (title, text)")
        titles.append(row[0])
        texts.append(row[1])
    return titles, texts
