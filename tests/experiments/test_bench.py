"""The benchmark runs where no corpus is at hand, and compares like with like."""

import pytest

from khabar.datasets import sample
from khabar.experiments.bench import run
from khabar.experiments.bench_memory import memory_rows

NEEDED = [
    "scoring sector and tone, word 1-2: times scikit-learn",
    "fit_transform, word 1-2: times scikit-learn",
    "two threads: times one",
    "the model, sector and tone: kernel",
    "JSONL to JSONL: share of the kernel's speed",
    "python -c 'import khabar.inference'",
    "Predictor.load()",
    "khabar tag of one article, from the shell",
]


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("KHABAR_MIRROR", raising=False)
        patch.setenv("KHABAR_HOME", str(tmp_path_factory.mktemp("home")))
        yield run(articles=300, repeat=1)


@pytest.mark.parametrize("what", NEEDED)
def test_every_figure_that_the_readme_quotes_is_measured(result, what):
    assert [row.value > 0 for row in result.rows if row.what == what][:1] == [True]


def test_without_the_corpus_it_says_that_the_sample_was_read(result):
    assert (result.articles, "sample" in result.source) == (300, True)


def test_both_sides_of_the_ratio_give_the_same_decision_values(result):
    [row] = [row for row in result.rows if row.what.startswith("largest difference")]
    assert row.value < 1e-5


def test_the_result_is_plain_values(result):
    values = result.to_dict()
    assert {"what", "value", "unit", "low", "high"} == set(values["rows"][0])


def test_the_peak_of_memory_of_the_batch_command_is_measured():
    documents = [(article.title, article.text) for article in sample.load("demo")]
    [row] = memory_rows(documents, None, n_bytes=100_000)
    assert (row.unit, 20 < row.value < 400) == ("MB", True)
