"""`mlflow models serve` of a registered model, a real server: the Predictor's tags for each row, of whatever form."""

from collections.abc import Iterator

import pandas as pd
import pytest
import requests

from khabar.datasets import sample
from khabar.inference.predictor import Predictor

ARTICLES = sample.load("demo")[:3]
TEXTS = [article.text for article in ARTICLES]
TITLES = [article.title for article in ARTICLES]
IDS = ["a7", "b8", "c9"]
ROWS = [{"id": i, "text": text, "title": title} for i, text, title in zip(IDS, TEXTS, TITLES, strict=True)]
COLUMNS = {"id": IDS, "text": TEXTS, "title": TITLES}
FRAME = pd.DataFrame(ROWS)

WITH_TITLES = {
    "records": {"dataframe_records": ROWS},
    "split": {"dataframe_split": FRAME.to_dict(orient="split")},
    "inputs, rows": {"inputs": ROWS},
    "inputs, columns": {"inputs": COLUMNS},
    "instances, rows": {"instances": ROWS},
    "instances, columns": {"instances": COLUMNS},
}
WITHOUT_TITLES = {
    "inputs, str": {"inputs": TEXTS},
    "inputs, rows of one value": {"inputs": [[text] for text in TEXTS]},
    "instances, str": {"instances": TEXTS},
    "split without names": {"dataframe_split": {"data": [[text] for text in TEXTS]}},
}
FILES = {
    "text/csv": FRAME.to_csv(index=False).encode(),
    "text/csv; charset=utf-8": FRAME.to_csv(index=False).encode(),
    "application/vnd.apache.parquet": FRAME.to_parquet(index=False),
}
WITH_A_NULL = {
    "records": {"dataframe_records": [{"text": TEXTS[0]}, {"text": None}, {"title": "بلا نص"}]},
    "split": {"dataframe_split": {"columns": ["text"], "data": [[TEXTS[0]], [None], [None]]}},
    "inputs, str": {"inputs": [TEXTS[0], None, ""]},
    "inputs, rows": {"inputs": [{"text": TEXTS[0]}, {"text": None}, {"title": "بلا نص"}]},
    "inputs, columns": {"inputs": {"text": [TEXTS[0], None, None]}},
    "instances, rows": {"instances": [{"text": TEXTS[0]}, {"text": None}, {"text": ""}]},
}
UNUSABLE = {
    "no text": ({"dataframe_records": [{"body": TEXTS[0]}]}, "The table has no column 'text'; its columns are 'body'"),
    "no key": ({"inputs": [{"body": TEXTS[0]}]}, "The articles have the keys body; expected 'text'"),
    "uneven": ({"inputs": {"text": TEXTS, "title": TITLES[:1]}}, "there are 3 in 'text', 1 in 'title'"),
    "a title for all": ({"inputs": {"text": TEXTS, "title": "x"}}, "there are 3 in 'text', no list in 'title'"),
    "no target": ({"inputs": TEXTS, "params": {"stance": ["="]}}, "The target '=' has an empty name"),
    "targets are no list": ({"inputs": TEXTS, "params": {"stance": "الوزارة"}}, "Value must be a 1D array"),
    "another protocol": ({"messages": [{"role": "user", "content": TEXTS[0]}]}, "no column 'text'"),
    # MLflow makes columns of rows here, and cannot tell which row lacks a key.
    "rows of instances with different keys": (
        {"instances": [{"text": TEXTS[0], "title": "x"}, {"text": TEXTS[1]}]},
        "length of values for each input/column name are not the same",
    ),
}


