"""From tokens to features: what a block of features is, and the plain analyser that the kernel must equal."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Kind = Literal["word", "char_wb", "stem", "stem_prefix"]
KINDS: tuple[Kind, ...] = get_args(Kind)

STEM_PREFIX_LENGTH = 4
MAX_TITLE_WEIGHT = 1000
_LONG_ARTICLES = ("وال", "بال", "كال", "فال")
_SHORT_ARTICLES = ("ال", "لل")
_SUFFIXES = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي")
_KEPT = 2  # letters that must remain


@dataclass(frozen=True, slots=True)
class Block:
    """One TF-IDF space: a vocabulary of its own, rows of unit L2 norm.

    A document is a title (or none) and a text. N-grams do not cross from one to the other.

    Attributes
    ----------
    name : str
        Unique in a model.
    kind : {"word", "char_wb", "stem", "stem_prefix"}
        Word n-grams; character n-grams of each token padded with a space on both sides; light stems;
        the first four letters of light stems.
    min_n, max_n : int
        Length of the n-grams, in words or in characters. Not used by stems.
    title_weight : int
        The counts of the title are multiplied by it; 0 leaves the title out.
    max_chars : int
        Tokens of the text that start before this many code points are read; 0 reads all.
    scale : float
        The block's rows are multiplied by it before they meet the weights.
    sublinear : bool
        A count tf becomes 1 + log(tf).
    """

    name: str
    kind: Kind
    min_n: int = 1
    max_n: int = 1
    title_weight: int = 1
    max_chars: int = 0
    scale: float = 1.0
    sublinear: bool = True

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"block {self.name!r}: kind {self.kind!r} is not one of {', '.join(KINDS)}")
        if not 1 <= self.min_n <= self.max_n:
            raise ValueError(f"block {self.name!r}: n-grams from {self.min_n} to {self.max_n} make no range")
        if not 0 <= self.title_weight <= MAX_TITLE_WEIGHT or self.max_chars < 0:
            raise ValueError(
                f"block {self.name!r}: title_weight {self.title_weight} and max_chars {self.max_chars}; expected "
                f"0 to {MAX_TITLE_WEIGHT}, and not below 0"
            )

    def to_dict(self) -> dict[str, Any]:
        """Give the block as plain values, for a model's header."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Block":
        """Read what `to_dict` wrote."""
        return cls(**values)


@dataclass(frozen=True, slots=True)
class NGram:
    """A feature's occurrence: its name and the tokens it spans, both ends included."""

    name: str
    first: int
    last: int


def stem(token: str) -> str:
    """Cut the clitics and endings off a normalised token (after the light10 stemmer of Larkey et al., 2007).

    >>> stem("والمدرسه"), stem("معلمون"), stem("لله")
    ('مدرس', 'معلم', 'لل')
    """
    if token.startswith("و") and len(token) >= _KEPT + 2:
        token = token[1:]
    for article in (*_LONG_ARTICLES, *_SHORT_ARTICLES):
        if token.startswith(article) and len(token) >= len(article) + _KEPT:
            token = token[len(article) :]
            break
    for suffix in _SUFFIXES:
        if token.endswith(suffix) and len(token) >= len(suffix) + _KEPT:
            token = token[: -len(suffix)]
    return token


def ngrams(block: Block, tokens: Sequence[str]) -> Iterator[NGram]:
    """Give every feature of a sequence of tokens, in the order in which scikit-learn's analyser gives them.

    Parameters
    ----------
    block : Block
        Its kind and range of n.
    tokens : sequence of str
        Normalised tokens of one title or one text.

    Yields
    ------
    NGram
    """
    if block.kind == "word":
        for n in range(block.min_n, block.max_n + 1):
            for first in range(len(tokens) - n + 1):
                yield NGram(" ".join(tokens[first : first + n]), first, first + n - 1)
        return
    for at, token in enumerate(tokens):
        if block.kind == "char_wb":
            for name in _char_wb(token, block.min_n, block.max_n):
                yield NGram(name, at, at)
        else:
            stemmed = stem(token)
            yield NGram(stemmed if block.kind == "stem" else stemmed[:STEM_PREFIX_LENGTH], at, at)


def _char_wb(token: str, min_n: int, max_n: int) -> Iterator[str]:
    padded = f" {token} "
    for n in range(min_n, max_n + 1):
        if n >= len(padded):
            yield padded
            break
        for at in range(len(padded) - n + 1):
            yield padded[at : at + n]
