"""The sectors, tones and stances are those of the annotation guide, in label order."""

import re
from importlib.resources import files

from khabar.datasets.sectors import SECTOR_IDS, SECTORS, STANCES, TONES


def test_there_are_seventeen_sectors_with_one_media_topic_each() -> None:
    assert len(SECTORS) == 17
    assert len({sector.iptc for sector in SECTORS}) == 17
    assert all(re.fullmatch(r"medtop:\d{8}", sector.iptc) for sector in SECTORS)


def test_sectors_and_definitions_are_those_of_the_annotation_guide() -> None:
    guide = files("khabar.datasets").joinpath("annotations", "GUIDE.md").read_text(encoding="utf-8")
    defined = re.findall(r"^([a-z]+)  +(\S.*)$", guide.partition("## tone")[0], flags=re.MULTILINE)
    assert [(sector.id, sector.definition) for sector in SECTORS] == defined


def test_every_sector_has_an_arabic_and_an_english_name() -> None:
    assert all(re.search("[\u0621-\u064a]", sector.ar) for sector in SECTORS)
    assert all(sector.en.isascii() for sector in SECTORS)


def test_label_order_is_fixed() -> None:
    assert TONES == ("negative", "neutral", "positive")
    assert STANCES == ("against", "neutral", "favor")
    assert SECTOR_IDS[0] == "politics"
    assert SECTOR_IDS[-1] == "society"
