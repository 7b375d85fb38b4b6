"""How fast khabar is, against scikit-learn and fastText on the same articles, as medians of ratios in one run."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
from threadpoolctl import threadpool_limits

from khabar.datasets import corpora, sample
from khabar.datasets.article import Article
from khabar.experiments.bench_fasttext import fasttext_rows
from khabar.experiments.bench_memory import memory_rows
from khabar.experiments.bench_training import training_rows
from khabar.experiments.stopwatch import Row, Stopwatch, figure
from khabar.inference import Predictor
from khabar.inference._kernel import Scorer
from khabar.inference.batch import tag_files
from khabar.inference.errors import CorpusError
from khabar.inference.features import Block
from khabar.inference.model_source import model_path
from khabar.training.reference import reference_vectorizer
from khabar.training.table import build_table
from khabar.training.vectorizer import KhabarVectorizer

CORPUS = "saudinewsnet"
WORDS = Block("words", "word", 1, 2)
MIN_DF = 2
OUTPUTS = 17 + 17 + 3  # main sector, sectors, tone


@dataclass(frozen=True)
class BenchResult:
    """The figures of a run, and on what they were taken."""

    articles: int
    megabytes: float
    source: str
    rows: tuple[Row, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the result as plain values."""
        return {
            "articles": self.articles,
            "megabytes": self.megabytes,
            "source": self.source,
            "rows": [row._asdict() for row in self.rows],
        }


def run(
    articles: int = 6000,
    repeat: int = 5,
    model: Path | None = None,
    report: Callable[[str], None] = lambda _: None,
    *,
    memory: bool = False,
    training: bool = False,
) -> BenchResult:
    """Measure kernel, shipped model, batch command and start-up.

    Parameters
    ----------
    articles : int
        How many articles of saudinewsnet are read; without the corpus, the sample's, over and over.
    repeat : int
        How often each figure is taken.
    model : path, optional
        By default, the model that ships.
    report : callable
        Told what is being measured.
    memory : bool
        Tag a file of one gigabyte too, and give the peak of memory.
    training : bool
        Train on sanad-khaleej too, from the archive to the accuracy, against scikit-learn and fastText; takes minutes.

    Returns
    -------
    BenchResult
        The two sides of a ratio run in turn, each on one thread unless the row says otherwise.
    """
    documents, source = _documents(articles)
    model = None if model is None else model_path(model)  # fetched once, not within what is timed
    watch = Stopwatch(repeat)
    megabytes = sum(len(text.encode()) + len((title or "").encode()) for title, text in documents) / 1e6
    rows: list[Row] = []
    steps: dict[str, Callable[[], list[Row]]] = {
        "kernel against scikit-learn": lambda: _kernel_rows(documents, megabytes, watch),
        "fit against scikit-learn": lambda: _fit_rows(documents, watch),
        "model and batch": lambda: _model_rows(documents, megabytes, watch, model),
        "start-up": lambda: _start_rows(watch, model),
        "fastText": lambda: fasttext_rows(documents, megabytes, watch, _scorer(documents)[0]),
    }
    if memory:
        steps["memory"] = lambda: memory_rows(documents, model)
    if training:
        steps["training"] = lambda: training_rows(watch)
    with threadpool_limits(1):
        for name, measure in steps.items():
            report(name)
            rows += measure()
    return BenchResult(len(documents), megabytes, source, tuple(rows))


def _documents(n: int) -> tuple[list[tuple[str | None, str]], str]:
    try:
        found: Sequence[Article] = corpora.read(CORPUS)
        source = CORPUS
    except CorpusError:
        found = [article for part in ("train", "test", "demo") for article in sample.load(part)]
        source = "the sample, over and over"
    usable = [article for article in found if article.text.strip()]
    return [(article.title, article.text) for article in islice(cycle(usable), n)], source


def _scorer(documents: Sequence[tuple[str | None, str]]) -> tuple[Scorer, npt.NDArray[np.float32]]:
    """Word uni- and bigrams of the articles, and random weights: speed does not depend on what they are."""
    vectorizer = KhabarVectorizer(ngram_range=(WORDS.min_n, WORDS.max_n), min_df=MIN_DF, sublinear_tf=True)
    vectorizer.fit([text for _, text in documents])
    n = len(vectorizer.ids_)
    weights = np.random.default_rng(0).normal(size=(n, OUTPUTS)).astype(np.float32)
    scorer = Scorer(
        build_table(), [WORDS], [vectorizer.ids_], [vectorizer.idf_.astype(np.float32)],
        [weights], [(0, OUTPUTS)], np.zeros(OUTPUTS, dtype=np.float32),
    )  # fmt: skip
    return scorer, weights


