"""How far tags move when articles are written otherwise, cut or damaged; on labelled articles, what that costs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from khabar.datasets.article import Article
from khabar.inference.columns import TagColumns
from khabar.inference.predictor import Predictor
from khabar.training.breakdown import rows_of
from khabar.training.evaluate import measure
from khabar.training.job import OUT_OF_FOLD, JobResult
from khabar.training.perturbations import PERTURBATIONS, Perturbation

# Where the labels of a head are known, what says how good it is.
FIGURES = ("sector.accuracy", "sectors.micro_f1", "tone.macro_f1")


@dataclass(frozen=True)
class Movement:
    """How far one perturbation moves the tags of the articles that it changes.

    Attributes
    ----------
    name, what : str
    undone : bool
        Whether the normaliser is meant to undo it.
    articles : int
        Those that it changes; all figures are of them.
    sector, sectors, tone : float
        The share whose main sector, set of sectors or tone is another one, or gone.
    sector_confidence, tone_confidence : float
        Mean change of the top probability; of an article without tags it is 0.
    abstained : float
        How much the share grows that the model is not sure of, in sector or tone, or does not tag.
    before, after : dict of str to float
        Figures against the labels, by their names in `Report.metrics`; those of which no label is known are left out.
    """

    name: str
    what: str
    undone: bool
    articles: int
    sector: float
    sectors: float
    tone: float
    sector_confidence: float
    tone_confidence: float
    abstained: float
    before: dict[str, float]
    after: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Give the movement as JSON values."""
        return asdict(self)


def robustness(
    predictor: Predictor, articles: Sequence[Article], perturbations: Sequence[Perturbation] = PERTURBATIONS
) -> list[Movement]:
    """Tag articles as they are and perturbed, and compare.

    Parameters
    ----------
    predictor : Predictor
    articles : sequence of Article
        Labels are not needed; what is known of them is measured.
    perturbations : sequence of Perturbation

    Returns
    -------
    list of Movement
        One a perturbation that changes any article, in order.
    """
    found = []
    untouched = _tags(predictor, [(article.title, article.text) for article in articles])
    for perturbation in perturbations:
        documents = [perturbation.apply(article) for article in articles]
        rows = [
            at for at, (article, document) in enumerate(zip(articles, documents, strict=True))
            if document != (article.title, article.text)
        ]  # fmt: skip
        if rows:
            after = _tags(predictor, [documents[at] for at in rows])
            found.append(_movement(perturbation, [articles[at] for at in rows], rows_of(untouched, rows), after))
    return found


def movements_of(result: JobResult) -> dict[str, list[Movement]]:
    """Measure how far perturbations move the tags of a trained model, on each source that its job evaluated on."""
    predictor = Predictor(result.model)
    return {name: robustness(predictor, one.articles) for name, one in result.tagged.items() if name != OUT_OF_FOLD}


def _tags(predictor: Predictor, documents: Sequence[tuple[str | None, str]]) -> TagColumns:
    return predictor.tag_columns([text for _, text in documents], [title for title, _ in documents], threads=1)


def _movement(
    perturbation: Perturbation, articles: Sequence[Article], before: TagColumns, after: TagColumns
) -> Movement:
    return Movement(
        perturbation.name,
        perturbation.what,
        perturbation.undone,
        len(articles),
        sector=_differs(before.sector, after.sector),
        sectors=_differs([set(found) for found in before.sectors], [set(found) for found in after.sectors]),
        tone=_differs(before.tone, after.tone),
        sector_confidence=_mean_top(after.sector_scores) - _mean_top(before.sector_scores),
        tone_confidence=_mean_top(after.tone_scores) - _mean_top(before.tone_scores),
        abstained=_unsure(after) - _unsure(before),
        before=_figures(before, articles),
        after=_figures(after, articles),
    )


def _differs(before: Sequence[object], after: Sequence[object]) -> float:
    return float(np.mean([one != other for one, other in zip(before, after, strict=True)]))


def _mean_top(scores: Sequence[Sequence[float]]) -> float:
    return float(np.mean([max(row, default=0.0) for row in scores]))


def _unsure(columns: TagColumns) -> float:
    return float(
        np.mean([bool(a) or sector is None for a, sector in zip(columns.abstained, columns.sector, strict=True)])
    )


def _figures(columns: TagColumns, articles: Sequence[Article]) -> dict[str, float]:
    metrics = measure(columns, articles, intervals=False).metrics()
    return {name: metrics[name] for name in FIGURES if name in metrics}
