"""Registered models are found by version and alias, fetched whole, checked, and never unpickled."""

import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

from khabar.experiments.registering import DIGEST_TAG, FILE_TAG
from khabar.experiments.registry import champion, fetch, fetch_model, opened_registry, registered
from khabar.experiments.tracking_store import TrackingError
from khabar.inference import Predictor
from khabar.inference.errors import MissingExtraError, ModelAlteredError, ModelError, ModelNotFoundError
from khabar.inference.model import load_model, save_model

FILE = "artifacts/m.safetensors"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch, tracked) -> Path:
    """An empty cache, and the tracked job's store as the one that MLflow looks at."""
    monkeypatch.setenv("KHABAR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracked.run.uri)
    return tmp_path / "home"


@pytest.fixture
def store(tracked):
    with opened_registry(tracked.run.uri) as store:
        yield store


@pytest.fixture
def artifact(tracked, tmp_path) -> Path:
    """The model file where the artifacts of the model `shelved` are."""
    path = tmp_path / "shelved" / FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(tracked.result.path.read_bytes())
    return path


@pytest.fixture
def shelved(store, request, tracked, artifact):
    """A registered model of the test's own: three versions of one file, the second with the alias `best`."""
    client, name = store.mlflow.MlflowClient(), re.sub(r"\W", "-", request.node.name)
    client.create_registered_model(name)
    tags = {DIGEST_TAG: tracked.result.model.digest, FILE_TAG: FILE}
    for _ in range(3):
        client.create_model_version(name, artifact.parent.parent.as_uri(), tags=tags)
    client.set_registered_model_alias(name, "best", "2")
    return name


def test_a_tracked_job_is_loaded_from_the_registry(tracked, home):
    predictor = Predictor.load(tracked.run.model_uri)
    assert predictor.model.digest == tracked.result.model.digest
    kept = home / "models" / f"{tracked.result.model.digest}.safetensors"
    assert kept.read_bytes() == tracked.result.path.read_bytes()
    assert [*kept.parent.iterdir()] == [kept]


@pytest.mark.parametrize(("end", "version"), [("/1", 1), ("@best", 2), ("/latest", 3)])
def test_versions_are_named_by_number_alias_or_as_the_latest(store, shelved, end, version):
    assert registered(store, f"models:/{shelved}{end}").version == version


@pytest.mark.parametrize(
    ("end", "problem"),
    [
        ("/9", "has no version 9"),
        ("@worst", "has no alias 'worst'"),
        ("", "names no version"),
        ("/Production", "names no version"),
        ("/1/artifacts", "names no version"),
        ("/", "names no version"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(store, shelved, end, problem):
    there = rf"models:/{shelved}@best \(version 2\), models:/{shelved}/3, models:/{shelved}/2, models:/{shelved}/1\."
    with pytest.raises(ModelNotFoundError, match=f"{problem}.*expected one of: {there}"):
        registered(store, f"models:/{shelved}{end}")


@pytest.mark.parametrize("uri", ["nonsense", "models:", "models:/", "", "runs:/x/model"])
def test_what_is_no_uri_of_a_model_is_a_message(uri):
    with pytest.raises(ModelNotFoundError, match=rf"found '{uri}' as the URI of a model, expected models:/NAME"):
        fetch_model(uri)


@pytest.mark.parametrize("uri", ["models:/o'hare/1", "models:/o'hare@champion"])
def test_a_name_with_a_quote_is_refused_before_mlflow_is_asked(uri):
    with pytest.raises(ModelNotFoundError, match=r"""found "o'hare" as the name of a registered model, expected one"""):
        fetch_model(uri)


def test_the_scheme_may_be_in_capitals(tracked):
    uri = tracked.run.model_uri.replace("models:", "MODELS:")
    assert Predictor.load(uri).model.digest == tracked.result.model.digest


def test_a_model_that_is_not_registered_is_named_with_those_that_are():
    with pytest.raises(ModelNotFoundError, match=r"No model 'smal' is registered in .*small.*khabar train CONFIG"):
        fetch_model("models:/smal@champion")


def test_a_file_that_is_here_is_not_downloaded_again(store, shelved, artifact):
    version = registered(store, f"models:/{shelved}/1")
    path = fetch(store, version)
    artifact.unlink()
    assert fetch(store, version) == path


def test_a_file_that_was_damaged_here_is_downloaded_again(store, shelved, tracked):
    version = registered(store, f"models:/{shelved}/1")
    path = fetch(store, version)
    path.write_bytes(path.read_bytes()[:-1])
    assert load_model(fetch(store, version)).digest == tracked.result.model.digest


def test_another_file_than_was_registered_is_refused_and_not_kept(store, shelved, artifact, tracked, home):
    other = save_model(tracked.result.model, artifact, weight_dtype="float32")
    with pytest.raises(
        ModelAlteredError, match=f"{other.digest}; expected a model with the SHA-256 {tracked.result.model.digest}"
    ):
        fetch(store, registered(store, f"models:/{shelved}/1"))
    assert [*(home / "models").iterdir()] == []


def test_a_torn_file_is_refused_and_not_kept(store, shelved, artifact, home):
    artifact.write_bytes(artifact.read_bytes()[:1000])
    with pytest.raises(ModelAlteredError, match=r"another artifacts/m\.safetensors than was registered.*cut off"):
        fetch(store, registered(store, f"models:/{shelved}/1"))
    assert [*(home / "models").iterdir()] == []


def test_a_file_that_is_gone_is_named(store, shelved, artifact):
    artifact.unlink()
    with pytest.raises(ModelNotFoundError, match=rf"models:/{shelved}/1 gave no file artifacts/m\.safetensors"):
        fetch(store, registered(store, f"models:/{shelved}/1"))


@pytest.mark.parametrize(
    "tags",
    [{}, {DIGEST_TAG: "../x", FILE_TAG: FILE}, {DIGEST_TAG: "0" * 64, FILE_TAG: "../../secret"}],
    ids=["no tags", "no digest", "outside"],
)
def test_a_version_that_khabar_did_not_register_is_refused(store, request, tmp_path, tags):
    client, name = store.mlflow.MlflowClient(), re.sub(r"\W", "-", request.node.name)
    client.create_registered_model(name)
    client.create_model_version(name, tmp_path.as_uri(), tags=tags)
    with pytest.raises(ModelNotFoundError, match=r"which khabar did not register: expected the tags khabar\.digest"):
        registered(store, f"models:/{name}/1")


def test_a_model_without_the_alias_has_no_champion(store, shelved):
    assert champion(store, shelved) is None
    store.mlflow.MlflowClient().set_registered_model_alias(shelved, "champion", "3")
    assert champion(store, shelved) == 3


def test_a_cache_that_cannot_be_written_is_named(store, shelved, home):
    home.write_text("a file, where a folder should be")
    with pytest.raises(ModelError, match=r"cannot be kept in .*home/models.*KHABAR_HOME"):
        fetch(store, registered(store, f"models:/{shelved}/1"))


def test_a_store_that_is_not_there_is_not_made(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'none.db'}")
    with pytest.raises(TrackingError, match=r"There is no sqlite:///.*none\.db.*MLFLOW_TRACKING_URI"):
        fetch_model("models:/small@champion")
    assert not (tmp_path / "none.db").exists()


def test_a_server_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TrackingError, match=r"MLflow could not use http://127\.0\.0\.1:9"):
        fetch_model("models:/small@champion")


def test_without_mlflow_the_line_that_installs_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingExtraError, match=r"models:/small/1 is kept by MLflow.*pip install 'khabar\[train\]'"):
        Predictor.load("models:/small/1")


class Trap:
    """Says so if it is unpickled."""

    def __reduce__(self):
        return print, ("unpickled",)


@pytest.mark.parametrize("tampered", [False, True])
def test_nothing_is_unpickled(shelved, artifact, tampered):
    (artifact.parent.parent / "python_model.pkl").write_bytes(pickle.dumps(Trap()))
    if tampered:
        artifact.write_bytes(pickle.dumps(Trap()))
    program = """
import pickle, sys
def refuse(*_, **__):
    raise SystemExit("something was unpickled")
class Refusing(pickle._Unpickler):
    load = refuse
pickle.load, pickle.loads, pickle.Unpickler = refuse, refuse, Refusing
from khabar.inference import KhabarError, Predictor
try:
    print(Predictor.load(sys.argv[1]).model.name)
except KhabarError as error:
    print(type(error).__name__, "pickle" in str(error))
"""
    command = [sys.executable, "-c", program, f"models:/{shelved}@best"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=artifact.parent)
    assert (done.stdout, done.returncode) == ("ModelAlteredError True\n" if tampered else "small\n", 0), done.stderr
