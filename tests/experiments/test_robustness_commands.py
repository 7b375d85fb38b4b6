"""khabar robustness as it is called: a table, the same as JSON, and what stands where labels are not known."""

import json

import pytest
from click.testing import CliRunner, Result

from khabar.datasets import sample
from khabar.inference.cli import main
from khabar.training.perturbations import PERTURBATIONS


def call(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["robustness", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def two_articles(tmp_path):
    """A file of two articles without labels."""
    rows = [{"id": a.id, "title": a.title, "text": a.text} for a in sample.load("demo")[:2]]
    path = tmp_path / "two.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_without_the_corpora_it_perturbs_the_sample(monkeypatch):
    monkeypatch.delenv("KHABAR_MIRROR", raising=False)
    said = call().stdout
    assert said.startswith("40 articles of sample/test")
    assert all(perturbation.name in said for perturbation in PERTURBATIONS if perturbation.name != "upper-case")
    assert max(map(len, said.splitlines())) <= 122


def test_json_holds_the_movements(two_articles):
    said = json.loads(call("-", two_articles, "--json").stdout)
    assert (said["corpus"], said["articles"]) == (str(two_articles), 2)
    movements = {movement["name"]: movement for movement in said["movements"]}
    assert movements["alef-variants"]["sector"] == 0
    assert movements["headline-only"]["what"] == "nothing but the title, or the first sentence"


def test_figures_of_articles_without_labels_are_dashes(two_articles):
    lines = [line.split() for line in call("-", two_articles).stdout.splitlines() if "headline-only" in line]
    assert [line[-3:] for line in lines] == [["-", "-", "-"]]


def test_a_model_that_is_not_there_is_a_message(tmp_path):
    result = call(tmp_path / "none.safetensors", code=1)
    assert result.stderr.startswith("khabar: There is no model at")
    assert "none.safetensors" in result.stderr


def test_a_corpus_that_is_not_known_is_a_message():
    result = call("-", "sampel/test", code=1)
    assert result.stderr.startswith("khabar: ")
    assert "sampel" in result.stderr
