"""The figures of tags measured on labelled articles: of a label, of a head, of all heads; and their names."""

from dataclasses import asdict, dataclass, field
from typing import Any

from khabar.training.bootstrap import Interval


@dataclass(frozen=True)
class LabelFigures:
    """Precision, recall and F1 of a label, and how many articles have it."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Reliability:
    """Of ten bins of equal width: mean top probability, share right, and number of articles."""

    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]
    count: tuple[int, ...]


@dataclass(frozen=True)
class SingleLabel:
    """Figures of a head that gives one label, over the articles whose label is known.

    Attributes
    ----------
    articles : int
    accuracy, macro_f1 : float
        Macro over the labels that occur, in truth or in tags.
    calibration_error : float
        Expected calibration error of the top probability.
    accuracy_at_80 : float
        Of the 80 % of articles with the highest top probability.
    abstained : float
        The share of articles that the model is not sure of.
    accuracy_when_sure : float
        Of the others; 0 if there are none.
    labels : tuple of LabelFigures
    confusion : tuple of tuple of int
        Rows are true labels, columns tags, in the order of `labels`; articles without tags are in no column.
    reliability : Reliability
    coverage : tuple of (coverage, accuracy)
    """

    articles: int
    accuracy: float
    macro_f1: float
    calibration_error: float
    accuracy_at_80: float
    abstained: float
    accuracy_when_sure: float
    labels: tuple[LabelFigures, ...]
    confusion: tuple[tuple[int, ...], ...]
    reliability: Reliability
    coverage: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class MultiLabel:
    """Figures of the sets of sectors, over the articles of which something is known.

    Attributes
    ----------
    micro_f1, micro_precision, micro_recall : float
        Over all pairs of article and sector that are asserted or denied. A sector that one of two readers saw, and
        the other not, is unknown, and so neither right nor wrong.
    micro_f1_strict : float
        With every sector that is not asserted taken as denied.
    macro_f1 : float
        Over the sectors that occur, in truth or in tags.
    """

    articles: int
    micro_f1: float
    micro_precision: float
    micro_recall: float
    micro_f1_strict: float
    macro_f1: float
    labels: tuple[LabelFigures, ...]


@dataclass(frozen=True)
class Report:
    """Figures of one set of articles; None where no label of a head is known.

    Attributes
    ----------
    articles, untagged : int
        How many there were, and how many of them got no tags.
    in_readers_set : float or None
        The share whose main sector is none that is known not to hold.
    stance : SingleLabel or None
        Towards the target that each article is labelled with; one that it does not name is not tagged.
    target_named : float or None
        The share of the articles with a stance that name its target.
    intervals : dict of str to Interval
        Of the main figures, by their names in `metrics`.
    """

    articles: int
    untagged: int
    sector: SingleLabel | None
    in_readers_set: float | None
    sectors: MultiLabel | None
    tone: SingleLabel | None
    stance: SingleLabel | None = None
    target_named: float | None = None
    intervals: dict[str, Interval] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Give the report as JSON values."""
        return asdict(self)

    def metrics(self) -> dict[str, float]:
        """Give every single figure under a dotted name, such as `tone.macro_f1` and `sectors.f1.health`."""
        flat: dict[str, float] = {"articles": self.articles, "untagged": self.untagged}
        if self.in_readers_set is not None:
            flat["sector.in_readers_set"] = self.in_readers_set
        if self.target_named is not None:
            flat["stance.target_named"] = self.target_named
        for name in ("sector", "sectors", "tone", "stance"):
            figures = getattr(self, name)
            if figures is None:
                continue
            values = {key: value for key, value in vars(figures).items() if isinstance(value, int | float)}
            flat |= {f"{name}.{key}": float(value) for key, value in values.items()}
            for label in figures.labels:
                for key in ("precision", "recall", "f1", "support"):
                    flat[f"{name}.{key}.{label.label}"] = float(getattr(label, key))
        return flat
