"""How saudinewsnet is laid out: a zip a day, each with one JSON array of articles; sections stand in URLs."""

import json
import re
from urllib.parse import urlsplit

from khabar.datasets.archive import read_inner_zip, read_members
from khabar.datasets.article import Article
from khabar.datasets.catalog import CorpusEntry
from khabar.datasets.label_maps import LABEL_MAPS, LabelMeaning


def read_saudinewsnet(corpus: CorpusEntry) -> list[Article]:
    """Articles by their URL; the date is the day of collection, for most also that of publication.

    The corpus has no sections of its own.  Those of five papers can be told from the URL; of them, the ones that
    name a subject or a place are in the label map and are labels.  Columns, letters and family notices are not.
    """
    labels = LABEL_MAPS[corpus.name]
    articles = []
    for name, content in read_members(corpus):
        for _, day in read_inner_zip(corpus, name, content):
            for row in json.loads(day):
                section = _section(row["source"], row["url"])
                meaning = labels.get(section, LabelMeaning())
                articles.append(
                    Article(
                        corpus=corpus.name,
                        id=row["url"],
                        outlet=row["source"],
                        title=row["title"].strip() or None,
                        text=row["content"].strip(),
                        date=row["date_extracted"][:10],
                        labels=(section,) if section in labels else (),
                        sectors=meaning.asserts,
                        denied=meaning.denies,
                    )
                )
    return articles


def _section(outlet: str, url: str) -> str:
    """The section that a URL names, such as "3alyoum/news/local"; the outlet alone where it names none."""
    segments = urlsplit(url).path.strip("/").split("/")
    if outlet == "alwatan":  # /Local/News_Detail.aspx?ArticleID=...
        return f"alwatan/{segments[0]}"
    if outlet == "aljazirah":  # /2015/20150721/ln12.htm
        return f"aljazirah/{re.sub(r'[0-9]*[.]htm$', '', segments[-1])}"
    if outlet == "3alyoum":  # /news/local/a/<title>, /culture/a/<title>, /culture/shots/a/<title>
        return "/".join(["3alyoum", *segments[: 2 if segments[0] == "news" else 1]])
    return outlet
