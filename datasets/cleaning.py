"""What in a corpus's text is not the article: control marks, bylines that give a section away, site names."""

import re
from dataclasses import replace

from khabar.datasets.article import Article

# Control, directional, joining and soft-hyphen marks that scraping leaves behind; in sanad-khaleej nearly all
# stand beside a space, so deleting them glues no words together.  Tab, line feed and carriage return stay.
_CONTROL_MARKS = tuple(
    chr(code)
    for first, last in (
        (0x00, 0x08),
        (0x0B, 0x0C),
        (0x0E, 0x1F),
        (0xAD, 0xAD),
        (0x061C, 0x061C),
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x2069),
        (0xFEFF, 0xFEFF),
    )
    for code in range(first, last + 1)
)

_QUOTED_KHALEEJ = r"""[«"“”»]\s*الخليج\s*[«"“”»]"""
_AGENCY = r"(?:وكالات|وام|رويترز|أ\s?\.?\s?ف\s?\.?\s?ب|د\s?\.?\s?ب\s?\.?\s?أ)"
_AGENCIES = rf"(?:\s*[،,-]?\s*و?{_AGENCY}(?=[\s:،,]))*"
_EMIRATES_AND_CAIRO = r"دبي|أبوظبي|الشارقة|عجمان|رأس\sالخيمة|الفجيرة|أم\sالقيوين|القاهرة"
# "دبي: «الخليج»", "أبوظبي - "الخليج":", "عواصم - «الخليج»، وكالات:".  A separator is required on one side,
# or a city that usually stands there, since «الخليج» is also a word of running text.
_KHALEEJ_BYLINE = re.compile(
    rf"""^\s*(?:[^«»"“”.!؟]{{0,45}}?[:ـ–-]\s*{_QUOTED_KHALEEJ}{_AGENCIES}\s*[:،,–-]*
          |[^«»"“”.!؟:]{{0,45}}?{_QUOTED_KHALEEJ}{_AGENCIES}\s*[:–-]
          |(?:{_EMIRATES_AND_CAIRO})\s*{_QUOTED_KHALEEJ})\s*""",
    re.VERBOSE,
)

_AHDATH_BYLINE = re.compile(r"^\W*AHDATH[. ]INFO?\W*$", re.IGNORECASE)
_ALGERIAN_SITE_NAME = re.compile(r"\s*[-–ـ]+\s*أخبار الجزائر\s*$")


def without_control_marks(text: str) -> str:
    """The text without invisible control marks; tab, line feed and carriage return stay."""
    # Looking for one character is so fast that this loop takes a third of the time of a regular expression.
    for mark in _CONTROL_MARKS:
        if mark in text:
            text = text.replace(mark, "")
    return text


def without_khaleej_byline(text: str) -> str:
    """The text without the byline «الخليج», which opens 47 % of Medical and 0.1 % of Sports in sanad-khaleej.

    Examples
    --------
    >>> without_khaleej_byline("دبي: «الخليج» أعلنت الهيئة")
    'أعلنت الهيئة'
    """
    return _KHALEEJ_BYLINE.sub("", text, count=1)


def without_ahdath_byline(paragraphs: list[str]) -> list[str]:
    """The paragraphs that say more than AHDATH.INFO."""
    return [paragraph for paragraph in paragraphs if not _AHDATH_BYLINE.match(paragraph)]


def without_algerian_site_name(title: str) -> str:
    """The title without the name of the site that closes it, «أخبار الجزائر»."""
    return _ALGERIAN_SITE_NAME.sub("", title)


def cleaned(article: Article) -> Article:
    """The article without control marks, bylines and boilerplate."""
    return replace(article, text=without_control_marks(article.text).strip())
