"""How a user's own labelled data, rows or a folder for each label, becomes articles; all that is wrong is listed."""

from khabar.datasets.article import Article
from khabar.inference.errors import InputError
from khabar.training.config_data import Source
from khabar.training.own_folders import folder_articles
from khabar.training.own_rows import row_articles

SHOWN = 10  # problems that an error lists


def read_own(source: Source) -> list[Article]:
    """Read every article of a source's path.

    Raises
    ------
    InputError
        Lists the rows or files that are no articles, by where they stand, before anything is trained.
    """
    articles: list[Article] = []
    problems: list[str] = []
    seen: dict[str, str] = {}
    read, what = (row_articles, "rows") if source.holds_rows else (folder_articles, "files or folders")
    for place, article in read(source, problems):
        if article.id in seen:
            problems.append(f"{place}: found the id {article.id!r} again, expected it once ({seen[article.id]})")
        seen[article.id] = place
        articles.append(article)
    if problems:
        more = f"\n  and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise InputError(
            f"{source.path}: {len(problems)} {what} are not as expected; mend them, or the maps in the config:\n  "
            + "\n  ".join(problems[:SHOWN])
            + more
        )
    if not articles:
        raise InputError(f"{source.path}: found no article, expected labelled ones")
    return articles
