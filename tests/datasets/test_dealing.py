"""Every hand gets its share of articles and labels, however large the groups are that stay whole."""

from collections import Counter

import pytest

from khabar.datasets.dealing import deal


def name(n: int) -> tuple[str, str]:
    return "corpus", str(n)


def test_a_group_goes_to_one_hand() -> None:
    groups = [n % 17 for n in range(200)]
    hands = deal([name(n) for n in range(200)], groups, ["x"] * 200, (1, 1, 1), 0)
    assert len(set(zip(groups, hands, strict=True))) == 17


@pytest.mark.parametrize("shares", [(1, 1), (1, 9), (2, 3, 5)])
def test_hands_get_their_shares(shares: tuple[int, ...]) -> None:
    hands = Counter(deal([name(n) for n in range(1000)], range(1000), ["x"] * 1000, shares, 0))
    assert [hands[hand] for hand in range(len(shares))] == [1000 * share // sum(shares) for share in shares]


def test_large_groups_are_evened_out_by_small_ones() -> None:
    groups = ["large"] * 30 + ["middle"] * 20 + list(range(50))
    hands = Counter(deal([name(n) for n in range(100)], groups, ["x"] * 100, (1, 1, 1), 0))
    assert sorted(hands.values()) == [33, 33, 34]


def test_a_label_in_few_groups_is_spread_over_the_hands() -> None:
    labels = ["rare"] * 4 + ["common"] * 96
    hands = deal([name(n) for n in range(100)], range(100), labels, (1, 1, 1, 1), 0)
    assert sorted(hands[:4]) == [0, 1, 2, 3]


def test_the_seed_decides_among_groups_of_one_size() -> None:
    dealt = {tuple(deal([name(n) for n in range(40)], range(40), ["x"] * 40, (1, 1), seed)) for seed in range(5)}
    assert len(dealt) == 5


def test_no_articles_are_dealt_to_no_one() -> None:
    assert deal([], [], [], (1, 1), 0) == []
