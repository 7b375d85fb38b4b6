"""Which sectors, tones and stances are there, and what each one means.

The label order of every head is the order of these tuples, read from `sectors.toml`.
"""

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Sector:
    """A sector of the news with its names, its IPTC Media Topic and its definition."""

    id: str
    ar: str
    en: str
    iptc: str
    iptc_name: str
    definition: str


@dataclass(frozen=True)
class Label:
    """A tone or a stance with its names and its definition."""

    id: str
    ar: str
    en: str
    definition: str


_TABLE = tomllib.loads(files(__package__).joinpath("sectors.toml").read_text(encoding="utf-8"))

SECTORS: tuple[Sector, ...] = tuple(Sector(**row) for row in _TABLE["sector"])
TONE_LABELS: tuple[Label, ...] = tuple(Label(**row) for row in _TABLE["tone"])
STANCE_LABELS: tuple[Label, ...] = tuple(Label(**row) for row in _TABLE["stance"])

SECTOR_IDS: tuple[str, ...] = tuple(sector.id for sector in SECTORS)
TONES: tuple[str, ...] = tuple(tone.id for tone in TONE_LABELS)
STANCES: tuple[str, ...] = tuple(stance.id for stance in STANCE_LABELS)
