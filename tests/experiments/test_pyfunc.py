"""A registered model gives one row for each row it is given, in whatever form, and the Predictor's tags."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from khabar.datasets import sample
from khabar.experiments.registering import serving_requirements
from khabar.inference.errors import InputError, ModelAlteredError
from khabar.inference.predictor import Predictor

ARTICLES = sample.load("demo")[:4]
TEXTS = [article.text for article in ARTICLES]
TITLES = [article.title for article in ARTICLES]
ROWS = [{"text": text, "title": title} for text, title in zip(TEXTS, TITLES, strict=True)]
FRAME = pd.DataFrame(ROWS)

WITH_TITLES = {
    "DataFrame": FRAME,
    "DataFrame with an index": FRAME.set_index(pd.Index(list("abcd"))),
    "DataFrame with columns of its own": FRAME.assign(section="x"),
    "list of dicts": ROWS,
    "dict of lists": {"text": TEXTS, "title": TITLES},
    "dict of arrays": {"text": np.array(TEXTS), "title": np.array(TITLES)},
    "array of dicts": np.array(ROWS),
    "columns without names": pd.DataFrame(FRAME.to_numpy()),
}
WITHOUT_TITLES = {
    "list of str": TEXTS,
    "tuple of str": tuple(TEXTS),
    "Series": pd.Series(TEXTS),
    "Series of objects": pd.Series(TEXTS, dtype=object),
    "array": np.array(TEXTS),
    "column of an array": np.array(TEXTS).reshape(-1, 1),
    "DataFrame without titles": FRAME[["text"]],
    "DataFrame without names": pd.DataFrame(TEXTS),
    "dict with a null for a column": {"text": TEXTS, "title": None},
}


@pytest.fixture(scope="module")
def model(tracked, mlflow):
    return mlflow.pyfunc.load_model(tracked.run.model_uri)


@pytest.fixture(scope="module")
def predictor(tracked):
    return Predictor.load(tracked.result.path)


def tags(frame: pd.DataFrame) -> list[dict]:
    return frame.drop(columns=["id", "stance"]).to_dict(orient="records")


@pytest.mark.parametrize("form", WITH_TITLES)
def test_rows_with_titles_get_the_predictors_tags_in_order(model, predictor, form):
    assert tags(model.predict(WITH_TITLES[form])) == [t.to_dict() for t in predictor.tag_many(TEXTS, TITLES)]


@pytest.mark.parametrize("form", WITHOUT_TITLES)
def test_rows_without_titles_get_the_predictors_tags_in_order(model, predictor, form):
    assert tags(model.predict(WITHOUT_TITLES[form])) == [t.to_dict() for t in predictor.tag_many(TEXTS)]


@pytest.mark.parametrize("one", [TEXTS[0], {"text": TEXTS[0]}, [TEXTS[0]], {"text": [TEXTS[0]]}, np.array(TEXTS[0])])
def test_one_article_gives_one_row(model, predictor, one):
    assert tags(model.predict(one)) == [predictor.tag(TEXTS[0]).to_dict()]


@pytest.mark.parametrize("value", [5, None, True, b"text"])
def test_a_value_that_is_no_article_gives_one_row_with_the_reason(model, value):
    (error,) = model.predict(value)["error"]
    assert error.startswith("text is")


@pytest.mark.parametrize("none", [[], FRAME[:0], pd.DataFrame([]), {"text": []}], ids=["list", "frame", "bare", "dict"])
def test_no_article_gives_no_row_and_all_columns(model, none):
    frame = model.predict(none)
    assert len(frame) == 0
    assert list(frame.columns) == model.metadata.get_output_schema().input_names()


def test_a_thousand_rows_get_the_predictors_tags_in_order_with_their_ids(model, predictor):
    frame = pd.DataFrame([ROWS[i % len(ROWS)] | {"id": f"a{i}"} for i in range(1000)])
    frame.loc[::7, "text"] = None
    found = model.predict(frame)
    assert found["id"].tolist() == frame["id"].tolist()
    assert tags(found) == [t.to_dict() for t in predictor.tag_many(frame["text"], frame["title"])]


@pytest.mark.parametrize(
    "rows",
    [
        [TEXTS[0], None, TEXTS[1]],
        pd.Series([TEXTS[0], None, TEXTS[1]]),
        pd.DataFrame({"text": [TEXTS[0], np.nan, TEXTS[1]]}),
        [{"text": TEXTS[0]}, {"text": None}, {"text": TEXTS[1]}],
        [{"text": TEXTS[0]}, {"title": "بلا نص"}, {"text": TEXTS[1]}],
        {"text": [TEXTS[0], "", TEXTS[1]]},
    ],
    ids=["list", "Series", "DataFrame", "dicts", "dict without the key", "empty"],
)
def test_a_row_without_text_gets_null_tags_and_the_reason(model, rows):
    frame = model.predict(rows)
    assert frame["sector"].isna().tolist() == [False, True, False]
    assert frame["tone"][1] is None
    assert "text" in frame["error"][1]


def test_ids_are_kept_as_strings_and_rows_without_one_are_numbered(model):
    rows = [{"id": "a7", "text": TEXTS[0]}, {"id": 12, "text": TEXTS[1]}, {"text": TEXTS[2]}]
    assert model.predict(rows)["id"].tolist() == ["a7", "12", "3"]


def test_ids_that_a_gap_made_floats_are_whole_numbers_again(model):
    assert model.predict(pd.DataFrame({"text": TEXTS[:3], "id": [12, None, 1.5]}))["id"].tolist() == ["12", "2", "1.5"]


@pytest.mark.parametrize("long", [2**60 + 1, -(2**60) - 1, 2**53])
def test_long_ids_that_a_gap_made_floats_are_refused(model, long):
    with pytest.raises(InputError, match=r"id of row 1 is .*; send ids as strings"):
        model.predict(pd.DataFrame({"text": TEXTS[:2], "id": [long, None]}))


@pytest.mark.parametrize("ids", [[2**60 + 1, 2**60], [str(2**60 + 1), None], [2**53 - 1, None]])
def test_long_ids_without_a_gap_or_as_strings_and_shorter_ones_are_kept(model, ids):
    found = model.predict(pd.DataFrame({"text": TEXTS[:2], "id": ids}))["id"].tolist()
    assert found == [str(number if one is None else one) for number, one in enumerate(ids, 1)]


def test_the_index_of_a_frame_is_kept(model):
    assert model.predict(FRAME.set_index(pd.Index(list("dcba")))).index.tolist() == list("dcba")


def test_a_frame_without_a_text_column_is_refused_with_the_nearest_name(model):
    with pytest.raises(InputError, match=r"no column .text..*Did you mean 'texte'"):
        model.predict(FRAME.rename(columns={"text": "texte"}))


def test_rows_without_a_text_key_are_refused(model):
    with pytest.raises(InputError, match="keys body; expected 'text'"):
        model.predict([{"body": TEXTS[0]}])


@pytest.mark.parametrize(("titles", "said"), [(TITLES[:2], "2 in 'title'"), ("title", "no list in 'title'")])
def test_columns_of_different_lengths_are_refused(model, titles, said):
    with pytest.raises(InputError, match=f"do not make a table: there are 4 in 'text', {said}"):
        model.predict({"text": TEXTS, "title": titles})


def test_what_is_refused_is_a_bad_request_to_the_server(model, mlflow):
    with pytest.raises(mlflow.MlflowException) as caught:
        model.predict({"body": TEXTS})
    assert caught.value.get_http_status_code() == 400


def test_tags_are_json_values_that_the_declared_output_admits(model):
    frame = model.predict([TEXTS[0], None], params={"stance": ["المغرب"]})
    for column in model.metadata.get_output_schema():
        for value in frame[column.name]:
            json.dumps(value)
            assert value is not None or not column.required


STANCE_TEXTS = ["أشادت الوزارة بالمنتخب الوطني.", "أعلنت الوزارة جدولا جديدا.", None]


def said(predictor, text, target, title=None, synonyms=()):
    return predictor.stance_many([text], target, [title], synonyms)[0].to_dict()


@pytest.mark.parametrize(
    "form",
    [
        lambda rows: pd.DataFrame(rows),
        lambda rows: rows,
        lambda rows: {key: [row[key] for row in rows] for key in rows[0]},
    ],
    ids=["DataFrame", "list of dicts", "dict of lists"],
)
def test_a_column_of_targets_gives_each_article_the_stance_towards_its_own(model, predictor, form):
    targets = ["المنتخب", None, "الوزارة"]
    rows = [{"text": text, "target": target} for text, target in zip(STANCE_TEXTS, targets, strict=True)]
    found = model.predict(form(rows))["stance"].tolist()
    assert found == [
        {"المنتخب": said(predictor, STANCE_TEXTS[0], "المنتخب")},
        {},
        {},  # no tags
    ]
    assert found[0]["المنتخب"]["label"] in predictor.stances


def test_a_parameter_names_targets_of_all_articles_as_the_command_spells_them(model, predictor):
    rows = [{"text": STANCE_TEXTS[0], "title": "المنتخب", "target": "المنتخب"}, {"text": STANCE_TEXTS[1]}]
    found = model.predict(rows, params={"stance": ["الحكومة=الوزارة,الوزير"]})["stance"].tolist()
    government = [said(predictor, r["text"], "الحكومة", r.get("title"), ["الوزارة", "الوزير"]) for r in rows]
    own = said(predictor, rows[0]["text"], "المنتخب", "المنتخب")
    assert found == [{"المنتخب": own, "الحكومة": government[0]}, {"الحكومة": government[1]}]


@pytest.mark.parametrize("params", [None, {}, {"stance": []}])
def test_without_a_target_stances_are_empty(model, params):
    assert model.predict(FRAME, params=params)["stance"].tolist() == [{}] * len(FRAME)


def test_a_parameter_that_names_no_target_is_refused(model):
    with pytest.raises(InputError, match="has an empty name or synonym"):
        model.predict(FRAME, params={"stance": ["="]})


@pytest.mark.parametrize("targets", ["المنتخب", np.array("المنتخب")])
def test_a_parameter_that_is_no_list_is_refused(model, targets):
    with pytest.raises(InputError, match="The targets are 'المنتخب'; expected a list of str"):
        model.unwrap_python_model().predict(None, FRAME, {"stance": targets})


@pytest.mark.parametrize("form", [list, tuple, np.array, pd.Series])
def test_a_parameter_may_be_any_column(model, form):
    found = model.unwrap_python_model().predict(None, FRAME, {"stance": form(["المنتخب", "الوزارة"])})["stance"]
    assert [list(one) for one in found] == [["المنتخب", "الوزارة"]] * len(FRAME)


def test_the_synonyms_of_a_target_of_all_articles_count_where_a_row_names_the_same(model, predictor):
    rows = [{"text": STANCE_TEXTS[0], "target": "الحكومة"}]
    (found,) = model.predict(rows, params={"stance": ["الحكومة=الوزارة"]})["stance"]
    assert found == {"الحكومة": said(predictor, STANCE_TEXTS[0], "الحكومة", synonyms=["الوزارة"])}


def test_the_model_is_code_and_a_model_file_without_a_pickle(tracked, mlflow, tmp_path):
    folder = mlflow.artifacts.download_artifacts(tracked.run.model_uri, dst_path=str(tmp_path))
    assert folder is not None
    names = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert {"MLmodel", "pyfunc.py", "small.safetensors", "input_example.json"} <= names
    assert not [name for name in names if name.endswith((".pkl", ".pickle", ".joblib"))]


def test_the_model_asks_for_khabar_its_base_dependencies_and_mlflow_only(tracked, mlflow):
    lines = Path(mlflow.pyfunc.get_model_dependencies(tracked.run.model_uri)).read_text().split()
    assert [line for line in lines if not line.startswith("mlflow==")] == serving_requirements()


def test_an_altered_model_file_is_refused_when_the_model_is_loaded(tracked, mlflow, tmp_path):
    folder = mlflow.artifacts.download_artifacts(tracked.run.model_uri, dst_path=str(tmp_path))
    file = next(tmp_path.rglob("*.safetensors"))
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(ModelAlteredError):
        mlflow.pyfunc.load_model(folder)
