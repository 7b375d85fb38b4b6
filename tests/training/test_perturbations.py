"""Perturbations are the same ones whenever they are made, and the normaliser undoes those that it is said to undo."""

import html
import unicodedata
from dataclasses import replace
from random import Random

import pytest

from khabar.datasets import sample
from khabar.datasets.article import Article
from khabar.inference.predictor import Predictor
from khabar.training.html_text import html_text
from khabar.training.perturbations import PERTURBATIONS, Perturbation
from khabar.training.perturbed_spelling import presentation_forms
from khabar.training.perturbed_words import recognition_errors, typing_errors
from khabar.training.table import build_table

ARTICLES = sample.load("test")[:15]
BY_NAME = {perturbation.name: perturbation for perturbation in PERTURBATIONS}
UNDONE = [perturbation for perturbation in PERTURBATIONS if perturbation.undone]
OTHERS = [perturbation for perturbation in PERTURBATIONS if not perturbation.undone]


def article(text: str, title: str | None = None) -> Article:
    return Article(corpus="toy", id="1", outlet="toy", title=title, text=text)


def perturbed(name: str, text: str, title: str | None = None) -> tuple[str | None, str]:
    return BY_NAME[name].apply(article(text, title))


def tokens(document: tuple[str | None, str]) -> list[list[str]]:
    return [[token.text for token in build_table().tokens(part or "")] for part in document]


def test_every_perturbation_has_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(PERTURBATIONS)


@pytest.mark.parametrize("perturbation", PERTURBATIONS, ids=lambda p: p.name)
def test_an_article_is_perturbed_the_same_way_each_time(perturbation: Perturbation) -> None:
    assert [perturbation.apply(a) for a in ARTICLES] == [perturbation.apply(a) for a in ARTICLES]


def test_chance_differs_from_article_to_article() -> None:
    other = Article(corpus="toy", id="2", outlet="toy", text=ARTICLES[0].text)
    marks = BY_NAME["vowel-marks"]
    assert marks.apply(article(ARTICLES[0].text)) != marks.apply(other)


@pytest.mark.parametrize("perturbation", UNDONE, ids=lambda p: p.name)
def test_the_normaliser_undoes_what_it_is_said_to(perturbation: Perturbation) -> None:
    for one in ARTICLES:
        assert tokens(perturbation.apply(one)) == tokens((one.title, one.text))


