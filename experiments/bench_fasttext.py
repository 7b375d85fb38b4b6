"""fastText's predict on the articles of the benchmark, where the extra `bench` is installed."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from khabar.experiments.stopwatch import Row, Stopwatch, figure
from khabar.inference._kernel import Scorer
from khabar.training.reference import tokens


def fasttext_rows(
    documents: Sequence[tuple[str | None, str]], megabytes: float, watch: Stopwatch, scorer: Scorer
) -> list[Row]:
    """Compare scoring with fastText (word bigrams, 17 labels) on normalised text, which it gets for free.

    Its labels are arbitrary: speed does not depend on them. Empty where fasttext is not installed.
    """
    try:
        import fasttext
    except ImportError:
        return []
    texts = [text for _, text in documents]
    lines = [" ".join(tokens(text)) for text in texts]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        path.write_text("".join(f"__label__{at % 17} {line}\n" for at, line in enumerate(lines)), encoding="utf-8")
        model = fasttext.train_supervised(str(path), epoch=1, wordNgrams=2, dim=50, verbose=0, thread=1)
    # The Python wrapper of fastText does not work with numpy 2; what it wraps does.
    ours, theirs = watch.seconds(lambda: scorer.score(texts), lambda: model.f.multilinePredict(lines, 1, 0.0, "strict"))
    return [
        figure("fastText's predict, text normalised before", megabytes / theirs, "MB/s"),
        figure("scoring sector and tone, word 1-2: times fastText", theirs / ours, "x"),
    ]
