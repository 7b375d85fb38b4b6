"""Articles made by a rule, so that what a fit must learn of them is known; and a config that fits them in a blink."""

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from khabar.datasets.archive import content_digest
from khabar.datasets.article import Article, others
from khabar.datasets.catalog import CATALOG, entry
from khabar.training.config import TrainConfig, parse_config

SECTORS = ("economy", "health", "sport")
WORDS = {
    "economy": ("المصرف", "الاستثمار", "التجارة", "الأسعار", "البورصة"),
    "health": ("المستشفى", "الطبيب", "اللقاح", "المرضى", "العلاج"),
    "sport": ("المباراة", "الفريق", "الهدف", "اللاعب", "الدوري"),
    "negative": ("خسارة", "أزمة", "تراجع"),
    "neutral": ("اجتماع", "جدول", "موعد"),
    "positive": ("نجاح", "فوز", "إشادة"),
    "": ("اليوم", "أمس", "المدينة", "قال", "بعد", "قبل", "خلال", "مساء", "صباح", "العام"),
}
OUTLETS = ("morocco", "gulf", "egypt", "panarab")


def make_article(number: int, random: Random) -> Article:
    """Write an article of one or two sectors and a tone, with the words of each and words of none."""
    main = SECTORS[number % len(SECTORS)]
    further = [s for s in SECTORS if s != main and random.random() < 0.25]
    tone = ("negative", "neutral", "positive")[number // 3 % 3]
    words = random.choices(WORDS[main], k=5) + random.choices(WORDS[tone], k=3) + random.choices(WORDS[""], k=20)
    for sector in further:
        words += random.choices(WORDS[sector], k=3)
    random.shuffle(words)
    sectors = (main, *further)
    return Article(
        corpus="toy",
        id=str(number),
        outlet=OUTLETS[number % 7 % len(OUTLETS)],
        title=" ".join(random.choices(WORDS[main], k=2)) if number % 2 else None,
        text=" ".join(words),
        sectors=sectors,
        main=main,
        denied=others(*sectors),
        tone=tone,
    )


@pytest.fixture(scope="session")
def articles() -> list[Article]:
    random = Random(0)
    return [make_article(number, random) for number in range(90)]


@pytest.fixture
def values() -> dict[str, object]:
    """The values of a config of the toy articles' three sectors; every test may change its own."""
    return {
        "name": "toy",
        "version": "1.0",
        "sectors": list(SECTORS),
        "folds": 3,
        "data": {"train": [{"corpus": "sample", "part": "train"}]},
        "blocks": {"words": {"kind": "word"}, "stems": {"kind": "stem", "scale": 0.5}},
        "heads": {
            "sector": {"blocks": ["words", "stems"], "C": 4, "abstain_precision": 0.9},
            "sectors": {"blocks": ["words"], "C": 4, "class_weight": "balanced"},
            "tone": {"blocks": {"stems": 1.0}, "C": 4},
        },
        "smoke": 1,
    }


@pytest.fixture
def config(values: dict[str, object]) -> TrainConfig:
    return parse_config(values, "toy.yaml")


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Mapping[str, str]], None]:
    """Write a corpus into a mirror of the test's own, and have the catalogue expect it."""
    monkeypatch.setenv("KHABAR_MIRROR", str(tmp_path))

    def write(name: str, files: Mapping[str, str]) -> None:
        corpus = entry(name)
        path = tmp_path / corpus.archive
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            for member, content in files.items():
                archive.writestr(f"{corpus.top_folder}/{member}", content)
        documents = sum(content.count("\n") - 1 if member.endswith("sv") else 1 for member, content in files.items())
        monkeypatch.setitem(
            CATALOG, name, replace(corpus, documents=documents, digest=content_digest(corpus, path))
        )  # fmt: skip

    return write
