"""What a reader of an HTML page sees of its text: no tags, no scripts, entities as the characters they stand for."""

import re
from html.parser import HTMLParser

UNSEEN = {"script", "style"}
# Tags that stand inside a word or sentence; every other one ends a line.
INLINE = frozenset({
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd",
    "mark", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr",
})  # fmt: skip
# Such as Word writes; the parser of some versions of Python fails on those that it does not know.
MARKED_SECTION = re.compile(r"<!\[[^>]*>?")
SPACE = re.compile(r"[^\S\n]+")


def html_text(page: str) -> str:
    """Take the text out of a page, a line for each of its blocks.

    Examples
    --------
    >>> html_text("<style>p {}</style><p>خبر <b>عا</b>جل &amp; قصير</p>نص<br>آخر")
    'خبر عاجل & قصير\\nنص\\nآخر'
    """
    parser = _Text()
    parser.feed(MARKED_SECTION.sub(" ", page))
    parser.close()
    lines = (SPACE.sub(" ", line).strip() for line in "".join(parser.parts).split("\n"))
    return "\n".join(line for line in lines if line)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in UNSEEN:
            self._unseen += 1
        self._break_at(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN and self._unseen:
            self._unseen -= 1
        self._break_at(tag)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            # A line of the source is not one of the page.
            self.parts.append(data.replace("\n", " "))

    def _break_at(self, tag: str) -> None:
        if tag not in INLINE:
            self.parts.append("\n")
