"""How a corpus that is a table is read: CSV, TSV or XLSX files whose columns its catalogue entry names."""

import csv
import io
from collections.abc import Iterator

from khabar.datasets.archive import read_members
from khabar.datasets.article import Article
from khabar.datasets.catalog import CorpusEntry, TableLayout
from khabar.datasets.label_maps import label_meaning
from khabar.inference.errors import CorpusError, MissingExtraError


def read_table(corpus: CorpusEntry) -> list[Article]:
    """Articles of the rows of `corpus.files`, by the corpus's own id or as `<file>#<row>`.

    Raises
    ------
    CorpusError
        If the catalogue names no columns.
    MissingExtraError
        If the corpus is a workbook and openpyxl is not installed.
    """
    layout = corpus.table
    if layout is None:
        raise CorpusError(
            f"corpus {corpus.name} has the reader 'table' and no columns, expected [{corpus.name}.table] in "
            "catalog.toml; name them there"
        )
    articles = []
    # All files are read before one is parsed, since their digest is checked after the last.
    for name, content in list(read_members(corpus)):
        file = name.rpartition("/")[2]
        articles += [
            article_of_row(corpus, layout, file, index, row) for index, row in enumerate(rows(layout, file, content))
        ]
    return articles


def rows(layout: TableLayout, file: str, content: bytes) -> Iterator[dict[str, str]]:
    """The rows of a file by column.

    Raises
    ------
    ValueError
        If a row has more or fewer cells than there are columns.
    """
    records = _workbook_records(content) if file.endswith(".xlsx") else _text_records(layout, content)
    columns = layout.columns or tuple(next(records, ()))
    for record in records:
        yield dict(zip(columns, record, strict=True))


def article_of_row(corpus: CorpusEntry, layout: TableLayout, file: str, index: int, row: dict[str, str]) -> Article:
    """The article of one row."""
    label = row[layout.label].strip()
    meaning = label_meaning(corpus.name, label)
    second = label_meaning(corpus.name, row[layout.second_label].strip()) if layout.second_label else meaning
    return Article(
        corpus=corpus.name,
        id=row[layout.id].strip() if layout.id else f"{file}#{index}",
        outlet=layout.outlet.format_map(row) if layout.outlet else corpus.outlets[0],
        text=row[layout.text].strip(),
        date=row[layout.date][:10] if layout.date else None,
        labels=(label,),
        split=layout.splits[file] if layout.splits else None,
        sectors=meaning.asserts,
        denied=meaning.denies,
        tone=meaning.tone or second.tone,
        stance=meaning.stance,
        target=row[layout.target].strip() if layout.target else None,
    )


def _text_records(layout: TableLayout, content: bytes) -> Iterator[list[str]]:
    lines = io.StringIO(content.decode("utf-8-sig"), newline="")
    if layout.quoted:
        records = csv.reader(lines, delimiter=layout.delimiter)
    else:
        records = csv.reader(lines, delimiter=layout.delimiter, quoting=csv.QUOTE_NONE)
    return (record for record in records if record)


def _workbook_records(content: bytes) -> Iterator[list[str]]:
    """The first sheet's rows as text, without the cells to the right of the last column that has a name."""
    try:
        import openpyxl
    except ImportError as error:
        raise MissingExtraError(
            "a corpus that is a workbook needs openpyxl, which is not installed; run: pip install 'khabar[train]'"
        ) from error
    sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
    records = sheet.iter_rows(values_only=True)
    header = [str(cell) for cell in next(records, ()) if cell is not None]
    yield header
    for record in records:
        yield ["" if cell is None else str(cell) for cell in record[: len(header)]]
