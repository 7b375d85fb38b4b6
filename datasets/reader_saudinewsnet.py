"""How saudinewsnet is laid out: a zip a day, each with one JSON array of articles."""

import json

from khabar.datasets.archive import read_inner_zip, read_members
from khabar.datasets.article import Article
from khabar.datasets.catalog import CorpusEntry
from khabar.datasets.cleaning import without_control_marks


def read_saudinewsnet(corpus: CorpusEntry) -> list[Article]:
    """Articles by their URL; the date is the day of collection, for most also that of publication."""
    articles = []
    for name, content in read_members(corpus):
        for _, day in read_inner_zip(corpus, name, content):
            articles += [
                Article(
                    corpus=corpus.name,
                    id=row["url"],
                    outlet=row["source"],
                    title=without_control_marks(row["title"]).strip() or None,
                    text=without_control_marks(row["content"]).strip(),
                    date=row["date_extracted"][:10],
                )
                for row in json.loads(day)
            ]
    return articles
