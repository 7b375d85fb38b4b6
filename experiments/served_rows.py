"""What callers of an MLflow model pass, and what its server makes of a request, brought to columns of articles."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from khabar.inference.errors import InputError
from khabar.inference.inputs import column_names, column_values

FIELDS = ("text", "title", "id", "target")


def read_rows(model_input: Any) -> tuple[dict[str, list[Any] | None], Any]:
    """Bring what a caller of an MLflow model passes to columns.

    Returns
    -------
    columns : dict
        `text`, a list, and `title`, `id` and `target`, each a list of the same length or None.
    index : Index or None
        The index of a DataFrame or Series.
    """
    index = getattr(model_input, "index", None) if isinstance(model_input, pd.DataFrame | pd.Series) else None
    if isinstance(model_input, np.ndarray) and model_input.ndim == 0:  # MLflow's server makes one of a bare value.
        model_input = model_input.item()
    if isinstance(model_input, Mapping):
        model_input = _table_of(model_input)
    elif isinstance(model_input, str | bytes) or not isinstance(model_input, Iterable):
        model_input = [model_input]
    names = column_names(model_input)
    if names is not None:
        if not names and not len(model_input):  # What MLflow's server makes of an empty list of records.
            return {"text": [], **dict.fromkeys(FIELDS[1:])}, index
        if len(names) == 1 and str(names[0]) == "0":  # A table made by MLflow of bare strings.
            return read_rows(column_values(model_input, names[0]))[0], index
        place = _fields(names)
        optional = {name: column_values(model_input, place[name]) if name in place else None for name in FIELDS[1:]}
        return {"text": column_values(model_input, place.get("text", "text")), **optional}, index
    rows = list(model_input)
    if not any(isinstance(row, Mapping) for row in rows):
        return {"text": [_plain(row) for row in rows], **dict.fromkeys(FIELDS[1:])}, index
    keyed = [row if isinstance(row, Mapping) else {"text": row} for row in rows]
    if not any("text" in row for row in keyed):
        raise InputError(
            f"The articles have the keys {', '.join(map(str, keyed[0]))}; expected 'text', and if there are any "
            "'title', 'id' and 'target'. Rename the key that holds the text."
        )
    columns: dict[str, list[Any] | None] = {name: [_plain(row.get(name)) for row in keyed] for name in FIELDS}
    if not any("target" in row for row in keyed):
        columns["target"] = None
    return columns, index


def _fields(names: Sequence[Any]) -> dict[str, Any]:
    """Give the name of the column that holds each field; columns that are numbered from 0 hold them in order."""
    if len(names) <= len(FIELDS) and [str(name) for name in names] == [str(i) for i in range(len(names))]:
        return dict(zip(FIELDS, names, strict=False))
    return {name: name for name in FIELDS if name in names}


def _table_of(columns: Mapping[str, Any]) -> pd.DataFrame:
    """Make a table of a dict: of columns of the same length, or of the single values of one article."""
    lists = {name: value.tolist() if hasattr(value, "tolist") else value for name, value in columns.items()}
    if not any(isinstance(value, list | tuple) for value in lists.values()):
        return pd.DataFrame([lists], dtype=object)
    lists = {name: value for name, value in lists.items() if value is not None}
    single = [name for name, value in lists.items() if not isinstance(value, list | tuple)]
    lengths = {name: len(value) for name, value in lists.items() if name not in single}
    if single or len(set(lengths.values())) > 1:
        found = [f"{n} in {name!r}" for name, n in lengths.items()] + [f"no list in {name!r}" for name in single]
        raise InputError(
            f"The columns do not make a table: there are {', '.join(found)}. Give one value for each article in each."
        )
    return pd.DataFrame({name: [_plain(v) for v in value] for name, value in lists.items()}, dtype=object)


def _plain(value: Any) -> Any:
    """Bring numpy's values, which MLflow's server makes of strings, to Python's; a row of one column to its value."""
    value = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    return value[0] if isinstance(value, list) and len(value) == 1 else value
