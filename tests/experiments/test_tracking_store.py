"""Which store MLflow looks at, and what its names and files are."""

import sys
from pathlib import Path

import pytest

from khabar.experiments.tracking_store import database, load_mlflow, mlflow_name, store_uri
from khabar.inference.errors import MissingExtraError


@pytest.mark.parametrize(
    ("name", "key"), [("annotations/dev", "annotations-dev"), ("/data/my file (1).jsonl", "data-my-file-1-.jsonl")]
)
def test_names_of_sources_are_brought_to_what_mlflow_takes(name, key):
    assert mlflow_name(name) == key


def test_a_missing_mlflow_is_named_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingExtraError, match=r"module mlflow.*pip install 'khabar\[train\]'.*--no-track"):
        load_mlflow()


def test_the_store_is_the_one_named_then_the_environments_then_a_file_here(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///env.db")
    assert (store_uri("sqlite:///own.db"), store_uri()) == ("sqlite:///own.db", "sqlite:///env.db")
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert store_uri() == "sqlite:///mlflow.db"


@pytest.mark.parametrize(
    ("uri", "file"), [("sqlite:////a/mlflow.db", Path("/a/mlflow.db")), ("http://localhost:5000", None)]
)
def test_only_a_store_of_sqlite_is_a_file(uri, file):
    assert database(uri) == file
