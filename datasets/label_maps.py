"""Which sectors a publisher's section asserts, denies or leaves unknown."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files

from khabar.datasets.sectors import SECTOR_IDS
from khabar.inference.errors import CorpusError


@dataclass(frozen=True)
class SectionMeaning:
    """What a section says of an article's sectors; what is in neither set it leaves unknown."""

    asserts: tuple[str, ...] = ()
    denies: frozenset[str] = frozenset()


def _load() -> dict[str, dict[str, SectionMeaning]]:
    table = tomllib.loads(files(__package__).joinpath("label_maps.toml").read_text(encoding="utf-8"))
    maps = {
        corpus: {
            section: SectionMeaning(tuple(row.get("asserts", ())), frozenset(row.get("denies", ())))
            for section, row in sections.items()
        }
        for corpus, sections in table.items()
    }
    for corpus, sections in maps.items():
        for section, meaning in sections.items():
            if wrong := meaning.denies.union(meaning.asserts).difference(SECTOR_IDS):
                raise CorpusError(
                    f"label_maps.toml, {corpus}, {section}: found sectors {sorted(wrong)}, "
                    "expected ids of sectors.toml; mend the map"
                )
    return maps


LABEL_MAPS: dict[str, dict[str, SectionMeaning]] = _load()


def section_meaning(corpus: str, section: str) -> SectionMeaning:
    """What this section of this corpus says of the sectors.

    Raises
    ------
    CorpusError
        If the corpus has no such section: the files are not those the map was made for.
    """
    sections = LABEL_MAPS.get(corpus, {})
    if section not in sections:
        raise CorpusError(
            f"corpus {corpus} has an article in section {section!r}, expected one of "
            f"{', '.join(sections) or 'none'}; add the section to label_maps.toml"
        )
    return sections[section]
