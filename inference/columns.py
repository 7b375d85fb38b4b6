"""From scores to columns of tags: the fast path that `tag_many` and the batch command share.

What can be done for many articles at once is; what remains in Python is a few microseconds an article.
"""

from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from khabar.inference.heads import abstains, further_labels, probabilities
from khabar.inference.inputs import is_missing, unreadable, wrong_type
from khabar.inference.model import FloatArray, Model
from khabar.inference.tags import Tags

CHUNK = 8192  # articles scored at once: bounds memory, and leaves work for every thread
# The main label is the largest of the rounded probabilities, so that the two never differ.
DECIMALS = 6
UNKNOWN = "no known words"
ABSTAINED: tuple[tuple[str, ...], ...] = ((), ("sector",), ("tone",), ("sector", "tone"))


@dataclass(frozen=True, slots=True)
class TagColumns:
    """Tags of many articles, one list a column, all of the same length and in the order of the articles.

    Attributes
    ----------
    sector_labels, tone_labels : tuple of str
        What the scores of an article stand for, in this order.
    sector, tone : list of str or None
    sectors : list of list of str
    sector_scores, tone_scores : list of list of float
        Probabilities rounded to six decimals; an empty list where there are no tags.
    abstained : list of tuple of str
    error : list of str or None
    """

    sector_labels: tuple[str, ...]
    tone_labels: tuple[str, ...]
    sector: list[str | None] = field(default_factory=list)
    sectors: list[list[str]] = field(default_factory=list)
    sector_scores: list[list[float]] = field(default_factory=list)
    tone: list[str | None] = field(default_factory=list)
    tone_scores: list[list[float]] = field(default_factory=list)
    abstained: list[tuple[str, ...]] = field(default_factory=list)
    error: list[str | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.sector)

    def tags(self) -> list[Tags]:
        """Give the rows as `Tags`."""
        sector_labels, tone_labels = self.sector_labels, self.tone_labels
        return [
            Tags(sector, sectors, dict(zip(sector_labels, p, strict=False)), tone,
                 dict(zip(tone_labels, q, strict=False)), abstained, error)
            for sector, sectors, p, tone, q, abstained, error in zip(
                self.sector, self.sectors, self.sector_scores, self.tone, self.tone_scores,
                self.abstained, self.error, strict=True,
            )
        ]  # fmt: skip


def readable(texts: list[Any], titles: list[Any] | None) -> tuple[list[str], list[str | None] | None, dict[int, str]]:
    """Set aside what cannot be tagged.

    Returns
    -------
    texts, titles : list
        Of the same length, empty text in the place of what cannot be tagged, None for every missing title.
    errors : dict of int to str
        The reason for each such place.
    """
    odd = [i for i, text in enumerate(texts) if type(text) is not str or not text or text.isspace()]
    odd_titles = [i for i, title in enumerate(titles or ()) if title is not None and type(title) is not str]
    errors: dict[int, str] = {}
    if odd or odd_titles:
        texts = list(texts)
    for i in odd:
        reason = unreadable(texts[i], "text")
        if reason is None:
            texts[i] = str(texts[i])  # of a subclass
        else:
            errors[i], texts[i] = reason, ""
    if titles is not None and odd_titles:
        titles = list(titles)
        for i in odd_titles:
            title, titles[i] = titles[i], None
            if isinstance(title, str):
                titles[i] = str(title)
            elif not is_missing(title) and i not in errors:
                errors[i], texts[i] = wrong_type(title, "title"), ""
    return texts, titles, errors


def append(
    columns: TagColumns,
    model: Model,
    scores: FloatArray,
    known: npt.NDArray[np.int32],
    errors: dict[int, str],
) -> None:
    """Add the tags of articles to the columns.

    Parameters
    ----------
    columns : TagColumns
        Its lists grow by the number of rows.
    model : Model
    scores : ndarray of shape (n, n_outputs)
    known : ndarray of shape (n,)
        Number of known n-grams of each article.
    errors : dict of int to str
        Rows that hold no article, and why.
    """
    sector, sectors, tone = (model.head(name) for name in ("sector", "sectors", "tone"))
    sector_p = probabilities(sector, scores[:, model.outputs("sector")]).round(DECIMALS)
    tone_p = probabilities(tone, scores[:, model.outputs("tone")]).round(DECIMALS)
    main = sector_p.argmax(axis=1)
    order, count = further_labels(sectors, probabilities(sectors, scores[:, model.outputs("sectors")]), main)
    unsure = abstains(sector, sector_p) + 2 * abstains(tone, tone_p).astype(np.int8)

    labels = sector.labels
    start = len(columns)
    columns.sector.extend([labels[m] for m in main.tolist()])
    columns.sectors.extend([[labels[m]] for m in main.tolist()])
    for row, (n, further) in enumerate(zip(count.tolist(), order.tolist(), strict=True), start):
        if n:
            columns.sectors[row] += [labels[j] for j in further[:n]]
    columns.sector_scores.extend(sector_p.tolist())
    columns.tone.extend([tone.labels[t] for t in tone_p.argmax(axis=1).tolist()])
    columns.tone_scores.extend(tone_p.tolist())
    columns.abstained.extend([ABSTAINED[u] for u in unsure.tolist()])
    columns.error.extend(repeat(None, len(scores)))

    reasons = dict.fromkeys(np.flatnonzero(known == 0).tolist(), UNKNOWN) | errors
    for row, reason in reasons.items():
        at = start + row
        columns.sector[at] = columns.tone[at] = None
        columns.sectors[at], columns.sector_scores[at], columns.tone_scores[at] = [], [], []
        columns.abstained[at], columns.error[at] = (), reason
