"""Whether a model scores its smoke articles as it did when it was trained: what every file is asked at load."""

from typing import TYPE_CHECKING, Any

from khabar.inference.errors import SmokeCheckError
from khabar.inference.stance_model import StanceModel, subject_of

if TYPE_CHECKING:
    from khabar.inference.model import Model

# Scores at load may differ from those in the file by the order of float32 additions, not by more.
SMOKE_TOLERANCE = 1e-3
# Scores may move by this much when weights are stored in float16: a hundredth of what changes a label's odds.
ROUNDING_TOLERANCE = 0.02


def scored_smoke(part: "Model | StanceModel") -> list[dict[str, Any]]:
    """Give the smoke articles with the scores that they get."""
    return [{**article, "scores": scores} for article, scores in zip(part.smoke, _scores(part), strict=True)]


def check_smoke(model: "Model", what: str, tolerance: float, advice: str) -> None:
    """Score the smoke articles, those with a target too, and compare.

    Raises
    ------
    SmokeCheckError
        A score is off by more than the tolerance, or there are more or fewer scores than expected.
    """
    parts = [("smoke article", model), ("stance smoke article", model.stance)]
    for kind, part in parts:
        if part is not None:
            _check(part, kind, what, tolerance, advice)


def _scores(part: "Model | StanceModel") -> list[list[float]]:
    if isinstance(part, StanceModel):
        subjects = [subject_of(part.table, a.get("title"), a["text"], a["target"]) for a in part.smoke]
        scores, _ = part.score(subjects)
    else:
        scores, _ = part.scorer.score([a["text"] for a in part.smoke], [a.get("title") for a in part.smoke])
    return [[float(s) for s in row] for row in scores]


def _check(part: "Model | StanceModel", kind: str, what: str, tolerance: float, advice: str) -> None:
    for number, (article, scores) in enumerate(zip(part.smoke, _scores(part), strict=True), 1):
        expected = article.get("scores")
        if expected is None:
            continue
        if len(expected) != len(scores):
            raise SmokeCheckError(
                f"{what} expects {len(expected)} scores of {kind} {number}; its heads give {len(scores)}. {advice}"
            )
        off = max(abs(a - b) for a, b in zip(expected, scores, strict=True))
        if not off <= tolerance:
            raise SmokeCheckError(
                f"{what} scores {kind} {number} of {len(part.smoke)} with an error of {off:.3g}; "
                f"at most {tolerance:g} was expected. {advice}"
            )
