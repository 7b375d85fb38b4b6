"""Threads are as many as asked for; by default one for few articles, and no more than there are processors."""

import os

import pytest

from khabar.inference.errors import InputError
from khabar.inference.threads import ALONE, chosen_threads


@pytest.mark.parametrize(("asked", "articles"), [(1, 0), (3, 5), (2, 10**6)])
def test_a_number_asked_for_is_kept(asked: int, articles: int) -> None:
    assert chosen_threads(asked, articles) == asked


def test_few_articles_have_one_thread_and_many_as_many_as_processors() -> None:
    assert chosen_threads(None, ALONE - 1) == 1
    assert chosen_threads(None, ALONE) == len(os.sched_getaffinity(0))


@pytest.mark.parametrize("asked", [0, -1])
def test_fewer_than_one_is_refused(asked: int) -> None:
    with pytest.raises(InputError, match=f"threads is {asked}; expected 1 or more"):
        chosen_threads(asked, 10)
