"""Copies of an article are found, whatever the copyist changed; other articles are left alone."""

from collections.abc import Callable

import pytest

from khabar.datasets import sample
from khabar.datasets.article import Article
from khabar.datasets.duplicates import drop_near_duplicates, near_duplicate_keys

Make = Callable[..., Article]

SAMPLE = [*sample.load("train"), *sample.load("test")]
ORIGINAL = SAMPLE[0]
WORDS = ORIGINAL.text.split()

COPIES = {
    "exact": ORIGINAL.text,
    "headline before the agency copy": f"{ORIGINAL.title}\nوكالات - {ORIGINAL.text}",
    "one word in twenty-five changed": " ".join("كلمة" if n % 25 == 12 else word for n, word in enumerate(WORDS)),
    "last third cut off": " ".join(WORDS[: 2 * len(WORDS) // 3]),
    "another article's paragraph added": f"{ORIGINAL.text}\n{SAMPLE[50].text[:120]}",
    "vowel marks and tatweel": ORIGINAL.text.replace("ال", "الـ").replace("ر", "رَ"),
    "other punctuation, digits and spaces": ORIGINAL.text.replace("،", " - ").replace(".", " ..\n 12 "),
    "other hamza and teh marbuta": ORIGINAL.text.translate(str.maketrans("أإآة", "ااا\u0647")),
}


@pytest.mark.parametrize("change", COPIES)
def test_a_planted_copy_is_found(article: Make, change: str) -> None:
    copy = article(COPIES[change], id="copy")
    keys = near_duplicate_keys([*SAMPLE, copy])
    assert keys[-1] == 0


@pytest.mark.parametrize("change", COPIES)
def test_a_copy_of_a_held_out_article_is_not_trained_on(article: Make, change: str) -> None:
    copy = article(COPIES[change], id="copy")
    kept, dropped = drop_near_duplicates([*SAMPLE[1:], copy], of=[ORIGINAL])
    assert dropped == [copy]
    assert kept == SAMPLE[1:]


def test_articles_on_different_subjects_are_not_duplicates() -> None:
    assert near_duplicate_keys(SAMPLE) == list(range(len(SAMPLE)))


def test_a_shared_sentence_does_not_make_a_duplicate(article: Make) -> None:
    sentence = " ".join(WORDS[:12])
    first, second = (article(f"{sentence} {SAMPLE[n].text}") for n in (20, 40))
    assert near_duplicate_keys([first, second]) == [0, 1]


def test_copies_of_copies_are_one_group(article: Make) -> None:
    shifted = [article(" ".join(WORDS[start : start + 50])) for start in (0, 12, 24)]
    unlike = near_duplicate_keys([shifted[0], shifted[2]])
    assert unlike == [0, 1]
    assert near_duplicate_keys(shifted) == [0, 0, 0]


def test_empty_articles_are_like_no_other(article: Make) -> None:
    assert near_duplicate_keys([article(""), article(" 12 "), article("")]) == [0, 1, 2]


def test_very_short_texts_are_compared_whole(article: Make) -> None:
    assert near_duplicate_keys([article("خبر عاجل"), article("خبر عاجل."), article("خبر")]) == [0, 0, 2]


def test_nothing_held_out_drops_nothing() -> None:
    assert drop_near_duplicates(SAMPLE, of=[]) == (SAMPLE, [])
