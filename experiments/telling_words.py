"""Which words of an explanation are worth showing: those that speak most for a label, none within another."""

from collections.abc import Iterable

from khabar.inference.tags import WordShare


def telling_words(words: Iterable[WordShare], most: int) -> list[str]:
    """Give the words that speak most for a label.

    Parameters
    ----------
    words : iterable of WordShare
        By falling share, as an `Explanation` has them.
    most : int
        How many to give.
    """
    chosen: list[str] = []
    for share in words:
        word = " ".join(share.word.split())
        if share.share > 0 and not any(word in other or other in word for other in chosen):
            chosen.append(word)
        if len(chosen) == most:
            break
    return chosen
