"""How fast a whole training job is, from the archive to its accuracy, against scikit-learn and fastText."""

import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sklearn.svm import LinearSVC

from khabar.datasets import corpora, splits
from khabar.datasets.article import Article
from khabar.experiments.stopwatch import Row, Stopwatch, figure
from khabar.inference.features import Block
from khabar.training.linear import fit_softmax
from khabar.training.reference import reference_vectorizer, tokens
from khabar.training.vectorizer import KhabarVectorizer

CORPUS = "sanad-khaleej"
WORDS = Block("words", "word", 1, 2, sublinear=True)
MIN_DF = 5
TEST_SHARE = 0.1
EPOCHS = 10
LEARNING_RATE = 0.5  # at its default of 0.1 fastText is far from done after so many
MOST_ROUNDS = 3  # scikit-learn and fastText take minutes each

Articles = Sequence[Article]
# From articles to train on and to test on, to the labels given to the latter.
Job = Callable[[Articles, Articles], Sequence[str]]


def training_rows(watch: Stopwatch) -> list[Row]:
    """Read, split, vectorise, fit and score sanad-khaleej (about 41,000 articles to train on), on one thread each.

    All three read and split alike. scikit-learn has the same features and its own LinearSVC; fastText has word
    bigrams, 10 epochs, and gets its text normalised before, for free.

    Raises
    ------
    CorpusError
        The corpus is not on this machine.
    """
    normalised = {article.id: " ".join(tokens(article.text)) for article in _articles()}
    jobs: dict[str, Job] = {"khabar": _khabar, "scikit-learn": _scikit_learn}
    if _has_fasttext():
        jobs["fastText"] = lambda train, test: _fasttext(train, test, normalised)
    right: dict[str, float] = {}

    def whole(name: str) -> None:
        train, test = _split(_articles())
        given = jobs[name](train, test)
        right[name] = float(np.mean([a == b.labels[0] for a, b in zip(given, test, strict=True)]))

    rounds = Stopwatch(min(watch.repeat, MOST_ROUNDS))
    seconds = dict(zip(jobs, rounds.seconds(*(lambda name=name: whole(name) for name in jobs)), strict=True))
    ours = seconds["khabar"]
    what = f"training on {CORPUS}, read to score"
    return [
        figure(f"{what}: khabar", ours, "s"),
        *(figure(f"{what}: times {name}", seconds[name] / ours, "x") for name in jobs if name != "khabar"),
        *(Row(f"  accuracy: {name}", right[name], "", right[name], right[name]) for name in jobs),
    ]


def _articles() -> list[Article]:
    return corpora.read(CORPUS)


def _split(articles: Articles) -> tuple[list[Article], list[Article]]:
    """Part them 90 to 10, sections alike, texts that stand twice only once."""
    once = list({article.text: article for article in articles}.values())
    split = splits.stratified(once, [article.labels[0] for article in once], test_share=TEST_SHARE, seed=0)
    train, test = splits.positions(once, split.parts[0])
    return [once[at] for at in train], [once[at] for at in test]


def _khabar(train: Articles, test: Articles) -> Sequence[str]:
    vectorizer = KhabarVectorizer(ngram_range=(WORDS.min_n, WORDS.max_n), min_df=MIN_DF, sublinear_tf=WORDS.sublinear)
    rows = vectorizer.fit_transform([article.text for article in train])
    labels, target = np.unique([article.labels[0] for article in train], return_inverse=True)
    coefficients, intercepts = fit_softmax(rows, target, np.ones(len(target)), "squared_hinge", 1.0, 0)
    scores = vectorizer.transform([article.text for article in test]) @ coefficients.T + intercepts
    return list(labels[scores.argmax(axis=1)])


def _scikit_learn(train: Articles, test: Articles) -> Sequence[str]:
    vectorizer = reference_vectorizer(WORDS, min_df=MIN_DF)
    rows = vectorizer.fit_transform([article.text for article in train])
    machine = LinearSVC(C=1.0, random_state=0).fit(rows, [article.labels[0] for article in train])
    return list(machine.predict(vectorizer.transform([article.text for article in test])))


def _has_fasttext() -> bool:
    try:
        import fasttext  # noqa: F401
    except ImportError:
        return False
    return True


def _fasttext(train: Articles, test: Articles, normalised: dict[str, str]) -> Sequence[str]:
    import fasttext

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        # Section after section, as the corpus has them, it would forget the first ones.
        mixed = random.Random(0).sample(train, len(train))
        with path.open("w", encoding="utf-8") as lines:
            lines.writelines(f"__label__{article.labels[0]} {normalised[article.id]}\n" for article in mixed)
        model = fasttext.train_supervised(str(path), epoch=EPOCHS, lr=LEARNING_RATE, wordNgrams=2, thread=1, verbose=0)
    # The Python wrapper of fastText does not work with numpy 2; what it wraps does, given whole lines.
    given, _ = model.f.multilinePredict([f"{normalised[article.id]}\n" for article in test], 1, 0.0, "strict")
    return [labels[0].removeprefix("__label__") for labels in given]