@pytest.mark.parametrize("perturbation", UNDONE, ids=lambda p: p.name)
def test_what_the_normaliser_undoes_moves_no_score_of_the_shipped_model(perturbation: Perturbation) -> None:
    model = Predictor.load().model
    # Marks are characters, and a block may read only the first so many.
    limit = min(block.max_chars or 1000 for block in model.blocks)
    short = [replace(a, text=a.text[: limit * 2 // 5]) for a in ARTICLES]
    pairs = [((a.title, a.text), perturbation.apply(a)) for a in short]
    assert max(len(text) for pair in pairs for _, text in pair) <= limit
    before, after = (model.scorer.score([text for _, text in side], [title for title, _ in side])[0]
                     for side in zip(*pairs, strict=True))  # fmt: skip
    assert (before == after).all()


@pytest.mark.parametrize("perturbation", OTHERS, ids=lambda p: p.name)
def test_all_others_change_the_words_of_some_article(perturbation: Perturbation) -> None:
    assert any(tokens(perturbation.apply(a)) != tokens((a.title, a.text)) for a in ARTICLES)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("decomposed", "أمام آخر", "ا\u0654مام ا\u0653خر"),
        ("upper-case", "قناة tv", "قناة TV"),
        ("punctuation", "قال، ثم: صمت.", "قال! ثم! صمت!"),
        ("arabic-indic-digits", "عام 2019 و٣", "عام ٢٠١٩ و3"),
        ("persian-digits", "عام 2019", "عام ۲۰۱۹"),
        ("persian-letters", "على كرسي", "عل\u06cc \u06a9رس\u06cc"),
        ("hamza-dropped", "سؤال بيئة بدء", "سوال بيية بد"),
        ("dialect-egyptian", "لماذا ليس هذا، ولكن الآن", "ليه مش ده، وبس دلوقتي"),
        ("dialect-maghrebi", "كيف يمكنُ ذلكَ", "كيفاش يقدر هداك"),
        ("dialect-gulf", "أين كثيرًا", "وين وايد"),
        ("first-half", "خمسة", "خم"),
    ],
)
def test_a_text_is_rewritten(name: str, text: str, expected: str) -> None:
    assert perturbed(name, text) == (None, expected)


@pytest.mark.parametrize(
    ("name", "title", "expected"),
    [
        ("no-title", "عنوان", (None, "جملة أولى. جملة ثانية.")),
        ("title-in-text", "عنوان", (None, "عنوان\nجملة أولى. جملة ثانية.")),
        ("title-in-text", None, (None, "جملة أولى. جملة ثانية.")),
        ("headline-only", "عنوان", (None, "عنوان")),
        ("headline-only", None, (None, "جملة أولى.")),
        ("lead-only", "عنوان", ("عنوان", "جملة أولى. جملة ثانية.")),
    ],
)
def test_parts_of_an_article_are_kept(name: str, title: str | None, expected: tuple[str | None, str]) -> None:
    assert perturbed(name, "جملة أولى. جملة ثانية.", title) == expected


def test_a_lead_ends_with_the_sentence_that_reaches_its_length() -> None:
    sentence = f"{'كلمة ' * 39}كلمة."
    title, text = perturbed("lead-only", " ".join([sentence] * 4), "عنوان")
    assert (title, text) == ("عنوان", f"{sentence} {sentence}")


def test_presentation_forms_are_those_of_the_places_in_the_word() -> None:
    written = presentation_forms("سلام بيت", Random(0))
    assert [unicodedata.name(c).removeprefix("ARABIC ") for c in written if c != " "] == [
        "LETTER SEEN INITIAL FORM", "LIGATURE LAM WITH ALEF FINAL FORM", "LETTER MEEM ISOLATED FORM",
        "LETTER BEH INITIAL FORM", "LETTER YEH MEDIAL FORM", "LETTER TEH FINAL FORM",
    ]  # fmt: skip
    assert unicodedata.normalize("NFKC", written) == "سلام بيت"


def test_of_html_with_tags_a_reader_sees_the_words_of_the_article() -> None:
    for one in ARTICLES:
        _, text = BY_NAME["html-tags"].apply(one)
        assert tokens((None, html_text(text))) == tokens((None, one.text))


def test_of_html_with_entities_a_reader_sees_the_words_of_the_article() -> None:
    for one in ARTICLES:
        assert tokens((None, html.unescape(BY_NAME["html-entities"].apply(one)[1]))) == tokens((None, one.text))


@pytest.mark.parametrize("rate", [0.01, 0.05])
def test_letters_are_misread_at_the_rate_and_within_their_shape(rate: float) -> None:
    text = "ب" * 20_000
    read = recognition_errors(rate)(text, Random(0)).replace(" ", "")
    assert set(read) <= set("بتثني")
    assert sum(letter != "ب" for letter in read) / len(text) == pytest.approx(rate, rel=0.25)


def test_words_are_merged_and_split_at_the_rate() -> None:
    text = " ".join(["ممممممم"] * 10_000)
    read = recognition_errors(0.05)(text, Random(0))
    assert read.count(" ") == pytest.approx(10_000, rel=0.02)
    assert sum(len(word) > 7 for word in read.split()) == pytest.approx(500, rel=0.25)


def test_a_key_hit_by_mistake_is_one_nearby() -> None:
    found = {typing_errors(1.0)("ت", Random(seed)) for seed in range(60)}
    assert found == {"ت", "تت", *"انعة"}


def test_without_a_rate_nothing_is_mistyped() -> None:
    assert typing_errors(0.0)(ARTICLES[0].text, Random(0)) == ARTICLES[0].text
