"""How sanad-khaleej is laid out: one text file an article, a folder a class."""

from khabar.datasets.archive import read_members
from khabar.datasets.article import Article
from khabar.datasets.catalog import CorpusEntry
from khabar.datasets.label_maps import label_meaning


def read_sanad(corpus: CorpusEntry) -> list[Article]:
    """Articles of `Khaleej/<Class>/<n>.txt`, by that path as id; there are no titles and no dates."""
    articles = []
    for name, content in read_members(corpus):
        section = name.split("/")[1]
        meaning = label_meaning(corpus.name, section)
        articles.append(
            Article(
                corpus=corpus.name,
                id=name,
                outlet=corpus.outlets[0],
                text=content.decode("utf-8").strip(),
                labels=(section,),
                sectors=meaning.asserts,
                denied=meaning.denies,
            )
        )
    return articles
