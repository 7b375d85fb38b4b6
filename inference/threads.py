"""How many threads a call gets."""

import os

from khabar.inference.errors import InputError

ALONE = 256  # articles below which one thread is as fast as several


def chosen_threads(threads: int | None, n_articles: int) -> int:
    """Give the number asked for; by default, one for few articles, else as many as there are processors to use.

    Raises
    ------
    InputError
        Fewer than one is asked for.
    """
    if threads is None:
        return 1 if n_articles < ALONE else _processors()
    if threads < 1:
        raise InputError(f"threads is {threads}; expected 1 or more, or None to choose by the number of articles.")
    return threads


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1
