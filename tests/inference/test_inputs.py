"""What articles come in: lists, pandas, Arrow; and what is no article."""

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from khabar.inference.errors import InputError
from khabar.inference.inputs import article_lists, is_missing, unreadable

TEXTS = ["أول", None, "ثالث"]
TITLES = ["أ", "ب", None]


def plain(values: list[Any] | None) -> list[Any] | None:
    return values and [None if is_missing(v) else v for v in values]


@pytest.mark.parametrize(
    "column",
    [
        list,
        tuple,
        iter,
        lambda v: (x for x in v),
        lambda v: np.array(v, dtype=object),
        pd.Series,
        lambda v: pd.Series(v, dtype="string"),
        lambda v: pd.Series(v, dtype="category"),
        lambda v: pd.Series(v, index=[9, 9, 1]),
        lambda v: pd.Index(v),
        pa.array,
        lambda v: pa.array(v).dictionary_encode(),
        lambda v: pa.chunked_array([v[:1], v[1:]], type=pa.string()),
    ],
)
def test_every_kind_of_column_is_read(column: Callable[[list[Any]], Any]) -> None:
    texts, titles = article_lists(column(TEXTS), column(TITLES))
    assert (plain(texts), plain(titles)) == (TEXTS, TITLES)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"text": TEXTS, "title": TITLES, "n": [1, 2, 3]}),
        pa.table({"title": TITLES, "text": TEXTS}),
        pa.record_batch({"text": TEXTS, "title": TITLES}),
    ],
)
def test_a_table_gives_its_columns_text_and_title(table: Any) -> None:
    texts, titles = article_lists(table)
    assert (plain(texts), plain(titles)) == (TEXTS, TITLES)
    assert plain(article_lists(table, ["x", "y", "z"])[1]) == ["x", "y", "z"]


def test_a_table_without_titles_is_read() -> None:
    assert article_lists(pd.DataFrame({"text": ["a"]})) == (["a"], None)


def test_an_arrow_value_that_is_no_utf8_stays_bytes_and_the_others_are_read() -> None:
    broken = pa.Array.from_buffers(pa.string(), 3, pa.array([b"ok", b"\xff", None]).buffers())
    assert article_lists(broken)[0] == ["ok", b"\xff", None]


def test_one_str_is_one_article() -> None:
    assert article_lists("نص", "عنوان") == (["نص"], ["عنوان"])


def test_an_array_without_dimensions_is_what_it_holds() -> None:
    assert article_lists(np.array("نص"), np.array("عنوان")) == (["نص"], ["عنوان"])
    with pytest.raises(InputError, match="The texts are an int; expected a list"):
        article_lists(np.array(5))


def test_titles_of_another_length_are_refused() -> None:
    with pytest.raises(InputError, match="There are 2 texts and 1 titles; expected one title for each text"):
        article_lists(["a", "b"], ["c"])


def test_a_missing_column_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match=r"no column 'text'; its columns are 'Texts', 'id'\. Did you mean 'Texts'"):
        article_lists(pd.DataFrame({"Texts": ["a"], "id": [1]}))
    with pytest.raises(InputError, match=r"no column 'text'; its columns are 'body'\.$"):
        article_lists(pa.table({"body": ["a"]}))


def test_a_column_that_stands_twice_is_refused() -> None:
    with pytest.raises(InputError, match="has 2 columns 'text'"):
        article_lists(pd.DataFrame([["a", "b"]], columns=["text", "text"]))


@pytest.mark.parametrize("values", [{"text": ["a"]}, {"a", "b"}, b"bytes", 5, None])
def test_what_has_no_order_or_no_values_is_refused(values: Any) -> None:
    with pytest.raises(InputError, match="expected a list, Series, array or table"):
        article_lists(values)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("نص", None),
        ("", "text is empty"),
        (" \n\t ", "text is empty"),
        (None, "text is missing"),
        (float("nan"), "text is missing"),
        (np.float64("nan"), "text is missing"),
        (np.float32("nan"), "text is missing"),
        (np.datetime64("NaT"), "text is missing"),
        (pd.NA, "text is missing"),
        (pd.NaT, "text is missing"),
        (5, "text is an int, expected str"),
        (1.5, "text is a float, expected str"),
        (b"bytes", "text is a bytes, expected str"),
        (["نص"], "text is a list, expected str"),
        (np.array(["نص"]), "text is a ndarray, expected str"),
        (datetime.date(2026, 1, 1), "text is a date, expected str"),
    ],
)
def test_the_reason_says_why_a_value_is_no_text(value: Any, reason: str | None) -> None:
    assert unreadable(value, "text") == reason
