"""How good tags are: figures of a predictor's output on labelled articles, where an unknown label counts neither way.

What is measured is what `Predictor` gives: probabilities rounded, at most four sectors, the main one among them. An
article that gets no tags counts as wrong, and as one the model abstains on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from khabar.datasets.article import Article
from khabar.datasets.sectors import STANCES
from khabar.inference.columns import TagColumns
from khabar.inference.model import Model
from khabar.inference.predictor import Predictor
from khabar.inference.stance import NOT_NAMED
from khabar.inference.tags import Stance
from khabar.training.figures import LabelFigures, MultiLabel, Reliability, Report, SingleLabel
from khabar.training.metrics import BINS, COVERAGE, FloatArray, IntArray
from khabar.training.tag_intervals import report_intervals
from khabar.training.targets import UNKNOWN, main_targets, sector_matrix, stance_targets, tone_targets

COVERAGES = tuple(round(0.05 * step, 2) for step in range(1, 21))


@dataclass(frozen=True, eq=False)
class Tagged:
    """Labelled articles with their tags.

    Attributes
    ----------
    columns : TagColumns
        One row an article.
    articles : list of Article
    stances : list of Stance or None
        Towards the target that each article is labelled with; None from a model that knows none.
    """

    columns: TagColumns
    articles: list[Article]
    stances: list[Stance] | None


def evaluate(model: Model | Predictor, articles: Sequence[Article]) -> Report:
    """Tag labelled articles and measure the tags."""
    predictor = model if isinstance(model, Predictor) else Predictor(model)
    tagged = tag_labelled(predictor, articles)
    return measure(tagged.columns, tagged.articles, tagged.stances)


def tag_labelled(predictor: Predictor, articles: Sequence[Article]) -> Tagged:
    """Tag labelled articles, and give their stances."""
    return Tagged(tag(predictor, articles), list(articles), labelled_stances(predictor, articles))


def tag(predictor: Predictor, articles: Sequence[Article]) -> TagColumns:
    """Tag articles, on one thread."""
    return predictor.tag_columns([a.text for a in articles], [a.title for a in articles], threads=1)


def labelled_stances(predictor: Predictor, articles: Sequence[Article]) -> list[Stance] | None:
    """Give the stance towards the target that each article is labelled with; None from a model that knows none."""
    if not predictor.stances:
        return None
    targets = [article.target if article.stance else None for article in articles]
    return predictor.stance_many([a.text for a in articles], targets, [a.title for a in articles], threads=1)


def measure(
    columns: TagColumns,
    articles: Sequence[Article],
    stances: Sequence[Stance] | None = None,
    *,
    intervals: bool = True,
) -> Report:
    """Measure tags, and stances if there are any, one an article; intervals take most of the time."""
    matrix = sector_matrix(articles, columns.sector_labels)
    labels = {label: at for at, label in enumerate(columns.sector_labels)}
    tagged = np.zeros(matrix.shape, dtype=bool)
    for row, sectors in enumerate(columns.sectors):
        tagged[row, [labels[sector] for sector in sectors]] = True
    sure = [np.array([name not in a for a in columns.abstained], dtype=bool) for name in ("sector", "tone")]
    main = main_targets(articles, columns.sector_labels)
    return Report(
        articles=len(articles),
        untagged=sum(sector is None for sector in columns.sector),
        sector=_single(main, columns.sector, columns.sector_scores, sure[0], columns.sector_labels),
        in_readers_set=_in_readers_set(columns.sector, matrix, labels),
        sectors=_multi(matrix, tagged, columns.sector_labels),
        tone=_single(tone_targets(articles), columns.tone, columns.tone_scores, sure[1], columns.tone_labels),
        stance=None if stances is None else _stance(stances, articles),
        target_named=None if stances is None else _target_named(stances, articles),
        intervals=report_intervals(columns, articles, stances) if intervals else {},
    )


def _stance(stances: Sequence[Stance], articles: Sequence[Article]) -> SingleLabel | None:
    scores = [list(stance.scores.values()) for stance in stances]
    sure = np.array([not stance.abstained for stance in stances], dtype=bool)
    return _single(stance_targets(articles), [stance.label for stance in stances], scores, sure, STANCES)


def _target_named(stances: Sequence[Stance], articles: Sequence[Article]) -> float | None:
    named = [stance.error != NOT_NAMED for stance, article in zip(stances, articles, strict=True) if article.stance]
    return float(np.mean(named)) if named else None


def _in_readers_set(tags: Sequence[str | None], matrix: npt.NDArray[np.int8], labels: dict[str, int]) -> float | None:
    rows = (matrix == 1).any(axis=1)
    holds = [tag is not None and bool(known[labels[tag]] != 0) for tag, known in zip(tags, matrix, strict=True)]
    return float(np.array(holds)[rows].mean()) if rows.any() else None


def _single(
    target: IntArray,
    tags: Sequence[str | None],
    scores: Sequence[Sequence[float]],
    sure: npt.NDArray[np.bool_],
    labels: tuple[str, ...],
) -> SingleLabel | None:
    rows = np.flatnonzero(target != UNKNOWN).tolist()
    if not rows:
        return None
    target, k = target[rows], len(labels)
    at = {label: position for position, label in enumerate(labels)}
    tag = np.array([at.get(tags[row] or "", UNKNOWN) for row in rows])
    top = np.array([max(scores[row], default=0.0) for row in rows])
    sure = sure[rows] & (tag != UNKNOWN)
    right = tag == target
    confusion = np.zeros((k, k), dtype=np.intp)
    np.add.at(confusion, (target[tag != UNKNOWN], tag[tag != UNKNOWN]), 1)
    figures = _figures(labels, confusion.diagonal(), confusion.sum(axis=0), np.bincount(target, minlength=k))
    reliability, error = calibration(top, right)
    coverage = coverage_curve(top, right)
    return SingleLabel(
        articles=len(rows),
        accuracy=float(right.mean()),
        macro_f1=_macro(figures, confusion.sum(axis=0)),
        calibration_error=error,
        accuracy_at_80=dict(coverage)[COVERAGE],
        abstained=float(1 - sure.mean()),
        accuracy_when_sure=float(right[sure].mean()) if sure.any() else 0.0,
        labels=figures,
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        reliability=reliability,
        coverage=coverage,
    )


def _multi(matrix: npt.NDArray[np.int8], tagged: npt.NDArray[np.bool_], labels: tuple[str, ...]) -> MultiLabel | None:
    known = (matrix != UNKNOWN).any(axis=1)
    if not known.any():
        return None
    matrix, tagged = matrix[known], tagged[known]
    holds = matrix == 1
    right = (tagged & holds).sum(axis=0)
    wrong = (tagged & (matrix == 0)).sum(axis=0)
    support = holds.sum(axis=0)
    figures = _figures(labels, right, right + wrong, support)
    hits, chosen, true = int(right.sum()), int((right + wrong).sum()), int(support.sum())
    return MultiLabel(
        articles=len(matrix),
        micro_f1=_share(2 * hits, chosen + true),
        micro_precision=_share(hits, chosen),
        micro_recall=_share(hits, true),
        micro_f1_strict=_share(2 * hits, int(tagged.sum()) + true),
        macro_f1=_macro(figures, right + wrong),
        labels=figures,
    )


def calibration(top: FloatArray, right: npt.NDArray[np.bool_]) -> tuple[Reliability, float]:
    """Compare top probabilities with the share of tags that are right; give the bins and their expected error."""
    bins = np.minimum((top * BINS).astype(np.intp), BINS - 1)
    count = np.bincount(bins, minlength=BINS)
    divisor = np.maximum(count, 1)
    confidence = np.bincount(bins, weights=top, minlength=BINS) / divisor
    accuracy = np.bincount(bins, weights=right, minlength=BINS) / divisor
    error = float(np.abs(confidence - accuracy) @ count / max(len(top), 1))
    return Reliability(tuple(confidence.tolist()), tuple(accuracy.tolist()), tuple(count.tolist())), error


def coverage_curve(top: FloatArray, right: npt.NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    """Give the accuracy of the articles of the highest top probability, for shares of them from 5 to 100 %."""
    ordered = np.cumsum(right[np.argsort(-top, kind="stable")])
    counts = [max(1, round(coverage * len(top))) for coverage in COVERAGES]
    return tuple((coverage, float(ordered[n - 1] / n)) for coverage, n in zip(COVERAGES, counts, strict=True))


def _figures(labels: tuple[str, ...], right: IntArray, tagged: IntArray, support: IntArray) -> tuple[LabelFigures, ...]:
    return tuple(
        LabelFigures(label, _share(r, t), _share(r, s), _share(2 * r, t + s), s)
        for label, r, t, s in zip(labels, right.tolist(), tagged.tolist(), support.tolist(), strict=True)
    )


def _macro(figures: tuple[LabelFigures, ...], tagged: IntArray) -> float:
    occur = [figure.f1 for figure, n in zip(figures, tagged.tolist(), strict=True) if figure.support or n]
    return float(np.mean(occur))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
