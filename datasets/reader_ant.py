"""How the two ANT corpora are laid out: one file an article in a TREC-like mark-up, a folder a section."""

import re
from datetime import date
from email.utils import parsedate_to_datetime

from khabar.datasets.archive import read_members
from khabar.datasets.article import Article
from khabar.datasets.catalog import CorpusEntry
from khabar.datasets.label_maps import label_meaning
from khabar.inference.errors import CorpusError

_ELEMENT = re.compile(r"<(TITLE|TIME|TEXT)>(.*?)</\1>", re.DOTALL)
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DAY_FIRST_DATE = re.compile(r"(\d\d)/(\d\d)/(\d{4})")

# The outlet is told by the file's prefix, since one file of 41,686 lacks its SRC element.
_OUTLETS = {
    "AL": "AlArabiya",
    "BB": "BBC",
    "CN": "CNN",
    "FR": "France24",
    "SK": "SkyNews",
    "JA": "JawharaFM",
}


def read_ant(corpus: CorpusEntry) -> list[Article]:
    """Articles of `[<outlet>/]<section>/<id>.txt`.

    The id is the file's name without its ending; two files of ant-jawhara state another one inside.  The
    abstract is left out: where it is not the text's own first sentence it is the site's, not the reporter's.
    """
    articles = []
    for name, content in read_members(corpus):
        *_, section, filename = name.split("/")
        identifier = filename.removesuffix(".txt")
        elements = dict(_ELEMENT.findall(content.decode("utf-8")))
        if elements.keys() != {"TITLE", "TIME", "TEXT"}:
            raise CorpusError(
                f"corpus {corpus.name}: {name} has elements {sorted(elements)}, expected TEXT, TIME and "
                "TITLE; it is not an article of the ANT corpus: fetch the corpus again"
            )
        meaning = label_meaning(corpus.name, section)
        articles.append(
            Article(
                corpus=corpus.name,
                id=identifier,
                outlet=_OUTLETS[identifier[:2]],
                title=elements["TITLE"].strip() or None,
                text=elements["TEXT"].strip(),
                date=_iso_date(elements["TIME"].strip()),
                labels=(section,),
                sectors=meaning.asserts,
                denied=meaning.denies,
            )
        )
    return articles


def _iso_date(stated: str) -> str:
    """The day of an ISO 8601, an RFC 2822 or a day-first date: the corpus uses all three."""
    if _ISO_DATE.match(stated):
        return stated[:10]
    if day_first := _DAY_FIRST_DATE.fullmatch(stated):
        day, month, year = map(int, day_first.groups())
        return date(year, month, day).isoformat()
    return parsedate_to_datetime(stated).date().isoformat()