def _kernel_rows(documents: Sequence[tuple[str | None, str]], megabytes: float, watch: Stopwatch) -> list[Row]:
    texts = [text for _, text in documents]
    scorer, weights = _scorer(documents)
    reference = reference_vectorizer(WORDS, min_df=MIN_DF).fit(texts)
    dense = weights.astype(np.float64)
    tenth = texts[: max(1, len(texts) // 10)]  # scikit-learn is slow: it gets a tenth of the articles

    def scikit_learn() -> Any:
        return reference.transform(tenth) @ dense

    difference = float(np.abs(scorer.score(tenth)[0] - scikit_learn()).max())
    several = texts * 4  # a run long enough that starting threads and the neighbours' load even out
    ours, theirs, single, double = watch.seconds(
        lambda: scorer.score(texts),
        scikit_learn,
        lambda: scorer.score(several, threads=1),
        lambda: scorer.score(several, threads=2),
    )
    return [
        figure("scoring sector and tone, word 1-2: times scikit-learn", theirs * len(texts) / len(tenth) / ours, "x"),
        figure("scoring sector and tone, word 1-2", megabytes / ours, "MB/s"),
        figure("scoring sector and tone, word 1-2", len(texts) / ours, "articles/s"),
        figure("two threads: times one", single / double, "x"),
        Row("largest difference of a decision value from scikit-learn's", difference, "", difference, difference),
    ]


def _fit_rows(documents: Sequence[tuple[str | None, str]], watch: Stopwatch) -> list[Row]:
    texts = [text for _, text in documents][: max(1, len(documents) // 2)]
    ours, theirs = Stopwatch(min(watch.repeat, 3)).seconds(
        lambda: KhabarVectorizer(ngram_range=(1, 2), min_df=MIN_DF, sublinear_tf=True).fit_transform(texts),
        lambda: reference_vectorizer(WORDS, min_df=MIN_DF).fit_transform(texts),
    )
    return [figure("fit_transform, word 1-2: times scikit-learn", theirs / ours, "x")]


def _model_rows(
    documents: Sequence[tuple[str | None, str]], megabytes: float, watch: Stopwatch, model: Path | None
) -> list[Row]:
    predictor = Predictor.load(model)
    texts, titles = [text for _, text in documents], [title for title, _ in documents]
    with tempfile.TemporaryDirectory() as folder:
        articles, tagged = Path(folder) / "articles.jsonl", Path(folder) / "tagged.jsonl"
        articles.write_bytes(
            b"".join(orjson.dumps({"id": at, "title": title, "text": text}) + b"\n"
                     for at, (title, text) in enumerate(documents))
        )  # fmt: skip
        kernel, columns, batch = watch.seconds(
            lambda: predictor.model.scorer.score(texts, titles),
            lambda: predictor.tag_columns(texts, titles, threads=1),
            lambda: tag_files(predictor, [articles], tagged, threads=1),
        )
    return [
        figure("the model, sector and tone: kernel", megabytes / kernel, "MB/s"),
        figure("the model, sector and tone: kernel", len(texts) / kernel, "articles/s"),
        figure("the model, sector and tone: Predictor.tag_columns", megabytes / columns, "MB/s"),
        figure("JSONL to JSONL", megabytes / batch, "MB/s"),
        figure("JSONL to JSONL", len(texts) / batch, "articles/s"),
        figure("JSONL to JSONL: share of the kernel's speed", kernel / batch, "x"),
    ]


def _start_rows(watch: Stopwatch, model: Path | None) -> list[Row]:
    bare, imported = watch.seconds(
        lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
        lambda: subprocess.run([sys.executable, "-c", "import khabar.inference"], check=True),
    )
    (load,) = watch.seconds(lambda: Predictor.load(model))
    article = orjson.dumps({"id": 1, "text": sample.load("demo")[0].text})
    command = [sys.executable, "-m", "khabar.inference", "tag", "-", *(["--model", str(model)] if model else [])]
    (shell,) = watch.seconds(lambda: subprocess.run(command, input=article, check=True, capture_output=True))
    return [
        figure("python -c 'import khabar.inference'", imported, "s"),
        figure("... of which python itself", bare, "s"),
        figure("Predictor.load()", load * 1000, "ms"),
        figure("khabar tag of one article, from the shell", shell, "s"),
    ]
