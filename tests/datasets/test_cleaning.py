"""Cleaning takes off what is not the article and nothing else."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.datasets import corpora
from khabar.datasets.article import Article
from khabar.datasets.catalog import CATALOG
from khabar.datasets.cleaning import cleaned, rules, taken_off, without_control_marks

MakeArticle = Callable[..., Article]

STORY = "أعلنت الهيئة أمس خطتها للعام المقبل. وقالت إن العمل يبدأ غدا"
NEWS = sorted({(corpus, outlet) for rule in rules() for corpus in rule.corpora for outlet in CATALOG[corpus].outlets})

# What may stand over a story, by corpus and outlet; all of it goes.
HEADS = [
    ("sanad-khaleej", "AlKhaleej", "دبي: «الخليج» "),
    ("sanad-khaleej", "AlKhaleej", 'دبي - "الخليج":'),
    ("sanad-khaleej", "AlKhaleej", "أبوظبي «الخليج»: "),
    ("sanad-khaleej", "AlKhaleej", "رأس الخيمة ــ «الخليج»: "),
    ("sanad-khaleej", "AlKhaleej", 'أبوظبي -" الخليج":'),
    ("sanad-khaleej", "AlKhaleej", "عواصم: «الخليج»، وكالات "),
    ("sanad-khaleej", "AlKhaleej", "تونس، الجزائر - «الخليج» ووكالات: "),
    ("sanad-khaleej", "AlKhaleej", "صنعاء: «الخليج»، وام "),
    ("sanad-khaleej", "AlKhaleej", "«الخليج»: "),
    ("sanad-khaleej", "AlKhaleej", "رأس الخيمة «الخليج» "),
    ("sanad-khaleej", "AlKhaleej", "دبي - الخليج: "),
    ("sanad-khaleej", "AlKhaleej", "الشارقة - فلان الفلاني:"),
    ("sanad-khaleej", "AlKhaleej", "الشارقة محمد الفلاني: "),
    ("sanad-khaleej", "AlKhaleej", "جنيف:"),
    ("sanad-khaleej", "AlKhaleej", "المحرر الثقافي "),
    ("ant-multisource", "CNN", "دبي، الإمارات العربية المتحدة (CNN) -- "),
    ("ant-multisource", "CNN", "(CNN)-- "),
    ("ant-multisource", "CNN", "نيويورك، الولايات المتحدة الأمريكية(CNN)—"),
    ("ant-multisource", "CNN", "القدس (CNN) – "),
    ("ant-multisource", "CNN", "دبي، الإمارات العربية المتحدة – "),
    ("ant-multisource", "CNN", "فلان الفلاني\nعمان، الأردن (CNN) -- "),
    ("ant-multisource", "CNN", "هذا المقال بقلم فلان، ولا يعكس بالضرورة رأي شبكة CNN.\n"),
    ("saudinewsnet", "sabq", "فلان الفلاني- سبق- جدة: "),
    ("saudinewsnet", "sabq", "واس- الرياض: "),
    ("saudinewsnet", "3alyoum", "Next Previous عين اليوم – جدة\n "),
    ("saudinewsnet", "was", "جدة 25 شوال 1436 هـ الموافق 10 أغسطس 2015 م واس\n "),
    ("saudinewsnet", "okaz", "شارك من خلال تويتر فيسبوك جوجل بلس اكتب رأيك "),
    ("ahdath-2021", "Ahdath", "AHDATH.INF\nو م ع\n"),
    ("ahdath-2021", "Ahdath", "AHDATH.INFO- خاص - بقلم: فلان الفلاني\n"),
    ("ahdath-2021", "Ahdath", "AHDATH.INFO\nالرباط\nخاص\nفلان الفلاني\n"),
    ("algerian-press", "AkhbarAljazair", "الجزائر – "),
]
TAILS = [
    ("sanad-khaleej", "AlKhaleej", " (وكالات)"),
    ("sanad-khaleej", "AlKhaleej", ". (أ .ف .ب، رويترز)"),
    ("sanad-khaleej", "AlKhaleej", ". وام"),
    ("sanad-khaleej", "AlKhaleej", ".فلان الفلانيsomeone@example.org"),
    ("sanad-khaleej", "AlKhaleej", ". * أستاذ الفلسفة في الجامعة"),
    ("sanad-khaleej", "AlKhaleej", ". من كتاب «عنوان» لفلان الفلاني"),
    ("ant-multisource", "AlArabiya", ".\n*نقلاً عن صحيفة\n** جميع المقالات المنشورة تمثل رأي كتابها فقط."),
    ("ant-multisource", "BBC", ".\n-----\nيمكنكم تسلم إشعارات بأهم الموضوعات بعد تحميل التطبيق."),
    ("ant-multisource", "France24", ".\nفرانس 24/ أ ف ب/ رويترز"),
    ("ant-multisource", "France24", ".\nللمزيد: عنوان خبر آخر"),
    ("ant-multisource", "France24", ". تابعوا المباراة مباشرة على موقعنا عند الساعة الثامنة"),
    ("ant-multisource", "CNN", ".\nإقرأ أيضا: عنوان خبر آخر"),
    ("ant-jawhara", "JawharaFM", ". (صورة أرشيفية)"),
    ("ant-jawhara", "JawharaFM", ". ع ب م"),
    ("ant-jawhara", "JawharaFM", ". المصدر (وات)"),
    ("saudinewsnet", "was", ".\n // انتهى //\n 19:23 ت م"),
    ("saudinewsnet", "alweeam", ". رابط الخبر بصحيفة الوئام: العنوان مرة أخرى"),
    ("saudinewsnet", "3alyoum", ". سمات كلمة كلمة"),
    ("algerian-press", "AkhbarAljazair", ".\n\nالمصدر: رويترز"),
]
# Beginnings and ends that look like bylines and belong to the article.
STORIES = [
    ("sanad-khaleej", "AlKhaleej", 'علمت "الخليج" أن الاعتقالات مستمرة'),
    ("sanad-khaleej", "AlKhaleej", "قال المدير لـ«الخليج»: إن العمل يبدأ"),
    ("sanad-khaleej", "AlKhaleej", "يكتب عن دول الخليج: تاريخها وأدبها"),
    ("sanad-khaleej", "AlKhaleej", "قال المدير. دبي: «الخليج» صحيفة"),
    ("sanad-khaleej", "AlKhaleej", "كأس «الخليج العربي»: الفريق يفوز"),
    ("sanad-khaleej", "AlKhaleej", "دبي تعلن عن خطة: ألف وظيفة جديدة"),
    ("sanad-khaleej", "AlKhaleej", "قال المدير: نعم، حسب وكالة الأنباء السعودية (واس)"),
    ("sanad-khaleej", "AlKhaleej", "مواصفات الجهاز. * الضمان: ضمان لمدة خمسة أعوام"),
    ("ant-multisource", "CNN", "قال مراسل شبكة (CNN) إن العمل يبدأ غدا"),
    ("ant-multisource", "CNN", "في دبي، قال المدير - وهو مهندس - إن العمل يبدأ"),
    ("ant-multisource", "AlArabiya", "هذا المقال بقلم فلان، ورأي صاحبه"),
    ("ant-multisource", "SkyNews", "عاد العمال.. معا"),
    ("ant-jawhara", "JawharaFM", 'فتح تحقيق وفق ما أكده مصدر أمني لمراسل "الجوهرة أف أم".'),
    ("saudinewsnet", "3alyoum", "من سمات القائد الصبر"),
    ("ahdath-2021", "Ahdath", "قال موقع AHDATH.INFO إن العمل يبدأ"),
    ("ahdath-2021", "Ahdath", "خاص العمال إضرابا\nثم عادوا"),
    ("algerian-press", "AkhbarAljazair", "الجزائر تفوز على ضيفها 2 - 1"),
]


@pytest.mark.parametrize(("corpus", "outlet", "head"), HEADS)
def test_what_stands_over_the_story_is_taken_off(article: MakeArticle, corpus: str, outlet: str, head: str) -> None:
    assert cleaned(article(head + STORY, corpus=corpus, outlet=outlet)).text == STORY


@pytest.mark.parametrize(("corpus", "outlet", "tail"), TAILS)
def test_what_stands_under_the_story_is_taken_off(article: MakeArticle, corpus: str, outlet: str, tail: str) -> None:
    kept = STORY + ("." if tail.startswith(".") else "")
    assert cleaned(article(STORY + tail, corpus=corpus, outlet=outlet)).text == kept


@pytest.mark.parametrize(("corpus", "outlet", "text"), STORIES)
def test_the_articles_own_words_stay(article: MakeArticle, corpus: str, outlet: str, text: str) -> None:
    assert cleaned(article(text, corpus=corpus, outlet=outlet)).text == text


@pytest.mark.parametrize(("corpus", "outlet"), NEWS)
def test_a_text_without_a_byline_is_given_back_as_it_is(article: MakeArticle, corpus: str, outlet: str) -> None:
    plain = article(f"{STORY}.\nوأضافت: «نبدأ غدا».", corpus=corpus, outlet=outlet, title="خطة الهيئة")
    assert cleaned(plain) is plain


@pytest.mark.parametrize(("corpus", "outlet", "head"), HEADS)
def test_a_byline_of_one_corpus_is_the_text_of_another(
    article: MakeArticle, corpus: str, outlet: str, head: str
) -> None:
    assert cleaned(article(head + STORY, corpus=f"not-{corpus}", outlet=outlet)).text == head + STORY


def test_a_byline_behind_a_byline_goes_too(article: MakeArticle) -> None:
    twice = article(f"دبي: «الخليج» الشارقة - فلان الفلاني: {STORY}. (وام) (وكالات)", corpus="sanad-khaleej")
    assert cleaned(twice).text == f"{STORY}."


def test_the_site_between_two_paragraphs_goes(article: MakeArticle) -> None:
    text = "خبر طويل بما يكفي ليكون فقرة\nAHDATH.INFO\nتتمة"
    assert cleaned(article(text, corpus="ahdath-2021", outlet="Ahdath")).text == "خبر طويل بما يكفي ليكون فقرة\nتتمة"


@pytest.mark.parametrize("ending", [" ــ أخبار الجزائر", "ــ أخبار الجزائر", " -أخبار الجزائر", " ـــ أخبار الجزائر "])
def test_the_site_is_taken_off_a_title(article: MakeArticle, ending: str) -> None:
    titled = article(STORY, corpus="algerian-press", title=f"ست وفيات في يوم{ending}")
    assert cleaned(titled).title == "ست وفيات في يوم"


def test_a_title_about_the_news_of_algeria_stays(article: MakeArticle) -> None:
    titled = article(STORY, corpus="algerian-press", title="متابعة أخبار الجزائر")
    assert cleaned(titled).title == "متابعة أخبار الجزائر"


def test_a_text_that_is_only_a_notice_becomes_empty_and_keeps_its_labels(article: MakeArticle) -> None:
    notice = article("AHDATH.INFO", corpus="ahdath-2021", outlet="Ahdath", labels=("news",), title="\u202c")
    assert (cleaned(notice).text, cleaned(notice).title, cleaned(notice).labels) == ("", None, ("news",))


def test_control_marks_go_and_line_breaks_stay() -> None:
    marked = "\ufeffقال\u202c الوزير\u202e:\r\n\tنعم\u200f\u2067 لا\u061c\x02"
    assert without_control_marks(marked) == "قال الوزير:\r\n\tنعم لا"


def test_vowel_marks_and_tatweel_are_the_article() -> None:
    assert without_control_marks("مُدَرِّسَةٌ الـعربية") == "مُدَرِّسَةٌ الـعربية"


PIECES = st.sampled_from(
    [head for _, _, head in HEADS]
    + [tail for _, _, tail in TAILS]
    + [text for _, _, text in STORIES]
    + ["دبي", "«الخليج»", "(CNN)", "وكالات", ":", " - ", ". ", "\n", " ", "محمد", "\u202c", STORY]
)


@given(st.sampled_from(NEWS), st.lists(PIECES, max_size=8))
def test_cleaning_twice_is_cleaning_once_and_no_text_grows(outlet: tuple[str, str], pieces: list[str]) -> None:
    raw = Article(corpus=outlet[0], id="1", outlet=outlet[1], text="".join(pieces), title="".join(pieces[:2]) or None)
    once = cleaned(raw)
    assert cleaned(once) == once
    assert len(once.text) <= len(raw.text)
    assert once.text == once.text.strip()


def test_every_rule_is_for_corpora_and_outlets_of_the_catalogue_and_says_why() -> None:
    for rule in rules():
        assert rule.reason.endswith((".", "»"))
        for corpus in rule.corpora:
            assert set(rule.outlets or ()) <= set(CATALOG[corpus].outlets), rule.name


def test_a_rule_is_known_by_its_corpus_part_and_name() -> None:
    names = [(corpus, rule.part, rule.name) for rule in rules() for corpus in rule.corpora]
    assert len(set(names)) == len(names)


def test_only_a_tail_keeps_what_its_group_matched() -> None:
    assert all(rule.part == "tail" for rule in rules() if re.compile(rule.pattern).groups)


@pytest.mark.corpora
@pytest.mark.parametrize("name", sorted({corpus for corpus, _ in NEWS}))
def test_a_clean_corpus_is_clean(name: str) -> None:
    raw, once = corpora.read(name, clean=False), corpora.read(name)
    assert all(len(after.text) <= len(before.text) for before, after in zip(raw, once, strict=True))
    assert all(cleaned(article) is article for article in once)


@pytest.mark.corpora
def test_hardly_a_text_shows_its_outlet_in_a_byline() -> None:
    opening = [article.text[:12] for article in corpora.read("sanad-khaleej") if "الخليج»" in article.text[:12]]
    dateline = [a.text[:60] for a in corpora.read("ant-multisource") if a.outlet == "CNN" and "(CNN)" in a.text[:60]]
    assert len(opening) < 10
    assert len(dateline) < 10


@pytest.mark.parametrize(("corpus", "outlet", "head"), HEADS)
def test_what_is_taken_off_is_the_head_and_nothing_of_the_story(corpus: str, outlet: str, head: str) -> None:
    off = taken_off(Article(corpus=corpus, id="1", outlet=outlet, text=f"{head}{STORY}\n{STORY}"))
    assert off.split() == without_control_marks(head).split()


def test_nothing_is_taken_off_a_text_without_a_byline() -> None:
    assert taken_off(Article(corpus="sanad-khaleej", id="1", outlet="AlKhaleej", text=f"\u202c{STORY}\n")) == ""


def test_all_of_a_notice_is_taken_off() -> None:
    ahdath = Article(corpus="ahdath-2021", id="1", outlet="Ahdath", text="AHDATH.INFO")
    assert taken_off(ahdath) == "AHDATH.INFO"
