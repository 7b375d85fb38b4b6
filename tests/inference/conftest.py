"""A small model with a vocabulary of its own, made by hand so that its tags can be foreseen."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from khabar.inference._kernel import Counts, Scorer, ngram_ids
from khabar.inference.features import Block
from khabar.inference.heads import Head
from khabar.inference.model import Model, save_model
from khabar.inference.predictor import Predictor
from khabar.inference.readings import MARKER
from khabar.inference.stance_model import StanceModel
from khabar.inference.text import TextTable
from khabar.training.table import build_table
from khabar.training.vectorizer import join_words

SECTORS = ("politics", "diplomacy", "economy", "sport", "health")
TONES = ("negative", "neutral", "positive")
# Normalised words that speak for a label.
KEYWORDS = {
    "politics": ("البرلمان", "الحكومه", "الانتخابات"),
    "diplomacy": ("القمه", "السفير", "البلدين"),
    "economy": ("الاستثمار", "التجاره", "الاسواق"),
    "sport": ("المباراه", "المنتخب", "الهدف"),
    "health": ("المستشفي", "الاطباء", "اللقاح"),
    "negative": ("تراجع", "ازمه", "خساره"),
    "positive": ("نجاح", "ارتفاع", "فوز"),
}
ARTICLES = [
    ("القمة الثنائية بين البلدين",
     "عقد السفير لقاء قبل القمة. وقال إن التجارة بين البلدين سجلت ارتفاعا بنسبة 3.5 بالمائة!"),
    ("فوز المنتخب", "حقق المنتخب نجاحًا في المباراة الأخيرة، وسجل اللاعبون الهدف الثاني قبل النهاية… فهل يتأهل؟"),
    (None, "ناقش البرلمان مشروع الحكومة حول الانتخابات المقبلة وسط أزمة سياسية وتراجع الثقة."),
    ("تراجع الأسواق", "شهدت الأسواق خسارة كبيرة\nوتراجع الاستثمار في قطاع التجارة بعد أزمة طويلة."),
    ("", "أعلن الأطباء في المستشفى وصول اللقاح إلى المدن الصغيرة، وتستمر الحملة حتى نهاية الشهر."),
]  # fmt: skip
BLOCKS = (
    Block("words", "word", 1, 2, title_weight=3),
    Block("stems", "stem", title_weight=1, scale=0.5),
    Block("tone-chars", "char_wb", 3, 4, title_weight=0, max_chars=60, scale=0.7, sublinear=False),
)


def build_toy_model(scale: float = 0.05) -> Model:
    """Fit vocabularies on `ARTICLES` and set the weights: keywords by hand, all others small and random."""
    random = np.random.default_rng(7)
    texts, titles = [text for _, text in ARTICLES], [title for title, _ in ARTICLES]
    columns = ((0, 13), (0, 10), (10, 13))
    ids, idf, weights = [], [], []
    for block, (low, high) in zip(BLOCKS, columns, strict=True):
        counts = Counts(build_table(), block, texts, titles)
        names = join_words(*counts.spell(range(len(counts.ids))))
        w = random.normal(0, scale, (len(names), high - low)).astype(np.float32)
        labels = (SECTORS + SECTORS + TONES)[low:high]
        for row, name in enumerate(names):
            for column, label in enumerate(labels):
                if any(name == word for word in KEYWORDS.get(label, ())):
                    w[row, column] += 8
        ids.append(counts.ids)
        idf.append((1 + random.random(len(names))).astype(np.float32))
        weights.append(w)
    bias = np.array([0.1, -0.1, 0, 0.2, 0] + [-1.5] * 5 + [0, 0.3, 0], dtype=np.float32)
    heads = (
        Head("sector", "softmax", SECTORS, ("words", "stems"), temperature=0.8, abstain_below=0.5),
        Head(
            "sectors", "sigmoid", SECTORS, ("words", "stems"),
            slope=(1.2,) * 5, offset=(0.8,) * 5, thresholds=(0.45,) * 5,
        ),
        Head("tone", "softmax", TONES, ("words", "tone-chars"), abstain_below=0.45),
    )  # fmt: skip
    smoke = [{"title": title, "text": text} for title, text in ARTICLES[:3]]
    return Model(
        name="toy", version="1", table=build_table(), blocks=BLOCKS, ids=tuple(ids), idf=tuple(idf),
        weights=tuple(weights), columns=columns, heads=heads, bias=bias, smoke=smoke,
        labels={"sport": {"ar": "رياضة", "en": "sport", "iptc": "medtop:15000000"}},
        data=[{"name": "toy", "articles": len(ARTICLES)}], created="2026-01-01T00:00:00Z",
    )  # fmt: skip


# What the toy model says stances by: words near the target, and words anywhere.
STANCES = ("against", "neutral", "favor")
STANCE_WORDS = {"against": ("انتقد", "فشل", "رفض"), "favor": ("اشاد", "انجاز", "دعم"), "neutral": ("اجتماع",)}
STANCE_READS = ("window", "article")


def build_toy_stance(table: TextTable) -> StanceModel:
    """Give the words of a stance a weight, a large one near the target, and make a block of them for each reading."""
    # The marker is in every window, as in that of a trained model: known, and no word of the article.
    names = [MARKER, *(word for words in STANCE_WORDS.values() for word in words)]
    signs = np.array([[word in STANCE_WORDS[label] for label in STANCES] for word in names], dtype=np.float32)
    return StanceModel(
        table=table, blocks=(Block("near", "word"), Block("all", "word")), reads=STANCE_READS,
        ids=(ngram_ids("word", names),) * 2, idf=(np.ones(len(names), dtype=np.float32),) * 2,
        weights=(signs * 3.1, signs * 0.4), bias=np.array([0, 0.3, 0.1], dtype=np.float32),
        head=Head("stance", "softmax", STANCES, ("near", "all"), temperature=0.9, abstain_below=0.6),
        smoke=[{"title": None, "text": "اشاد الوزير بالمشروع.", "target": "المشروع"}],
    )  # fmt: skip


@pytest.fixture(scope="session")
def stance_model(toy_model: Model) -> Model:
    """Give the toy model with a stance part."""
    return replace(toy_model, stance=build_toy_stance(toy_model.table))


@pytest.fixture(scope="session")
def stance_path(stance_model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save it. Do not write to the file."""
    path = tmp_path_factory.mktemp("stance") / "stance.safetensors"
    save_model(stance_model, path)
    return path


@pytest.fixture(scope="session")
def stance_predictor(stance_path: Path) -> Predictor:
    """Give a predictor of the saved model."""
    return Predictor.load(stance_path)


@pytest.fixture(scope="session")
def articles() -> list[tuple[str | None, str]]:
    """Titles and texts."""
    return ARTICLES


@pytest.fixture(scope="session")
def toy_model() -> Model:
    """Give a model that was not read from a file."""
    return build_toy_model()


@pytest.fixture(scope="session")
def toy_path(toy_model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save the model. Do not write to the file."""
    path = tmp_path_factory.mktemp("toy") / "toy.safetensors"
    save_model(toy_model, path)
    return path


@pytest.fixture(scope="session")
def predictor(toy_path: Path) -> Predictor:
    """Give a predictor of the saved model."""
    return Predictor.load(toy_path)


@pytest.fixture(scope="session")
def scorer(predictor: Predictor) -> Scorer:
    """Give the model's compiled scorer."""
    return predictor.model.scorer
