"""How to get the articles of a corpus by its name."""

import csv
import zipfile
from collections.abc import Callable

from khabar.datasets.article import Article
from khabar.datasets.catalog import CorpusEntry, entry
from khabar.datasets.cleaning import cleaned
from khabar.datasets.reader_ant import read_ant
from khabar.datasets.reader_astd import read_astd
from khabar.datasets.reader_hespress import read_hespress
from khabar.datasets.reader_maghreb import read_ahdath, read_algerian_press, read_febrayer, read_yabiladi
from khabar.datasets.reader_sanad import read_sanad
from khabar.datasets.reader_saudinewsnet import read_saudinewsnet
from khabar.datasets.reader_table import read_table
from khabar.datasets.reader_unified_fc import read_unified_fc
from khabar.inference.errors import CorpusError

READERS: dict[str, Callable[[CorpusEntry], list[Article]]] = {
    "sanad": read_sanad,
    "ant": read_ant,
    "hespress": read_hespress,
    "saudinewsnet": read_saudinewsnet,
    "ahdath": read_ahdath,
    "febrayer": read_febrayer,
    "yabiladi": read_yabiladi,
    "algerian-press": read_algerian_press,
    "table": read_table,
    "astd": read_astd,
    "unified-fc": read_unified_fc,
}

_LAYOUT_FAULTS = (LookupError, AttributeError, TypeError, ValueError, SyntaxError, csv.Error, zipfile.BadZipFile)


def read(name: str, *, clean: bool = True) -> list[Article]:
    """The articles of a corpus, every document of it, in the order of its files; its content is checked.

    Documents that are empty or stand twice are kept, so that counts equal the publisher's; see `duplicates`.

    Parameters
    ----------
    name : str
    clean : bool
        Without what is not the article, see `cleaning`; False gives the text as it was published, for measuring what
        cleaning does.

    Raises
    ------
    CorpusError
        If the corpus is unknown, not on this machine, damaged, altered, or laid out in another way.
    """
    return read_entry(entry(name), clean=clean)


def read_entry(corpus: CorpusEntry, *, clean: bool = True) -> list[Article]:
    """The articles of a corpus by its catalogue entry."""
    try:
        articles = READERS[corpus.reader](corpus)
    except _LAYOUT_FAULTS as error:
        raise CorpusError(
            f"corpus {corpus.name}: its files are not laid out as the reader {corpus.reader!r} expects "
            f"({type(error).__name__}: {error}); fetch it again from {corpus.url}"
        ) from error
    if len(articles) != corpus.documents:
        raise CorpusError(
            f"corpus {corpus.name}: found {len(articles)} documents, expected {corpus.documents}; "
            f"fetch it again from {corpus.url}"
        )
    return [cleaned(article) for article in articles] if clean else articles
