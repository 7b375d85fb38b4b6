"""How far the figures of a report may lie from what other articles would give, and whether two models differ.

Articles are drawn with replacement. A draw is a row of weights, how often each article was drawn, and every figure is
computed from weighted sums, so a thousand draws are a few matrix products.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from khabar.datasets.article import Article
from khabar.datasets.sectors import STANCES
from khabar.inference.columns import TagColumns
from khabar.inference.tags import Stance
from khabar.training.bootstrap import SEED, Difference, Interval, difference_of, interval_of
from khabar.training.metrics import BINS, COVERAGE, FloatArray, IntArray
from khabar.training.targets import UNKNOWN, main_targets, sector_matrix, stance_targets, tone_targets

DRAWS = 1000
WEIGHTS_AT_ONCE = 250_000  # draws times articles: 2 MB, which stay in the processor's cache

# From weights of shape (draws, n) to figures of shape (draws,), by their names in `Report.metrics`.
Figures = Callable[[FloatArray], dict[str, FloatArray]]
Stances = Sequence[Stance] | None


def report_intervals(columns: TagColumns, articles: Sequence[Article], stances: Stances = None) -> dict[str, Interval]:
    """Give the intervals of the main figures of `khabar.training.evaluate.measure`.

    Parameters
    ----------
    columns : TagColumns
    articles : sequence of Article
        One a row.
    stances : sequence of Stance, optional
        One a row.

    Returns
    -------
    dict of str to Interval
        By the names of `Report.metrics`: `sector.accuracy`, `sector.in_readers_set`, `sectors.micro_f1`,
        `tone.macro_f1` and so on; figures of which no label is known are left out.
    """
    figures = _figures(columns, articles, stances)
    values, draws = _measured(figures, len(articles)), _drawn(figures, len(articles))
    return {name: interval_of(value, draws[name]) for name, value in values.items()}


def paired(
    one: TagColumns, two: TagColumns, articles: Sequence[Article], stances: tuple[Stances, Stances] = (None, None)
) -> dict[str, Difference]:
    """Compare the tags of two models on the same articles, each figure of the first less that of the second.

    What only one of the two models says is not compared.

    Raises
    ------
    ValueError
        The two have other numbers of rows.
    """
    if not len(one) == len(two) == len(articles):
        raise ValueError(
            f"found {len(one)} and {len(two)} rows of tags for {len(articles)} articles, expected one each"
        )
    n = len(articles)
    both = stances if None not in stances else (None, None)
    first, second = _figures(one, articles, both[0]), _figures(two, articles, both[1])
    values, others = _measured(first, n), _measured(second, n)
    draws, other_draws = _drawn(first, n), _drawn(second, n)
    return {
        name: difference_of(value - others[name], draws[name] - other_draws[name]) for name, value in values.items()
    }


def _measured(figures: Figures, n: int) -> dict[str, float]:
    return {name: float(values[0]) for name, values in figures(np.ones((1, n))).items()} if n else {}


def _drawn(figures: Figures, n: int) -> dict[str, FloatArray]:
    parts = [figures(weights) for weights in _weights(n)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if n else {}


def _weights(n: int) -> Iterator[FloatArray]:
    """Give the weights of all draws, some draws at a time; the same ones whenever n is the same."""
    random = np.random.default_rng(SEED)
    at_once = max(1, WEIGHTS_AT_ONCE // max(n, 1))
    for first in range(0, DRAWS if n else 0, at_once):
        draws = min(at_once, DRAWS - first)
        drawn = random.integers(n, size=(draws, n)) + n * np.arange(draws)[:, None]
        yield np.bincount(drawn.reshape(-1), minlength=draws * n).reshape(draws, n).astype(np.float64)


def _figures(columns: TagColumns, articles: Sequence[Article], stances: Stances) -> Figures:
    sectors, tones = columns.sector_labels, columns.tone_labels
    matrix = sector_matrix(articles, sectors)
    parts = [
        _single("sector", main_targets(articles, sectors), columns.sector, columns.sector_scores, sectors),
        _in_readers_set(columns, matrix),
        _multi(columns, matrix),
        _single("tone", tone_targets(articles), columns.tone, columns.tone_scores, tones),
    ]
    if stances is not None:
        said, scores = [stance.label for stance in stances], [list(stance.scores.values()) for stance in stances]
        parts.append(_single("stance", stance_targets(articles), said, scores, STANCES))
    return lambda weights: {name: values for part in parts for name, values in part(weights).items()}


def _single(
    name: str,
    target: IntArray,
    tags: Sequence[str | None],
    scores: Sequence[Sequence[float]],
    labels: tuple[str, ...],
) -> Figures:
    known = np.flatnonzero(target != UNKNOWN)
    if not len(known):
        return lambda _: {}
    k, at = len(labels), {label: position for position, label in enumerate(labels)}
    truth = target[known]
    tag = np.array([at.get(tags[row] or "", k) for row in known.tolist()])  # k: no tag
    top = np.array([max(scores[row], default=0.0) for row in known.tolist()])
    right = (tag == truth).astype(np.float64)
    surest = np.argsort(-top, kind="stable")
    cells = _indicator(truth * (k + 1) + tag, k * (k + 1))
    bins = _indicator(np.minimum((top * BINS).astype(np.intp), BINS - 1), BINS)

    def figures(weights: FloatArray) -> dict[str, FloatArray]:
        weights = weights[:, known]
        total = np.maximum(weights.sum(axis=1), 1)
        counts = np.asarray(weights @ cells).reshape(-1, k, k + 1)
        of_labels = np.diagonal(counts, axis1=1, axis2=2), counts.sum(axis=1)[:, :k], counts.sum(axis=2)
        wanted = np.maximum(1, np.round(COVERAGE * total))
        taken = np.minimum(np.cumsum(weights[:, surest], axis=1), wanted[:, None])
        gap = np.abs((weights * (top - right)) @ bins)
        return {
            f"{name}.accuracy": weights @ right / total,
            f"{name}.macro_f1": _macro_f1(*of_labels),
            f"{name}.accuracy_at_80": np.diff(taken, axis=1, prepend=0) @ right[surest] / wanted,
            f"{name}.calibration_error": gap.sum(axis=1) / total,
            **_f1_by_label(name, labels, *of_labels),
        }

    return figures


def _in_readers_set(columns: TagColumns, matrix: npt.NDArray[np.int8]) -> Figures:
    rows = (matrix == 1).any(axis=1)
    if not rows.any():
        return lambda _: {}
    at = {label: position for position, label in enumerate(columns.sector_labels)}
    tags = zip(columns.sector, matrix, strict=True)
    holds = np.array([tag is not None and bool(known[at[tag]] != 0) for tag, known in tags])
    inside, counted = (rows & holds).astype(np.float64), rows.astype(np.float64)
    return lambda weights: {"sector.in_readers_set": weights @ inside / np.maximum(weights @ counted, 1)}


def _multi(columns: TagColumns, matrix: npt.NDArray[np.int8]) -> Figures:
    if not (matrix != UNKNOWN).any():
        return lambda _: {}
    at = {label: position for position, label in enumerate(columns.sector_labels)}
    tagged = np.zeros(matrix.shape, dtype=bool)
    for row, sectors in enumerate(columns.sectors):
        tagged[row, [at[sector] for sector in sectors]] = True
    # By article, side by side: tagged rightly, tagged where it is known, holds.
    parts = (tagged & (matrix == 1), tagged & (matrix != UNKNOWN), matrix == 1)
    by_label = csr_matrix(np.hstack(parts).astype(np.float64))

    def figures(weights: FloatArray) -> dict[str, FloatArray]:
        right, chosen, true = np.split(np.asarray(weights @ by_label), 3, axis=1)
        both = chosen.sum(axis=1) + true.sum(axis=1)
        return {
            "sectors.micro_f1": 2 * right.sum(axis=1) / np.maximum(both, 1),
            "sectors.macro_f1": _macro_f1(right, chosen, true),
            **_f1_by_label("sectors", columns.sector_labels, right, chosen, true),
        }

    return figures


def _macro_f1(right: FloatArray, chosen: FloatArray, true: FloatArray) -> FloatArray:
    both = chosen + true
    f1 = 2 * right / np.maximum(both, 1)
    return np.asarray(f1.sum(axis=1) / np.maximum((both > 0).sum(axis=1), 1))


def _f1_by_label(
    name: str, labels: Sequence[str], right: FloatArray, chosen: FloatArray, true: FloatArray
) -> dict[str, FloatArray]:
    f1 = 2 * right / np.maximum(chosen + true, 1)
    return {f"{name}.f1.{label}": column for label, column in zip(labels, f1.T, strict=True)}


def _indicator(columns: IntArray, width: int) -> csr_matrix:
    n = len(columns)
    return csr_matrix((np.ones(n), (np.arange(n), columns)), shape=(n, width))
