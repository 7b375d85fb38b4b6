"""Why an article got a label: the label's score divided over the words and sentences that gave it.

A score is linear: a bias, plus for each feature its TF-IDF value times its weight. The share of a feature is
divided over its occurrences, where one in the title weighs as much as the block says. An occurrence belongs
to the words it spans: character n-grams and stems to their word, word n-grams to the words they are made of.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
import numpy.typing as npt

from khabar.inference._kernel import ngram_ids
from khabar.inference.features import Block, ngrams
from khabar.inference.heads import probabilities
from khabar.inference.model import Model
from khabar.inference.sentences import sentence_spans
from khabar.inference.tags import Explanation, Field, SentenceShare, Span, Tags, WordShare
from khabar.inference.text import TextTable, Token


def explanations(model: Model, tags: Tags, text: str, title: str | None, top: int | None) -> tuple[Explanation, ...]:
    """Say why an article gets its tags.

    Parameters
    ----------
    model : Model
    tags : Tags
        What the model gives to the article.
    text : str
    title : str or None
    top : int or None
        How many words to name for each label; None names all.

    Returns
    -------
    tuple of Explanation
        Of the main sector, of each further sector, of the tone. Empty if the article has null tags.
    """
    if tags.sector is None or tags.tone is None:
        return ()
    scores, _ = model.scorer.score([text], [title])
    attribution = Attribution(model, text, title)
    found = []
    chosen = [("sector", tags.sector), *(("sectors", label) for label in tags.sectors[1:]), ("tone", tags.tone)]
    for name, label in chosen:
        head, outputs = model.head(name), model.outputs(name)
        at = head.labels.index(label)
        output = outputs.start + at
        words, sentences = attribution.shares(output)
        shown = words if top is None else words[:top]
        found.append(
            Explanation(
                head=name,
                label=label,
                score=float(scores[0, output]),
                probability=float(probabilities(head, scores[:, outputs])[0, at]),
                intercept=float(model.bias[output]),
                words=tuple(shown),
                other_words=sum(word.share for word in words[len(shown) :]),
                sentences=tuple(sentences),
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class Passage:
    """The title or the text of an article, read for explaining."""

    field: Field
    string: str
    tokens: list[Token]
    sentences: list[tuple[int, int]]

    def written(self, first: int, last: int) -> Span:
        """Give the original place of a run of tokens."""
        return Span(self.field, self.tokens[first].start, self.tokens[last].end)

    def sentence_of(self, token: int) -> int:
        """Give the number of the sentence in which a token starts."""
        return max(bisect_right(self.sentences, (self.tokens[token].start, len(self.string))) - 1, 0)


@dataclass(frozen=True)
class Occurrence:
    """One occurrence of a feature: `amount` times a weight of the feature is what it adds to that output."""

    feature: int
    amount: float
    passage: int
    first: int
    last: int


def read_passages(table: TextTable, text: str, title: str | None) -> list[Passage]:
    """Tokenise an article; a title is one sentence."""
    passages = [Passage("text", text, table.tokens(text), sentence_spans(text))]
    if title:
        passages.insert(0, Passage("title", title, table.tokens(title), [(0, len(title))]))
    return passages


class Attribution:
    """An article's features with their occurrences, ready to explain any output of the model."""

    def __init__(self, model: Model, text: str, title: str | None) -> None:
        self._model = model
        self._passages = read_passages(model.table, text, title)
        self._occurrences = [self._of_block(b, block) for b, block in enumerate(model.blocks)]

    def shares(self, output: int) -> tuple[list[WordShare], list[SentenceShare]]:
        """Divide the score of an output over words and over sentences.

        Parameters
        ----------
        output : int
            Column of the score matrix.

        Returns
        -------
        words : list of WordShare
            By falling absolute share. They add up to the score without the bias.
        sentences : list of SentenceShare
            By falling share. They add up to the same.
        """
        by_word: defaultdict[str, float] = defaultdict(float)
        spans: defaultdict[str, set[tuple[int, int, int]]] = defaultdict(set)
        by_sentence: defaultdict[tuple[int, int], float] = defaultdict(float)
        for occurrence, share in self._weighted(output):
            passage = self._passages[occurrence.passage]
            first, last = occurrence.first, occurrence.last
            word = " ".join(token.text for token in passage.tokens[first : last + 1])
            by_word[word] += share
            spans[word].add((occurrence.passage, first, last))
            for token in range(first, last + 1):
                by_sentence[occurrence.passage, passage.sentence_of(token)] += share / (last + 1 - first)
        # The words that one character stands for (ﷺ) have the same place: together they are one.
        by_place: defaultdict[tuple[str, tuple[Span, ...]], float] = defaultdict(float)
        for word, share in by_word.items():
            by_place[self._written(sorted(spans[word]))] += share
        words = [WordShare(word, share, places) for (word, places), share in by_place.items()]
        sentences = [self._sentence(share, *place) for place, share in by_sentence.items()]
        return (
            sorted(words, key=lambda w: (-abs(w.share), w.spans)),
            sorted(sentences, key=lambda s: (-s.share, s.field != "title", s.start)),
        )

    def _weighted(self, output: int) -> list[tuple[Occurrence, float]]:
        """Give the occurrences that add to an output, each with what it adds."""
        found: list[tuple[Occurrence, float]] = []
        for (low, high), weights, occurrences in zip(
            self._model.columns, self._model.weights, self._occurrences, strict=True
        ):
            if low <= output < high and occurrences:
                column = weights[[o.feature for o in occurrences], output - low].tolist()
                found += [(o, o.amount * w) for o, w in zip(occurrences, column, strict=True) if w]
        return found

    def _written(self, places: Sequence[tuple[int, int, int]]) -> tuple[str, tuple[Span, ...]]:
        """Give a word as its first place has it, and its places."""
        spans = tuple(self._passages[passage].written(first, last) for passage, first, last in places)
        passage = self._passages[places[0][0]]
        return passage.string[spans[0].start : spans[0].end], spans

    def _sentence(self, share: float, passage: int, sentence: int) -> SentenceShare:
        read = self._passages[passage]
        start, end = read.sentences[sentence]
        return SentenceShare(read.field, start, end, read.string[start:end], share)

    def _of_block(self, b: int, block: Block) -> list[Occurrence]:
        places: defaultdict[str, list[tuple[int, int, int]]] = defaultdict(list)
        titles: defaultdict[str, int] = defaultdict(int)
        for p, passage in enumerate(self._passages):
            if passage.field == "title" and not block.title_weight:
                continue
            words = [token.text for token in passage.tokens]
            if passage.field == "text" and block.max_chars:
                words = words[: _tokens_before(self._model.table, passage, block.max_chars)]
            for ngram in ngrams(block, words):
                places[ngram.name].append((p, ngram.first, ngram.last))
                titles[ngram.name] += passage.field == "title"
        names = list(places)
        features = self._model.scorer.lookup(b, ngram_ids(block.kind, names))
        known = [(name, f) for name, f in zip(names, features.tolist(), strict=True) if f >= 0]
        counts = [len(places[n]) + (block.title_weight - 1) * titles[n] for n, _ in known]
        values = _tfidf(block, counts, self._model.idf[b][[f for _, f in known]])
        weights = [block.title_weight if passage.field == "title" else 1 for passage in self._passages]
        return [
            Occurrence(feature, value * weights[p] / count, p, first, last)
            for (name, feature), count, value in zip(known, counts, values, strict=True)
            for p, first, last in places[name]
        ]


def _tfidf(block: Block, counts: Sequence[int], idf: npt.NDArray[np.float32]) -> list[float]:
    """Give the scaled values of a document's features: TF-IDF of unit norm times the block's scale."""
    values = [(1 + log(c) if block.sublinear else c) * w for c, w in zip(counts, idf.tolist(), strict=True)]
    norm = sqrt(sum(value * value for value in values))
    return [block.scale * value / norm for value in values] if norm else values


def _tokens_before(table: TextTable, passage: Passage, max_chars: int) -> int:
    """Count the tokens that a block reads; it counts characters once letters are composed."""
    composed = table.compose(passage.string)
    tokens = passage.tokens if composed == passage.string else table.tokens(composed)
    return bisect_right([token.start for token in tokens], max_chars - 1)
