"""A post's signs become words, and what is no word of its writer goes."""

import pytest

from khabar.training.posts import read_post


@pytest.mark.parametrize(
    ("post", "words"),
    [
        ("@user_1 انظروا https://t.co/Xy_9 هنا", "انظروا هنا"),
        ("انظروا pic.twitter.com/abc www.example.com", "انظروا"),
        ("#شكرا_لكم", "شكرا لكم"),
        ("جميييييل هههههه", "جمييل هه"),
        ("رائع😍", "رائع x1f60d"),
        ("♥️ لكم", "x2665 \ufe0f لكم"),
        ("لماذا؟", "لماذا؟ xasks"),
        ("لماذا؟؟ حقا!!", "لماذا؟؟ حقا!! xexclaims xexclaimsloudly xasks xaskstwice"),
        ("ربما...", "ربما... xtrailsoff"),
        ("شكرا :)", "شكرا :) xsmiles"),
        ("عام 20000 8)", "عام 20000 8) xsmiles"),
        ("عام (2018)", "عام (2018)"),
        ("وداعا :(", "وداعا :( xfrowns"),
        ("", ""),
    ],
)
def test_a_post_is_written_in_words(post: str, words: str) -> None:
    assert read_post(post).split() == words.split()


def test_what_says_nothing_but_words_stays() -> None:
    assert read_post("افتتح الوزير المعرض عام 2015 - بعد تأخير") == "افتتح الوزير المعرض عام 2015 - بعد تأخير"
