"""Sources become articles: own files by their maps, rows that are wrong named by line, near-duplicates kept apart."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from khabar.datasets import sample
from khabar.inference.errors import InputError
from khabar.training.config_data import Data, Source
from khabar.training.sources import articles_digest, read_data, read_source, source_facts

MAPS: dict[str, Any] = {
    "columns": {"text": "body", "title": "headline", "id": "url", "sectors": "topic", "tone": "mood"},
    "labels": {"sectors": {"Business": "economy", "Misc": None}, "tone": {"good": "positive"}},
}
ROWS = [
    {"url": "a", "headline": "عنوان", "body": "نص أول", "topic": "Business;sport", "mood": "good"},
    {"url": "b", "headline": "", "body": "نص ثان", "topic": "Misc", "mood": ""},
]


def write_jsonl(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def write_csv(path: Path, rows: list[dict[str, str]], separator: str = ",") -> Path:
    lines = [separator.join(rows[0]), *(separator.join(f'"{value}"' for value in row.values()) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return path


@pytest.mark.parametrize("kind", ["jsonl", "csv", "tsv", "folder"])
def test_own_rows_become_articles_by_the_maps(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"mine.{kind}"
    if kind == "jsonl":
        write_jsonl(path, ROWS)
    elif kind == "folder":
        path.mkdir()
        write_jsonl(path / "1.jsonl", ROWS[:1])
        write_csv(path / "2.csv", ROWS[1:])
    else:
        write_csv(path, ROWS, "\t" if kind == "tsv" else ",")
    one, two = read_source(Source(path=str(path), **MAPS))
    assert (one.id, one.title, one.text, one.sectors, one.main, one.tone) == (
        "a", "عنوان", "نص أول", ("economy", "sport"), "economy", "positive",
    )  # fmt: skip
    assert "health" in one.denied
    assert (two.title, two.sectors, two.denied, two.tone) == (None, (), frozenset(), None)


def test_a_list_of_sectors_is_read_from_json(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", [{**ROWS[0], "topic": ["health", "Business"]}])
    assert read_source(Source(path=str(path), **MAPS))[0].sectors == ("health", "economy")


def test_sectors_that_own_labels_do_not_name_can_stay_unknown(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", ROWS)
    assert read_source(Source(path=str(path), others="unknown", **MAPS))[0].denied == frozenset()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"body": "x", "topic": "Bussiness"}', "line 2: found the sector 'Bussiness'.*did you mean Business"),
        ('{"body": "x", "mood": "bad"}', "line 2: found the tone 'bad', expected one of good, negative"),
        ('{"body": "  "}', "line 2: found no text in 'body'"),
        ('{"body": ["x"]}', "line 2: found list in 'body', expected a string"),
        ('{"body": "x"', "line 2: not valid JSON"),
        ("[1]", "line 2: found list, expected a JSON object"),
        ('{"url": "a", "body": "x"}', "line 2: found the id 'a' again, expected it once .own.jsonl line 1"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(tmp_path: Path, line: str, message: str) -> None:
    path = write_jsonl(tmp_path / "own.jsonl", ROWS[:1])
    path.write_text(path.read_text("utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_source(Source(path=str(path), **MAPS))


def test_all_wrong_rows_are_counted_and_the_first_ten_named(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "own.jsonl", [{"body": "x", "topic": "?"}] * 25)
    with pytest.raises(InputError, match="25 rows are not as expected") as error:
        read_source(Source(path=str(path), **MAPS))
    assert str(error.value).count("own.jsonl line") == 10
    assert "and 15 more" in str(error.value)


def test_a_row_of_a_table_with_too_few_cells_is_named_by_the_line_it_starts_on(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text('url,headline,body,topic,mood\na,"b\nc",d,sport,good\ne,f\n')
    with pytest.raises(InputError, match=r"own\.csv line 4: found 2 cells, expected 5"):
        read_source(Source(path=str(path), **MAPS))


def test_a_missing_column_names_those_there_are(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "own.csv", [{"url": "a", "headline": "b", "text": "c", "topics": "d", "mood": "e"}])
    with pytest.raises(InputError, match=r"no column 'body' .columns.text., expected one of url, headline, text"):
        read_source(Source(path=str(path), **MAPS))


@pytest.mark.parametrize("name", ["missing.csv", "own.xlsx", "empty"])
def test_a_path_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "own.xlsx").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=name):
        read_source(Source(path=str(tmp_path / name), **MAPS))


def test_near_duplicates_of_held_out_articles_are_dropped_and_counted(tmp_path: Path) -> None:
    copied = sample.load("test")[0]
    row = {"url": "c", "headline": "x", "body": copied.text + " وأضاف المصدر نفسه", "topic": "sport", "mood": "good"}
    path = write_jsonl(tmp_path / "own.jsonl", [*ROWS, row])
    held_out = Source(corpus="sample", part="test")
    own = Source(path=str(path), **MAPS)
    data = read_data(Data(train=(own,), without_near_duplicates_of=(held_out,), evaluate=(held_out,)))
    assert [article.id for article in data.train] == ["a", "b"]
    assert data.counts() == {"train": 2, "repeated": 0, "near_duplicates": 1, "evaluate sample/test": 40}
    assert [fact["articles"] for fact in data.facts] == [2]


def test_an_article_that_two_sources_give_is_trained_on_once() -> None:
    train = Source(corpus="sample", part="train")
    data = read_data(Data(train=(train, train)))
    assert (len(data.train), data.repeated) == (len(sample.load("train")), len(sample.load("train")))


def test_facts_name_the_licence_and_change_with_any_label() -> None:
    articles = sample.load("train")[:3]
    (fact,) = source_facts(Source(corpus="sample", part="train"), articles)
    assert (fact["name"], fact["licence"], fact["ships"]) == ("sample/train", "MIT", True)
    other = replace(articles[0], tone=next(t for t in ("negative", "positive") if t != articles[0].tone))
    assert articles_digest([other, *articles[1:]]) != fact["digest"]
