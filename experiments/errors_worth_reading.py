"""Which wrong tags are worth a person's time: the most confident ones, of as many confusions as there are.

Such a tag is a label to mend, a line of the guide that two readers draw differently, or words that mislead the model.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from khabar.datasets.article import Article
from khabar.experiments.telling_words import telling_words
from khabar.inference.predictor import Predictor
from khabar.training.evaluate import Tagged

MOST = 12  # of a head
EXCERPT = 160  # characters
WORDS = 5
ELLIPSIS = "…"


@dataclass(frozen=True)
class WrongTag:
    """A tag that an article's label contradicts.

    Attributes
    ----------
    row : int
        Of the article.
    truth, tag : str
    probability : float
        That the model gives the tag.
    sentence : str
        For a stance, the sentence that speaks most for it; else empty.
    """

    row: int
    truth: str
    tag: str
    probability: float
    sentence: str = ""


def errors_worth_reading(predictor: Predictor | None, tagged: Tagged, most: int = MOST) -> list[dict[str, Any]]:
    """Choose the wrong tags to read, of each head in turn: sector, tone, stance.

    Of every pair of label and tag the most confident one comes first, then the second of every pair, and so on. A
    main sector that holds as a further one is no error to read.

    Parameters
    ----------
    predictor : Predictor or None
        Names the words that gave a tag. None names none: of out-of-fold tags, which other fits gave.
    tagged : Tagged
    most : int
        How many to choose of each head.

    Returns
    -------
    list of dict
        `head`, `id`, `corpus`, `outlet`, `title`, `excerpt` (how the text begins, at most 160 characters), `target`
        (of a stance, else None), `truth`, `tag`, `probability`, `words` and, of a stance, `sentence`: what spoke most
        for it.
    """
    chosen: list[dict[str, Any]] = []
    for head, wrong in (("sector", _sectors(tagged)), ("tone", _tones(tagged)), ("stance", _stances(tagged))):
        for one in spread(list(wrong), most):
            article = tagged.articles[one.row]
            chosen.append({"head": head, **_shown(one, head, article), "words": _words(predictor, head, article)})
    return chosen


def spread(wrong: Sequence[WrongTag], most: int) -> list[WrongTag]:
    """Choose the most confident errors, one of every pair of label and tag before a second of any."""
    before: dict[tuple[str, str], int] = {}
    ranked = []
    for one in sorted(wrong, key=lambda one: -one.probability):
        pair = one.truth, one.tag
        before[pair] = before.get(pair, 0) + 1
        ranked.append((before[pair], one))
    ranked.sort(key=lambda found: found[0])
    return [one for _, one in ranked[:most]]


def _sectors(tagged: Tagged) -> Iterator[WrongTag]:
    columns = tagged.columns
    rows = zip(tagged.articles, columns.sector, columns.sector_scores, strict=True)
    for row, (article, tag, scores) in enumerate(rows):
        if article.main is not None and tag is not None and tag not in article.sectors:
            yield WrongTag(row, article.main, tag, max(scores))


def _tones(tagged: Tagged) -> Iterator[WrongTag]:
    columns = tagged.columns
    for row, (article, tag, scores) in enumerate(zip(tagged.articles, columns.tone, columns.tone_scores, strict=True)):
        if article.tone is not None and tag is not None and tag != article.tone:
            yield WrongTag(row, article.tone, tag, max(scores))


def _stances(tagged: Tagged) -> Iterator[WrongTag]:
    for row, (article, stance) in enumerate(zip(tagged.articles, tagged.stances or (), strict=False)):
        if article.stance is not None and stance.label not in (None, article.stance):
            sentence = stance.evidence[0].text if stance.evidence else ""
            yield WrongTag(row, article.stance, str(stance.label), float(stance.score or 0), sentence)


def _shown(wrong: WrongTag, head: str, article: Article) -> dict[str, Any]:
    return {
        "id": article.id,
        "corpus": article.corpus,
        "outlet": article.outlet,
        "title": article.title,
        "excerpt": excerpt(article.text),
        "target": article.target if head == "stance" else None,
        "truth": wrong.truth,
        "tag": wrong.tag,
        "probability": wrong.probability,
        "sentence": excerpt(wrong.sentence),
    }


def _words(predictor: Predictor | None, head: str, article: Article) -> list[str]:
    if predictor is None or head == "stance":  # a stance has a sentence
        return []
    explained = {found.head: found for found in predictor.explain(article.text, article.title, top=None)}
    return telling_words(explained[head].words, WORDS)


def excerpt(text: str) -> str:
    """Give how a text begins, in one line, cut between words where there is room for that."""
    line = " ".join(text.split())
    cut = shorten(line, EXCERPT, placeholder=ELLIPSIS)
    return cut if cut != ELLIPSIS else f"{line[: EXCERPT - 1]}{ELLIPSIS}"