@pytest.fixture(scope="module")
def url(tracked, running, free_port, tmp_path_factory) -> Iterator[str]:
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = ["mlflow", "models", "serve", "-m", tracked.run.model_uri, "--env-manager", "local"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    log = tmp_path_factory.mktemp("serving") / "server.log"
    with running(command, f"{url}/ping", log, {"MLFLOW_TRACKING_URI": tracked.run.uri}):
        yield url


@pytest.fixture(scope="module")
def predictor(tracked) -> Predictor:
    return Predictor.load(tracked.result.path)


def ask(url: str, body: dict) -> list[dict]:
    answer = requests.post(f"{url}/invocations", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()["predictions"]


def expected(predictor, texts, titles=None, ids=None) -> list[dict]:
    tags = predictor.tag_many(texts, titles)
    named = ids or [str(number) for number in range(1, len(tags) + 1)]
    return [{"id": i, **t.to_dict(), "stance": {}} for i, t in zip(named, tags, strict=True)]


@pytest.mark.parametrize("form", WITH_TITLES)
def test_named_rows_get_the_predictors_tags_in_order_with_their_ids(url, predictor, form):
    assert ask(url, WITH_TITLES[form]) == expected(predictor, TEXTS, TITLES, IDS)


@pytest.mark.parametrize("form", WITHOUT_TITLES)
def test_bare_texts_get_the_predictors_tags_in_order_and_are_numbered(url, predictor, form):
    assert ask(url, WITHOUT_TITLES[form]) == expected(predictor, TEXTS)


@pytest.mark.parametrize("content_type", FILES)
def test_files_get_the_predictors_tags_in_order_with_their_ids(url, predictor, content_type):
    answer = requests.post(
        f"{url}/invocations", FILES[content_type], headers={"Content-Type": content_type}, timeout=60
    )
    assert answer.json()["predictions"] == expected(predictor, TEXTS, TITLES, IDS)


@pytest.mark.parametrize("form", ["inputs", "instances"])
@pytest.mark.parametrize("one", [TEXTS[0], [TEXTS[0]], [{"text": TEXTS[0]}], {"text": [TEXTS[0]]}])
def test_one_article_gives_one_row(url, predictor, form, one):
    assert ask(url, {form: one}) == expected(predictor, TEXTS[:1])


@pytest.mark.parametrize(
    "body",
    [
        {"inputs": []},
        {"instances": []},
        {"dataframe_records": []},
        {"dataframe_split": {"columns": ["text"], "data": []}},
    ],
)
def test_no_article_gives_no_row(url, body):
    assert ask(url, body) == []


@pytest.mark.parametrize("form", WITH_A_NULL)
def test_a_row_without_text_gets_null_tags_and_the_reason(url, predictor, form):
    first, *others = ask(url, WITH_A_NULL[form])
    assert first == expected(predictor, TEXTS[:1])[0]
    assert [(row["sector"], row["tone"], row["sectors"]) for row in others] == [(None, None, [])] * 2
    assert all("text" in row["error"] for row in others)


def test_a_thousand_rows_get_the_tags_that_the_predictor_gives(url, predictor):
    articles = sample.load("test")
    rows = [
        {"id": f"n{i}", "text": articles[i % len(articles)].text, "title": articles[i % len(articles)].title}
        for i in range(1000)
    ]
    for row in rows[::7]:
        row["text"] = None
    texts, titles, ids = ([row[name] for row in rows] for name in ("text", "title", "id"))
    assert ask(url, {"dataframe_records": rows}) == expected(predictor, texts, titles, ids)


def test_whole_numbers_as_ids_stay_whole_where_a_row_has_none(url):
    rows = [{"id": 12, "text": TEXTS[0]}, {"text": TEXTS[1]}]
    assert [row["id"] for row in ask(url, {"dataframe_records": rows})] == ["12", "2"]


@pytest.mark.parametrize("form", ["dataframe_records", "inputs", "instances"])
def test_targets_of_all_rows_and_of_one_get_a_stance(url, predictor, form):
    rows = [
        {"text": "أشادت الوزارة بالمنتخب الوطني.", "target": "المنتخب"},
        {"text": "أعلنت الوزارة جدولا جديدا.", "target": None},
    ]
    found = ask(url, {form: rows, "params": {"stance": ["الحكومة=الوزارة,الوزير"]}})
    own = predictor.stance(rows[0]["text"], "المنتخب").to_dict()
    government = [predictor.stance(row["text"], "الحكومة", synonyms=["الوزارة", "الوزير"]).to_dict() for row in rows]
    assert [row["stance"] for row in found] == [{"المنتخب": own, "الحكومة": government[0]}, {"الحكومة": government[1]}]


@pytest.mark.parametrize("case", UNUSABLE)
def test_an_unusable_request_is_a_bad_request_with_the_reason(url, case):
    body, reason = UNUSABLE[case]
    answer = requests.post(f"{url}/invocations", json=body, timeout=60)
    assert answer.status_code == 400
    assert reason in answer.json()["message"]
    assert "stack_trace" not in answer.json()


def test_a_csv_without_a_text_column_is_a_bad_request_with_the_nearest_name(url):
    answer = requests.post(f"{url}/invocations", b"texte\nx\n", headers={"Content-Type": "text/csv"}, timeout=60)
    assert answer.status_code == 400
    assert "Did you mean 'texte'?" in answer.json()["message"]
