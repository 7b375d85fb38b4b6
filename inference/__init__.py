"""Tag Arabic news by sector, tone and stance: everything needed to tag an article, and nothing that trains.

The names below are loaded when first used, so that importing the package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from khabar.inference.errors import KhabarError
    from khabar.inference.label_sets import LabelSets
    from khabar.inference.predictor import Predictor
    from khabar.inference.tags import Explanation, SentenceShare, Span, Stance, Tags, WordShare

_HOMES = {
    "Predictor": "predictor",
    "KhabarError": "errors",
    "Explanation": "tags",
    "LabelSets": "label_sets",
    "SentenceShare": "tags",
    "Span": "tags",
    "Stance": "tags",
    "Tags": "tags",
    "WordShare": "tags",
}

__all__ = [
    "Explanation",
    "KhabarError",
    "LabelSets",
    "Predictor",
    "SentenceShare",
    "Span",
    "Stance",
    "Tags",
    "WordShare",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
