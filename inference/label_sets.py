"""Which labels an article may have: sets that hold the true one in a stated share of articles.

Split conformal prediction by least ambiguous sets (Sadinle, Lei, Wasserman 2019, "Least Ambiguous Set-Valued
Classifiers with Bounded Error Levels"). The thresholds are in the model, see `khabar.training.conformal`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from khabar.inference.columns import TagColumns
from khabar.inference.model import Model


@dataclass(frozen=True, slots=True)
class LabelSets:
    """The labels that an article may have.

    Attributes
    ----------
    sector, tone : tuple of str
        By falling probability, the tag itself first. One label: the model is sure; several: any of them.
        Empty if there are no tags, with the reason in `error`.
    error : str or None
        Why there are no tags.
    """

    sector: tuple[str, ...]
    tone: tuple[str, ...]
    error: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the sets as JSON values."""
        return {"sector": list(self.sector), "tone": list(self.tone), "error": self.error}


def label_sets(columns: TagColumns, model: Model, coverage: float) -> list[LabelSets]:
    """Give the sets of tagged articles.

    Parameters
    ----------
    columns : TagColumns
    model : Model
        What gave them.
    coverage : float
        One that the model has thresholds for: .8, .9 or .95.

    Returns
    -------
    list of LabelSets
        One an article.

    Raises
    ------
    InputError
        The model has no thresholds for this coverage.
    """
    sector, tone = set_thresholds(model, coverage)
    return [
        LabelSets(_likely(columns.sector_labels, p, sector), _likely(columns.tone_labels, q, tone), error)
        for p, q, error in zip(columns.sector_scores, columns.tone_scores, columns.error, strict=True)
    ]


def set_thresholds(model: Model, coverage: float) -> tuple[float, float]:
    """Give the probabilities that labels of a set reach, of sector and tone; `InputError` if they are not stored."""
    return model.head("sector").set_threshold(coverage), model.head("tone").set_threshold(coverage)


def _likely(labels: Sequence[str], probability: Sequence[float], threshold: float) -> tuple[str, ...]:
    order = sorted(range(len(probability)), key=lambda at: -probability[at])  # stable, as the tag is
    return tuple(labels[at] for rank, at in enumerate(order) if rank == 0 or probability[at] >= threshold)
