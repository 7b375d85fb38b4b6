"""How astd is laid out: one file of tweets, and for each part of the official split a file of row numbers."""

from dataclasses import replace

from khabar.datasets.archive import read_members
from khabar.datasets.article import Article
from khabar.datasets.catalog import CorpusEntry, TableLayout
from khabar.datasets.reader_table import article_of_row, rows

_LAYOUT = TableLayout(text="text", label="label", columns=("text", "label"), delimiter="\t", quoted=False)
_PARTS = {
    "train": "data/4class-unbalanced-train.txt",
    "dev": "data/4class-unbalanced-validation.txt",
    "test": "data/4class-unbalanced-test.txt",
}


def read_astd(corpus: CorpusEntry) -> list[Article]:
    """Articles of `data/Tweets.txt` as `Tweets.txt#<row>`, in the parts of its four-class split as it is published."""
    members = dict(read_members(corpus))
    split = {int(row): part for part, name in _PARTS.items() for row in members[name].split()}
    return [
        replace(article_of_row(corpus, _LAYOUT, "Tweets.txt", index, row), split=split[index])
        for index, row in enumerate(rows(_LAYOUT, "Tweets.txt", members["data/Tweets.txt"]))
    ]
