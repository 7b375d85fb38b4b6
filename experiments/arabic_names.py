"""What labels, figures, sources and states of a run are called on Arabic pages and pictures."""

import tomllib
from importlib.resources import files

from khabar.datasets.sectors import SECTORS, STANCE_LABELS, TONE_LABELS
from khabar.training.breakdown import OTHERS

_TABLE = tomllib.loads(files(__package__).joinpath("arabic_names.toml").read_text(encoding="utf-8"))

LABELS: dict[str, str] = {
    **{sector.id: sector.ar for sector in SECTORS},
    **{label.id: label.ar for label in (*TONE_LABELS, *STANCE_LABELS)},
}
HEADS: dict[str, str] = _TABLE["heads"]
FIGURES: dict[str, str] = _TABLE["figures"]
MAIN: dict[str, str] = _TABLE["main"]
COUNTS: dict[str, str] = _TABLE["counts"]
STATES: dict[str, str] = _TABLE["states"]
VERDICTS: dict[str, str] = _TABLE["verdicts"]
_SOURCES: dict[str, str] = _TABLE["sources"]
_OUTLETS = {OTHERS: "ناشرون آخرون"}


def label_name(label: str) -> str:
    """Give a label's Arabic name; one that is not khabar's keeps its own."""
    return LABELS.get(label, label)


def figure_name(figure: str) -> str:
    """Give the name of a figure with that of its head."""
    head = figure.partition(".")[0]
    return f"{HEADS[head]}: {FIGURES[figure]}" if figure in FIGURES else figure


def source_name(source: str) -> str:
    """Give the Arabic name of what tags were measured on; a corpus keeps its own."""
    return _SOURCES.get(source, source)


def outlet_name(outlet: str) -> str:
    """Give the name of an outlet, and of those that stand together."""
    return _OUTLETS.get(outlet, outlet)
