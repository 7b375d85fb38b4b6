"""The words of a text in one spelling: which words of two texts are the same, where no model's table is at hand."""

import re
import unicodedata

WORD = re.compile(r"\w{2,}|\d")
TATWEEL_AND_VOWEL_MARKS = (0x640, *range(0x64B, 0x660), 0x670)
LETTERS = str.maketrans("أإآٱىئؤة", "ااااييوه")
DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
SPELLING = LETTERS | DIGITS | dict.fromkeys(TATWEEL_AND_VOWEL_MARKS)


def plain_words(text: str) -> list[str]:
    """Cut a text into words of two or more letters and numbers, without vowel marks and the seats of hamza.

    Examples
    --------
    >>> plain_words("أُعلن عن ٣٠ مسؤولاً")
    ['اعلن', 'عن', '30', 'مسوولا']
    """
    return WORD.findall(unicodedata.normalize("NFKC", text).lower().translate(SPELLING))
