"""What is read of a page is what its reader sees."""

import pytest

from khabar.training.html_text import html_text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<html><body><P align=right>سطر أول</P><p>سطر ثان</body></html>", "سطر أول\nسطر ثان"),
        ("ال<b>كت</b>اب <i>و</i><a href='x'>القلم</a>", "الكتاب والقلم"),
        ("أول<br>ثان<BR/>ثالث", "أول\nثان\nثالث"),
        ("<td>أول</td><td>ثان</td>", "أول\nثان"),
        ("سطر\r\nواحد&nbsp; هنا", "سطر واحد هنا"),
        ("&quot;خبر&quot; &#1582;&#x628;&amp;lt;", '"خبر" خب&lt;'),
        ("<script>var x = '<p>لا</p>';</script>نعم<style>p {}</style>", "نعم"),
        ("نعم<script>لا", "نعم"),
        ("<!-- لا --><!DOCTYPE html>نعم", "نعم"),
        ("<![if !vml]>أول<![endif]> <![x[y]>ثان", "أول ثان"),
        ("5 < 6 و7 > 6", "5 < 6 و7 > 6"),
        ("", ""),
    ],
)
def test_tags_entities_and_scripts_become_what_is_seen(page: str, text: str) -> None:
    assert html_text(page) == text
