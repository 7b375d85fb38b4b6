"""How hespress-2020 is laid out: one CSV a section."""

import csv
import io
from datetime import date

from khabar.datasets.archive import read_members
from khabar.datasets.article import Article
from khabar.datasets.catalog import CorpusEntry
from khabar.datasets.label_maps import label_meaning

# Month names as the Moroccan press writes them, January first.
_MONTHS = (
    "يناير",
    "فبراير",
    "مارس",
    "أبريل",
    "ماي",
    "يونيو",
    "يوليوز",
    "غشت",
    "شتنبر",
    "أكتوبر",
    "نونبر",
    "دجنبر",
)


def read_hespress(corpus: CorpusEntry) -> list[Article]:
    """Articles of `data/stories_<section>.csv`, by their column `id`."""
    articles = []
    for _, content in read_members(corpus):
        for row in csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")):
            meaning = label_meaning(corpus.name, row["topic"])
            articles.append(
                Article(
                    corpus=corpus.name,
                    id=row["id"],
                    outlet=corpus.outlets[0],
                    title=row["title"].strip() or None,
                    text=row["story"].strip(),
                    date=_iso_date(row["date"]),
                    labels=(row["topic"],),
                    sectors=meaning.asserts,
                    denied=meaning.denies,
                )
            )
    return articles


def _iso_date(stated: str) -> str:
    """The day of a date such as «الجمعة 02 أكتوبر 2020 - 19:31»."""
    _weekday, day, month, year, *_time = stated.split()
    return date(int(year), _MONTHS.index(month) + 1, int(day)).isoformat()
