"""What own articles are labelled: by the map of their labels, else by khabar's own ids."""

from collections.abc import Iterable

from khabar.datasets.article import Article, others
from khabar.datasets.sectors import SECTOR_IDS, TONES
from khabar.training.config_data import LabelKind, Source
from khabar.training.config_problem import nearest

KNOWN: dict[LabelKind, tuple[str, ...]] = {"sectors": SECTOR_IDS, "tone": TONES}


def own_article(
    source: Source,
    *,
    id: str,
    text: str,
    title: str | None = None,
    outlet: str | None = None,
    sectors: Iterable[str] = (),
    tone: str | None = None,
) -> Article:
    """Make an article of what an own row or file holds, labels in the user's words.

    Raises
    ------
    ValueError
        A label is not known, see `translated`.
    """
    ours = (translated(name, source, "sectors") for name in sectors)
    found = tuple(dict.fromkeys(sector for sector in ours if sector is not None))
    return Article(
        corpus=str(source.path),
        id=id,
        outlet=outlet or str(source.path),
        title=title,
        text=text,
        sectors=found,
        main=found[0] if found else None,
        denied=others(*found) if found and source.others == "denied" else frozenset(),
        tone=None if tone is None else translated(tone, source, "tone"),
    )


def translated(name: str, source: Source, kind: LabelKind) -> str | None:
    """Give khabar's id of a label in the user's words; None for one that says nothing.

    Raises
    ------
    ValueError
        It is neither in the map nor an id; names the nearest.
    """
    labels: dict[str, str | None] = getattr(source.labels, kind)
    if name in labels:
        return labels[name]
    if name in KNOWN[kind]:
        return name
    expected = (*labels, *KNOWN[kind])
    what = "sector" if kind == "sectors" else kind
    raise ValueError(f"found the {what} {name!r}, expected one of {', '.join(expected)}{nearest(name, expected)}")
