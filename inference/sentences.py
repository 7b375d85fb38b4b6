"""Where the sentences of a text begin and end."""

import re
from itertools import pairwise

# A stop inside a number (3.5, 1.2.3) or a name (example.com) is none; closing quotes and brackets go with the
# sentence they end. Arabic has its own question mark ؟ and, in Urdu type, its own full stop ۔.
# A pattern that begins with one set of characters is searched for six times as fast as a choice of patterns.
BOUNDARY = re.compile(
    r"""
    [!?؟۔….\r\n\v\f\x1c-\x1e\x85\u2028\u2029]
    (?:
        (?: (?<=\.) \.* (?!\w) | (?<=[!?؟۔…]) )   # what ends a sentence
        [.!?؟۔…]* ["'»”’)\]]*                     # and what belongs to its end
      | (?<=[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]) [\r\n\v\f\x1c-\x1e\x85\u2028\u2029]*
    )
    """,
    re.VERBOSE,
)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Cut a text into sentences.

    Returns
    -------
    list of (start, end)
        Half-open spans in code points, without the white space around them. Between them stands nothing but
        white space, so every word lies in exactly one.

    Examples
    --------
    >>> sentence_spans("ارتفع المؤشر 3.5 نقطة. ماذا بعد؟")
    [(0, 22), (23, 32)]
    """
    cuts = [0, *(match.end() for match in BOUNDARY.finditer(text)), len(text)]
    spans = []
    for start, end in pairwise(cuts):
        sentence = text[start:end]
        body = sentence.strip()
        if body:
            first = start + sentence.index(body)
            spans.append((first, first + len(body)))
    return spans
