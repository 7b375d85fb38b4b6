"""How a claim and a text differ, as pseudo-words: overlap, numbers, negation, opposites, countries, word order.

A claim is contradicted less by what either of the two says than by where they part: one has another number, the
opposite verb, another country, or the same words with subject and object changed. Each such signal is a word of a
document (`number_differs`), which a linear model weighs; and so is each pair of a word that only the claim has and
one that only the text has, since some of the pairs are opposites (`instead_صعد_هبط`).
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import combinations, product

from khabar.inference.features import stem
from khabar.inference.plain_words import plain_words
from khabar.inference.sentences import sentence_spans

LONG = 60  # words: of a longer text, the sentences are read that have most of the claim
PASSAGE = 2  # sentences
PASSAGE_WORDS = 120
LENGTH = 10  # words, by which a passing mention in a short sentence is not taken for the passage
ALIKE = 4  # first letters, by which two stems are taken for one word
MOST_LACKING, MOST_ADDED = 10, 14  # words, beyond which the pairs of words say nothing
MOST_QUARTERS = 8  # of the text's length, that the claim's is told in
PREPOSITIONS = "بلكف"


def claim_signals(claim: str, text: str) -> list[str]:
    """Give the pseudo-words that tell how a claim and a text differ.

    Parameters
    ----------
    claim, text : str
        Of a text of more than 60 words, the two sentences that have most of the claim stand for it. A claim in Latin
        letters is not compared with an Arabic text: none of its words could be found.

    Examples
    --------
    >>> signals = claim_signals("ارتفاع أسعار القمح 5 بالمئة", "انخفاض أسعار القمح 7 بالمئة")
    >>> [signal for signal in signals if signal.startswith(("opposite_", "number_", "overlap_"))]
    ['overlap_6', 'opposite_level', 'number_differs']
    """
    if claim.isascii() and not text.isascii():
        return []
    of_claim, of_text = plain_words(claim), plain_words(text)
    stems, others = _stems(of_claim), _stems(of_text)
    told = ["short"]
    if len(of_text) > LONG:
        told = ["long", f"page_{_tenths(len(set(stems).intersection(others)) / max(len(set(stems)), 1))}"]
        of_text = _passage(set(stems), text)
        others = _stems(of_text)
    lacking, added = _beyond(stems, others), _beyond(others, stems)
    told += [
        f"overlap_{_tenths(1 - len(lacking) / max(len(stems), 1))}",
        f"covered_{_tenths(1 - len(added) / max(len(others), 1))}",
        *_trigram_overlap(of_claim, of_text),
        f"lacks_{min(len(lacking), MOST_LACKING)}",
        f"adds_{min(len(added), MOST_ADDED)}",
        f"lengths_{min(4 * len(of_claim) // max(len(of_text), 1), MOST_QUARTERS)}",
        f"first_{'same' if stems[:1] and stems[0][:ALIKE] in {one[:ALIKE] for one in others[:1]} else 'other'}",
        f"order_{_inversions(stems, others)}",
        *_opposites(of_claim, of_text),
        f"number_{_compared(set(filter(str.isdigit, of_claim)), set(filter(str.isdigit, of_text)))}",
        f"country_{_compared(_countries(stems), _countries(others))}",
        f"negation_{_negated(of_claim)}_{_negated(of_text)}",
    ]
    told += [f"{side}_asks" for side, said in (("claim", claim), ("text", text)) if "؟" in said]
    if len(lacking) < len(stems) and len(lacking) <= MOST_LACKING and len(added) <= MOST_ADDED:
        told += [f"instead_{one}_{other}" for one, other in product(dict.fromkeys(lacking), dict.fromkeys(added))]
    return told


@dataclass(frozen=True)
class _Lexicon:
    negations: frozenset[str]
    axes: dict[str, tuple[re.Pattern[str], re.Pattern[str]]]
    countries: re.Pattern[str]
    country_of: dict[str, str]


@cache
def _lexicon() -> _Lexicon:
    table = tomllib.loads(files(__package__).joinpath("claim_signals.toml").read_text(encoding="utf-8"))
    country_of = {name: country for country, names in table["countries"].items() for name in names}
    return _Lexicon(
        frozenset(table["negations"]),
        {axis: (re.compile("|".join(p["one"])), re.compile("|".join(p["other"]))) for axis, p in table["axes"].items()},
        re.compile("|".join(sorted(country_of, key=len, reverse=True))),
        country_of,
    )


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    cut = stem(word)
    return cut[1:] if len(cut) > ALIKE and cut[0] in PREPOSITIONS else cut


def _stems(words: Sequence[str]) -> list[str]:
    return [_stem(word) for word in words]


def _passage(wanted: set[str], text: str) -> list[str]:
    """Give the words of the sentences that have most of the claim's stems, the best first."""
    sentences = [plain_words(text[start:end]) for start, end in sentence_spans(text)]
    sentences.sort(key=lambda words: -len(wanted.intersection(_stems(words))) / (len(words) + LENGTH) ** 0.5)
    return [word for words in sentences[:PASSAGE] for word in words][:PASSAGE_WORDS]


