"""What in a corpus's text is not the article: control marks, bylines that give outlet or section away, notices."""

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from khabar.datasets.article import Article
from khabar.inference.errors import CorpusError

Part = Literal["title", "head", "tail", "line"]
PARTS: tuple[Part, ...] = ("title", "head", "tail", "line")

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
_WORD = re.compile(r"<([a-z_]+)>")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule of cleaning.toml.

    Attributes
    ----------
    name, reason : str
        For people.
    corpora : tuple of str
    outlets : tuple of str
        None stands for every outlet of the corpora.
    part : {"title", "head", "tail", "line"}
        Where it looks: the end of the title, the beginning or the end of the text, a whole line.
    longest : int
        It takes off at most this many characters.
    pattern : str
        A regular expression, words of the file put in.
    """

    name: str
    corpora: tuple[str, ...]
    part: Part
    longest: int
    reason: str
    pattern: str
    outlets: tuple[str, ...] | None = None


@cache
def rules() -> tuple[Rule, ...]:
    """The rules of cleaning.toml, in order.

    Raises
    ------
    CorpusError
        If a rule names a part or a word that the file does not have.
    """
    table = tomllib.loads(files(__package__).joinpath("cleaning.toml").read_text(encoding="utf-8"))
    return tuple(_rule(row, table["words"]) for row in table["rule"])


def _rule(row: dict[str, Any], words: dict[str, list[str]]) -> Rule:
    if row["part"] not in PARTS:
        raise CorpusError(f"cleaning.toml, {row['name']}: found part {row['part']!r}, expected one of {PARTS}; mend it")
    lists = {key: tuple(value) for key, value in row.items() if isinstance(value, list)}
    return Rule(**{**row, **lists, "pattern": _with_words(row["pattern"], words)})


def _with_words(pattern: str, words: dict[str, list[str]]) -> str:
    """The pattern with each <word> as a group of its alternatives; alternatives may name words too."""

    def group(match: re.Match[str]) -> str:
        if match[1] not in words:
            raise CorpusError(
                f"cleaning.toml: found <{match[1]}>, expected one of {', '.join(words)}; add it to [words]"
            )
        return f"(?:{'|'.join(_with_words(word, words) for word in words[match[1]])})"

    return _WORD.sub(group, pattern)


@dataclass(frozen=True)
class _Patterns:
    """What one outlet's articles are searched for; head, tail and title patterns come with their longest stretch."""

    title: tuple[tuple[re.Pattern[str], int], ...]
    head: tuple[tuple[re.Pattern[str], int], ...]
    tail: tuple[tuple[re.Pattern[str], int], ...]
    line: re.Pattern[str] | None


@cache
def _patterns(corpus: str, outlet: str) -> _Patterns:
    mine = [rule for rule in rules() if corpus in rule.corpora and (rule.outlets is None or outlet in rule.outlets)]

    def compiled(part: Part, ending: str) -> tuple[tuple[re.Pattern[str], int], ...]:
        return tuple((re.compile(f"(?:{rule.pattern}){ending}"), rule.longest) for rule in mine if rule.part == part)

    lines = [f"(?=.{{1,{rule.longest}}}\\Z)(?:{rule.pattern})" for rule in mine if rule.part == "line"]
    return _Patterns(
        title=compiled("title", r"\Z"),
        head=compiled("head", ""),
        tail=compiled("tail", r"\Z"),
        line=re.compile("|".join(lines)) if lines else None,
    )


def cleaned(article: Article) -> Article:
    """The article without control marks, bylines, datelines, credits and notices; its labels are left as they are.

    The rules are those of cleaning.toml for its corpus and outlet; an article of another corpus loses control
    marks only.  Cleaning a clean article changes nothing, and no text grows.

    Examples
    --------
    >>> raw = Article(corpus="sanad-khaleej", id="1", outlet="AlKhaleej", text="دبي: «الخليج» أعلنت الهيئة")
    >>> cleaned(raw).text
    'أعلنت الهيئة'
    """
    patterns = _patterns(article.corpus, article.outlet)
    text = _clean_text(article.text, patterns)
    title = article.title and (_clean_title(article.title, patterns) or None)
    if text == article.text and title == article.title:
        return article
    return replace(article, text=text, title=title)


def taken_off(article: Article) -> str:
    """What `cleaned` takes off the article's text, for measuring what it told; empty where that is nothing.

    Examples
    --------
    >>> raw = Article(corpus="sanad-khaleej", id="1", outlet="AlKhaleej", text="دبي: «الخليج» أعلنت الهيئة")
    >>> taken_off(raw)
    'دبي: «الخليج»'
    """
    kept = cleaned(article).text.split("\n")
    pieces = []
    for line in without_control_marks(article.text).strip().split("\n"):
        if line not in kept:
            within = max((other for other in kept if other and other in line), key=len, default="")
            pieces += line.replace(within, "\n", 1).split("\n") if within else [line]
    return " ".join(piece.strip() for piece in pieces if piece.strip())


def without_control_marks(text: str) -> str:
    """The text without invisible control marks; tab, line feed and carriage return stay."""
    if text.replace("\n", " ").isprintable():
        return text  # The marks are not printable; most texts end here, and the rest of this is three times as slow.
    for mark in _CONTROL_MARKS:
        if mark in text:
            text = text.replace(mark, "")
    return text


def _clean_title(title: str, patterns: _Patterns) -> str:
    return _without_tails(without_control_marks(title).strip(), patterns.title)


def _clean_text(text: str, patterns: _Patterns) -> str:
    text = without_control_marks(text).strip()
    # One byline may stand behind another, and what a notice hid may be a credit: until nothing changes.
    while True:
        before = text
        if patterns.line is not None:
            text = _without_lines(text, patterns.line)
        for pattern, longest in patterns.head:
            if match := pattern.match(text, 0, longest):
                text = text[match.end() :].lstrip()
        text = _without_tails(text, patterns.tail)
        if text == before:
            return text


def _without_tails(text: str, patterns: tuple[tuple[re.Pattern[str], int], ...]) -> str:
    for pattern, longest in patterns:
        if match := pattern.search(text, max(0, len(text) - longest)):
            text = text[: match.end(1) if match.lastindex else match.start()].rstrip()
    return text


def _without_lines(text: str, pattern: re.Pattern[str]) -> str:
    lines = text.split("\n")
    kept = [line for line in lines if not pattern.fullmatch(line.strip())]
    return text if len(kept) == len(lines) else "\n".join(kept).strip()
