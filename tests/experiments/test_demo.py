"""The demo trains under MLflow and shows every article without labels, in a log as in a terminal."""

import shutil

import pytest

from khabar.datasets import sample
from khabar.experiments.demo import demo
from khabar.inference.model import load_model


@pytest.fixture(scope="module")
def shown(tracked, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "demo"
    folder.mkdir()
    # Making a store takes MLflow seconds: the demo finds one.
    shutil.copy(tracked.run.uri.removeprefix("sqlite:///"), folder / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.setattr("sys.stdout", _Lines(lines))
        demo(folder, tracked.result.path)
    return folder, "".join(lines)


class _Lines:
    """A stream that is no terminal and keeps what is written."""

    encoding = "utf-8"

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def write(self, text: str) -> int:
        self.lines.append(text)
        return len(text)

    def flush(self) -> None:
        pass


def test_the_demo_keeps_its_store_its_artifacts_and_its_model_in_its_folder(shown):
    folder, _ = shown
    assert sorted(path.name for path in folder.iterdir()) == [
        "khabar-sample.safetensors",
        "mlartifacts",
        "mlflow.db",
    ]
    assert load_model(folder / "khabar-sample.safetensors").name == "khabar-sample"


def test_the_demo_shows_all_articles_without_labels(shown):
    _, text = shown
    starts = [" ".join(str(article.title).split()[:2]) for article in sample.load("demo")]
    assert [start for start in starts if start not in text] == []


def test_the_demo_says_where_run_and_model_are(shown):
    folder, text = shown
    assert "registered as models:/khabar-sample/1" in text
    assert f"mlflow ui --backend-store-uri sqlite:///{folder}/mlflow.db" in text


def test_the_demo_writes_no_colour_codes_into_a_log(shown):
    assert "\x1b" not in shown[1]
