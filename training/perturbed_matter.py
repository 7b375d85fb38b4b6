"""Matter that is not of the article: hashtags, Latin words, left-overs of HTML, what pages put below an article.

Every function takes a title or none and a text, and a source of chance, and gives both changed.
"""

import html
import re
from collections.abc import Callable
from random import Random

from khabar.training.perturbed_data import perturbation_data

Document = tuple[str | None, str]

PAIR = re.compile(r"(\w{3,}) (\w{3,})")
TAGGED = 0.1  # share of words, or pairs of them, that become hashtags
LATIN = 0.05  # share of spaces that get a Latin word
MARKUP = 0.05  # share of spaces that get a tag or an entity


def hashtags(document: Document, random: Random) -> Document:
    """Make hashtags of words, and of pairs of words with an underscore between them."""

    def tagged(match: re.Match[str]) -> str:
        if random.random() >= TAGGED:
            return match[0]
        return f"#{match[1]}_{match[2]}" if random.random() < 0.5 else f"#{match[1]} #{match[2]}"

    return _both(document, lambda text: PAIR.sub(tagged, text))


def latin_words(document: Document, random: Random) -> Document:
    """Mix Latin words, names of agencies and addresses into the text."""
    return _sprinkled(document, perturbation_data()["matter"]["latin"], LATIN, random)


def html_entities(document: Document, random: Random) -> Document:
    """Leave entities in the text: those of its own signs, and those of spaces and quotes."""
    escaped = _both(document, lambda text: html.escape(text))
    return _sprinkled(escaped, perturbation_data()["matter"]["entities"], MARKUP, random)


def html_tags(document: Document, random: Random) -> Document:
    """Leave tags in the text, links with their addresses among them."""
    title, text = _sprinkled(document, perturbation_data()["matter"]["tags"], MARKUP, random)
    lines = [f'<p style="text-align: right;">{line}</p>' for line in text.split("\n")]
    return title, '<div class="article-body">' + "\n".join(lines) + "</div>"


def scripts(document: Document, random: Random) -> Document:
    """Leave scripts and styles around the text."""
    bits = random.sample(perturbation_data()["matter"]["scripts"], k=3)
    title, text = document
    return title, "\n".join([bits[0], text, *bits[1:]])


def boilerplate(document: Document, random: Random) -> Document:
    """Append what pages say below every article: rights, subscriptions, networks."""
    title, text = document
    return title, "\n".join([text, *random.sample(perturbation_data()["matter"]["boilerplate"], k=3)])


def teasers(document: Document, random: Random) -> Document:
    """Append the headlines of other articles, of other sectors."""
    title, text = document
    return title, "\n".join([text, *random.sample(perturbation_data()["matter"]["teasers"], k=3)])


def _both(document: Document, change: Callable[[str], str]) -> Document:
    title, text = document
    return None if title is None else change(title), change(text)


def _sprinkled(document: Document, bits: list[str], share: float, random: Random) -> Document:
    """Put bits between words; the title stays."""
    title, text = document
    return title, re.sub(" ", lambda _: f" {random.choice(bits)} " if random.random() < share else " ", text)
