"""What a corpus's own label says of an article: sectors asserted, denied or unknown, a tone, a stance."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files

from khabar.datasets.sectors import SECTOR_IDS, STANCES, TONES
from khabar.inference.errors import CorpusError


@dataclass(frozen=True)
class LabelMeaning:
    """What a corpus's own label says of an article; what it does not speak of stays unknown.

    Attributes
    ----------
    asserts : tuple of str
        Sectors that hold.
    denies : frozenset of str
        Sectors that do not hold.
    tone, stance : str or None
    shared : str or None
        The class that corpora are compared by: sections of other names and one subject. It is taken at the
        publisher's word, so it says less than `asserts`.
    """

    asserts: tuple[str, ...] = ()
    denies: frozenset[str] = frozenset()
    tone: str | None = None
    stance: str | None = None
    shared: str | None = None


def _load() -> dict[str, dict[str, LabelMeaning]]:
    table = tomllib.loads(files(__package__).joinpath("label_maps.toml").read_text(encoding="utf-8"))
    return {
        corpus: {label: _meaning(corpus, label, row) for label, row in labels.items()}
        for corpus, labels in table.items()
    }


def _meaning(corpus: str, label: str, row: dict[str, str | list[str]]) -> LabelMeaning:
    lists = {"asserts": tuple(row.get("asserts", ())), "denies": frozenset(row.get("denies", ()))}
    for key, found, known in (
        ("asserts", set(lists["asserts"]), SECTOR_IDS),
        ("denies", set(lists["denies"]), SECTOR_IDS),
        ("tone", {row["tone"]} if "tone" in row else set(), TONES),
        ("stance", {row["stance"]} if "stance" in row else set(), STANCES),
    ):
        if wrong := sorted(found.difference(known)):
            raise CorpusError(
                f"label_maps.toml, {corpus}, {label}, {key}: found {wrong}, expected ids of sectors.toml "
                f"({', '.join(known)}); mend the map"
            )
    return LabelMeaning(**{**row, **lists})  # type: ignore[arg-type]


LABEL_MAPS: dict[str, dict[str, LabelMeaning]] = _load()


def label_meaning(corpus: str, label: str) -> LabelMeaning:
    """What this label of this corpus says.

    Raises
    ------
    CorpusError
        If the corpus has no such label: the files are not those the map was made for.
    """
    labels = LABEL_MAPS.get(corpus, {})
    if label not in labels:
        raise CorpusError(
            f"corpus {corpus} has an article with the label {label!r}, expected one of "
            f"{', '.join(labels) or 'none'}; add the label to label_maps.toml"
        )
    return labels[label]
