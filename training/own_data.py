"""How a user's own labelled file, JSONL, CSV or TSV, becomes articles: by a map of its columns and of its labels."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from khabar.datasets.article import Article, others
from khabar.datasets.sectors import SECTOR_IDS, TONES
from khabar.inference.errors import InputError
from khabar.training.config_data import Source
from khabar.training.config_problem import nearest

SUFFIXES = (".jsonl", ".csv", ".tsv")
SHOWN = 10  # problems that an error lists
FIELD_LIMIT = 128 << 20  # characters; the csv module's own limit is 131,072

Row = dict[str, Any]


def read_own(source: Source) -> list[Article]:
    """Read every row of a file, or of the files of a folder by their names.

    Raises
    ------
    InputError
        Lists the rows that are no articles, by file and line, before anything is trained.
    """
    articles: list[Article] = []
    problems: list[str] = []
    seen: dict[str, str] = {}
    for file in _files(Path(str(source.path))):
        for line, row in _rows(file, source, problems):
            where = f"{file.name} line {line}"
            try:
                article = _article(row, source, file, line)
            except ValueError as error:
                problems.append(f"{where}: {error}")
                continue
            if article.id in seen:
                problems.append(f"{where}: found the id {article.id!r} again, expected it once ({seen[article.id]})")
            seen[article.id] = where
            articles.append(article)
    if problems:
        more = f"\n  and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise InputError(
            f"{source.path}: {len(problems)} rows are not as expected; mend them, or the maps in the config:\n  "
            + "\n  ".join(problems[:SHOWN])
            + more
        )
    if not articles:
        raise InputError(f"{source.path}: found no rows, expected labelled articles")
    return articles


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
        if not files:
            raise InputError(f"{path}: found no file of {', '.join(SUFFIXES)} in this folder, expected one or more")
        return files
    if not path.is_file():
        raise InputError(f"{path}: there is no such file or folder; paths are relative to the working directory")
    if path.suffix not in SUFFIXES:
        raise InputError(f"{path}: its name ends in {path.suffix!r}, expected one of {', '.join(SUFFIXES)}")
    return [path]


def _rows(file: Path, source: Source, problems: list[str]) -> Iterator[tuple[int, Row]]:
    """Give each row with its line; what is no row goes to the problems."""
    before = csv.field_size_limit(FIELD_LIMIT)
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            if file.suffix == ".jsonl":
                yield from _json_rows(lines, file, problems)
            else:
                yield from _table_rows(lines, file, source, problems)
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: is not UTF-8 (byte {error.start}); expected UTF-8, convert it with iconv") from error
    except csv.Error as error:
        raise InputError(f"{file}: cannot be read as a table ({error}); look for a quote that is not closed") from error
    finally:
        csv.field_size_limit(before)


def _json_rows(lines: Any, file: Path, problems: list[str]) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            problems.append(f"{file.name} line {number}: not valid JSON ({error})")
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            problems.append(f"{file.name} line {number}: found {type(row).__name__}, expected a JSON object")


def _table_rows(lines: Any, file: Path, source: Source, problems: list[str]) -> Iterator[tuple[int, Row]]:
    reader = csv.reader(lines, "excel" if file.suffix == ".csv" else "excel-tab", strict=True)
    header = next(reader, [])
    for key, name in source.columns.model_dump().items():
        if name is not None and name not in header:
            raise InputError(
                f"{file}: found no column {name!r} (columns.{key}), expected one of {', '.join(header)}"
                f"{nearest(name, header)}"
            )
    last = reader.line_num
    for cells in reader:
        number, last = last + 1, reader.line_num
        if len(cells) == len(header):
            yield number, dict(zip(header, cells, strict=True))
        elif cells:
            problems.append(f"{file.name} line {number}: found {len(cells)} cells, expected {len(header)}")


def _article(row: Row, source: Source, file: Path, line: int) -> Article:
    columns = source.columns
    text = _string(row, columns.text)
    if not text:
        raise ValueError(f"found no text in {columns.text!r}, expected some")
    sectors = _sectors(row, source)
    tone = _ours(_string(row, columns.tone), source.labels.tone, TONES, "tone") if columns.tone else None
    return Article(
        corpus=str(source.path),
        id=_string(row, columns.id) or f"{file.name}#{line}",
        outlet=_string(row, columns.outlet) or str(source.path),
        title=_string(row, columns.title),
        text=text,
        sectors=sectors,
        main=sectors[0] if sectors else None,
        denied=others(*sectors) if sectors and source.others == "denied" else frozenset(),
        tone=tone,
    )


def _sectors(row: Row, source: Source) -> tuple[str, ...]:
    column = source.columns.sectors
    if column is None:
        return ()
    value = row.get(column)
    if isinstance(value, list):
        names = [name.strip() if isinstance(name, str) else repr(name) for name in value]
    else:
        names = [name.strip() for name in (_string(row, column) or "").split(source.separator)]
    found = [_ours(name, source.labels.sectors, SECTOR_IDS, "sector") for name in names if name]
    return tuple(dict.fromkeys(label for label in found if label is not None))


def _ours(name: str | None, labels: dict[str, str | None], known: tuple[str, ...], what: str) -> str | None:
    """Translate a label."""
    if name is None:
        return None
    if name in labels:
        return labels[name]
    if name in known:
        return name
    expected = (*labels, *known)
    raise ValueError(f"found the {what} {name!r}, expected one of {', '.join(expected)}{nearest(name, expected)}")


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