def _beyond(stems: Sequence[str], others: Sequence[str]) -> list[str]:
    """Give the stems that are like none of the others."""
    known = {*others, *(other[:ALIKE] for other in others if len(other) >= ALIKE)}
    return [one for one in stems if one not in known and (len(one) < ALIKE or one[:ALIKE] not in known)]


def _trigram_overlap(claim: Sequence[str], text: Sequence[str]) -> Iterator[str]:
    of_claim, of_text = set(_trigrams(claim)), set(_trigrams(text))
    both = len(of_claim & of_text)
    yield f"trigrams_{_tenths(both / max(len(of_claim), 1))}"
    yield f"resembles_{_tenths(both / max(len(of_claim | of_text), 1))}"


def _trigrams(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        padded = f" {word} "
        yield from (padded[at : at + 3] for at in range(len(padded) - 2))


def _inversions(stems: Sequence[str], others: Sequence[str]) -> str:
    """Tell, in fifths, how many pairs of shared words stand the other way round."""
    place = {other: at for at, other in reversed(list(enumerate(others)))}
    pairs = list(combinations([place[one] for one in dict.fromkeys(stems) if one in place], 2))
    return str(int(5 * sum(a > b for a, b in pairs) / len(pairs))) if pairs else "none"


def _opposites(claim: Sequence[str], text: Sequence[str]) -> list[str]:
    told, opposite, alike = [], 0, 0
    for axis, poles in _lexicon().axes.items():
        one, other = _side(claim, poles), _side(text, poles)
        if one is None or other is None:
            if one is not other:
                told.append(f"{axis}_of_{'text' if one is None else 'claim'}")
        elif one and one == -other:
            opposite += 1
            told.append(f"opposite_{axis}")
        elif one and one == other:
            alike += 1
            told.append(f"alike_{axis}")
        else:
            told.append(f"mixed_{axis}")
    return [*told, f"opposites_{min(opposite, 3)}", f"alikes_{min(alike, 3)}"]


def _side(words: Sequence[str], poles: tuple[re.Pattern[str], re.Pattern[str]]) -> int | None:
    """Say which pole of an axis words are at: -1 or 1, 0 for both, None for neither."""
    one, other = (any(map(pole.search, words)) for pole in poles)
    return other - one if one or other else None


def _countries(stems: Sequence[str]) -> set[str]:
    lexicon = _lexicon()
    found = (lexicon.countries.match(one) for one in stems)
    return {lexicon.country_of[match.group()] for match in found if match}


def _negated(words: Sequence[str]) -> str:
    return "not" if any(word in _lexicon().negations for word in words) else "plain"


def _compared(of_claim: Collection[str], of_text: Collection[str]) -> str:
    one, other = set(of_claim), set(of_text)
    if one == other:
        return "same" if one else "none"
    if not one or not other:
        return "of_text" if other else "of_claim"
    return "partly" if one & other else "differs"


def _tenths(share: float) -> int:
    return int(share * 10 + 1e-9)
