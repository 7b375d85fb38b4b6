"""What callers hold articles in, brought to plain lists, and why a value is no article.

pandas, pyarrow and polars are recognised by what their objects can do; none of them is imported.
"""

from collections.abc import Iterable, Mapping, Set
from typing import Any

import numpy as np

from khabar.inference.errors import InputError
from khabar.inference.nearest import nearest_name

# What a caller passes as texts or titles: a str, a sequence or iterable of values, a Series, an Arrow array;
# as texts also a DataFrame or Arrow table with the columns `text` and `title`.
Column = Any

TEXT, TITLE = "text", "title"


def article_lists(texts: Column, titles: Column = None) -> tuple[list[Any], list[Any] | None]:
    """Bring texts and titles to lists of the same length.

    Parameters
    ----------
    texts : str, iterable, Series, Arrow array, DataFrame or Arrow table
        A table must have the column `text`; its column `title`, if any, is used unless `titles` are given.
    titles : the same, or None

    Returns
    -------
    texts : list
    titles : list or None

    Raises
    ------
    InputError
        The lengths differ, a column is missing, or the values have no order.
    """
    names = column_names(texts)
    if names is not None:
        if titles is None and TITLE in names:
            titles = column_values(texts, TITLE)
        texts = column_values(texts, TEXT)
    text_list = _values(texts, "texts")
    if titles is None:
        return text_list, None
    title_list = _values(titles, "titles")
    if len(title_list) != len(text_list):
        raise InputError(
            f"There are {len(text_list)} texts and {len(title_list)} titles; expected one title for each "
            "text. Use None where an article has no title."
        )
    return text_list, title_list


def target_list(targets: Column, n: int) -> list[Any]:
    """Bring targets to a list: one for each of n texts, or a str for all of them.

    Raises
    ------
    InputError
        There are more or fewer targets than texts, or the values have no order.
    """
    if isinstance(targets, str):
        return [targets] * n
    listed = _values(targets, "targets")
    if len(listed) != n:
        raise InputError(
            f"There are {n} texts and {len(listed)} targets; expected one target for each text, or one str for all."
        )
    return listed


def synonym_list(synonyms: Column) -> list[str]:
    """Bring the synonyms of a target to a list of str; None is no synonym.

    Raises
    ------
    InputError
        They are a str, no list, or one of them is no str.
    """
    if synonyms is None:
        return []
    if isinstance(synonyms, str):
        raise InputError(f"The synonyms are {synonyms!r}; expected a list of str, such as [{synonyms!r}].")
    listed = _values(synonyms, "synonyms")
    for synonym in listed:
        if not isinstance(synonym, str):
            raise InputError(f"The synonym {synonym!r} is {_with_article(type(synonym).__name__)}; expected a str.")
    return listed


def column_names(table: Any) -> list[Any] | None:
    """Give the column names of a DataFrame or Arrow table; None if it is not a table."""
    if hasattr(table, "schema") and hasattr(table.schema, "names"):  # pyarrow Table, RecordBatch
        return list(table.schema.names)
    if hasattr(table, "columns") and hasattr(table, "__getitem__"):  # pandas, polars
        return list(table.columns)
    return None


def column_values(table: Any, name: str) -> list[Any]:
    """Give a column of a table as a list; `InputError` names the nearest column if it is not there."""
    names = column_names(table) or []
    if names.count(name) == 1:
        return _values(table[name], name)
    if name in names:
        raise InputError(f"The table has {names.count(name)} columns {name!r}; expected one. Rename the others.")
    near = nearest_name(name, [n for n in names if isinstance(n, str)])
    raise InputError(
        f"The table has no column {name!r}; its columns are {', '.join(map(repr, names)) or 'none'}."
        + (f" Did you mean {near!r}?" if near else "")
    )


def _values(values: Any, what: str) -> list[Any]:
    if isinstance(values, np.ndarray) and values.ndim == 0:
        values = values.item()
    if isinstance(values, str):
        return [values]
    if isinstance(values, list):
        return values
    if hasattr(values, "to_pylist"):  # Arrow
        try:
            return list(values.to_pylist())
        except UnicodeDecodeError:
            return [_decoded(value) for value in values.cast("binary").to_pylist()]
    for method in ("tolist", "to_list"):  # numpy and pandas; polars
        if hasattr(values, method):
            listed = getattr(values, method)()
            if isinstance(listed, list):
                return listed
    if isinstance(values, Iterable) and not isinstance(values, (bytes, bytearray, Mapping, Set)):
        return list(values)
    raise InputError(
        f"The {what} are {_with_article(type(values).__name__)}; expected a list, Series, array or table of str."
    )


def _decoded(value: bytes | None) -> str | bytes | None:
    """Leave a value that is no UTF-8 as bytes: it alone is refused, not the column."""
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return value


def unreadable(value: Any, what: str) -> str | None:
    """Say why a value is no text to tag, or None if it is one."""
    if isinstance(value, str):
        return f"{what} is empty" if not value or value.isspace() else None
    if is_missing(value):
        return f"{what} is missing"
    return wrong_type(value, what)


def wrong_type(value: Any, what: str) -> str:
    """Say that a value is of a type that is not read."""
    return f"{what} is {_with_article(type(value).__name__)}, expected str"


def is_missing(value: Any) -> bool:
    """Say whether a value stands for none: None, NaN, pandas' NA and NaT."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.generic)) and bool(value != value)


def _with_article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
