"""`mlflow.pyfunc.spark_udf` of a registered model, in a real session of Spark: the Predictor's tags for each row."""

import sys
from collections.abc import Iterator

import pytest

from khabar.datasets import sample
from khabar.inference.predictor import Predictor

# What PySpark warns about whenever it makes a function of pandas; what is used here works with pandas 3.
pytestmark = [
    pytest.mark.system,
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas >= 3.0.0:FutureWarning"),
]

ARTICLES = sample.load("test")
ROWS = [
    (f"n{i}", None if i % 7 == 0 else ARTICLES[i % len(ARTICLES)].text, ARTICLES[i % len(ARTICLES)].title)
    for i in range(1000)
]
STANCE_ROWS = [
    ("a", "أشادت الوزارة بالمنتخب الوطني.", "المنتخب"),
    ("b", "أعلنت الوزارة جدولا جديدا.", None),
    ("c", None, None),
]


@pytest.fixture(scope="module")
def spark() -> Iterator:
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)  # else Spark takes the python3 that is first on PATH
        settings = {"spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.log.level": "ERROR"}
        session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
        yield session
        session.stop()


@pytest.fixture(scope="module")
def predictor(tracked) -> Predictor:
    return Predictor.load(tracked.result.path)


@pytest.fixture(scope="module")
def articles(spark):
    return spark.createDataFrame(ROWS, "id string, text string, title string").repartition(4)


def tagged(mlflow, tracked, frame, *columns, **options) -> dict[str, dict]:
    """Tag the rows of a frame; the tags by the id of the row."""
    udf = mlflow.pyfunc.spark_udf(frame.sparkSession, tracked.run.model_uri, env_manager="local", **options)
    return {row["id"]: row["tags"] for row in frame.withColumn("tags", udf(*columns)).collect()}


def expected(predictor) -> dict[str, dict]:
    ids, texts, titles = zip(*ROWS, strict=True)
    return {
        i: {"id": i, **tags.to_dict(), "stance": {}}
        for i, tags in zip(ids, predictor.tag_many(texts, titles), strict=True)
    }


def test_a_thousand_rows_in_a_struct_get_the_predictors_tags(mlflow, tracked, articles, predictor):
    from pyspark.sql.functions import struct

    assert articles.rdd.getNumPartitions() == 4
    found = tagged(mlflow, tracked, articles, struct("title", "id", "text"))
    assert {i: tags.asDict(recursive=True) for i, tags in found.items()} == expected(predictor)


def test_columns_are_text_title_and_id_in_this_order(mlflow, tracked, articles, predictor):
    found = tagged(mlflow, tracked, articles, "text", "title", "id")
    assert {i: tags.asDict(recursive=True) for i, tags in found.items()} == expected(predictor)


def test_targets_of_all_rows_and_of_one_get_a_stance(mlflow, tracked, spark, predictor):
    from pyspark.sql.functions import struct

    frame = spark.createDataFrame(STANCE_ROWS, "id string, text string, target string")
    columns = struct("id", "text", "target")
    found = tagged(mlflow, tracked, frame, columns, params={"stance": ["الحكومة=الوزارة,الوزير"]})
    own = predictor.stance(STANCE_ROWS[0][1], "المنتخب").to_dict()
    government = [
        predictor.stance(text, "الحكومة", synonyms=["الوزارة", "الوزير"]).to_dict() for _, text, _ in STANCE_ROWS[:2]
    ]
    assert {i: tags.asDict(recursive=True)["stance"] for i, tags in found.items()} == {
        "a": {"المنتخب": own, "الحكومة": government[0]},
        "b": {"الحكومة": government[1]},
        "c": {},
    }


def test_the_fields_can_be_taken_by_name(mlflow, tracked, articles):
    from pyspark.sql.functions import col, count_if, struct

    udf = mlflow.pyfunc.spark_udf(articles.sparkSession, tracked.run.model_uri, env_manager="local")
    tags = articles.select(udf(struct("text")).alias("tags")).select("tags.sector", "tags.sector_scores", "tags.error")
    (row,) = tags.select(count_if(col("sector").isNull()).alias("none"), count_if(col("error").isNotNull())).collect()
    assert tuple(row) == (143, 143)
    assert [field.dataType.simpleString() for field in tags.schema] == ["string", "map<string,double>", "string"]
