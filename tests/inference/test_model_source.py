"""Where a model's file is: a path stays one, a URI goes to the source of its scheme, and what is not known is named."""

import sys
from pathlib import Path

import pytest

from khabar.inference import Predictor
from khabar.inference.errors import MissingExtraError, ModelNotFoundError
from khabar.inference.model_source import model_path


@pytest.fixture
def source(tmp_path, monkeypatch, toy_path):
    """A package of somebody else's that brings models: for shelf:/ from this machine, for torn:/ not at all."""
    package = tmp_path / "packages"
    (package / "shelf-1.dist-info").mkdir(parents=True)
    (package / "shelf-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: shelf\nVersion: 1\n")
    (package / "shelf-1.dist-info" / "entry_points.txt").write_text(
        "[khabar.model_sources]\nshelf = shelf_source:fetch\ntorn = torn_source:fetch\n"
    )
    (package / "shelf_source.py").write_text(
        f"asked = []\ndef fetch(uri):\n    asked.append(uri)\n    return {str(toy_path)!r}\n"
    )
    (package / "torn_source.py").write_text("import a_module_that_is_not_there\n")
    monkeypatch.syspath_prepend(str(package))
    yield
    sys.modules.pop("shelf_source", None)


@pytest.mark.parametrize("name", ["m.safetensors", "/a/b.safetensors", "C:/m.safetensors", "models/x.safetensors"])
def test_a_path_stays_as_it_is(name):
    assert model_path(name) == Path(name)


def test_a_file_whose_name_looks_like_a_uri_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("odd:").mkdir()
    Path("odd:/m.safetensors").touch()
    assert model_path("odd:/m.safetensors") == Path("odd:/m.safetensors")


@pytest.mark.parametrize("uri", ["shelf:/news@best", "SHELF:/news@best", Path("shelf:/news@best")])
@pytest.mark.usefixtures("source")
def test_a_uri_is_handed_to_the_source_of_its_scheme(uri):
    assert Predictor.load(uri).tag("ناقش البرلمان مشروع الحكومة").sector == "politics"
    assert sys.modules["shelf_source"].asked == [str(uri)]


@pytest.mark.usefixtures("source")
def test_an_unknown_scheme_is_named_with_those_that_are_known():
    with pytest.raises(ModelNotFoundError, match=r"modles:/khabar@champion is no file.*models:/, shelf:/, torn:/"):
        Predictor.load("modles:/khabar@champion")


@pytest.mark.usefixtures("source")
def test_a_source_that_lacks_a_module_says_what_installs_it():
    with pytest.raises(MissingExtraError, match=r"a_module_that_is_not_there.*pip install 'khabar\[train\]'.*torn:/x"):
        Predictor.load("torn:/x")
