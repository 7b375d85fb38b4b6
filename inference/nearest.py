"""Which known name was probably meant by one that is not known."""

import difflib
from collections.abc import Iterable
from unicodedata import normalize

# The least similarity, as difflib measures it, of a name that is worth asking about.
CUTOFF = 0.5


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Give the most similar of the known names, or None where none is near.

    Neither case nor the form in which Unicode writes a letter counts, so that an alef with its hamza as a mark of its
    own, as macOS names files, is the letter that a keyboard gives.

    Parameters
    ----------
    name : str
    known : iterable of str
        Of two that differ in case only, the first is given.

    Examples
    --------
    >>> nearest_name("TEXTS", ["id", "Text"])
    'Text'
    >>> nearest_name("أقتصاد", ["رياضة", "اقتصاد"])
    'اقتصاد'
    >>> nearest_name("xyz", ["id", "Text"])
    """
    by_form: dict[str, str] = {}
    for candidate in known:
        by_form.setdefault(_form(candidate), candidate)
    found = difflib.get_close_matches(_form(name), by_form, n=1, cutoff=CUTOFF)
    return by_form[found[0]] if found else None


def _form(name: str) -> str:
    return normalize("NFKC", name).casefold()
