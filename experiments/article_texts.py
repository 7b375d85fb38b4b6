"""Where the articles that a run tagged can be read: predictions have no texts, the corpora on this machine do."""

from collections.abc import Sequence

from khabar.datasets.article import Article
from khabar.inference.errors import ConfigError, KhabarError
from khabar.training.config import parse_config
from khabar.training.job import OUT_OF_FOLD
from khabar.training.sources import read_source

Key = tuple[str, str]


def article_texts(config: object, source: str) -> tuple[dict[Key, Article], list[str]]:
    """Read the articles of a source that a job was evaluated on, or trained on if it is `out-of-fold`.

    Parameters
    ----------
    config : object
        Of the job, as its YAML reads.
    source : str
        As reports call it.

    Returns
    -------
    articles : dict of (str, str) to Article
        By corpus and id.
    problems : list of str
        Why some of them cannot be read here, and what would help.
    """
    try:
        data = parse_config(config, "the config of the first run").data
    except ConfigError as error:
        return {}, [f"articles are shown without texts, as this khabar does not read the run's config: {error}"]
    sources = data.train if source == OUT_OF_FOLD else [one for one in data.evaluate if one.name == source]
    articles: dict[Key, Article] = {}
    problems = []
    for one in sources:
        try:
            read: Sequence[Article] = read_source(one)
        except (KhabarError, OSError) as error:
            problems.append(f"{one.name} cannot be read here, so its articles are shown without texts: {error}")
        else:
            articles |= {(article.corpus, article.id): article for article in read}
    return articles, problems
