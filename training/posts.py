"""How a post of a social network is read: its signs become words, since only words and their letters are features."""

import re

_LINK = re.compile(r"https?\S*|www\.\S*|pic\.twitter\S*")
_USER = re.compile(r"@\w+")
# #شكراً_لكم is words, which its sign and low lines hide.
_HASHTAG = re.compile(r"[#_]")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
# Flags, pictographs, dingbats, arrows and stars; what modifies the one before it stands for itself.
_EMOJI = re.compile("[\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff\u2190-\u21ff\u2600-\u27bf\u2b50\u2b55]")
# What punctuation says of a post as a whole, as pseudo-words at its end.
_SIGNS = (
    ("xexclaims", re.compile("!")),
    ("xexclaimsloudly", re.compile("!{2,}")),
    ("xasks", re.compile("[؟?]")),
    ("xaskstwice", re.compile("[؟?]{2,}")),
    ("xtrailsoff", re.compile(r"\.\.|…")),
    # (2018) is no smile.
    ("xsmiles", re.compile(r"(?:[:;=]|(?<!\w)8)['-]?[)\]D]|\^_?\^")),
    ("xfrowns", re.compile(r":['-]?[(\[]")),
)


def read_post(text: str) -> str:
    """Write a post in words alone.

    Links and users go; a hashtag is parted into its words; of a letter that is repeated two remain; an emoji becomes
    a word of its own, and so does what punctuation and smileys say, at the end.

    Examples
    --------
    >>> read_post("@user رااااائع #شكرا_لكم 😍!! https://t.co/x").split()
    ['راائع', 'شكرا', 'لكم', 'x1f60d', '!!', 'xexclaims', 'xexclaimsloudly']
    """
    text = _USER.sub(" ", _LINK.sub(" ", text))
    said = [name for name, sign in _SIGNS if sign.search(text)]
    text = _DRAWN_OUT.sub(r"\1\1", _HASHTAG.sub(" ", text))
    return " ".join([_EMOJI.sub(_named, text), *said])


def _named(match: re.Match[str]) -> str:
    return f" x{ord(match[0]):x} "
