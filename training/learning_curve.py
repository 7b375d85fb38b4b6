"""Whether more labels, or other features, would make a model better: figures by the share of labels fitted on."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from scipy.stats import t

from khabar.datasets.article import Article
from khabar.inference.errors import ConfigError
from khabar.training.config import TrainConfig
from khabar.training.curve_points import Point, curve_points
from khabar.training.events import Note, Report, unheard
from khabar.training.fold_figures import FIGURES
from khabar.training.folds import Fold, make_folds
from khabar.training.metrics import FloatArray

SHARES = (0.0625, 0.125, 0.25, 0.5, 1.0)
# Curves bend, so that what the last labels gave tells most of what the next will.
LAST = 0.5  # of the largest share, from which on points tell the gain: the last doubling
CONFIDENCE = 0.95  # one-sided, by Student's t over the folds
WORTHWHILE = 0.005  # of a figure per doubling: for less, nobody labels as much again
FLAT = 0.015  # what the gain of a flat curve is surely below; five folds seldom tell a smaller one from none
# Of all mistakes on articles held out, those that the heads do not make on the articles they were fitted on. From
# half on, what was learnt does not carry over; below, the features do not tell the labels apart in the first place.
OVERFITTED = 0.5

MORE_LABELS = "more labels would help"
OTHER_FEATURES = "other features would help"
OVERFITS = "overfits: fewer features, stronger regularisation, or labels from other outlets"
UNDECIDED = "undecided"


@dataclass(frozen=True)
class FigureCurve:
    """A figure by the share of labels; every list has one value a share.

    Attributes
    ----------
    held_out, held_out_se : list of float
        Of articles that the heads did not see: mean over folds, and its standard error, see `standard_error`.
    held_out_folds : list of list of float
        The same, one list a fold.
    fitted : list of float
        Of the articles that the heads were fitted on.
    gap : float
        At the largest share: what is better on articles fitted on than on others.
    gain_per_doubling, gain_se : float
        How much the figure rises with twice the labels, by the last doubling: the mean slope of the folds over log2
        of the labels, and its standard error. The next doubling may well give less.
    verdict : str
        What would help.
    """

    held_out: list[float]
    held_out_se: list[float]
    held_out_folds: list[list[float]]
    fitted: list[float]
    gap: float
    gain_per_doubling: float
    gain_se: float
    verdict: str


@dataclass(frozen=True)
class LearningCurve:
    """What heads fitted on growing shares of the labels are worth.

    Attributes
    ----------
    shares : list of float
        Ascending.
    articles : list of int
        How many articles a share is, mean over folds.
    heads : dict of str to FigureCurve
        By figure, those of `khabar.training.fold_figures` that are known in every fold.
    """

    shares: list[float]
    articles: list[int]
    heads: dict[str, FigureCurve]

    def to_dict(self) -> dict[str, Any]:
        """Give the curve as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "LearningCurve":
        """Give back what `to_dict` gave."""
        heads = {name: FigureCurve(**head) for name, head in values["heads"].items()}
        return cls(list(values["shares"]), list(values["articles"]), heads)


def learning_curve(
    config: TrainConfig,
    articles: Sequence[Article],
    unlabelled: Sequence[Article] = (),
    shares: Sequence[float] = SHARES,
    *,
    folds: Sequence[Fold] | None = None,
    jobs: int = 1,
    cache: Path | None = None,
    report: Report = unheard,
) -> LearningCurve:
    """Fit the heads on growing shares of the labelled articles, and measure them fold by fold.

    Vocabularies, document frequencies and spaces are those of all articles that a fold is fitted on: the curve says
    what labels give, not what words give. Settings are the config's at every share. Stances are fitted apart from the
    heads and are not in it.

    Parameters
    ----------
    config : TrainConfig
    articles : sequence of Article
    unlabelled : sequence of Article
    shares : sequence of float
        Of each fold's articles, above 0 and at most 1, best halves of one another up to 1; which articles they are
        says `khabar.training.curve_points.nested_places`.
    folds : sequence of Fold, optional
        By default, those of the config.
    jobs : int
        Processes; the result does not depend on it.
    cache : Path, optional
        A folder where vectorised folds are kept between runs; by default, for this call only.
    report : callable
        Told what is done, fold by fold.

    Raises
    ------
    ConfigError
        Shares are fewer than two or not shares, or one leaves a fold without a label to fit on.
    """
    shares = _checked(shares)
    folds = make_folds(config, articles) if folds is None else folds
    points: list[list[Point]] = []
    with TemporaryDirectory(prefix="khabar-curve-") as folder:
        for found in curve_points(config, articles, unlabelled, folds, shares, cache or Path(folder), jobs):
            points.append(found)
            report(Note(f"learning curve: fold {len(points)} of {len(folds)}"))
    return curve_of(shares, points)


