"""What is known of one article: text, origin, and which labels hold, do not hold or are unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from khabar.datasets.sectors import SECTOR_IDS, STANCES, TONES
from khabar.inference.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    import pandas as pd

_SECTOR_IDS = frozenset(SECTOR_IDS)


@dataclass(frozen=True, kw_only=True)
class Article:
    """One article of a corpus.

    Attributes
    ----------
    corpus, id : str
        Together they name the article; `id` is the corpus's own.
    outlet : str
        Who published it.
    title : str or None
        None where the corpus has no separate title.
    text : str
        The body; may be empty, since corpora hold empty documents.
    date : str or None
        ISO date (YYYY-MM-DD).
    labels : tuple of str
        The corpus's own labels, in its own words: the sections it stands under, or what its annotators said.
    split : str or None
        The part of the corpus's official split it stands in: train, dev or test, or fold1 to fold5.
    sectors : tuple of str
        Sectors known to hold, the main one first where it is known.
    main : str or None
        The main sector; None where it is unknown (no label, or two readers who differ).
    denied : frozenset of str
        Sectors known not to hold.  What is neither asserted nor denied is unknown, never a negative.
    tone, stance : str or None
        None where unknown.
    target : str or None
        What the stance is about: a person, a thing or a claim.
    sector_sure, tone_sure : int or None
        How sure the annotator was: 0, 1 or 2.

    Raises
    ------
    InputError
        If a label is not one of ours, or a sector is both asserted and denied.

    Examples
    --------
    >>> article = Article(corpus="mine", id="1", outlet="mine", text="...", sectors=("energy",))
    >>> "economy" in article.unknown
    True
    """

    corpus: str
    id: str
    outlet: str
    text: str
    title: str | None = None
    date: str | None = None
    labels: tuple[str, ...] = ()
    split: str | None = None
    sectors: tuple[str, ...] = ()
    main: str | None = None
    denied: frozenset[str] = frozenset()
    tone: str | None = None
    target: str | None = None
    stance: str | None = None
    sector_sure: int | None = None
    tone_sure: int | None = None

    def __post_init__(self) -> None:
        if not (self.sectors or self.denied or self.main or self.tone or self.stance or self.target):
            return  # Unlabelled: the common case when a whole corpus is read.
        unknown_ids = [label for label in (*self.sectors, *sorted(self.denied)) if label not in _SECTOR_IDS]
        if unknown_ids:
            self._refuse(f"sector {unknown_ids[0]!r}", f"one of {', '.join(SECTOR_IDS)}")
        if len(set(self.sectors)) != len(self.sectors):
            self._refuse(f"sectors {self.sectors!r}", "each sector once")
        if both := self.denied.intersection(self.sectors):
            self._refuse(f"{sorted(both)} both asserted and denied", "at most one of the two")
        if self.main is not None and self.sectors[:1] != (self.main,):
            self._refuse(f"main sector {self.main!r} of {self.sectors!r}", "the first of its sectors")
        if self.tone is not None and self.tone not in TONES:
            self._refuse(f"tone {self.tone!r}", f"one of {', '.join(TONES)}")
        if self.stance is not None and self.stance not in STANCES:
            self._refuse(f"stance {self.stance!r}", f"one of {', '.join(STANCES)}")
        if self.stance is not None and self.target is None:
            self._refuse(f"stance {self.stance!r} without a target", "the target that the stance is about")

    def _refuse(self, found: str, expected: str) -> None:
        raise InputError(f"article {self.id!r} of {self.corpus}: found {found}, expected {expected}; mend its labels")

    @property
    def unknown(self) -> frozenset[str]:
        """Sectors of which nothing is known for this article."""
        return _SECTOR_IDS.difference(self.sectors, self.denied)


def others(*labels: str) -> frozenset[str]:
    """All sectors but these: what an annotator denies by naming only `labels`."""
    return _SECTOR_IDS.difference(labels)


def articles_frame(articles: Iterable[Article]) -> pd.DataFrame:
    """Articles as a DataFrame, one row each in order, one column a field.

    Raises
    ------
    MissingExtraError
        If pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingExtraError(
            "a DataFrame of articles needs pandas, which is not installed; run: pip install 'khabar[train]'"
        ) from error
    names = [field.name for field in fields(Article)]
    rows = [[getattr(article, name) for name in names] for article in articles]
    return pd.DataFrame(rows, columns=names)
