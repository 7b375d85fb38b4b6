"""Which store MLflow looks at, and what its names and files are."""

import sys
from pathlib import Path

import pytest

from khabar.experiments.tracking_store import database, load_mlflow, mlflow_name, opened, store_uri
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
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:////env.db")
    assert (store_uri("http://localhost:5000"), store_uri()) == ("http://localhost:5000", "sqlite:////env.db")
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert store_uri() == f"sqlite:///{Path.cwd() / 'mlflow.db'}"


@pytest.mark.parametrize(
    ("uri", "file"), [("sqlite:////a/mlflow.db", Path("/a/mlflow.db")), ("http://localhost:5000", None)]
)
def test_only_a_store_of_sqlite_is_a_file(uri, file):
    assert database(uri) == file


def test_what_the_environment_says_is_as_it_was_once_a_store_was_opened(mlflow, monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'env.db'}")
    looked_at = mlflow.get_tracking_uri()
    with opened(f"sqlite:///{tmp_path / 'own.db'}") as store:
        assert mlflow.get_tracking_uri() == store.uri
    assert store_uri() == f"sqlite:///{tmp_path / 'env.db'}"
    assert mlflow.get_tracking_uri() == looked_at


def test_long_names_are_cut_and_stay_apart():
    names = [mlflow_name("مقالات/" * 40 + end) for end in ("a", "b")]
    assert names[0] != names[1]
    assert all(len(name) == 80 for name in names)


def test_a_store_in_a_file_is_the_same_from_another_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert store_uri("sqlite:///own.db") == f"sqlite:///{tmp_path / 'own.db'}"
