"""What is kept of predictions gives the figures that the tags gave, and holds no text."""

import gzip
from dataclasses import replace

import pytest

from khabar.datasets import sample
from khabar.experiments.predictions import PredictionsError, predictions_of, read_predictions, write_predictions
from khabar.inference.predictor import Predictor
from khabar.training.evaluate import measure, tag_labelled

ARTICLES = sample.load("test")[:20]
ARTICLES[3] = replace(ARTICLES[3], target="الحكومة", stance="favor")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    predictor = Predictor.load()
    tagged = tag_labelled(predictor, ARTICLES)
    path = tmp_path_factory.mktemp("predictions") / "sample-test.jsonl.gz"
    write_predictions(path, predictions_of(predictor.model.digest, "sample/test", tagged))
    return tagged, path


def test_predictions_read_back_give_the_same_figures(written):
    tagged, path = written
    read = read_predictions(path)
    assert measure(read.tagged.columns, read.tagged.articles, read.tagged.stances) == measure(
        tagged.columns, tagged.articles, tagged.stances
    )


def test_predictions_read_back_have_ids_tags_and_lengths(written):
    tagged, path = written
    read = read_predictions(path)
    assert read.tagged.columns == tagged.columns
    assert [(a.corpus, a.id, a.outlet) for a in read.tagged.articles] == [(a.corpus, a.id, a.outlet) for a in ARTICLES]
    assert read.lengths == [len(article.text) for article in ARTICLES]
    assert (read.source, read.digest) == ("sample/test", Predictor.load().model.digest)


def test_no_text_title_or_target_is_kept(written):
    content = gzip.decompress(written[1].read_bytes()).decode()
    for article in ARTICLES:
        words = [word for word in f"{article.title} {article.text} {article.target or ''}".split() if len(word) > 3]
        assert not any(word in content for word in words)


def test_equal_predictions_give_equal_bytes(written, tmp_path):
    again = tmp_path / "again.jsonl.gz"
    write_predictions(again, read_predictions(written[1]))
    assert gzip.decompress(again.read_bytes()) == gzip.decompress(written[1].read_bytes())


@pytest.mark.parametrize("content", [b"", b"{}\n", b'{"format": "another 2"}\n', b"\x1f\x8b\x08\x00broken"])
def test_a_file_of_something_else_is_refused(tmp_path, content):
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(content if content.startswith(b"\x1f") else gzip.compress(content))
    with pytest.raises(PredictionsError, match="found no predictions in the format 'khabar predictions 1'"):
        read_predictions(path)


def test_a_file_that_ends_early_is_refused(written, tmp_path):
    path = tmp_path / "short.jsonl.gz"
    path.write_bytes(written[1].read_bytes()[:-40])
    with pytest.raises(PredictionsError, match=r"short\.jsonl\.gz"):
        read_predictions(path)
