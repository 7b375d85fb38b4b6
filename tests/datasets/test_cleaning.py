"""Cleaning takes off what is not the article and nothing else."""

import pytest

from khabar.datasets.cleaning import (
    without_ahdath_byline,
    without_algerian_site_name,
    without_control_marks,
    without_khaleej_byline,
)


@pytest.mark.parametrize(
    "byline",
    [
        "دبي: «الخليج» ",
        'دبي - "الخليج":',
        "أبوظبي «الخليج»: ",
        "دبي:«الخليج» ",
        "رأس الخيمة ــ «الخليج»: ",
        'أبوظبي -" الخليج":',
        "عواصم: «الخليج»، وكالات ",
        "تونس، الجزائر - «الخليج» ووكالات: ",
        'بغداد دبي، "الخليج"، وكالات: ',
        "صنعاء: «الخليج»، وام ",
        "«الخليج»: ",
        "دبي «الخليج» ",
        "رأس الخيمة «الخليج» ",
    ],
)
def test_the_khaleej_byline_is_taken_off(byline: str) -> None:
    assert without_khaleej_byline(f"{byline}أعلنت الهيئة أمس خطتها") == "أعلنت الهيئة أمس خطتها"


@pytest.mark.parametrize(
    "text",
    [
        'علمت "الخليج" أن الاعتقالات مستمرة',
        "دبي أنور: أظهر تحليل أجرته «الخليج» على الأسهم ارتفاعا",
        "يكتب عن دول الخليج: تاريخها وأدبها",
        "قال المدير. دبي: «الخليج» صحيفة",
        "كأس «الخليج العربي»: الفريق يفوز",
    ],
)
def test_the_word_khaleej_in_running_text_stays(text: str) -> None:
    assert without_khaleej_byline(text) == text


def test_control_marks_go_and_line_breaks_stay() -> None:
    marked = "\ufeffقال\u202c الوزير\u202e:\r\n\tنعم\u200f\u2067 لا\u061c\x02"
    assert without_control_marks(marked) == "قال الوزير:\r\n\tنعم لا"


def test_vowel_marks_and_tatweel_are_the_article() -> None:
    assert without_control_marks("مُدَرِّسَةٌ الـعربية") == "مُدَرِّسَةٌ الـعربية"


@pytest.mark.parametrize("paragraph", ["AHDATH.INFO", "AHDATH.INF", " ahdath.info ", "AHDATH INFO.", "-AHDATH.INFO-"])
def test_a_paragraph_that_is_only_the_site_is_dropped(paragraph: str) -> None:
    assert without_ahdath_byline(["خبر", paragraph, "تتمة"]) == ["خبر", "تتمة"]


def test_a_paragraph_that_says_more_than_the_site_stays() -> None:
    assert without_ahdath_byline(["قال موقع AHDATH.INFO إن"]) == ["قال موقع AHDATH.INFO إن"]


@pytest.mark.parametrize("ending", [" ــ أخبار الجزائر", "ــ أخبار الجزائر", " -أخبار الجزائر", " ـــ أخبار الجزائر "])
def test_the_site_name_is_taken_off_a_title(ending: str) -> None:
    assert without_algerian_site_name(f"ست وفيات في يوم{ending}") == "ست وفيات في يوم"


def test_a_title_about_the_news_of_algeria_stays() -> None:
    assert without_algerian_site_name("متابعة أخبار الجزائر") == "متابعة أخبار الجزائر"
