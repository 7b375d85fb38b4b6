"""How the rows of own files become articles: JSONL, CSV, TSV or Parquet, by a map of their columns."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from khabar.datasets.article import Article
from khabar.inference.errors import InputError
from khabar.inference.formats import COMPRESSIONS, SUFFIXES, locate
from khabar.inference.records import Refusal, open_rows
from khabar.training.config_data import Source, names_rows
from khabar.training.config_problem import listed, nearest
from khabar.training.own_article import own_article
from khabar.training.own_folders import visible

EXPECTED = f"{', '.join(SUFFIXES)}, all but Parquet's also with {' or '.join(COMPRESSIONS)} after it"

Row = dict[str, Any]


def row_articles(source: Source, problems: list[str]) -> Iterator[tuple[str, Article]]:
    """Give the articles of a file, or of the files of a folder by their names, each with the place it stands at.

    Rows that are no articles go to the problems.

    Raises
    ------
    InputError
        There is no such file, it cannot be read at all, or it lacks a column.
    """
    columns = {key: name for key, name in source.columns.model_dump().items() if name is not None}
    for file in _files(Path(str(source.path))):
        location = locate(file)
        with open_rows(location) as rows:
            if rows.names is not None:
                _check_columns(columns, rows.names, file)
            for number, row in rows.read(set(columns.values())):
                if isinstance(row, Refusal):
                    problems.append(f"{file.name} {row}")
                    continue
                place = f"{file.name} {'row' if location.format == 'parquet' else 'line'} {number}"
                try:
                    yield place, _article(row, source, f"{file.name}#{number}")
                except ValueError as error:
                    problems.append(f"{place}: {error}")


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        inside = visible(path)
        files = [file for file in inside if names_rows(file) and file.is_file()]
        if not files:
            hint = ""
            if any(entry.is_dir() for entry in inside):
                hint = "; it holds folders: if their names are the labels, leave out columns"
            raise InputError(f"{path}: found no file of rows in this folder, expected one or more ({EXPECTED}){hint}")
        return files
    if not path.is_file():
        raise InputError(f"{path}: there is no such file or folder; paths are relative to the working directory")
    if not names_rows(path):
        raise InputError(f"{path}: found a name that tells no format, expected one that ends in {EXPECTED}")
    return [path]


def _check_columns(columns: dict[str, str], names: list[str], file: Path) -> None:
    for key, name in columns.items():
        if name not in names:
            raise InputError(
                f"{file}: found no column {name!r} (columns.{key}), expected one of {listed(names)}"
                f"{nearest(name, names)}"
            )
        if names.count(name) > 1:
            raise InputError(
                f"{file}: found {names.count(name)} columns {name!r} (columns.{key}), expected one; rename the others"
            )


def _article(row: Row, source: Source, place: str) -> Article:
    columns = source.columns
    if not (text := _string(row, columns.text)):
        raise ValueError(f"found no text in {columns.text!r}, expected some")
    return own_article(
        source,
        id=_string(row, columns.id) or place,
        text=text,
        title=_string(row, columns.title),
        outlet=_string(row, columns.outlet),
        sectors=_sectors(row, source),
        tone=_string(row, columns.tone),
    )


def _sectors(row: Row, source: Source) -> list[str]:
    column = source.columns.sectors
    value = row.get(column) if column is not None else None
    if isinstance(value, list):
        names = [name.strip() if isinstance(name, str) else repr(name) for name in value]
    else:
        names = [name.strip() for name in (_string(row, column) or "").split(source.separator)]
    return [name for name in names if name]


def _string(row: Row, column: str | None) -> str | None:
    """Give a cell without the space around it, None where it is empty or missing."""
    value = row.get(column) if column is not None else None
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"found {type(value).__name__} in {column!r}, expected a string")
    return value.strip() or None