def curve_of(shares: Sequence[float], points: Sequence[Sequence[Point]]) -> LearningCurve:
    """Read the points of a learning curve, one list a fold with one point a share."""
    every = [point for fold in points for point in fold]
    names = [name for name in FIGURES if all(name in point.held_out and name in point.fitted for point in every)]
    sizes = np.array([[point.articles for point in fold] for fold in points]).mean(axis=0)
    heads = {
        name: _figure_curve(
            np.array(shares),
            np.array([[point.held_out[name] for point in fold] for fold in points]),
            np.array([[point.fitted[name] for point in fold] for fold in points]).mean(axis=0),
        )
        for name in names
    }
    return LearningCurve(list(shares), [round(size) for size in sizes.tolist()], heads)


def verdict(gain: float, gain_se: float, folds: int, held_out: float, fitted: float) -> str:
    """Say what would help, by the gain per doubling of the labels and by what is fitted at all.

    Parameters
    ----------
    gain, gain_se : float
        With its standard error, see `standard_error`.
    folds : int
    held_out, fitted : float
        The figure, with all labels, of articles not seen and of those fitted on.

    Examples
    --------
    >>> verdict(0.03, 0.004, 5, held_out=0.75, fitted=0.99)
    'more labels would help'
    >>> verdict(0.001, 0.002, 5, held_out=0.75, fitted=0.8)
    'other features would help'
    """
    margin = float(t.ppf(CONFIDENCE, folds - 1)) * gain_se
    if gain >= WORTHWHILE and gain - margin > 0:
        return MORE_LABELS
    if gain + margin >= FLAT:
        return UNDECIDED
    return OVERFITS if fitted - held_out >= OVERFITTED * (1 - held_out) else OTHER_FEATURES


def standard_error(folds: FloatArray) -> FloatArray:
    """Give the standard error of the mean over folds, the first axis.

    Folds share most of the articles that they are fitted on, so that they vary less than as many samples would; the
    variance is corrected for it (C. Nadeau, Y. Bengio, Inference for the Generalization Error, 2003).
    """
    n = len(folds)
    return np.asarray(folds.std(axis=0, ddof=1) * np.sqrt(1 / n + 1 / (n - 1)))


def _figure_curve(shares: FloatArray, held_out: FloatArray, fitted: FloatArray) -> FigureCurve:
    """Read a figure of shape (folds, shares) of articles held out, and of shape (shares,) of those fitted on."""
    folds = len(held_out)
    mean = held_out.mean(axis=0)
    last = np.arange(len(shares)) >= min(int(np.searchsorted(shares, LAST * shares[-1])), len(shares) - 2)
    slopes = np.polyfit(np.log2(shares[last]), held_out[:, last].T, 1)[0]
    gain, gain_se = float(slopes.mean()), float(standard_error(slopes))
    return FigureCurve(
        held_out=mean.tolist(),
        held_out_se=standard_error(held_out).tolist(),
        held_out_folds=held_out.tolist(),
        fitted=fitted.tolist(),
        gap=float(fitted[-1] - mean[-1]),
        gain_per_doubling=gain,
        gain_se=gain_se,
        verdict=verdict(gain, gain_se, folds, float(mean[-1]), float(fitted[-1])),
    )


def _checked(shares: Sequence[float]) -> list[float]:
    chosen = sorted(set(shares))
    if len(chosen) < 2 or chosen[0] <= 0 or chosen[-1] > 1:
        found = ", ".join(f"{share:g}" for share in shares) or "none"
        raise ConfigError(
            f"found the shares {found} of a learning curve, expected two or more above 0 and at most 1, such as "
            f"{', '.join(f'{share:g}' for share in SHARES)}"
        )
    return chosen
