"""A job trains, measures and writes a model file that holds what the job said of it."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from khabar import configs
from khabar.datasets import sample
from khabar.datasets.article import Article
from khabar.datasets.sectors import SECTOR_IDS
from khabar.inference.errors import ConfigError
from khabar.inference.model import load_model
from khabar.training.config import TrainConfig, load_config, parse_config
from khabar.training.evaluate import evaluate
from khabar.training.fit import fit
from khabar.training.job import OUT_OF_FOLD, JobResult, run

TIME = "2026-01-01T00:00:00+00:00"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, articles: list[Article]) -> Path:
    path = tmp_path_factory.mktemp("own") / "mine.jsonl"
    rows = [
        {"id": a.id, "title": a.title, "text": a.text, "sectors": a.sectors, "tone": a.tone, "outlet": a.outlet}
        for a in articles
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def own_values(values: dict[str, Any], own: Path) -> dict[str, Any]:
    names = ("id", "title", "text", "sectors", "tone", "outlet")
    values["data"] = {"train": [{"path": str(own), "columns": {name: name for name in names}, "licence": "ours"}]}
    return values


@pytest.fixture(scope="module")
def sample_job(tmp_path_factory: pytest.TempPathFactory) -> tuple[JobResult, list[str]]:
    said: list[str] = []
    path = tmp_path_factory.mktemp("model") / "new folder" / "sample.safetensors"
    return run(load_config(configs.find("sample")), path, said.append, jobs=1), said


def test_own_data_trains_a_model_that_has_learnt_it(own_values: dict[str, Any], articles: list[Article]) -> None:
    result = run(parse_config(own_values, "own.yaml"), None, jobs=1)
    figures = result.reports[OUT_OF_FOLD]
    assert figures.sector is not None
    assert figures.tone is not None
    assert figures.sector.accuracy > 0.9
    assert figures.tone.macro_f1 > 0.8
    assert result.path is None
    assert [(fact["licence"], fact["ships"], fact["articles"]) for fact in result.data] == [
        ("ours", None, len(articles))
    ]


def test_two_jobs_write_the_same_bytes_but_for_the_time(own_values: dict[str, Any], tmp_path: Path) -> None:
    config = parse_config(own_values, "own.yaml")
    for name in ("a", "b"):
        run(config, tmp_path / name, jobs=1, created=TIME)
    run(config, tmp_path / "c", jobs=1)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_the_model_scores_as_its_heads_do(own_values: dict[str, Any], articles: list[Article]) -> None:
    config = parse_config(own_values, "own.yaml")
    model = run(config, None, jobs=1).model
    fitted = fit(config, articles)
    documents = [(a.title, a.text) for a in articles]
    rows = {name: vectorizer.transform(documents) for name, vectorizer in fitted.vectorizers.items()}
    expected = np.concatenate([fitted.heads[head.name].scores(rows) for head in model.heads], axis=1)
    scores, _ = model.scorer.score([a.text for a in articles], [a.title for a in articles])
    assert np.abs(scores - expected).max() < 0.01  # float16 weights


def test_a_score_as_threshold_means_the_same_score_for_every_sector(own_values: dict[str, Any]) -> None:
    own_values["heads"]["sectors"]["thresholds"] = 0.4
    head = run(parse_config(own_values, "own.yaml"), None, jobs=1).model.head("sectors")
    reached = np.log(np.array(head.thresholds) / (1 - np.array(head.thresholds)))
    assert (reached - head.offset) / head.slope == pytest.approx(0.4)


def test_own_data_that_lacks_a_sector_says_so_before_anything_is_fitted(own_values: dict[str, Any]) -> None:
    del own_values["sectors"]
    with pytest.raises(ConfigError, match=r"none asserts the sector politics, diplomacy.*leave sectors out"):
        run(parse_config(own_values, "own.yaml"), None, jobs=1)


@pytest.fixture
def half_labelled(values: dict[str, Any], articles: list[Article], tmp_path: Path) -> Callable[..., TrainConfig]:
    """Make a config of an own CSV file that has sectors only, or tone only, with the sample's labels added or not."""

    def make(label: str, *more: dict[str, str]) -> TrainConfig:
        path = tmp_path / "mine.csv"
        with path.open("w", encoding="utf-8", newline="") as lines:
            table = csv.writer(lines)
            table.writerow(["text", label])
            table.writerows([a.text, ";".join(a.sectors) if label == "sectors" else a.tone] for a in articles)
        values["data"] = {"train": [{"path": str(path), "columns": {label: label}}, *more]}
        return parse_config(values, "own.yaml")

    return make


@pytest.mark.parametrize(("label", "lacking"), [("sectors", "has the tone negative"), ("tone", "asserts the sector")])
def test_own_data_of_sectors_or_tone_only_is_told_what_to_add(
    half_labelled: Callable[..., TrainConfig], label: str, lacking: str
) -> None:
    with pytest.raises(ConfigError) as error:
        run(half_labelled(label), None, jobs=1)
    assert lacking in str(error.value)
    assert str(error.value).endswith("{corpus: annotations, part: train} or {corpus: sample, part: train}")


@pytest.mark.parametrize("label", ["sectors", "tone"])
def test_own_data_of_sectors_or_tone_only_trains_with_the_sample_beside_it(
    half_labelled: Callable[..., TrainConfig], label: str, articles: list[Article]
) -> None:
    result = run(half_labelled(label, {"corpus": "sample", "part": "train"}), None, jobs=1)
    figures = result.reports[OUT_OF_FOLD]
    assert figures.articles == len(articles) + len(sample.load("train"))
    assert figures.sector is not None
    assert figures.tone is not None
    with_tone = len(sample.load("train")) + (len(articles) if label == "tone" else 0)
    assert figures.tone.articles == with_tone
    assert np.isfinite(result.model.bias).all()


def test_the_file_holds_labels_data_figures_and_config(sample_job: tuple[JobResult, list[str]]) -> None:
    result, _ = sample_job
    assert result.path is not None
    model = load_model(result.path)
    assert model.head("sector").labels == model.head("sectors").labels == SECTOR_IDS
    assert model.labels["sport"]["iptc"]
    assert model.data == result.data
    assert model.metrics["sample/test"] == result.reports["sample/test"].metrics()
    assert parse_config(model.config, "header") == load_config(configs.find("sample"))
    assert {"khabar", "scikit-learn", "python"} <= model.packages.keys()
    assert len(model.smoke) == 3


def test_the_figures_in_the_file_are_those_of_the_file(sample_job: tuple[JobResult, list[str]]) -> None:
    result, _ = sample_job
    assert result.path is not None
    assert evaluate(load_model(result.path), sample.load("test")) == result.reports["sample/test"]


def test_a_job_says_what_it_does_and_prints_nothing(
    sample_job: tuple[JobResult, list[str]], capfd: pytest.CaptureFixture[str], own_values: dict[str, Any]
) -> None:
    result, said = sample_job
    assert any("fold 5 of 5" in line for line in map(str, said))
    assert result.timings.keys() == {"read", "fit", "calibrate", "evaluate", "save"}
    assert result.articles["evaluate sample/test"] == len(sample.load("test"))
    run(parse_config(own_values, "own.yaml"), None, jobs=1)
    assert capfd.readouterr() == ("", "")
