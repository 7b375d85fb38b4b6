"""Which corpora are there, where each comes from, what its licence permits, what its content must hash to."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from khabar.inference.errors import CorpusError
from khabar.inference.nearest import nearest_name


@dataclass(frozen=True, kw_only=True)
class TableLayout:
    """How a corpus that is a table names its columns; read by `reader_table`.

    Attributes
    ----------
    text, label : str
        The columns of the text and of the corpus's own label.
    id, target, date : str or None
        Columns, where the corpus has them; without an id, rows are numbered by file.
    second_label : str or None
        A column of a second task, such as the sentiment beside a stance, in the same label map.
    outlet : str or None
        A pattern such as "FASSILA {source}" over the columns; without it, the corpus's only outlet.
    columns : tuple of str
        The names of the columns where the files have no header.
    delimiter : str
    quoted : bool
        Whether quotation marks enclose cells, as CSV has it, or are text like any other.
    splits : mapping of str to str
        The part of the official split that each file is, by the file's name.
    """

    text: str
    label: str
    id: str | None = None
    target: str | None = None
    date: str | None = None
    second_label: str | None = None
    outlet: str | None = None
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    quoted: bool = True
    splits: Mapping[str, str] = field(default_factory=dict, hash=False)


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
        What its own labels speak of: "topic", "tone" or "stance", or "none" where it has no labels of its own.
    metric : str or None
        What systems are scored by on it: accuracy, macro_f1, f_pn or favg2; None where there is nothing to score.
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
    traps : str
        What to know before using it.
    reader : str
        The name of its reader in `corpora`.
    files : tuple of str
        Patterns, path segment by path segment, of the members that the reader reads.
    documents : int
        How many articles the reader gives.
    digest : str
        Content digest of the files read; see `archive`.
    table : TableLayout or None
        How its tables name their columns, for the reader "table".
    """

    name: str
    repo: str
    commit: str
    task: str
    metric: str | None = None
    outlets: tuple[str, ...]
    dates: str
    licence: str
    ships: bool
    citation: str
    traps: str
    reader: str
    files: tuple[str, ...]
    documents: int
    digest: str
    table: TableLayout | None = None

    @property
    def permits(self) -> str:
        """What the licence lets a model trained on it do: "ship" inside the package, or serve "research" only."""
        return "ship" if self.ships else "research"

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
    layout = {"table": TableLayout(**_with_tuples(row["table"]))} if "table" in row else {}
    return CorpusEntry(name=name, **{**_with_tuples(row), **layout})


def _with_tuples(row: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


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
    near = nearest_name(name, CATALOG)
    hint = f"did you mean {near!r}?" if near else "use one of these names"
    raise CorpusError(f"found no corpus {name!r}, expected one of {', '.join(CATALOG)}; {hint}")
