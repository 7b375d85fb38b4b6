"""How groups of articles are dealt out so that every hand has its share of the articles and of each label.

Whole numbers and SHA-256 only: no library's random generator, no sum of floats that another processor rounds otherwise.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Hashable, Sequence

# One over a count is kept in units of this: as good as a fraction, and a whole number.
_UNIT = 1 << 62


def deal(
    names: Sequence[tuple[str, str]],
    groups: Sequence[Hashable],
    labels: Sequence[str],
    shares: Sequence[int],
    seed: int,
) -> list[int]:
    """Deal articles out, group by group, the large groups first, each to where it is missed most.

    What is missed is measured as in a chi-squared test: by the squares of what each hand has too much or too little of
    each label and of all articles, over what it should have.

    Parameters
    ----------
    names : sequence of (str, str)
        Corpus and id of each article.
    groups : sequence
        Articles of one group go to one hand.
    labels : sequence of str
    shares : sequence of int
        How much each hand is to have, in proportion.
    seed : int
        Which of groups of one size comes first.

    Returns
    -------
    list of int
        The hand of each article.
    """
    order = [
        hashlib.sha256(f"{seed}\t{corpus}\t{name}".encode("utf-8", "surrogatepass")).digest() for corpus, name in names
    ]
    members: dict[Hashable, list[int]] = {}
    for position in sorted(range(len(names)), key=order.__getitem__):
        members.setdefault(groups[position], []).append(position)

    weights = {label: _UNIT // n for label, n in Counter(labels).items()}
    weight_of_all = _UNIT // max(len(names), 1)
    dealt: list[Counter[str]] = [Counter() for _ in shares]
    sizes = [0] * len(shares)
    scales = [math.lcm(*shares) // share for share in shares]

    def cost(hand: int, counts: Counter[str], size: int) -> int:
        """How much more a hand's squares come to with a group; less what is the same for all hands."""
        more = sum(n * (n + 2 * dealt[hand][label]) * weights[label] for label, n in counts.items())
        return scales[hand] * (more + size * (size + 2 * sizes[hand]) * weight_of_all)

    hands = [0] * len(names)
    for group in sorted(members.values(), key=len, reverse=True):
        counts = Counter(labels[position] for position in group)
        hand = min(range(len(shares)), key=lambda hand: cost(hand, counts, len(group)))
        dealt[hand].update(counts)
        sizes[hand] += len(group)
        for position in group:
            hands[position] = hand
    return hands
