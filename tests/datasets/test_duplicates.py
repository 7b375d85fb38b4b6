"""Copies of an article are found, whatever the copyist changed; other articles are left alone."""

from collections.abc import Callable

import pytest

from khabar.datasets import sample
from khabar.datasets.article import Article
from khabar.datasets.duplicates import drop_near_duplicates, duplicate_report, near_duplicate_keys

Make = Callable[..., Article]

SAMPLE = [*sample.load("train"), *sample.load("test")]
ORIGINAL = SAMPLE[0]
WORDS = ORIGINAL.text.split()

COPIES = {
    "exact": ORIGINAL.text,
    "dateline before it": f"الرباط - 12 مارس 2018 (وكالات)\n{ORIGINAL.text}",
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


POST = "إعادة فتح الجسر الكبير أمام حركة السير بعد أشغال الصيانة"
PASSED_ON = {
    "by another account": f"RT @one_paper: {POST}",
    "with another link": f"{POST} https://t.co/AbCdEf",
    "in an answer": f"@one @two {POST} 👇👇",
    "as hashtags": POST.replace("الجسر الكبير", "#الجسر_الكبير"),
    "with a hashtag more": f"{POST} #أخبار",
}


@pytest.mark.parametrize("change", PASSED_ON)
def test_a_post_that_is_passed_on_is_found(article: Make, change: str) -> None:
    posts = [article(f"{POST} https://t.co/XyZ"), article("RT @one_paper: خبر آخر"), article(PASSED_ON[change])]
    assert near_duplicate_keys(posts) == [0, 1, 0]


def test_a_greeting_is_no_copy_of_the_posts_that_hold_it(article: Make) -> None:
    """Else all posts of a campaign would be one group, by way of the post that is nothing but its slogan."""
    slogan = "معا من أجل المدينة"
    posts = [article(f"{slogan} {SAMPLE[n].text[:60]}") for n in range(40)]
    assert near_duplicate_keys([article(slogan), *posts]) == list(range(41))


def test_copies_are_found_in_whatever_order_they_come(article: Make) -> None:
    copies = [article(text, id=change) for change, text in COPIES.items()]
    others = [*copies, *SAMPLE[1:30]]
    for order in (others, others[::-1], [*SAMPLE[1:15], *copies, *SAMPLE[15:30]]):
        keys = near_duplicate_keys(order)
        assert len({key for key, a in zip(keys, order, strict=True) if a in copies}) == 1
        assert len(set(keys)) == 30


def test_a_thousand_variants_of_a_template_are_one_group(article: Make) -> None:
    """Their pairs are half a million in each of many bands: more than are compared."""
    reports = [article(f"{ORIGINAL.text} {' '.join(chr(0x627 + int(d)) * 2 for d in str(n))}") for n in range(1000)]
    assert set(near_duplicate_keys(reports)) == {0}


def test_very_short_texts_are_compared_whole(article: Make) -> None:
    assert near_duplicate_keys([article("خبر عاجل"), article("خبر عاجل."), article("خبر")]) == [0, 0, 2]


def test_nothing_held_out_drops_nothing() -> None:
    assert drop_near_duplicates(SAMPLE, of=[]) == (SAMPLE, [])


def test_a_report_counts_what_stands_more_than_once(article: Make) -> None:
    texts = [ORIGINAL.text, SAMPLE[1].text, ORIGINAL.text, COPIES["last third cut off"], SAMPLE[2].text, SAMPLE[1].text]
    articles = [article(text, id=str(n), outlet="ABBCAB"[n]) for n, text in enumerate(texts)]
    report = duplicate_report(articles, near_duplicate_keys(articles))
    assert (report.articles, report.groups, report.duplicates, report.exact) == (6, 2, 3, 2)
    assert [[a.id for a in group] for group in report.largest] == [["0", "2", "3"], ["1", "5"]]
    assert report.outlets == (("A", "B", 1), ("A", "C", 1), ("B", "C", 1))
    assert report.conflicts == ()


def test_a_report_names_as_many_of_the_largest_groups_as_asked(article: Make) -> None:
    articles = [article(id=str(n)) for n in range(7)]
    report = duplicate_report(articles, [0, 0, 2, 2, 2, 5, 5], largest=1)
    assert [[a.id for a in group] for group in report.largest] == [["2", "3", "4"]]
    assert report.groups == 3


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        ({"labels": ("sport",)}, {"labels": ("economy",)}, True),
        ({"labels": ("sport",)}, {"labels": ("sport", "economy")}, True),
        ({"labels": ("sport", "economy")}, {"labels": ("economy", "sport")}, False),
        ({"labels": ("sport",)}, {"labels": ()}, False),
        ({"labels": ("sport",)}, {"labels": ("Sports",), "corpus": "other"}, False),
        ({"labels": ("agree",), "target": "claim"}, {"labels": ("disagree",), "target": "another"}, False),
        ({"labels": ("agree",), "target": "claim"}, {"labels": ("disagree",), "target": "claim"}, True),
    ],
)
def test_near_duplicates_with_other_labels_are_a_conflict(
    article: Make, first: dict[str, object], second: dict[str, object], differ: bool
) -> None:
    pair = (article(id="1", **first), article(id="2", **second))
    assert duplicate_report(pair, [0, 0]).conflicts == ((pair,) if differ else ())
