"""Which corpora are there, where each comes from, what its licence permits, what its content must hash to."""

import difflib
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from khabar.inference.errors import CorpusError


@dataclass(frozen=True, kw_only=True)
class CorpusEntry:
    """A corpus of the catalogue.

    Attributes
    ----------
    name : str
        How khabar calls it.
    repo, commit : str
        The GitHub repository (owner/name) and the full commit it is pinned to.
    task : str
        What its own labels speak of: "topic", or "none" where it has no labels of its own.
    outlets : tuple of str
        Who published the articles.
    dates : str
        When, in words.
    licence : str
        As stated by the corpus's authors.
    ships : bool
        Whether a model trained on it may ship inside the package.
    citation : str
        The work to cite, or who made it.
    reader : str
        The name of its reader in `corpora`.
    files : tuple of str
        Patterns, path segment by path segment, of the members that the reader reads.
    documents : int
        How many articles the reader gives.
    digest : str
        Content digest of the files read; see `archive`.
    """

    name: str
    repo: str
    commit: str
    task: str
    outlets: tuple[str, ...]
    dates: str
    licence: str
    ships: bool
    citation: str
    reader: str
    files: tuple[str, ...]
    documents: int
    digest: str

    @property
    def url(self) -> str:
        """The archive upstream."""
        return f"https://github.com/{self.repo}/archive/{self.commit}.zip"

    @property
    def archive(self) -> str:
        """Where the archive lies below a mirror or cache directory."""
        return f"{self.repo}/{self.commit}.zip"

    @property
    def top_folder(self) -> str:
        """The folder that holds everything in the archive."""
        return f"{self.repo.partition('/')[2]}-{self.commit}"


def _load() -> dict[str, CorpusEntry]:
    table = tomllib.loads(files(__package__).joinpath("catalog.toml").read_text(encoding="utf-8"))
    return {name: _entry_of(name, row) for name, row in table.items()}


def _entry_of(name: str, row: dict[str, Any]) -> CorpusEntry:
    lists_as_tuples: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    return CorpusEntry(name=name, **lists_as_tuples)


CATALOG: dict[str, CorpusEntry] = _load()


def entry(name: str) -> CorpusEntry:
    """The catalogue's entry of a corpus.

    Raises
    ------
    CorpusError
        If no corpus has this name.
    """
    if name in CATALOG:
        return CATALOG[name]
    nearest = difflib.get_close_matches(name, CATALOG, n=1)
    hint = f"did you mean {nearest[0]!r}?" if nearest else "use one of these names"
    raise CorpusError(f"found no corpus {name!r}, expected one of {', '.join(CATALOG)}; {hint}")
